# SPDX-License-Identifier: MIT
# A signal in the middle of collecting, or of what apply looks at before its first step, leaves nothing behind: no file,
# no session, and a journal that is whole and gone on with.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"

# interrupted CASE CODE REGEX COMMAND...: gets SIGTERM while it waits for samples
interrupted() {
    case=$1 code=$2 regex=$3
    shift 3
    order reset "rule?method=${during-QueryPerf}&do=delay&seconds=30&times=0"
    rm -rf temporary out && mkdir temporary out
    TMPDIR=$PWD/temporary "$@" >heard 2>said </dev/null &
    program=$!
    tries=0
    until test "$(stat "${during-QueryPerf}")" != 0; do
        tries=$((tries + 1))
        test $tries -lt 100 || break
        sleep 0.1
    done
    kill -TERM $program
    is=0
    wait $program || is=$?
    test "$is" = "$code" || complain "$case" "exit code $is"
    says "$case" "$regex"
    test "$(stat open_sessions)" = 0 || complain "$case" 'a session was left open'
    left=$(find out temporary -mindepth 1)
    test -z "$left" || complain "$case" "left behind: $left"
}
vcenter_plan
interrupted 'collect' 1 '^collect: stopped by SIGTERM$' "$BIN/collect" "$url" --cacert cert.pem -o out/s
interrupted 'collect --archive' 1 '^collect: stopped by SIGTERM$' "$BIN/collect" "$url" --cacert cert.pem --archive out
for during in QueryPerf CheckRelocate_Task HasPrivilegeOnEntities; do
    interrupted "apply at $during" 4 '^apply: stopped by SIGTERM; run apply again' \
        "$BIN/apply" --journal out/j.csv plan.csv "$url" --cacert cert.pem
done
unset during
vcenter_stop

# with steps of a killed run settled before
vcenter_plan --task-time 1s
"$BIN/apply" plan.csv "$url" --cacert cert.pem --parallel 1 >killed.said 2>&1 </dev/null &
killed=$!
awaits "$killed" killed.said grep -qs ',submitted,' plan.journal.csv
kill -KILL $killed
wait $killed 2>/dev/null || true
order 'expire'
interrupted 'apply gone on with' 4 '^apply: stopped by SIGTERM; run apply again' "$BIN/apply" plan.csv "$url" --cacert cert.pem
tail -n 2 plan.journal.csv | grep -q ',interrupted,.*SIGTERM' || complain 'apply gone on with' 'the signal is not journaled'
tail -n 1 plan.journal.csv | grep -q ',run_ended,' || complain 'apply gone on with' 'the end is not journaled'
"$BIN/apply" -q --verify-journal plan.journal.csv >/dev/null || complain 'apply gone on with' 'the journal does not verify'
order reset
applies 0 'apply once more'
test "$(grep -c ',succeeded,' plan.journal.csv)" = "$steps" || complain 'apply once more' 'not every step succeeded once'
finish
