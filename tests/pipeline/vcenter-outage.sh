# SPDX-License-Identifier: MIT
# A vCenter that is away for longer than a few repeats is waited for, with a word; one that stays away leaves the steps
# open, and the next run goes on.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"

vcenter_plan
cp plan.csv planned.csv
vcenter_stop

# during ORDER: gives it while steps run and none is being started
during() {
    rm -f plan.journal.csv
    vcenter_start --task-time 3s
    cp planned.csv plan.csv
    (
        trap - EXIT
        timeout 30 sh -c 'until grep -q ,submitted, plan.journal.csv 2>/dev/null; do sleep 0.1; done'
        sleep 1
        curl -sf -X POST "$control/$1"
    ) >order.answer &
    ordered=$!
}

during 'restart?seconds=12&forget=finished'
applies 0 'a restart' --timeout 5
wait "$ordered"
tells 'a restart' 'waiting for it, at most 600 s$'
tells 'a restart' 'it answers again, after [0-9]+ s$'
test "$(grep -c ',succeeded,' plan.journal.csv)" = "$steps" || complain 'a restart' 'not every step succeeded once'
vcenter_stop

during 'restart?seconds=15'
is=0
"$BIN/apply" plan.csv "$url" --cacert cert.pem --outage-limit 4 >heard 2>said </dev/null || is=$?
test "$is" = 4 || complain 'one that stays away' "exit code $is"
says 'one that stays away' 'waiting for it, at most 4 s$'
wait "$ordered"
applies 0 'one that is back'
test "$(changed)" = "$steps" || complain 'one that is back' "$(changed) calls for $steps steps"
vcenter_stop

during 'restart?seconds=20'
"$BIN/apply" plan.csv "$url" --cacert cert.pem >heard 2>said </dev/null &
program=$!
timeout 30 sh -c 'until grep -q "waiting for it" said; do sleep 0.1; done' || complain 'signals' 'no outage'
kill -TERM $program
sleep 1
kill -0 $program || complain 'one signal' 'it did not wait for the steps that run'
kill -TERM $program
is=0
wait $program || is=$?
test "$is" = 4 || complain 'two signals' "exit code $is"
says 'two signals' 'those that run are left open'
kill -0 $ordered || complain 'two signals' 'it waited for the end of the outage'
wait "$ordered"
applies 0 'gone on with'
test "$(changed)" = "$steps" || complain 'gone on with' "$(changed) calls for $steps steps"
vcenter_stop
finish
