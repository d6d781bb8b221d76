# SPDX-License-Identifier: MIT
# A signal in the middle of collecting leaves nothing behind: no file, no session.
. "$TOP/tests/pipeline/lib/vcenter.sh"

export GOVC_USERNAME=$account GOVC_PASSWORD=secret
# interrupted CASE CODE REGEX COMMAND...: gets SIGTERM while it waits for samples
interrupted() {
    case=$1 code=$2 regex=$3
    shift 3
    order reset 'rule?method=QueryPerf&do=delay&seconds=30&times=0'
    rm -rf temporary out && mkdir temporary out
    TMPDIR=$PWD/temporary "$@" >heard 2>said </dev/null &
    program=$!
    tries=0
    until test "$(stat QueryPerf)" != 0; do
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
vcenter_start
"$BIN/collect" -q "$url" --cacert cert.pem -o s
"$BIN/analyze" -q s -o s.csv
"$BIN/plan" -q s s.csv -o plan.csv
interrupted 'collect' 1 '^collect: stopped by SIGTERM$' "$BIN/collect" "$url" --cacert cert.pem -o out/s
interrupted 'collect --archive' 1 '^collect: stopped by SIGTERM$' "$BIN/collect" "$url" --cacert cert.pem --archive out
interrupted 'apply' 1 '^apply: stopped by SIGTERM$' "$BIN/apply" --journal out/j.csv plan.csv "$url" --cacert cert.pem
finish
