# SPDX-License-Identifier: MIT
# plan --check writes an edited plan anew, with digests that apply takes, where every step holds on the snapshot.
. "$TOP/tests/pipeline/lib/applying.sh"

# Unchanged, it is the same plan.
exits 0 "$BIN/plan" --check plan.csv "$before" assessment.csv -o same.csv
says 'every step holds on the snapshot'
cmp plan.csv same.csv

# A reviewer's own words: other digests, that hold.
sed '/^step,1,/s/ %/ percent/' plan.csv >worded.csv
! cmp -s plan.csv worded.csv || fail 'the edit changed nothing'
exits 1 "$BIN/plan" --show worded.csv
says 'check: found a row that was changed'
exits 0 "$BIN/plan" --check worded.csv "$before" assessment.csv -o restamped.csv
exits 0 "$BIN/plan" --show restamped.csv
test "$(grep '^#plan' plan.csv)" != "$(grep '^#plan' restamped.csv)" || fail 'an edited plan has the digest of the first'

# A step whose followers stand is refused, or taken out with them; what is left can be applied.
follower=$(sed -n "s/^step,[0-9]*,'\{0,1\}\([0-9]*\)[ ,].*/\1/p" plan.csv | grep . | head -1)
test -n "$follower" || fail 'no step of the sample comes after another'
sed "/^step,$follower,/d" plan.csv >deleted.csv
exits 1 "$BIN/plan" --check deleted.csv "$before" assessment.csv -o fewer.csv
says "after step $follower, which is absent"
sed "/^step,$follower,/s/,yes,/,no,/" plan.csv >refused.csv
exits 1 "$BIN/plan" --check refused.csv "$before" assessment.csv -o fewer.csv
says "after step $follower, which is not approved"
test ! -e fewer.csv || fail 'a refused plan was written'
exits 0 "$BIN/plan" --check refused.csv --without-dependents "$before" assessment.csv -o fewer.csv
says 'teps left out since they depend on others'
test "$(grep -c '^step,.*,yes,' fewer.csv)" -lt $((steps - 1)) || fail 'its followers are still approved'
exits 0 "$BIN/apply" --dry-run fewer.csv "$before"
