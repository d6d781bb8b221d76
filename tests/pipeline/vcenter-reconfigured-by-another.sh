# SPDX-License-Identifier: MIT
# A reconfiguration that another one's change came before (ConcurrentAccess) is looked into: it is made anew where the
# size is as it was, is done where it is as wanted, and fails with words where it is another.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"

vcenter_plan_once
grows=$(sed -n 's/^step,[0-9]*,[^,]*,yes,add_memory,\([^,]*\),.*/\1/p' plan.csv | head -n 1)
to=$(grep "^step,.*,add_memory,$grows," plan.csv | grep -oE ",[0-9]+,,[0-9]+,MiB," | cut -d, -f4)
test -n "$to" || complain 'the plan' 'no size is found in it'

begins 'rule?method=ReconfigVM_Task&do=fault&fault=ConcurrentAccess'
applies 0 'refused once'
grep -q ',unknown,add_memory,.*ConcurrentAccess.*; operation_id=' plan.journal.csv || complain 'refused once' 'not journaled'
grep -q ',resolved,add_memory,.*it had not been started: ConcurrentAccess' plan.journal.csv ||
    complain 'refused once' 'not journaled as not started'
test "$(grep -c ',succeeded,' plan.journal.csv)" = "$steps" || complain 'refused once' 'not every step succeeded once'
vcenter_stop

begins 'rule?method=ReconfigVM_Task&do=fault&fault=ConcurrentAccess&times=0'
applies 3 'refused for ever'
tells 'refused for ever' 'failed: ConcurrentAccess.*: another one goes on changing the VM, 3 calls had no effect'
vcenter_stop

# two calls never arrive, and before the next run another one changes both VMs: the one but for its size
begins 'rule?method=ReconfigVM_Task&do=drop&times=2'
applies 4 'calls that never arrived' --timeout 2 --parallel 1
vms=$(sed -n 's/.*,unknown,add_memory,\([^,]*\),.*/\1/p' plan.journal.csv | sort -u)
first=$(echo "$vms" | head -n 1) second=$(echo "$vms" | tail -n 1)
test "$first" != "$second" || complain 'calls that never arrived' "not two VMs: $vms"
order "set?id=$first&edited=yes" "set?id=$second&memory_mib=1000000"
applies 1 'changed between the runs'
grep -q ",resolved,add_memory,$first,.*it had not been started" plan.journal.csv || complain "$first" 'not journaled as not started'
grep -q ",failed,add_memory,$second,.*another one has changed the VM meanwhile, which has 1000000" plan.journal.csv ||
    complain "$second" 'not journaled as failed by another change'
tells 'changed between the runs' 'no longer as the plan states'
vcenter_stop

# meanwhile CODE CASE ORDER: apply ends so, while the order is given when the VM's task runs
option=--task-time=2s
meanwhile() {
    begins
    "$BIN/apply" plan.csv "$url" --cacert cert.pem >heard 2>said </dev/null &
    program=$!
    awaits "$program" said grep -qs ",submitted,add_memory,$grows," plan.journal.csv
    order "$3"
    is=0
    wait $program || is=$?
    cat heard >>said
    test "$is" = "$1" || complain "$2" "exit code $is instead of $1"
    vcenter_stop
}
meanwhile 0 'another change' "set?id=$grows&edited=yes"
grep -q ",resolved,add_memory,$grows,.*it had not been started: ConcurrentAccess" plan.journal.csv ||
    complain 'another change' 'not journaled'
meanwhile 0 'the same size' "set?id=$grows&memory_mib=$to"
test "$(grep -c ',succeeded,' plan.journal.csv)" = "$steps" || complain 'the same size' 'not every step succeeded once'
meanwhile 3 'another size' "set?id=$grows&memory_mib=$((to + 4096))"
tells 'another size' "failed: another one has changed the VM meanwhile, which has $((to + 4096))"
finish
