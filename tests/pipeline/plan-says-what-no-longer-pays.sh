# SPDX-License-Identifier: MIT
# Where the moves of the last day left hosts that are hot all the same, the plan says that this no longer pays.
. "$TOP/tests/pipeline/lib/applying.sh"
exits 0 "$BIN/apply" -q --max-age 0 plan.csv "$before" -o after

# of what was planned the hosts were relieved: nothing is said
exits 0 "$BIN/analyze" -q after -o after.csv
exits 0 "$BIN/plan" -q after after.csv --history after.journal.csv -o next.csv
! grep -q 'this no longer pays' next.csv || fail 'said of moves that helped'

# the load came after them
printf '[analyze]\ncpu_hot_pct=60\nmemory_hot_pct=50\n' >policy.ini
exits 0 "$BIN/analyze" -q --policy policy.ini after -o hot.csv
exits 0 "$BIN/plan" --policy policy.ini after hot.csv --history after.journal.csv -o vain.csv
says 'this no longer pays: of 6 migrations of the last day '
grep -q '^#summary,.*By history: .*this no longer pays: of 6 migrations of the last day [3-6] left hosts that are hot all the same (esx-' vain.csv ||
    fail 'not in the plan'
exits 0 "$BIN/plan" -q --policy policy.ini after hot.csv -o unknown.csv
! grep -q 'this no longer pays' unknown.csv || fail 'said without history'

# two days later they are forgotten
cp -r after later
rm later/SHA256SUMS
sed -i 's/2026-11-20T20:20:00Z/2026-11-22T20:20:00Z/' later/snapshot.csv
grep -q '2026-11-22' later/snapshot.csv || fail 'another time'
exits 0 "$BIN/collect" -q later -o latest
exits 0 "$BIN/analyze" -q --policy policy.ini latest -o latest.csv
exits 0 "$BIN/plan" -q --policy policy.ini latest latest.csv --history after.journal.csv -o forgotten.csv
! grep -q 'this no longer pays' forgotten.csv || fail 'said of moves long ago'
