# SPDX-License-Identifier: MIT
# An archive keeps its history in one file beside its snapshots: the same comes of it as of all of them.
. "$TOP/tests/pipeline/lib/windows.sh"
keep() {
    succeeds "$1" collect -q "$1" --archive archive
}
minute=10
for vm1 in 6000 6300 5700 6600 6000 7200; do
    minute=$((minute + 5))
    window "at$minute" "$minute" h-2 $((700 + minute)) "$vm1" 5000 2160
    keep "at$minute"
    test -s archive/rollup.csv || complain 'the history' 'is not kept'
done
test "$(grep -c '^vm,' archive/rollup.csv)" = 12 || complain 'the history' 'is not of every VM and quantity'
test "$(grep -c '^host,' archive/rollup.csv)" = 6 || complain 'the history' 'is not of every host'

# no snapshot but the newest is read: the others may be gone
for estimator in mean ewma p95 peak seasonal; do
    printf '[analyze]\nestimator=%s\n' "$estimator" >policy.ini
    succeeds "$estimator" analyze -q --policy policy.ini at15 at20 at25 at30 at35 at40 -o all.csv
    succeeds "$estimator" analyze -q --policy policy.ini archive -o kept.csv
    grep -v '^#' all.csv >all
    grep -v '^#' kept.csv >kept
    cmp -s all kept || complain "$estimator" 'another assessment'
done
grep -q '^#rollup,src-1,2026-11-21T20:40:00Z$' kept.csv || complain 'the assessment' 'does not name the history'
succeeds 'planned' plan -q --policy policy.ini archive/latest kept.csv -o plan.csv
cp -r archive gone
rm -r gone/2026-11-21T20[123]*
succeeds 'of the newest alone' analyze -q --policy policy.ini gone -o gone.csv
cmp -s kept.csv gone.csv || complain 'of the newest alone' 'another assessment'

# one that is older than the newest is brought up to it; one that is missing is made anew
cp archive/rollup.csv newest.csv
window at45 45 h-2 840 6000 5000 2160
keep at45
cp archive/rollup.csv whole.csv
cp newest.csv archive/rollup.csv
succeeds 'an older history' analyze -q archive -o older.csv
cp whole.csv archive/rollup.csv
succeeds 'a whole history' analyze -q archive -o whole
grep -v '^#' older.csv >older
grep -v '^#' whole >new
cmp -s older new || complain 'an older history' 'another assessment'
rm archive/rollup.csv
window at50 50 h-2 840 6000 5000 2160
keep at50
succeeds 'made anew' analyze -q archive -o anew.csv
test "$(sed -n '/^vm,vm-1,cpu,/p' archive/rollup.csv | cut -d, -f4 | wc -w)" = 24 || complain 'made anew' 'not of all snapshots'

# warned CASE TEXT: analyze reads the snapshots, and says why
warned() {
    code=0
    "$BIN/analyze" -q archive -o told.csv >heard 2>said || code=$?
    test "$code" = 0 || complain "$1" "exit code $code"
    grep -qF "$2" said || complain "$1" 'not told'
    grep -v '^#' told.csv >told
    grep -v '^#' anew.csv >anew
    cmp -s told anew || complain "$1" 'another assessment'
}
cp archive/rollup.csv good.csv
sed '/^vm,vm-1,cpu,/s/cpu,[0-9]*/cpu,x/' good.csv >archive/rollup.csv
warned 'spoilt' 'warning: archive/rollup.csv:6: recent: found '
head -c 900 good.csv >archive/rollup.csv
warned 'cut short' 'warning: archive/rollup.csv:'
sed 's/^#source_id,src-1/#source_id,src-2/' good.csv >archive/rollup.csv
warned 'of another source' 'rollup.csv: is of another source: the history is taken from the snapshots'
sed 's/^#taken_at,2026/#taken_at,2027/' good.csv >archive/rollup.csv
warned 'from the future' 'rollup.csv: goes beyond the newest snapshot'
sed "s/^#snapshot,.*/#snapshot,$(printf '%064d' 0)/" good.csv >archive/rollup.csv
warned 'of another snapshot' 'rollup.csv: is of another snapshot than the newest'
: >archive/rollup.csv
warned 'empty' 'warning: archive/rollup.csv:'

# with a directory in its place the snapshot is there all the same
rm archive/rollup.csv
mkdir -p archive/rollup.csv/x
window at55 55 h-2 840 6000 5000 2160
code=0
"$BIN/collect" -q at55 --archive archive >heard 2>said || code=$?
test "$code" = 3 || complain 'no place for it' "exit code $code instead of 3"
grep -q 'the history is not brought up to date' said || complain 'no place for it' 'not told'
test -e archive/2026-11-21T205500Z/SHA256SUMS || complain 'no place for it' 'no snapshot'
finish
