# SPDX-License-Identifier: MIT
# A plan that was made under another policy than that of the run is carried out by the rules and thresholds of the run,
# and a warning says so, as the manual does.
. "$TOP/tests/pipeline/lib/applying.sh"
printf '[plan]\nseed=2\n' >other.ini
exits 0 "$BIN/apply" --policy other.ini --dry-run plan.csv "$before"
says 'the plan was made under another policy'
exits 0 "$BIN/apply" --dry-run plan.csv "$before"
! grep -q 'another policy' said || fail 'the same policy is called another'
exits 0 "$BIN/apply" --policy other.ini plan.csv "$before" -o after
says 'the plan was made under another policy'
says "$steps steps done"

# What the run's own policy forbids is refused.
printf '[rule stays]\ntype=vm_host_affinity\nvms=ham-shop-web03\nhosts=esx-a01*\nmandatory=yes\n' >strict.ini
exits 1 "$BIN/apply" --policy strict.ini --dry-run plan.csv "$before"
says 'the plan was made under another policy'
says 'Problems:'
nothing_else_than assessment.csv plan.csv other.ini strict.ini after after.journal.csv
