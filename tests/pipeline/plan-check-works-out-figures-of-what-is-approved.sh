# SPDX-License-Identifier: MIT
# plan --check composes a plan anew for the steps that are approved; plan --show says of which steps figures are.
. "$TOP/tests/pipeline/lib/applying.sh"
sed 's/^\(step,[^,]*,[^,]*\),yes,/\1,no,/' plan.csv >none.csv
exits 0 "$BIN/plan" --show none.csv
says 'plan --check works them out anew'
exits 0 "$BIN/plan" --check none.csv "$before" assessment.csv -o checked.csv
exits 0 "$BIN/plan" --show checked.csv
says 'figures are those of the approved ones'
says 'Plan: 0 to migrate, 0 to grow'
! grep -q '^#cluster.*moves=[1-9]' checked.csv || fail 'a declined move is counted'
