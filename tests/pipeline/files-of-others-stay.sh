# SPDX-License-Identifier: MIT
# Nothing is followed, shortened, overwritten or removed before it is known to be ours.
. "$TOP/tests/pipeline/lib/applying.sh"

# stays FILE: is as it was when `keep FILE` noted it
keep() { sha256sum "$@" >kept; }
stays() { sha256sum --quiet -c kept || fail "$1"; }

# collect --archive: what DIR/.next is or leads to
mkdir archive precious
echo thesis >precious/thesis.txt
cp -r "$before" precious/snapshot
keep precious/thesis.txt precious/snapshot/*
for target in ../precious ../precious/snapshot ../precious/thesis.txt ../nowhere; do
    ln -s "$target" archive/.next
    exits 1 "$BIN/collect" "$before" --archive archive
    says 'archive/.next: found something that is not a snapshot of a collect that was killed'
    stays "what .next leads to ($target)"
    test -h archive/.next || fail 'the link is gone'
    rm archive/.next
done
cp -r precious archive/.next
exits 1 "$BIN/collect" "$before" --archive archive
stays 'a directory called .next'
test -e archive/.next/thesis.txt || fail 'a stranger in .next is gone'
rm -r archive/.next
cp precious/thesis.txt archive/.next
exits 1 "$BIN/collect" "$before" --archive archive
cmp precious/thesis.txt archive/.next
rm archive/.next
cp -r precious/snapshot archive/.next # as a killed collect leaves it
ln -s ../../precious archive/.next/hosts.csv -f
exits 0 "$BIN/collect" "$before" --archive archive
stays 'what a link in a left .next leads to'
test -e precious/thesis.txt && test ! -e archive/.next || fail 'a left .next'

# debris: only what has our mark, is no link, and whose maker no longer lives
mkdir out && cd out
echo mine >.plan.csv.abcdef
echo mine >.plan.csv.vmanger-abc
echo mine >.plan.csv.vmanger-abcdef.bak
echo debris >.plan.csv.vmanger-aBcd12
echo debris >.other.csv.vmanger-aBcd12
ln -s ../precious/thesis.txt .plan.csv.vmanger-links1
mkdir .after.vmanger-aBcd12 .plan.csv.vmanger-aBcd13
echo half >.after.vmanger-aBcd12/vms.csv
ln -s ../../precious .after.vmanger-aBcd12/linked
echo live >.plan.csv.vmanger-lives1
flock .plan.csv.vmanger-lives1 sleep 60 &
holder=$!
trap 'kill $holder' EXIT
while flock -n .plan.csv.vmanger-lives1 true; do sleep 0.05; done
"$BIN/plan" -q "$before" ../assessment.csv -o plan.csv
nothing_else_than .plan.csv.abcdef .plan.csv.vmanger-abc .plan.csv.vmanger-abcdef.bak .other.csv.vmanger-aBcd12 \
    .plan.csv.vmanger-links1 .after.vmanger-aBcd12 .plan.csv.vmanger-lives1 plan.csv
"$BIN/apply" -q plan.csv "$before" -o after
nothing_else_than .plan.csv.abcdef .plan.csv.vmanger-abc .plan.csv.vmanger-abcdef.bak .other.csv.vmanger-aBcd12 \
    .plan.csv.vmanger-links1 .plan.csv.vmanger-lives1 plan.csv after after.journal.csv
cd ..
stays 'what debris links to'

# journals: no other file is touched, at its end neither
printf 'a note\nand no end' >notes.txt
printf 'no line at all' >line.txt
head -c 5000 /dev/zero >zeros
keep notes.txt line.txt zeros
for file in notes.txt line.txt zeros; do
    exits 1 "$BIN/apply" plan.csv "$before" -o after --journal $file
    stays "$file"
done
# the default journal is no link; one that is named may be
: >empty
"$BIN/apply" -q plan.csv "$before" -o rehearsed --journal real.csv
rm -r rehearsed
keep empty real.csv
for target in empty real.csv nowhere.csv; do
    ln -sf $target after.journal.csv
    exits 1 "$BIN/apply" plan.csv "$before" -o after
    says 'after.journal.csv: found a symbolic link: expected a journal or nothing'
    stays "what the journal's link leads to ($target)"
    test ! -e nowhere.csv || fail 'made what the link leads to'
done
ln -sf empty after.journal.csv
exits 0 "$BIN/apply" plan.csv "$before" -o after --journal after.journal.csv
test -h after.journal.csv && test -s empty || fail 'a link that is named'
# an empty file that is named is still there, and empty, after a refusal
: >vacant
sed 's/^#snapshot.*/#snapshot,0000/' plan.csv >edited.csv
exits 1 "$BIN/apply" edited.csv "$before" -o again --journal vacant
test -e vacant && test ! -s vacant || fail 'an empty journal of the user'

# a closed standard output is not the first file that is opened
"$BIN/collect" "$before" -o closed >&- 2>said || true
diff -r "$before" closed || fail 'words in a snapshot'
"$BIN/analyze" "$before" -o closed.csv >&- 2>&- <&- || true
cmp assessment.csv closed.csv
