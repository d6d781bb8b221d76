# SPDX-License-Identifier: MIT
# A vCenter that is away for longer than a few repeats is waited for, with a word; one that stays away leaves the steps
# open, and the next run goes on.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"

vcenter_plan
cp plan.csv planned.csv
vcenter_stop

# during ORDER: gives it once steps have been submitted
during() {
    rm -f plan.journal.csv
    vcenter_start
    cp planned.csv plan.csv
    (
        trap - EXIT
        timeout 30 sh -c 'until grep -q ,submitted, plan.journal.csv 2>/dev/null; do sleep 0.1; done'
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
finish
