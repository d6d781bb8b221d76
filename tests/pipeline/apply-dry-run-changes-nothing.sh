# SPDX-License-Identifier: MIT
# --dry-run looks, says that apply could begin, and writes nothing at all.
. "$TOP/tests/pipeline/lib/applying.sh"
exits 0 "$BIN/apply" --dry-run plan.csv "$before"
says "Apply could begin: nothing was changed, $steps to do"
nothing_else_than assessment.csv plan.csv
exits 0 "$BIN/apply" --dry-run - "$before" <plan.csv
nothing_else_than assessment.csv plan.csv
