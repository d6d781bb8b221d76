# SPDX-License-Identifier: MIT
# This machine's clock and the vCenter's may differ by days, either way: ages are told by the vCenter's, windows and
# signatures by this machine's.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"

skew=$(($(date +%s) - $(date -d 2026-11-20T20:15:00Z +%s)))
for ahead in $((skew - 86400)) $((skew - 3600)) $((skew + 3600)) $((skew + 86400)); do
    vcenter_start
    order "clock?advance=$ahead"
    rm -rf s s.csv plan.csv
    "$BIN/collect" -q "$url" --cacert cert.pem -o s
    taken=$(sed -n '2s/^[^,]*,\([^,]*\),.*/\1/p' s/snapshot.csv)
    apart=$(($(date -d "$taken" +%s) - $(date +%s) - (ahead - skew)))
    test "$apart" -gt -120 && test "$apart" -lt 120 || complain "$ahead" "taken at $taken, $apart s from the vCenter's clock"
    "$BIN/analyze" -q s -o s.csv
    "$BIN/plan" -q s s.csv -o plan.csv
    applies 0 'a fresh plan' --dry-run --max-age 60 --until "$(date -u -d '+2 hours' +%Y-%m-%dT%H:%M:%SZ)"
    ! grep -q 'set back' said || complain 'a fresh plan' 'said to be of the future'
    applies 1 'a window that is over here' --until "$(date -u -d '-1 hour' +%Y-%m-%dT%H:%M:%SZ)"
    vcenter_stop
done

# the vCenter's own clock is set
vcenter_plan
order 'clock?advance=3601'
applies 1 'an older plan' --dry-run --max-age 3600 --no-recheck-load
tells 'an older plan' "age of the plan's snapshot .*at most 3600 s  36[0-9][0-9] s"
order 'clock?advance=-7200'
applies 0 'a clock set back' --dry-run --max-age 3600 --no-recheck-load
tells 'a clock set back' 'warning: .*taken 35[0-9][0-9] s from now by the target.s clock, which must have been set back'
order 'clock?advance=-86400'
applies 1 'a clock set back by more than plans may be old' --dry-run --max-age 3600 --no-recheck-load
tells 'a clock set back by more than plans may be old' "age of the plan's snapshot .*at most 3600 s  -899[0-9][0-9] s"
test "$(changed)" = 0 || complain 'clocks' "$(changed) calls"
vcenter_stop

# signatures are valid by this machine's clock: the vCenter's is of another year
if command -v ssh-keygen >/dev/null; then
    vcenter_plan
    order 'clock?advance=31536000'
    ssh-keygen -q -t ed25519 -N '' -f key -C alice
    ssh-keygen -Y sign -f key -n vmanger-plan <plan.csv >plan.csv.alice.sig 2>/dev/null
    valid() { # FROM TO
        echo "alice@example.org namespaces=\"vmanger-plan\",valid-after=\"$(date -d "$1" +%Y%m%d)\",valid-before=\"$(date -d "$2" +%Y%m%d)\" $(cut -d' ' -f1,2 key.pub)" >signers
    }
    valid yesterday '+2 days'
    applies 0 'a key that is valid here' --dry-run --max-age 0 --no-recheck-load --require-signature signers
    valid '+300 days' '+400 days'
    applies 1 'a key that is valid there' --dry-run --max-age 0 --no-recheck-load --require-signature signers
    vcenter_stop
fi
finish
