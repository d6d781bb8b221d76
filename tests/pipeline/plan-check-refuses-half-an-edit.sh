# SPDX-License-Identifier: MIT
# A host's or VM's name that was changed without its id, or the other way, is refused with both; an addition beyond
# what its VM can take is refused as plan itself would have.
. "$TOP/tests/pipeline/lib/applying.sh"
row=$(grep -m1 '^step,[^,]*,[^,]*,yes,migrate,' plan.csv)
step=$(echo "$row" | cut -d, -f2)
to_id=$(echo "$row" | cut -d, -f13)
sed "/^step,$step,/s/,$to_id,[^,]*,/,$to_id,esx-nowhere,/" plan.csv >named.csv
! cmp -s plan.csv named.csv || fail 'the edit changed nothing'
exits 1 "$BIN/plan" --check named.csv "$before" assessment.csv -o new.csv
says "step $step (migrate"
says "found to esx-nowhere with to_id $to_id, which is "
test ! -e new.csv || fail 'a refused plan was written'

row=$(grep -m1 '^step,[^,]*,[^,]*,yes,add_memory,' plan.csv)
step=$(echo "$row" | cut -d, -f2)
to=$(echo "$row" | cut -d, -f14)
sed "/^step,$step,/s/,$to,MiB,/,999424,MiB,/" plan.csv >huge.csv
! cmp -s plan.csv huge.csv || fail 'the edit changed nothing'
exits 1 "$BIN/plan" --check huge.csv "$before" assessment.csv -o new.csv
says "step $step (add_memory"
