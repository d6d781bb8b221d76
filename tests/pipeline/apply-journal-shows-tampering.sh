# SPDX-License-Identifier: MIT
# A journal that was edited, shortened or made for another plan is found out, by --verify-journal and by a run.
. "$TOP/tests/pipeline/lib/applying.sh"
exits 0 "$BIN/apply" plan.csv "$before" -o after
chain=$(sed -n 's/^Journal: .* //p' said)
exits 0 "$BIN/apply" --verify-journal after.journal.csv --head "$chain"
says "Last chain value: $chain"

sed '5s/,vm-/,vm-9/' after.journal.csv >edited.csv
exits 1 "$BIN/apply" --verify-journal edited.csv
says 'edited.csv:5: chain:'
sed 5d after.journal.csv >removed.csv
exits 1 "$BIN/apply" --verify-journal removed.csv
says 'removed.csv:5: seq: found 5: expected 4'
sed '$d' after.journal.csv >cut.csv
exits 0 "$BIN/apply" --verify-journal cut.csv
exits 1 "$BIN/apply" --verify-journal cut.csv --head "$chain"
says 'its end was cut off'

cp edited.csv kept.csv
exits 1 "$BIN/apply" plan.csv "$before" -o again --journal edited.csv
says 'edited.csv:5: chain:'
cmp edited.csv kept.csv
test ! -e again

printf '[plan]\nseed=2\n' >other.ini
"$BIN/plan" -q --policy other.ini "$before" assessment.csv -o other.csv
exits 1 "$BIN/apply" other.csv "$before" -o again --journal after.journal.csv
says 'found the journal of plan'
exits 1 "$BIN/apply" --verify-journal plan.csv
says 'plan.csv: found a plan: expected a journal'
