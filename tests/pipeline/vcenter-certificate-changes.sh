# SPDX-License-Identifier: MIT
# A server that comes back with another certificate in the middle of a session is not the server any more: it gets no
# byte of a request, nothing is changed by it, and the run says why it stopped.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"

vcenter_plan
cp plan.csv planned.csv
cp cert.pem planned.pem
vcenter_stop

# between reads of collect
vcenter_start
order 'rule?method=QueryPerf&do=delay&seconds=3'
(
    trap - EXIT
    timeout 30 sh -c "until curl -sf '$control/stats' | grep -q QueryPerf; do sleep 0.1; done"
    curl -sf -X POST "$control/restart?seconds=0&certificate=new"
) >order.answer &
ordered=$!
rm -rf out && mkdir out
is=0
"$BIN/collect" "$url" --cacert cert.pem -o out/s >heard 2>said </dev/null || is=$?
wait "$ordered"
test "$is" = 1 || complain 'collect' "exit code $is instead of 1"
says 'collect' '^collect: .*: the server.s certificate is not trusted: '
test -z "$(ls -A out)" || complain 'collect' "left behind: $(ls -A out)"
vcenter_stop

# while steps of apply run; with an authority, and with a pinned certificate
for kind in authority thumbprint; do
    rm -f plan.journal.csv
    cp planned.csv plan.csv
    vcenter_start --task-time 3s
    (
        trap - EXIT
        timeout 30 sh -c 'until grep -q ,submitted, plan.journal.csv 2>/dev/null; do sleep 0.1; done'
        sleep 1
        curl -sf -X POST "$control/restart?seconds=0&certificate=new"
    ) >order.answer &
    ordered=$!
    set -- --thumbprint "$thumbprint"
    test $kind = thumbprint || set -- --cacert cert.pem
    is=0
    "$BIN/apply" plan.csv "$url" "$@" --parallel 1 >heard 2>said </dev/null || is=$?
    wait "$ordered"
    test "$is" = 4 || complain "$kind" "exit code $is instead of 4"
    expected='the server.s certificate is not trusted: '
    test $kind = authority || expected='the server shows another certificate than --thumbprint names; its SHA-256 is '
    says "$kind" "$expected"
    ! grep -q 'waiting for it' said || complain "$kind" 'it was waited for as if it were an outage'
    calls=$(changed)
    test "$calls" = 1 || complain "$kind" "$calls calls instead of the one before"

    # whoever trusts the new one goes on
    openssl s_client -connect "$(echo "$url" | cut -d/ -f3)" </dev/null 2>/dev/null | openssl x509 >cert.pem
    applies 0 "$kind, gone on with"
    test "$(changed)" = "$steps" || complain "$kind, gone on with" "$(changed) calls for $steps steps"
    vcenter_stop
done
finish
