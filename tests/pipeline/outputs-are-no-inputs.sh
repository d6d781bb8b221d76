# SPDX-License-Identifier: MIT
# What a program writes is none of the files that it reads, nor the same twice, however their paths are spelled: nothing is
# written, and nothing lost.
. "$TOP/tests/pipeline/lib/applying.sh"
cp -r "$before" mine
printf '[plan]\nmax_moves=5\n' >policy.ini
exits 0 "$BIN/apply" plan.csv "$before" -o after
find . -type f ! -name said ! -name 'sums*' -exec sha256sum {} + | sort >sums

# refuses WORDS COMMAND...
refuses() {
    words=$1
    shift
    exits 1 "$@"
    says "$words"
}
refuses 'found a file that is read' "$BIN/plan" --show plan.csv --html ./plan.csv
refuses 'found a file that is read' "$BIN/plan" mine assessment.csv -o new.csv --html assessment.csv
refuses 'found a file that is read' "$BIN/plan" --policy policy.ini mine assessment.csv -o policy.ini
refuses 'found a file that is read' "$BIN/plan" --history after.journal.csv mine assessment.csv -o "$PWD/after.journal.csv"
refuses 'found a file that is read' "$BIN/plan" --home after.journal.csv mine assessment.csv -o mine/../after.journal.csv
refuses 'found a file that is read' "$BIN/apply" --undo after.journal.csv -o ./after.journal.csv
refuses 'found a place in a directory that is read' "$BIN/analyze" mine -o mine/vms.csv
refuses 'found a file that is written already' "$BIN/plan" mine assessment.csv -o new.csv --html ./new.csv
refuses 'found a file that is written already' "$BIN/analyze" mine -o new.csv --html ../here/new.csv
refuses 'expected --html to name a file' "$BIN/analyze" mine -o new.csv --json --html -
find . -type f ! -name said ! -name 'sums*' -exec sha256sum {} + | sort >sums.after
diff sums sums.after || fail 'something was written'

# an edited plan may be stamped in its place
"$BIN/analyze" -q mine -o mine.csv
"$BIN/plan" -q mine mine.csv -o edited.csv
exits 0 "$BIN/plan" --check edited.csv mine mine.csv -o edited.csv
