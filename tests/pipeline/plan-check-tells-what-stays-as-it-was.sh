# SPDX-License-Identifier: MIT
# --check does not make advice and unsolved items anew, and says so where the plan has any.
. "$TOP/tests/pipeline/lib/applying.sh"
grep -v '^step,1,' plan.csv >edited.csv
exits 0 "$BIN/plan" --check edited.csv --without-dependents "$before" assessment.csv -o checked.csv
says 'Advice and unsolved items are as they were when the plan was made.'
grep '^unsolved,\|^advice,' plan.csv | cut -d, -f1-20 >was
grep '^unsolved,\|^advice,' checked.csv | cut -d, -f1-20 >is
test -s was && cmp was is || fail 'they were made anew'
grep -v '^unsolved,\|^advice,' plan.csv >steps.csv
exits 0 "$BIN/plan" --check steps.csv "$before" assessment.csv -o checked.csv
! grep -q 'as they were' said || fail 'a plan of steps alone has nothing that stays'
