# SPDX-License-Identifier: MIT
# What was rehearsed on a snapshot of the vCenter is not taken for done there: neither by itself, nor with the journal of
# the rehearsal, nor by undoing it; and the other way.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"

# refused CASE REGEX OPTION...: nothing is called, and the journal stays as it is
refused() {
    case=$1 regex=$2
    shift 2
    cp rehearsed.csv kept.csv
    applies 1 "$case" "$@"
    tells "$case" "$regex"
    test "$(changed)" = 0 || complain "$case" "$(changed) calls that change something"
    cmp -s rehearsed.csv kept.csv || complain "$case" 'the journal was written to'
    cp kept.csv rehearsed.csv
}

vcenter_plan
"$BIN/apply" -q plan.csv s -o after
mv after.journal.csv rehearsed.csv
foreign="rehearsed\.csv: found the journal of a rehearsal on a snapshot's directory [0-9a-f]{64}: expected that of work on a vCenter [-0-9a-f]{36}, or a new file \(--journal FILE\)"
refused "the rehearsal's journal" "$foreign" --journal rehearsed.csv
refused "the rehearsal's journal, looked at" "$foreign" --journal rehearsed.csv --dry-run
cp rehearsed.csv whole.csv
sed '$d' whole.csv | head -n 4 >rehearsed.csv
refused "a cut rehearsal's journal" "$foreign" --journal rehearsed.csv

# things stand as the rehearsal left them, though it did not do it
applies 0 'the plan'
tells 'the plan' "^Apply complete: $steps steps done"
test "$(changed)" = "$steps" || complain 'the plan' "$(changed) calls for $steps steps"
order reset
"$BIN/apply" -q --undo whole.csv -o back.csv
plan=back.csv refused 'undoing the rehearsal' 'target +the result of a rehearsal +the vCenter' --no-recheck-load

# the other way: what the vCenter did is not done on a copy
is=0
"$BIN/apply" plan.csv s -o copy --journal plan.journal.csv >said 2>&1 || is=$?
test "$is" = 1 || complain "the vCenter's journal" "exit code $is"
tells "the vCenter's journal" 'found the journal of work on a vCenter .*: expected that of a rehearsal'
test ! -e copy || complain "the vCenter's journal" 'a copy was made'
vcenter_stop
finish
