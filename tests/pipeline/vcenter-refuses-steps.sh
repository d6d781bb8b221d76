# SPDX-License-Identifier: MIT
# A step that the vCenter's checker refuses is journaled with its fault, though nothing is changed; --skip-refused leaves
# it out with those after it, tries the rest anew, and does it. What a call or a task is refused for is journaled alike.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"

vcenter_plan
vcenter_stop
# the first migration that another step waits for, and that step
waiting=$(sed -n "s/^step,\([0-9]*\),'\{0,1\}\([0-9]*\)[ ,].*/\1 \2/p" plan.csv | grep ' [0-9]' | head -n 1)
follower=${waiting% *} first=${waiting#* }
vm=$(grep "^step,$first," plan.csv | cut -d, -f6)
host=$(grep "^step,1," plan.csv | cut -d, -f13)

# served TABLE ID COLUMN VALUE: what is served from now on has this cell
served() {
    test -d served || cp -r "$snapshot" served
    python3 - "$@" <<'EOF'
import csv, sys
table, key, column, value = sys.argv[1:]
rows = list(csv.reader(open("served/" + table, newline="")))
[row] = [row for row in rows if row[0] == key]
row[rows[0].index(column)] = value
csv.writer(open("served/" + table, "w", newline=""), lineterminator="\n").writerows(rows)
EOF
    (cd served && sha256sum -- *.csv >SHA256SUMS)
}
# journaled CASE STEP EVENT REGEX: the journal has such a row, whose detail matches from its beginning
journaled() {
    python3 - "$2" "$3" "$4" <<'EOF' || complain "$1" "no row $3 of step $2: $4"
import csv, re, sys
step, event, regex = sys.argv[1:]
rows = csv.DictReader(open("plan.journal.csv", newline=""))
sys.exit(not any(r["step"] == step and r["event"] == event and re.match(regex, r["detail"]) for r in rows))
EOF
}

# a device: the VM's; a network: the pair's
served vms.csv "$vm" pinned 'USB device'
sed -i "s/^\($host,.*\)network-[0-9]*\([^,]*\)$/\1\2/" served/hosts.csv
served hosts.csv "$host" networks ''
snapshot=$TMP/served vcenter_start
applies 1 'looked at' --dry-run --no-recheck-load
tells 'looked at' "^  step $first, .*: DeviceNotSupported: "
test ! -e plan.journal.csv || complain 'looked at' 'there is a journal'
applies 1 'refused' --no-recheck-load
tells 'refused' '^Refused by the vCenter:'
tells 'refused' "^  step $first, .* to .*: DeviceNotSupported: "
tells 'refused' 'refused: nothing was changed; problems found: [0-9]+ \(--skip-refused leaves out '
test "$(changed)" = 0 || complain 'refused' "$(changed) calls that change something"
journaled 'refused' "$first" refused 'DeviceNotSupported: Device '
journaled 'refused' 1 refused 'CannotAccessNetwork: Network '
grep -q ',run_ended,.*nothing was changed' plan.journal.csv || complain 'refused' 'the run does not end'
succeeds 'its journal' apply --verify-journal plan.journal.csv
refused=$(grep -c ',refused,' plan.journal.csv)

applies 3 'left out' --skip-refused --no-recheck-load
tells 'left out' '^Left out, as the vCenter refuses it:'
tells 'left out' '^Apply complete: [0-9]+ steps done, [2-9] refused, [1-9] skipped'
test "$(grep -c ',refused,' plan.journal.csv)" = "$((2 * refused))" || complain 'left out' 'not journaled again'
journaled 'left out' "$first" refused 'DeviceNotSupported: '
journaled 'left out' "$follower" skipped "after step $first, which was refused"
done=$(grep -c ',succeeded,' plan.journal.csv)
test "$(changed)" = "$done" || complain 'left out' "$(changed) calls, $done steps done"
test "$((done + $(sed -n 's/^Apply complete: .* \([0-9]*\) refused, \([0-9]*\) skipped.*/\1 + \2/p' said)))" = "$steps" ||
    complain 'left out' "$done of $steps steps done"
succeeds 'undo' apply -q --undo plan.journal.csv -o back.csv
! grep -q "^step,.*,$vm," back.csv || complain 'undo' 'what was refused is undone'
vcenter_stop
rm -r served plan.journal.csv

# what the account lacks says nothing of the step: it is journaled only where the step is left out
vcenter_plan
order "deny?privilege=Resource.HotMigrate&id=$vm"
applies 1 'the account' --no-recheck-load
tells 'the account' "step $first, .*: NoPermission: the account lacks the privilege Resource\.HotMigrate on "
test ! -e plan.journal.csv || complain 'the account' 'what the account lacks is journaled as a refusal of the step'
applies 3 'the account, left out' --skip-refused
journaled 'the account, left out' "$first" refused 'NoPermission: '
journaled 'the account, left out' "$follower" skipped 'after step '
vcenter_stop
rm plan.journal.csv

# refused by the call, and by its task: known by name, in the same words; what passes is a failure
vcenter_plan
order 'rule?method=RelocateVM_Task&do=fault&fault=VmHostAffinityRuleViolation'
applies 3 'by a call'
grep -q ',refused,migrate,.*,VmHostAffinityRuleViolation' plan.journal.csv || complain 'by a call' 'not journaled'
vcenter_stop
rm plan.journal.csv
vcenter_plan
order 'rule?method=RelocateVM_Task&do=fault&fault=TaskInProgress'
applies 3 'by what passes'
grep -q ',failed,migrate,.*TaskInProgress' plan.journal.csv || complain 'by what passes' 'not journaled'
! grep -q ',refused,' plan.journal.csv || complain 'by what passes' 'journaled as refused'
vcenter_stop
rm plan.journal.csv
vcenter_plan --clock=frozen
grown=$(sed -n 's/^step,[0-9]*,[^,]*,yes,add_memory,\([^,]*\),.*/\1/p' plan.csv | tail -n 1)
order "set?id=$grown&memory_hot_add=no"
applies 3 'by a task' --no-recheck-load
grep -q ",refused,add_memory,$grown,.*,MemoryHotPlugNotSupported: " plan.journal.csv || complain 'by a task' 'not journaled'
vcenter_stop
finish
