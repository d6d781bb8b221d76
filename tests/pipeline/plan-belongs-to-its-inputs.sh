# SPDX-License-Identifier: MIT
# An assessment of another snapshot or under another policy, and a plan of another snapshot, are refused by name.
. "$TOP/tests/pipeline/lib/applying.sh"
"$BUILD/tests/generate" -o other
"$BIN/analyze" -q other -o other.csv
exits 1 "$BIN/plan" "$before" other.csv -o new.csv
says 'other.csv: #snapshot: found another snapshot than'
exits 1 "$BIN/plan" --explain nobody "$before" other.csv
says 'other.csv: #snapshot: '
exits 1 "$BIN/plan" --check plan.csv other other.csv -o new.csv
says 'plan.csv: #snapshot: found '

printf '[analyze]\ncpu_hot_pct=70\n' >policy.ini
exits 1 "$BIN/plan" --policy policy.ini "$before" assessment.csv -o new.csv
says 'assessment.csv: #policy: found an assessment under another [analyze] than'
says 'found an assessment under another [analyze] than'

# What [plan] says is no part of an assessment; what it says is part of a plan.
printf '[plan]\nmin_gain=2\n' >policy.ini
exits 0 "$BIN/plan" --policy policy.ini "$before" assessment.csv -o lenient.csv
test "$(grep '^#policy' plan.csv)" != "$(grep '^#policy' lenient.csv)" || fail 'the policy does not show in the plan'
nothing_else_than assessment.csv plan.csv other other.csv policy.ini lenient.csv

# The rules that a plan was made by are those that it is checked by.
echo '[plan]
exclude_hosts=esx-b*' >policy.ini
exits 1 "$BIN/plan" --policy policy.ini --check plan.csv "$before" assessment.csv -o new.csv
says '#policy: the plan was made under another'
says 'the plan was made under another one (--policy FILE)'
test ! -e new.csv || fail 'a refused plan was written'
