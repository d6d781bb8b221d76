# SPDX-License-Identifier: MIT
# An output that cannot be written is an error, leaves nothing behind, and what stood there stays as it was.
. "$TOP/tests/pipeline/lib/refusal.sh"

small_snapshot source
succeeds 'a good snapshot' collect source -o good
succeeds 'a good assessment' analyze good -o good.csv
succeeds 'a good plan' plan good good.csv -o good-plan.csv

# somewhere that cannot be
refuses 'collect: a directory that is not there' 'out/no/snapshot: cannot be made: No such file or directory$' \
    collect source -o out/no/snapshot
refuses 'analyze: a directory that is not there' 'out/no/a\.csv: cannot be written: No such file or directory$' \
    analyze good -o out/no/a.csv
refuses 'plan: a directory that is not there' 'out/no/p\.csv: cannot be written: No such file or directory$' \
    plan good good.csv -o out/no/p.csv
refuses 'collect: below a file' 'good\.csv/x: cannot be made: Not a directory$' collect source -o good.csv/x
refuses 'analyze: below a file' 'good\.csv/x: cannot be written: Not a directory$' analyze good -o good.csv/x
refuses 'analyze: a directory' 'out: found a directory: expected a file.s name$' analyze good -o out
refuses 'analyze: no name' ': cannot be written: ' analyze good -o ''
refuses 'collect: no name' ': cannot be ' collect source -o ''
refuses 'a name too long' 'out/x{300}: cannot be written: File name too long$' \
    analyze good -o "out/$(head -c 300 /dev/zero | tr '\0' x)"

# something there
refuses 'collect: a snapshot' 'good: found something there: expected a new or an empty directory$' collect source -o good
refuses 'collect: a file' 'good\.csv: found something there: ' collect source -o good.csv
refuses 'collect: itself' 'source: found something there: ' collect source -o source
ln -s nowhere dangling
refuses 'collect: a link that leads nowhere' 'dangling: found something there: ' collect source -o dangling
succeeds 'collect: an empty directory' collect source -o out
succeeds 'what stood there is whole' analyze good -o again.csv
cmp good.csv again.csv || complain 'what stood there is whole' 'assessment differs'
rm -rf out && mkdir out

# a failure leaves the file of before as it was
cp good.csv out.csv
sed -i 's/h-2/h-9/' source/vms.csv
echo rubbish >rubbish.ini
refuses 'analyze over a file' 'rubbish\.ini:1: ' analyze --policy rubbish.ini good -o out.csv
cmp good.csv out.csv || complain 'analyze over a file' 'the file of before has changed'

# a full disk
refuses 'analyze: a full device' '/dev/full: cannot be written: No space left on device$' analyze good -o /dev/full
refuses 'plan: a full device' '/dev/full: cannot be written: No space left on device$' plan good good.csv -o /dev/full
for command in 'analyze good -o -' 'plan good good.csv -o -' 'plan --show good-plan.csv' \
    'plan --explain vm-1 good good.csv'; do
    code=0
    "$BIN"/$command >/dev/full 2>said || code=$?
    test $code = 1 || complain "$command > /dev/full" "exit code $code instead of 1"
    grep -q 'standard output: cannot be written: No space left on device$' said || complain "$command > /dev/full" 'no such error'
done

# a limit on a file's size stands for the disk that fills while it is written; "source" is large enough then
rm -r source
small_snapshot source
python3 - <<'END'
header, *rows = open("source/samples.csv").read().splitlines()
wide = [row + " " + " ".join([row.rsplit(" ", 1)[1]] * 3000) for row in rows]
open("source/samples.csv", "w").write("\n".join([header] + wide) + "\n")
END
limited() {
    (
        trap '' XFSZ
        ulimit -f "$1"
        shift
        exec "$@"
    )
}
code=0
limited 64 "$BIN/collect" source -o out/snapshot >heard 2>said || code=$?
test $code = 1 || complain 'collect on a disk that fills' "exit code $code instead of 1"
grep -q '/samples\.csv: cannot be written: File too large$' said || complain 'collect on a disk that fills' 'no such error'
test -z "$(ls -A out)" || complain 'collect on a disk that fills' "left behind: $(ls -A out)"
succeeds 'collect where there is room' collect source -o wide
code=0
limited 1 "$BIN/analyze" wide -o out/a.csv >heard 2>said || code=$?
test $code = 1 || complain 'analyze on a disk that fills' "exit code $code instead of 1"
test -z "$(ls -A out)" || complain 'analyze on a disk that fills' "left behind: $(ls -A out)"

# A name of standard output, as /dev/stdout is one, is standard output, be it a pipe or a file: never a place to put a
# file at. (The test has a link of its own: root could lose the system's.)
ln -s /proc/self/fd/1 stdout
"$BIN/analyze" -q good -o stdout | cmp - good.csv || complain 'standard output, a pipe' 'not the assessment'
{ "$BIN/analyze" -q good -o stdout && echo after; } >file.csv
{ cat good.csv && echo after; } | cmp - file.csv || complain 'standard output, a file' 'not the assessment'
for name in stdout -; do
    "$BIN/analyze" good -o $name 2>said | cmp - good.csv || complain "$name" 'the summary is in the assessment'
    "$BIN/plan" good good.csv -o $name 2>said | cmp - good-plan.csv || complain "$name" 'the summary is in the plan'
    "$BIN/plan" --check good-plan.csv good good.csv -o $name 2>said | cmp - good-plan.csv ||
        complain "$name" 'talk is in the checked plan'
done
test -h stdout || complain 'standard output' 'is a link no more'
echo before >real.csv
ln -s real.csv link.csv
succeeds 'a link' analyze good -o link.csv
test -h link.csv && cmp real.csv good.csv || complain 'a link' 'was replaced in place of what it leads to'
finish
