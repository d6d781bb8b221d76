# SPDX-License-Identifier: MIT
# On a file system that is full every program says so and leaves nothing behind.
mkdir disk
mount -t tmpfs -o size=64k tmpfs disk 2>/dev/null || {
    echo "a tmpfs cannot be mounted here"
    exit 77
}
trap 'umount disk' EXIT
. "$TOP/tests/pipeline/lib/refusal.sh"

"$BIN/collect" -q "$TOP/samples/snapshot" -o good
"$BIN/analyze" -q good -o good.csv
"$BIN/plan" -q good good.csv -o good-plan.csv

# refuses_full CASE COMMAND...: exit code 1, the error says that the disk is full, the disk is as before
refuses_full() {
    case=$1 program=$2
    shift 2
    code=0
    "$BIN/$program" "$@" >heard 2>said || code=$?
    test "$code" = 1 || complain "$case" "exit code $code instead of 1"
    grep -qE "^$program: .*: cannot be (written|made): No space left on device\$" said || complain "$case" 'no such error'
    test "$(ls -A disk)" = filler || complain "$case" "left behind: $(ls -A disk)"
}

head -c 20000 /dev/zero >disk/filler
refuses_full 'collect, half way' collect good -o disk/snapshot
head -c 65536 /dev/zero >disk/filler 2>/dev/null || true
refuses_full 'collect, at once' collect good -o disk/snapshot
refuses_full 'analyze' analyze good -o disk/a.csv
refuses_full 'plan' plan good good.csv -o disk/p.csv
refuses_full 'plan --check' plan --check good-plan.csv good good.csv -o disk/p.csv
refuses_full 'apply, its journal' apply good-plan.csv good -o after --journal disk/journal.csv

# A full disk stops an apply, which is not refused then: its journal tells how far it came.
code=0
"$BIN/apply" good-plan.csv good -o disk/after --journal journal.csv >heard 2>said || code=$?
test $code = 4 || complain 'apply' "exit code $code instead of 4"
grep -q 'No space left on device; run apply again with the same journal to go on$' said || complain 'apply' 'no such error'
test "$(ls -A disk)" = filler || complain 'apply' "left behind: $(ls -A disk)"
"$BIN/apply" good-plan.csv good -o after --journal journal.csv >heard 2>said || complain 'apply again' 'failed'
finish
