# SPDX-License-Identifier: MIT
# Two applies with two journals do not run against each other: on one machine a lock keeps them apart, across machines
# the vCenter's list of sessions. A kill leaves neither lock nor session that keeps the next from going on.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"
mkdir locks elsewhere
export VMANGER_LOCK_DIR=$PWD/locks

# begin_first: an apply that waits for its first task; its process is $first
begin_first() {
    order reset 'rule?method=RelocateVM_Task&do=delay&seconds=60'
    "$BIN/apply" -q plan.csv "$url" --cacert cert.pem --journal first.csv >first.said 2>&1 &
    first=$!
    awaits "$first" first.said has_changed
}

vcenter_plan
begin_first
applies_beside() {
    case=$1 is=0
    shift
    "$BIN/apply" plan.csv "$url" --cacert cert.pem --journal second.csv "$@" >heard 2>said </dev/null || is=$?
    cat heard >>said
    test "$is" = 1 || complain "$case" "exit code $is"
    test ! -e second.csv || complain "$case" 'there is a journal'
    test "$(changed)" = 1 || complain "$case" "$(changed) calls that change something"
}
applies_beside 'the same machine'
tells 'the same machine' "^apply: another apply is at work on this vCenter: process $first of [^ ]+, plan plan.csv, since 2.*Z: expected one"
VMANGER_LOCK_DIR=$PWD/elsewhere applies_beside 'another machine'
tells 'another machine' "another apply is at work on this vCenter: vmanger-apply/[0-9.]+ .* process $first; [0-9a-f]+., a session of $account from "
# a dry run holds nothing and is kept from nothing
is=0
"$BIN/apply" --dry-run plan.csv "$url" --cacert cert.pem >said 2>&1 || is=$?
test "$is" = 0 || complain 'a dry run on the same machine' "exit code $is"

kill -KILL $first
wait $first || true
order reset
first_session=$(stat open_sessions)
test "$first_session" = 1 || complain 'killed' 'its session is not there: this test shows nothing'
is=0
"$BIN/apply" plan.csv "$url" --cacert cert.pem --journal first.csv >said 2>&1 </dev/null || is=$?
test "$is" = 0 || complain 'after a kill, on the same machine' "exit code $is"
vcenter_stop

# what is planted at the lock's place is neither followed nor changed
vcenter_plan
lock=$(ls locks)
echo thesis >precious
for planted in link dangling fifo directory text hardlink; do
    rm -rf "locks/$lock"
    case $planted in
    link) ln -s ../precious "locks/$lock" ;;
    dangling) ln -s ../made "locks/$lock" ;;
    fifo) mkfifo "locks/$lock" ;;
    directory) mkdir "locks/$lock" ;;
    text) cp precious "locks/$lock" ;;
    hardlink) ln precious "locks/$lock" ;;
    esac
    applies 1 "planted: $planted"
    tells "planted: $planted" "^apply: .*$lock: "
    test "$(cat precious)" = thesis && test ! -e made || complain "planted: $planted" 'a file was changed'
    test "$(changed)" = 0 || complain "planted: $planted" 'something was changed'
done
rm "locks/$lock"
# one that another user left is taken
echo 'vmanger apply: process 1 of somebody, plan x, since ever' >"locks/$lock"
applies 0 'a lock that nobody holds'
finish
