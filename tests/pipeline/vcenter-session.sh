# SPDX-License-Identifier: MIT
# A session that ends in the middle: collect logs in once more and begins again; it always logs out, keeps connections,
# has several requests in flight, and gives each an operationID.
. "$TOP/tests/pipeline/lib/vcenter.sh"

vcenter_start --max-page 50
collects 0 'as it should be'
cp -r out/s whole

for way in expire expire-missing; do
    for at in RetrievePropertiesEx ContinueRetrievePropertiesEx QueryPerf CreateContainerView; do
        test "$way" = expire || test "$at" = RetrievePropertiesEx || test "$at" = ContinueRetrievePropertiesEx || continue
        order "rule?method=$at&do=$way&nth=1"
        collects 0 "$way at $at"
        says "$way at $at" 'logging in again and starting over'
        same_tables "$way at $at" out/s whole
    done
done
order 'rule?method=QueryPerf&do=expire&times=0'
collects 1 'a session that ends again and again'
says 'a session that ends again and again' '^collect: .*: QueryPerf: NotAuthenticated'

# what the server saw of one collect
rm -rf out && mkdir out
GOVC_PASSWORD=secret "$BIN/collect" "$url" -u "$account" --cacert cert.pem -v -o out/s >heard 2>said
test "$(stat Login)" = 1 && test "$(stat Logout)" = 1 || complain 'one login' "$(stat Login) logins, $(stat Logout) logouts"
test "$(stat CreateContainerView)" = 1 || complain 'one view' "$(stat CreateContainerView)"
test "$(stat connections)" -le 6 || complain 'kept connections' "$(stat connections) for all requests"
test "$(stat most_in_flight)" -ge 2 || complain 'several in flight' "$(stat most_in_flight)"
curl -sf "$control/log" >requests.log
ours=$(grep -oE 'vmanger-[0-9a-f]{8}-[0-9]+' said | sort -u)
theirs=$(grep -v vimServiceVersions requests.log | grep -oE 'vmanger-[0-9a-f]{8}-[0-9]+' | sort -u)
test "$(echo "$ours" | wc -l)" -ge 15 || complain 'operationID' "ours: $ours"
for id in $theirs; do
    echo "$ours" | grep -qx "$id" || complain 'operationID' "$id is not in our own log"
done
test "$(echo "$theirs" | wc -l)" = "$(grep -vc vimServiceVersions requests.log)" || complain 'operationID' 'not in every request'
test "$(grep -c '"gzip":true' requests.log)" -ge 10 || complain 'gzip' "$(grep -c '"gzip":true' requests.log) answers"
vcenter_stop
finish
