# SPDX-License-Identifier: MIT
# A host is called hot by one estimator, and has room for VMs by another, higher one.
. "$TOP/tests/pipeline/lib/windows.sh"

# h-1 is hot on the mean; vm-3 on h-2 is quiet but for one window, in which h-2 would have had no room
for minute in 15 20 25 30; do
    load=1000
    test "$minute" != 25 || load=9000
    window "small$minute" "$minute" h-2 840 7000 6000 "$load"
    edit "at$minute" "small$minute" vms.csv '/^vm-3,/s/,2,,4096,/,8,,4096,/'
done
cat >policy.ini <<'END'
[analyze]
estimator=mean
cpu_room_estimator=p95
END
succeeds 'by the mean' analyze -q --policy mean.ini at15 at20 at25 at30 -o mean.csv
is 'by the mean' mean.csv h-1 cpu state hot
is 'by the mean' mean.csv vm-3 cpu room_demand ''
succeeds 'by the mean' plan -q --policy mean.ini at30 mean.csv -o mean-plan.csv
grep -q '^step,.*,migrate,' mean-plan.csv || complain 'by the mean' 'no VM leaves the hot host'

succeeds 'room by p95' analyze -q --policy policy.ini at15 at20 at25 at30 -o room.csv
grep -q '^#estimator,cpu=mean memory=mean cpu_room=p95 memory_room=mean$' room.csv || complain 'room by p95' 'not named'
is 'room by p95' room.csv vm-3 cpu demand 3000
# the end of the bucket that 9000 is in: 25 * (1.05^61 - 1) / 0.05
is 'room by p95' room.csv vm-3 cpu room_demand 9306.573
is 'room by p95' room.csv h-1 cpu state hot
is 'room by p95' room.csv h-2 cpu state normal
for strategy in optimize threshold; do
    printf '[analyze]\nestimator=mean\ncpu_room_estimator=p95\n[plan]\nstrategy=%s\n' "$strategy" >policy.ini
    succeeds "room by p95, $strategy" plan -q --policy policy.ini at30 room.csv -o "plan-$strategy.csv"
    ! grep -q '^step,.*,migrate,' "plan-$strategy.csv" || complain "room by p95, $strategy" 'a VM goes where there is no room'
    grep -q '^unsolved,.*,h-1,' "plan-$strategy.csv" || complain "room by p95, $strategy" 'the hot host is not told'
done
succeeds 'why' plan --policy policy.ini --explain vm-2 at30 room.csv
cp heard said
grep -q 'would not have the room (CPU at [0-9.]* % by p95)' heard || complain 'why' 'not said'

# whoever comes is no newcomer: a host that is above what it may come to is not relieved for that
printf '[analyze]\nestimator=mean\ncpu_hot_pct=90\ncpu_room_estimator=peak\n' >policy.ini
succeeds 'no heat by room' analyze -q --policy policy.ini at15 at20 at25 at30 -o calm.csv
succeeds 'no heat by room' plan -q --policy policy.ini at30 calm.csv -o calm-plan.csv
! grep -q '^step,.*,migrate,' calm-plan.csv || complain 'no heat by room' 'a VM is moved'
finish
