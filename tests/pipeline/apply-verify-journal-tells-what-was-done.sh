# SPDX-License-Identifier: MIT
# --verify-journal prints each run, each step and how it ended, and what the chain proves; it succeeds only where that
# could be printed.
. "$TOP/tests/pipeline/lib/applying.sh"
exits 0 "$BIN/apply" plan.csv "$before" -o after
chain=$(sed -n 's/^Journal: .* //p' said)
exits 0 "$BIN/apply" --verify-journal after.journal.csv
says "plan $(sed -n 's/^#plan,//p' plan.csv)"
says "1 run: $steps steps succeeded, 0 ended otherwise."
says 'Whoever can write the file can make another chain'
test "$(grep -c ' step [0-9]* .*: succeeded$' said)" = "$steps" || fail 'not a line for each step'
exits 0 "$BIN/apply" --verify-journal after.journal.csv --head "$chain"
says 'So no row up to the end was changed'
code=0
"$BIN/apply" --verify-journal after.journal.csv >/dev/full 2>said || code=$?
test "$code" = 1
