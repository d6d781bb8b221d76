# SPDX-License-Identifier: MIT
# A call that the server holds for longer than apply waits for its answer, and then carries out all the same, and one
# that never arrives: neither is made twice unsettled, and each is in the journal as what it is.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"

vcenter_plan
rm -rf plans && mkdir plans
cp plan.csv plans
vcenter_stop

# begins ORDER: a fresh vCenter, without the journal of the case before
begins() {
    rm -f plan.journal.csv
    vcenter_start
    cp plans/plan.csv .
    order "$@"
}

# once CASE: every step has succeeded once, and by one call, but for so many that were lost
once() {
    test "$(grep -c ',succeeded,' plan.journal.csv)" = "$steps" || complain "$1" 'not every step succeeded once'
    test "$(changed)" = $((steps + ${2-0})) || complain "$1" "$(changed) calls for $steps steps"
    grep -q ',unknown,' plan.journal.csv || complain "$1" 'no step is journaled as unknown'
    ! grep -q ',failed,' plan.journal.csv || complain "$1" 'a step is journaled as failed'
    vcenter_stop
}

# leaves_open CASE: one step is left open, and no plan to undo is made
leaves_open() {
    tells "$1" 'left open'
    test "$(changed)" -le "$steps" || complain "$1" "$(changed) calls"
    ! "$BIN/apply" --undo plan.journal.csv -o back.csv 2>said || complain "$1" 'undone with an open step'
    tells "$1" 'the end is not known: [0-9]+: expected none \(first apply the plan again'
}

for method in RelocateVM_Task ReconfigVM_Task; do
    begins "rule?method=$method&do=hold&seconds=6"
    applies 0 "$method is late" --timeout 3
    once "$method is late"
done

begins 'rule?method=RelocateVM_Task&do=hold&seconds=45&nth=2'
applies 4 'later than the run' --timeout 3
leaves_open 'later than the run'
sleep 15
applies 0 'later than the run, gone on with' --timeout 3
once 'later than the run'

begins 'rule?method=RelocateVM_Task&do=drop&nth=2'
applies 4 'a call that never arrived'
leaves_open 'a call that never arrived'
applies 0 'a call that never arrived, gone on with'
once 'a call that never arrived' 1
finish
