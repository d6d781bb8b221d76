# SPDX-License-Identifier: MIT
# 0 for a plan, whatever it says; with --detailed-exitcode 2 where there are steps, 5 where there are unsolved items alone.
. "$TOP/tests/pipeline/lib/applying.sh"
exits 0 "$BIN/plan" "$before" assessment.csv -o new.csv
exits 2 "$BIN/plan" --detailed-exitcode "$before" assessment.csv -o new.csv
exits 0 "$BIN/plan" --show plan.csv
exits 2 "$BIN/plan" --detailed-exitcode --show plan.csv

# Nothing to do: a snapshot in which nothing is hot or short.
"$BUILD/tests/generate" --hot 0 --short 0 --odd 0 --rules 0 --fill-memory 40 --fill-cpu 30 -o healthy
"$BIN/analyze" -q healthy -o healthy.csv
printf '[plan]\ncpu_max_steps=0\n' >policy.ini
exits 0 "$BIN/plan" --policy policy.ini --detailed-exitcode healthy healthy.csv -o nothing.csv
says 'Plan: 0 to migrate, 0 to grow'
test "$(grep -c '^step,\|^unsolved,\|^advice,' nothing.csv)" = 0 || fail 'a healthy cluster is not left alone'

# Nothing to do, and yet not well: hosts are hot, and nothing may be moved to cool them.
printf '[plan]\nexclude_hosts=*\n' >policy.ini
exits 0 "$BIN/plan" --policy policy.ini "$before" assessment.csv -o stuck.csv
exits 5 "$BIN/plan" --policy policy.ini --detailed-exitcode "$before" assessment.csv -o stuck.csv
exits 5 "$BIN/plan" --detailed-exitcode --show stuck.csv
exits 0 "$BIN/plan" --show stuck.csv
! grep -q '^step,' stuck.csv || fail 'excluded hosts have steps'

# A refusal writes nothing.
exits 1 "$BIN/plan" healthy assessment.csv -o refused.csv
test ! -e refused.csv || fail 'a refused plan was written'
