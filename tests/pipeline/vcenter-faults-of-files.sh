# SPDX-License-Identifier: MIT
# While apply works on a vCenter, calls on its files fail one by one, or from one on, or it is killed before one: it does
# nothing more once the journal cannot be written, and with the same journal the next run ends the plan; each step is
# done once. A sample, of which FAULTS is the step (1: all).
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"
test -e "$BUILD/tests/faults.so" || {
    echo "not built: make $BUILD/tests/faults.so"
    exit 77
}
step=${FAULTS:-41} points=0
export ASAN_OPTIONS=verify_asan_link_order=0 TMPDIR=$PWD/temporary
mkdir temporary
vcenter_plan --task-time 1ms
env FAULT_COUNT="$PWD/count" LD_PRELOAD="$BUILD/tests/faults.so" "$BIN/apply" -q plan.csv "$url" --cacert cert.pem \
    --journal whole.csv || complain 'no fault' 'it fails'
test "$(changed)" = "$steps" || complain 'no fault' "$(changed) calls for $steps steps"
vcenter_stop
all=$(cat count)

# tries FAULT STAYS AT
tries() {
    case="$1 ${2:+and on }at $3 of $all" is=0
    vcenter_start --task-time 1ms
    rm -f journal.csv
    env ${2:+FAULT_STAYS=1} FAULT="$1" FAULT_AT="$3" LD_PRELOAD="$BUILD/tests/faults.so" timeout 60 "$BIN/apply" -q plan.csv "$url" \
        --cacert cert.pem --journal journal.csv >said 2>&1 </dev/null || is=$?
    points=$((points + 1))
    case $1:$is in *:0 | *:1 | *:3 | *:4 | kill:137) ;; *) complain "$case" "exit code $is" ;; esac
    test "$is" != 1 || test "$(changed)" = 0 || complain "$case" 'exit code 1, and something was changed'
    test "$is" = 4 || test "$is" = 1 || test "$is" = 137 || test "$(changed)" = "$steps" || complain "$case" "exit code $is, but not at the end"
    again=0
    "$BIN/apply" -q plan.csv "$url" --cacert cert.pem --journal journal.csv >said 2>&1 </dev/null || again=$?
    test "$again" = 0 || complain "$case, exit $is" "the next run ends with $again"
    test "$(changed)" = "$steps" || complain "$case, exit $is" "$(changed) calls for $steps steps"
    "$BIN/apply" -q --verify-journal journal.csv 2>said || complain "$case, exit $is" 'the journal does not verify'
    test "$(grep -c ,succeeded, journal.csv)" = "$steps" || complain "$case, exit $is" 'not every step succeeded once'
    test -z "$(ls -A temporary)" || complain "$case, exit $is" "left behind: $(ls -A temporary)"
    vcenter_stop
}
for fault in ENOSPC EIO EINTR short kill; do
    for stays in '' stays; do
        test -z "$stays" || test "$fault" != kill && test "$fault" != EINTR || continue
        at=$((1 + points % step))
        while test "$at" -le "$all"; do
            tries $fault "$stays" $at
            at=$((at + step))
        done
    done
done
echo "$points points of $all calls"
finish
