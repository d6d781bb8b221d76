# SPDX-License-Identifier: MIT
# Steps that fail in the vCenter's own words, sessions that end, calls whose answer is lost, tasks that vanish: what
# depends on a failed step is not run, all else is, and no call that changes something is made twice.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"

vcenter_plan_once

# completes CASE ORDER...: all steps are done, each by one task
completes() {
    case=$1
    shift
    begins "$@"
    applies 0 "$case"
    tells "$case" "^Apply complete: $steps steps done"
    test "$(grep -c ',succeeded,' plan.journal.csv)" = "$steps" || complain "$case" 'not every step succeeded'
    vcenter_stop
}
completes 'a session that ends while waiting' 'rule?method=WaitForUpdatesEx&do=expire&nth=3'
completes 'a session that ends at a start' 'rule?method=RelocateVM_Task&do=expire&nth=2'
completes 'a session that ends at a check' 'rule?method=CheckRelocate_Task&do=expire&nth=2'
completes 'a server that is busy while waiting' 'rule?method=WaitForUpdatesEx&do=status&status=503&nth=2'
completes 'a migration whose answer is lost' 'rule?method=RelocateVM_Task&do=cut&bytes=0&nth=2'
tells 'a migration whose answer is lost' 'step 2: .*looking what became of it'
completes 'an addition whose answer is lost' 'rule?method=ReconfigVM_Task&do=cut&bytes=0'

# fails_one CASE REGEX ORDER...: one step fails so, the rest is done
fails_one() {
    case=$1 regex=$2
    shift 2
    begins "$@"
    applies 3 "$case"
    tells "$case" "failed: $regex"
    tells "$case" "^Apply complete: [0-9]+ steps done, 1 failed"
    grep -q ",failed,.*" plan.journal.csv || complain "$case" 'not journaled'
    vcenter_stop
}
fails_one 'a fault of the call' '.*RelocateVM_Task: InvalidState: ' 'rule?method=RelocateVM_Task&do=fault&fault=InvalidState&nth=2'
# meanwhile CODE CASE ORDER OPTION...: apply ends so, while the order is given once steps have been submitted and their
# tasks have had time to end
meanwhile() {
    code=$1 case=$2 now=$3
    shift 3
    begins 'rule?method=WaitForUpdatesEx&do=delay&seconds=1&times=0'
    (
        trap - EXIT
        timeout 30 sh -c 'until grep -q ,submitted, plan.journal.csv 2>/dev/null; do sleep 0.1; done'
        sleep 0.6
        curl -sf -X POST "$control/$now"
    ) >order.answer &
    ordered=$!
    applies "$code" "$case" "$@"
    wait "$ordered" || complain "$case" 'the order was refused'
    vcenter_stop
}
meanwhile 0 'tasks that vanish' forget
tells 'tasks that vanish' "^Apply complete: $steps steps done"
grep -q '[1-9]' order.answer || complain 'tasks that vanish' "none did: $(cat order.answer)"
meanwhile 0 'a vCenter that restarts' 'restart?seconds=1'
tells 'a vCenter that restarts' "^Apply complete: $steps steps done"
last_vm=$(sed -n 's/^step,[0-9]*,[^,]*,yes,add_memory,\([^,]*\),.*/\1/p' plan.csv | tail -n 1)
meanwhile 3 'hot-add taken away' "set?id=$last_vm&memory_hot_add=no" --parallel 1
tells 'hot-add taken away' 'failed: MemoryHotPlugNotSupported'
option=--fault-in-call
meanwhile 3 'the same, thrown by the call' "set?id=$last_vm&memory_hot_add=no" --parallel 1
tells 'the same, thrown by the call' 'failed: .*ReconfigVM_Task: MemoryHotPlugNotSupported'
finish
