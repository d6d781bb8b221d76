# SPDX-License-Identifier: MIT
# With standard output full: 1 where it is the result, 3 where the result stands in a file; never 0.
. "$TOP/tests/pipeline/lib/applying.sh"

# full CODE COMMAND...
full() {
    expected=$1
    shift
    code=0
    "$@" >/dev/full 2>said || code=$?
    test "$code" = "$expected" || fail "exit $code instead of $expected: $*: $(cat said)"
    grep -qF 'standard output: cannot be written' said || fail "no word of it: $*"
}
for program in collect analyze plan apply; do
    for option in --help -h --version; do
        full 1 "$BIN/$program" $option
    done
done
full 3 "$BIN/collect" "$before" -o snapshot
diff -r "$before" snapshot
full 3 "$BIN/collect" "$before" --archive archive
diff -r "$before" archive/latest
full 3 "$BIN/analyze" "$before" -o again.csv
full 3 "$BIN/analyze" --detailed-exitcode "$before" -o again.csv
cmp again.csv assessment.csv
full 3 "$BIN/plan" --cluster HAM-Desktops "$before" assessment.csv -o again-plan.csv
full 3 "$BIN/plan" --cluster HAM-Desktops --detailed-exitcode "$before" assessment.csv -o again-plan.csv
full 3 "$BIN/plan" --check plan.csv "$before" assessment.csv -o again-plan.csv
cmp plan.csv again-plan.csv
full 1 "$BIN/plan" --cluster HAM-Desktops "$before" assessment.csv -o -
full 1 "$BIN/plan" --show plan.csv
full 1 "$BIN/plan" --show plan.csv --detailed-exitcode
vm=$(sed -n 's/^step,[^,]*,[^,]*,yes,migrate,\([^,]*\),.*/\1/p' plan.csv | head -n 1)
full 1 "$BIN/plan" --explain "$vm" "$before" assessment.csv
full 1 "$BIN/apply" --dry-run plan.csv "$before"
full 3 "$BIN/apply" plan.csv "$before" -o after
test -d after
full 1 "$BIN/apply" --verify-journal after.journal.csv
full 3 "$BIN/apply" --undo after.journal.csv -o undo.csv
test -s undo.csv
full 1 "$BIN/apply" --undo after.journal.csv -o -

# A snapshot that was archived, but killed before the link moved, is archived again; another of its time is not.
rm archive/latest
exits 0 "$BIN/collect" "$before" --archive archive
diff -r "$before" archive/latest
test "$(ls -A archive | wc -l)" = 3
name=$(readlink archive/latest)
exits 0 "$BIN/collect" "$before" --archive other
chmod -R u+w other
echo >>"other/$name/SHA256SUMS"
exits 1 "$BIN/collect" "$before" --archive other
says "other/$name: found something else of that time"
test "$(ls -A other | wc -l)" = 3
