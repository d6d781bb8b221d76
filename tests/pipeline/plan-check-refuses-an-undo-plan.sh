# SPDX-License-Identifier: MIT
# A plan that undoes another is of no snapshot: --check says so, and what to do instead.
. "$TOP/tests/pipeline/lib/applying.sh"
exits 0 "$BIN/apply" plan.csv "$before" -o after
exits 0 "$BIN/apply" --undo after.journal.csv -o back.csv
exits 1 "$BIN/plan" --check back.csv "$before" assessment.csv -o checked.csv
says 'plan: back.csv: #snapshot: found nothing, as of a plan that undoes another: expected a plan of the snapshot given; apply --dry-run tries one that undoes on its target'
exits 0 "$BIN/apply" --dry-run back.csv after
nothing_else_than assessment.csv plan.csv after after.journal.csv back.csv
