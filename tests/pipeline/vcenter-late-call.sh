# SPDX-License-Identifier: MIT
# A call that the server holds for longer than apply waits for its answer, and then carries out all the same, and one
# that never arrives: neither is made twice unsettled, none has two effects, and each is in the journal as what it is.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"

vcenter_plan_once

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
    tells "$1" 'the end is not known: [0-9, ]+: expected none \(first apply the plan again'
}

for method in RelocateVM_Task ReconfigVM_Task; do
    begins "rule?method=$method&do=hold&seconds=5"
    applies 0 "$method is late" --timeout 3
    once "$method is late"
done

begins 'rule?method=RelocateVM_Task&do=hold&seconds=14&nth=2'
applies 4 'later than the run' --timeout 3
leaves_open 'later than the run'
sleep 8
applies 0 'later than the run, gone on with' --timeout 3
once 'later than the run'

# the next run finds nothing of it, and makes the call anew, before the held one is carried out
begins 'rule?method=RelocateVM_Task&do=hold&seconds=30' 'rule?method=ReconfigVM_Task&do=hold&seconds=30'
applies 4 'made anew' --timeout 3
leaves_open 'made anew'
grep -qE ',intent,add_memory,.*change_version=[0-9]{4}-[0-9-]*T[^ ]* operation_id=vmanger-' plan.journal.csv ||
    complain 'made anew' 'the changeVersion is not journaled'
applies 0 'made anew, gone on with' --timeout 3
test "$(stat concurrent_access)" = 0 || complain 'made anew' 'the held call came first'
tries=0
until test "$(stat concurrent_access)" != 0; do
    tries=$((tries + 1))
    test $tries -lt 300 || break
    sleep 0.1
done
sleep 0.5
test "$(stat concurrent_access)" = 1 || complain 'made anew' 'the held call was not refused'
test "$(stat moved)" = "$moves" || complain 'made anew' "$(stat moved) VMs were moved instead of $moves"
test "$(stat reconfigured)" = $((steps - moves)) || complain 'made anew' "$(stat reconfigured) were reconfigured"
once 'made anew' 2

begins 'rule?method=RelocateVM_Task&do=drop&nth=2'
applies 4 'a call that never arrived' --timeout 3
leaves_open 'a call that never arrived'
applies 0 'a call that never arrived, gone on with'
once 'a call that never arrived' 1
finish
