# SPDX-License-Identifier: MIT
# A task of another one on what the plan changes is named before anything is done, and a step on a VM that is busy with
# it is not begun: also where the account may not read the list of sessions.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"
mkdir here there
vcenter_plan --task-time 60s
order 'deny?property=sessionList&type=SessionManager'
VMANGER_LOCK_DIR=$PWD/here "$BIN/apply" -q plan.csv "$url" --cacert cert.pem --journal first.csv --parallel 1 >first.said 2>&1 &
first=$!
awaits "$first" first.said has_changed
export VMANGER_LOCK_DIR=$PWD/there
is=0
"$BIN/apply" --dry-run plan.csv "$url" --cacert cert.pem >said 2>&1 || is=$?
test "$is" = 0 || complain 'a dry run' "exit code $is"
tells 'a dry run' "another one's task is at work on what the plan changes: [^ ]+ on .*, running, of $account"
"$BIN/apply" plan.csv "$url" --cacert cert.pem --journal second.csv --parallel 1 >said 2>&1 </dev/null &
second=$!
tries=0
until grep -q 'failed: task of another one' said; do
    tries=$((tries + 1))
    test $tries -lt 200 && kill -0 $second || break
    sleep 0.05
done
tells 'the step' '^apply: step [0-9]+, .*: failed: task of another one was none, is .*, running, of '
kill -KILL $first $second
finish
