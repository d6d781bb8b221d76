# SPDX-License-Identifier: MIT
# A host of the simulated vCenter is evacuated and then enters maintenance mode, with what vSAN shall do; what stands
# against it refuses the plan or fails that step alone; a host that another brings into the mode is waited for.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"
host='host-15'
cp -r "$snapshot" vsan
sed -i '/^domain-c8,/s/,no,yes,percent/,yes,yes,percent/' vsan/clusters.csv
(cd vsan && sha256sum -- *.csv >SHA256SUMS)
snapshot=$TMP/vsan
cat >policy.ini <<'END'
[plan]
evacuate=esx-a05*
evacuate_powered_off=yes
vsan_mode=ensureObjectAccessibility
END

# evacuation OPTION...: starts the vCenter and plans the evacuation; `enter` is the number of the step
evacuation() {
    vcenter_start "$@"
    rm -rf s plan.csv plan.journal.csv
    "$BIN/collect" -q "$url" --cacert cert.pem -o s
    "$BIN/analyze" -q --policy policy.ini s -o s.csv
    "$BIN/plan" -q --policy policy.ini s s.csv -o plan.csv
    steps=$(grep -c '^step,' plan.csv)
    enter=$(sed -n "s/^step,\([0-9]*\),[0-9 ']*,yes,enter_maintenance,$host,.*/\1/p" plan.csv)
    test -n "$enter" || complain 'the plan' 'no step enter_maintenance'
    order reset
}
# ends CASE EVENT: the step's last event in the journal
ends() {
    last=$(awk -F, -v step="$enter" '$9 == step { event = $10 } END { print event }' plan.journal.csv)
    test "$last" = "$2" || complain "$1" "step $enter: $last instead of $2"
}
# waits_for REGEX: until the journal has it
waits_for() {
    tries=0
    until grep -qE "$1" plan.journal.csv 2>/dev/null; do
        tries=$((tries + 1))
        test $tries -lt 600 || complain 'the journal' "no $1"
        test $tries -lt 600 || break
        sleep 0.1
    done
}

evacuation
order "deny?privilege=Host.Config.Maintenance&id=$host"
applies 1 'no privilege' --policy policy.ini
tells 'no privilege' 'the account lacks the privilege Host\.Config\.Maintenance on esx-a05'
test "$(changed)" = 0 || complain 'no privilege' "$(changed) calls"
order reset
applies 0 'the plan' --policy policy.ini
tells 'the plan' "^Apply complete: $steps steps done"
grep -q '^step,.*,migrate,vm-1199,.* power=off,' plan.csv || complain 'the plan' 'the powered-off VM does not migrate'
ends 'the plan' succeeded
test "$(stat EnterMaintenanceMode_Task)" = 1 || complain 'the plan' "$(stat EnterMaintenanceMode_Task) calls"
test "$(stat ensureObjectAccessibility)" = 1 || complain 'the plan' 'vSAN was not told'
"$BIN/collect" -q "$url" --cacert cert.pem -o after
"$BIN/analyze" -q after -o after.csv
grep -q "^host,$host,.*,unavailable,.*in maintenance mode" after.csv || complain 'the result' 'the host is not in maintenance mode'
! grep -qw "$host" after/vms.csv || complain 'the result' 'VMs stand on the host'

# undo: the host leaves the mode first, then its VMs come back. The call to leave is turned away, made again, and carried
# out late as well
"$BIN/apply" -q --undo plan.journal.csv -o back.csv
order "deny?privilege=Host.Config.Maintenance&id=$host"
plan=back.csv applies 1 'undo without the privilege' --policy policy.ini
tells 'undo without the privilege' 'the account lacks the privilege Host\.Config\.Maintenance on esx-a05'
order reset 'rule?method=ExitMaintenanceMode_Task&do=late&status=503&seconds=4'
plan=back.csv applies 0 'undo'
test "$(stat ExitMaintenanceMode_Task)" = 2 || complain 'undo' "$(stat ExitMaintenanceMode_Task) calls"
"$BIN/collect" -q "$url" --cacert cert.pem -o undone
for vms in s/vms.csv undone/vms.csv; do cut -d, -f1,7 $vms | sort >"$(dirname $vms).hosts"; done
cmp -s s.hosts undone.hosts || complain 'undo' 'VMs stand elsewhere than before'
grep "^$host," undone/hosts.csv | grep -q ',normal,' || complain 'undo' 'the host is not in normal mode'

# the undo undone: the host enters the mode again, and vSAN does what it did before, whatever the policy says now
"$BIN/apply" -q --undo back.journal.csv -o again.csv
order reset 'rule?method=EnterMaintenanceMode_Task&do=status&status=503'
plan=again.csv applies 0 'undo undone'
test "$(stat EnterMaintenanceMode_Task)" = 2 || complain 'undo undone' 'the call that was turned away was not made again'
test "$(stat ensureObjectAccessibility)" = 1 || complain 'undo undone' 'vSAN was told otherwise than before'
vcenter_stop

# vCLS VMs are vSphere's to take away: they hold up neither the plan nor the step
sed -i 's/^evacuate=.*/evacuate=esx-a01*/' policy.ini
host='host-11'
evacuation
applies 0 'a vCLS VM' --policy policy.ini
ends 'a vCLS VM' succeeded
"$BIN/collect" -q "$url" --cacert cert.pem -o vcls
grep -w "$host" vcls/vms.csv | cut -d, -f2,8 | grep -q '^vCLS-.*,off$' || complain 'a vCLS VM' 'it runs on'
sed -i 's/^evacuate=.*/evacuate=esx-a05*/' policy.ini
host='host-15'
vcenter_stop

# a VM that stays there, powered off, was started meanwhile: the step fails before its call, all others are done
sed -i '/^evacuate_powered_off/d' policy.ini
evacuation --task-time 1s
! grep -q '^step,.*,migrate,vm-1199,' plan.csv || complain 'a VM that was started' 'it migrates'
"$BIN/apply" --policy policy.ini plan.csv "$url" --cacert cert.pem >heard 2>said </dev/null &
apply=$!
waits_for ',intent,migrate,'
order 'set?id=vm-1199&power=poweredOn'
is=0
wait $apply || is=$?
test "$is" = 3 || complain 'a VM that was started' "exit code $is instead of 3"
ends 'a VM that was started' failed
grep -q "failed,enter_maintenance,.*running VMs on the host was none, is ham-wiki-old" plan.journal.csv ||
    complain 'a VM that was started' 'not named'
grep -q "succeeded=$((steps - 1)) failed=1 skipped=0" plan.journal.csv || complain 'a VM that was started' 'other steps are not done'
test "$(stat EnterMaintenanceMode_Task)" = 0 || complain 'a VM that was started' 'the call was made'
vcenter_stop

# another has the host enter the mode: its task is joined, not a second one begun
evacuation
order "set?id=$host&entering=yes"
"$BIN/apply" --policy policy.ini plan.csv "$url" --cacert cert.pem >heard 2>said </dev/null &
apply=$!
waits_for ",$enter,submitted,enter_maintenance,$host,"
order "set?id=$host&maintenance=yes" "set?id=$host&entering=no"
is=0
wait $apply || is=$?
test "$is" = 0 || complain 'a host on its way' "exit code $is"
ends 'a host on its way' succeeded
test "$(stat EnterMaintenanceMode_Task)" = 0 || complain 'a host on its way' 'a second task was begun'
vcenter_stop

# it is in the mode before its step: nothing is left to do
evacuation --task-time 1s
"$BIN/apply" --policy policy.ini plan.csv "$url" --cacert cert.pem >heard 2>said </dev/null &
apply=$!
waits_for ',intent,migrate,'
order "set?id=$host&maintenance=yes"
is=0
wait $apply || is=$?
test "$is" = 0 || complain 'a host that is there already' "exit code $is"
ends 'a host that is there already' succeeded
grep -q ',succeeded,enter_maintenance,.*it was in maintenance mode already' plan.journal.csv ||
    complain 'a host that is there already' 'not said'
"$BIN/apply" -q --undo plan.journal.csv -o back.csv
grep -q "^advice,,,,exit_maintenance,$host,.*whoever brought it there decides" back.csv ||
    complain 'a host that is there already' "undo does not leave somebody else's maintenance mode to them"
test "$(stat EnterMaintenanceMode_Task)" = 0 || complain 'a host that is there already' 'a task was begun'
vcenter_stop

# a run that ended before that step, and another brought the host into the mode since: it is done, not refused
evacuation
order 'rule?method=EnterMaintenanceMode_Task&do=fault&fault=TaskInProgress'
applies 3 'a mode that is refused at first' --policy policy.ini
ends 'a mode that is refused at first' failed
order reset "set?id=$host&maintenance=yes"
applies 0 'a host that was brought there since' --policy policy.ini
tells 'a host that was brought there since' '^Apply complete: 1 step done'
ends 'a host that was brought there since' succeeded
test "$(stat EnterMaintenanceMode_Task)" = 0 || complain 'a host that was brought there since' 'a task was begun'
vcenter_stop

# the call's answer is lost, and the task forgotten: the host itself tells
evacuation
order 'rule?method=EnterMaintenanceMode_Task&do=cut&bytes=0'
applies 0 'a lost answer' --policy policy.ini
ends 'a lost answer' succeeded
test "$(stat EnterMaintenanceMode_Task)" = 1 || complain 'a lost answer' "$(stat EnterMaintenanceMode_Task) calls"

# on the way back another has had it leave the mode: nothing is left to do there, and the rest is done
rm -f back.journal.csv
"$BIN/apply" -q --undo plan.journal.csv -o back.csv
order reset "set?id=$host&maintenance=no"
plan=back.csv applies 0 'a host that has left already'
grep -q ',succeeded,exit_maintenance,.*it was out of maintenance mode already' back.journal.csv ||
    complain 'a host that has left already' 'not said'
test "$(stat ExitMaintenanceMode_Task)" = 0 || complain 'a host that has left already' 'a task was begun'
vcenter_stop
finish
