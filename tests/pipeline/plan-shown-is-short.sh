# SPDX-License-Identifier: MIT
# A plan for many clusters is shown in a page or two, and whole with -v: clusters with nothing to do in one line.
"$BUILD/tests/generate" --clusters 60 --hosts 240 --vms 2400 --short 10 --hot 15 -o "$TMP/snapshot"
"$BIN/analyze" -q "$TMP/snapshot" -o "$TMP/assessment.csv"
"$BIN/plan" "$TMP/snapshot" "$TMP/assessment.csv" -o "$TMP/plan.csv" >"$TMP/made"
"$BIN/plan" --show "$TMP/plan.csv" >"$TMP/shown"
"$BIN/plan" -v --show "$TMP/plan.csv" >"$TMP/whole"
head -n -4 "$TMP/shown" | cmp "$TMP/made" -
lines=$(wc -l <"$TMP/shown")
test "$lines" -lt 300 || { echo "$lines lines"; exit 1; }
sed -n 2p "$TMP/shown" | grep -q '^Plan: '
grep -q '^  \.\.\. and [0-9]* more with something to do' "$TMP/shown"
test "$(grep -c '^  + ' "$TMP/whole")" = "$(grep -c '^step,' "$TMP/plan.csv")"
test "$(grep -c '^  ! ' "$TMP/whole")" = "$(grep -c '^unsolved,' "$TMP/plan.csv")"
! grep -q '^  \.\.\. and' "$TMP/whole"
busy=$(grep -c '^  Cluster ' "$TMP/whole")
all=$(grep -c '^#cluster,' "$TMP/plan.csv")
test "$busy" = "$all" || grep -q "^  and $((all - busy)) clusters\? with nothing to do\$" "$TMP/whole"
