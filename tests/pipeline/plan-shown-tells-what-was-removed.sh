# SPDX-License-Identifier: MIT
# plan --show says which steps somebody took out: by the gaps in their numbers, by what others wait for, and by the number
# of steps that the figures are of.
. "$TOP/tests/pipeline/lib/applying.sh"
exits 0 "$BIN/plan" --show plan.csv
! grep -q 'removed' said || fail 'a whole plan lacks steps'

without() {
    grep -v "^step,\\($1\\)," plan.csv >edited.csv
    exits 0 "$BIN/plan" --show edited.csv
}
without '3\|5'
says 'Steps 3 5 were removed from the plan as it was made'
without 1
says 'Step 1 was removed from the plan as it was made'
without "$steps"
says "Step $steps was removed from the plan as it was made"
without '[0-9]*'
says 'Steps 1 2 3 4'
says "$steps were removed from the plan as it was made"

# A filter removes nothing.
exits 0 "$BIN/plan" --cluster HAM-Data --show plan.csv
! grep -q 'removed' said || fail 'steps of other clusters are called removed'
exits 0 "$BIN/plan" --only unsolved --show plan.csv
! grep -q 'removed' said || fail 'steps that are not shown are called removed'
without 1
exits 0 "$BIN/plan" --only unsolved --show edited.csv
says 'Step 1 was removed'
nothing_else_than assessment.csv plan.csv edited.csv
