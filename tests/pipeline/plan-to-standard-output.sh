# SPDX-License-Identifier: MIT
# -o - writes the plan to standard output and nothing else there; an assessment is read from standard input.
. "$TOP/tests/pipeline/lib/applying.sh"
"$BIN/plan" "$before" assessment.csv -o - >out.csv
cmp plan.csv out.csv
"$BIN/plan" "$before" - -o - <assessment.csv >out.csv
cmp plan.csv out.csv
"$BIN/plan" --check plan.csv "$before" assessment.csv -o - >out.csv
cmp plan.csv out.csv
"$BIN/plan" --show - <plan.csv >shown
grep -q '^Plan: ' shown
