# SPDX-License-Identifier: MIT
# For tests against the simulated vCenter (tests/vcenter), which each starts for itself and which ends with it.
#
#   . "$TOP/tests/pipeline/lib/vcenter.sh"
#   vcenter_start --extra
#   order 'rule?method=QueryPerf&do=drop'
#   collects 0 'a connection that breaks'

. "$TOP/tests/pipeline/lib/refusal.sh"

test -x "$BUILD/tests/vcenter" || {
    echo "the simulated vCenter was not built (make $BUILD/tests/vcenter)"
    exit 77
}
snapshot=$TOP/samples/snapshot
account=administrator@vsphere.local
unset GOVC_URL GOVC_USERNAME GOVC_PASSWORD GOVC_INSECURE GOVC_TLS_CA_CERTS GOVC_TLS_KNOWN_HOSTS https_proxy HTTPS_PROXY all_proxy ALL_PROXY
server=
trap 'test -z "$server" || kill "$server"' EXIT

# vcenter_start OPTION...: serves $snapshot; sets url, control and thumbprint
vcenter_start() {
    rm -f ports
    "$BUILD/tests/vcenter" --snapshot "$snapshot" --port-file ports --cert-out cert.pem "$@" >server.log 2>&1 &
    server=$!
    tries=0
    until test -s ports; do
        tries=$((tries + 1))
        test $tries -lt 100 && kill -0 "$server" 2>/dev/null || {
            echo "the simulated vCenter does not start:"
            cat server.log
            exit 1
        }
        sleep 0.1
    done
    url=$(sed -n 1p ports)
    control=$(sed -n 2p ports)
    thumbprint=$(openssl x509 -in cert.pem -noout -fingerprint -sha256 2>/dev/null | cut -d= -f2)
}

vcenter_stop() {
    kill "$server"
    wait "$server" || true
    server=
}

# order ORDER...: tells the simulated vCenter what shall happen
order() {
    for one; do
        curl -sf -X POST "$control/$one" >order.said || {
            echo "order $one: refused"
            exit 1
        }
    done
}

# stat NAME: one number of the server's counts; of a method that was never called, 0
stat() {
    curl -sf "$control/stats" | grep -o "\"$1\":[0-9]*" | cut -d: -f2 | grep . || echo 0
}

# collects CODE CASE OPTION...: collect from the vCenter into out/s ends with this exit code. Each case begins with
# the server's rules and counts forgotten at its end, and must leave no session behind
collects() {
    code=$1 case=$2
    shift 2
    rm -rf out && mkdir out
    is=0
    GOVC_PASSWORD=${password-secret} "$BIN/collect" "${source-$url}" -u "$account" ${trust---cacert cert.pem} "$@" -o out/s \
        >heard 2>said </dev/null || is=$?
    test "$is" = "$code" || complain "$case" "exit code $is instead of $code"
    test "$is" = 0 || test "$is" = 3 || test -z "$(ls -A out)" || complain "$case" "left behind: $(ls -A out)"
    test "$(stat open_sessions)" = 0 || complain "$case" 'a session was left open'
    order reset
}

# says CASE REGEX: the last program said so on standard error, in one line free of control characters
says() {
    grep -qE "$2" said || complain "$1" "not said: $2"
    ! LC_ALL=C grep -q '[[:cntrl:]]' said || complain "$1" 'raw control characters'
}

# same_tables CASE DIRECTORY EXPECTED: all rows of all tables but snapshot.csv, in any order
same_tables() {
    for file in clusters pools hosts vms rules evc_modes samples; do
        sort "$3/$file.csv" >expected.rows
        sort "$2/$file.csv" | diff expected.rows - >difference || {
            echo "$1: $file.csv differs (expected <, found >):"
            head -n 10 difference | cut -c1-300
            failures=$((failures + 1))
        }
    done
}
