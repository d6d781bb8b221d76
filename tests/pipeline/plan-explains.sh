# SPDX-License-Identifier: MIT
# plan --explain says of a VM and of a host, by id or by name, why it is dealt with as it is, also why not.
. "$TOP/tests/pipeline/lib/applying.sh"
field() {
    sed -n "s/^step,\([0-9]*\),[^,]*,yes,migrate,\([^,]*\),\([^,\"]*\),[^,]*,[^,]*,[^,]*,\([^,]*\),\([^,]*\),.*/\\$1/p" plan.csv | head -1
}
number=$(field 1) vm=$(field 2) name=$(field 3) host=$(field 4) host_name=$(field 5)
test -n "$vm" && test -n "$host" || fail 'the sample has no migration'

exits 0 "$BIN/plan" --explain "$vm" "$before" assessment.csv
says "VM $name ($vm) on $host_name ($host)"
says "step $number: migrate to "
says 'why: '
says 'Hosts of its cluster, once the steps of the plan are made:'
cp said by_id
exits 0 "$BIN/plan" --explain "$name" "$before" assessment.csv
cmp said by_id
rm by_id

exits 0 "$BIN/plan" --explain "$host" "$before" assessment.csv
says "Host $host_name ($host): "
says "migrate of $name to "

# One of which the plan says nothing.
idle=$(grep '^vm,.*,memory,.*,normal,' assessment.csv | cut -d, -f2 | while read -r id; do
    grep -q ",$id," plan.csv || { echo "$id"; break; }
done)
exits 0 "$BIN/plan" --explain "$idle" "$before" assessment.csv
says 'nothing: it is not short'
exits 1 "$BIN/plan" --explain nobody "$before" assessment.csv
says 'found no "nobody": expected the id of a VM or host'
exits 1 "$BIN/plan" --explain Jenkins "$before" assessment.csv
says '(the nearest is "ham-jenkins")'
nothing_else_than assessment.csv plan.csv

# A name that is like none is compared with none.
for word in nope nobody xyz zz; do
    exits 1 "$BIN/plan" --explain "$word" "$before" assessment.csv
    ! grep -q nearest said || fail "$word: $(cat said)"
done
