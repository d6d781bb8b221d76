# SPDX-License-Identifier: MIT
# A vCenter that restarts and no longer knows the tasks: what they did is seen at the VMs themselves, with few requests,
# and every step is journaled as what it is.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"

vcenter_plan
rm -rf plans && mkdir plans
cp plan.csv plans
vcenter_stop

# forgets CASE ORDER: the order is given when steps have been submitted and their tasks have had time to end
forgets() {
    case=$1 now=$2
    rm -f plan.journal.csv
    vcenter_start
    cp plans/plan.csv .
    order 'rule?method=WaitForUpdatesEx&do=delay&seconds=1&times=2'
    (
        trap - EXIT
        timeout 30 sh -c 'until grep -q ,submitted, plan.journal.csv 2>/dev/null; do sleep 0.1; done'
        sleep 0.6
        curl -sf -X POST "$control/$now"
    ) >order.answer &
    ordered=$!
    is=0
    timeout -k 5 60 "$BIN/apply" plan.csv "$url" --cacert cert.pem >heard 2>said </dev/null || is=$?
    test "$is" = 0 || complain "$case" "exit code $is"
    wait "$ordered" || complain "$case" 'the order was refused'
    test "$(grep -c ',succeeded,' plan.journal.csv)" = "$steps" || complain "$case" 'not every step succeeded'
    test "$(changed)" = "$steps" || complain "$case" "$(changed) calls for $steps steps"
    test "$(stat ModifyListView)" -le 60 || complain "$case" "$(stat ModifyListView) changes of the view"
    vcenter_stop
}
forgets 'finished tasks' 'restart?seconds=1&forget=finished'
forgets 'all tasks' 'restart?seconds=1&forget=all'
finish
