# SPDX-License-Identifier: MIT
# Runs all four programs, on files and against the simulated vCenter, with an instrument that ends a program by exit code
# 66 where it finds something (make check-threads, make check-memory). UNDER is what they run under, RECIPE what
# build/tests/generate makes the snapshot of; BUILD and BIN are as for tests, SERVER is the simulated vCenter.
cd "$(mktemp -d)"
server=
trap 'test -z "$server" || kill "$server"; rm -rf "$PWD"' EXIT
unset GOVC_URL GOVC_INSECURE GOVC_TLS_CA_CERTS GOVC_TLS_KNOWN_HOSTS
export GOVC_USERNAME=administrator@vsphere.local GOVC_PASSWORD=secret VMANGER_LOCK_DIR="$PWD"

# runs PROGRAM ARGUMENT...: it ends by 0, and so without a finding
runs() {
    program=$1
    shift
    echo "$program $*"
    code=0
    # shellcheck disable=SC2086 # a command and its options
    ${UNDER-} "$BIN/$program" "$@" >said 2>&1 || code=$?
    test $code = 0 || {
        cat said
        echo "exit code $code: $program $*"
        exit 1
    }
}

# shellcheck disable=SC2086 # options
"$BUILD/tests/generate" ${RECIPE-} -o made
printf '[plan]\nstrategy=threshold\n' >threshold.ini
runs collect made -o snapshot
runs analyze snapshot -o assessment.csv
runs plan --policy threshold.ini snapshot assessment.csv -o threshold.csv
runs plan snapshot assessment.csv -o plan.csv
runs plan --show plan.csv
runs plan --check plan.csv snapshot assessment.csv -o again.csv
runs plan --explain "$(sed -n 's/^step,[^,]*,[^,]*,yes,[^,]*,\([^,]*\),.*/\1/p' plan.csv | head -n 1)" snapshot assessment.csv
code=0
# on a terminal a thread of its own shows how far the work has come
script -qec "$(printf "'%s' " ${UNDER-} "$BIN/plan") snapshot assessment.csv -o shown.csv" /dev/null >said 2>&1 </dev/null || code=$?
test $code = 0 || {
    cat said
    exit 1
}
runs apply plan.csv snapshot -o after
runs apply --undo after.journal.csv -o undo.csv
runs apply --verify-journal after.journal.csv
runs analyze after -o after.csv
runs analyze snapshot -o told.csv --html assessment.html --prometheus assessment.prom --json
runs plan snapshot assessment.csv -o told-plan.csv --html review.html --prometheus plan.prom --json
runs plan --show plan.csv --html shown.html --against threshold.csv
runs plan --show plan.csv --govc
runs plan --what-if max_moves=1 snapshot assessment.csv
runs plan --fits 4cpu,16GiB snapshot assessment.csv
host=$(sed -n '/^step,[^,]*,[^,]*,yes,migrate,/{s/^\([^,]*,\)\{10\}\([^,]*\),.*/\2/p;q}' plan.csv)
printf '[plan]\nevacuate=%s\n' "$(sed -n "s/^$host,\([^,]*\),.*/\1/p" snapshot/hosts.csv)" >evacuate.ini
runs plan --policy evacuate.ini snapshot assessment.csv -o away.csv
runs apply --policy evacuate.ini away.csv snapshot -o away
runs analyze away -o away-assessment.csv
runs plan --lose "$host" snapshot assessment.csv
runs plan --home away.journal.csv away away-assessment.csv -o home.csv

"$SERVER" --snapshot made --port-file ports --cert-out cert.pem >server.log 2>&1 &
server=$!
tries=0
until test -s ports; do
    tries=$((tries + 1))
    test $tries -lt 200
    sleep 0.1
done
url=$(sed -n 1p ports)
runs collect "$url" --cacert cert.pem -o served
runs collect "$url" --cacert cert.pem --archive archive
runs analyze served -o served.csv
runs plan served served.csv -o served-plan.csv
runs apply --dry-run served-plan.csv "$url" --cacert cert.pem
runs apply served-plan.csv "$url" --cacert cert.pem --log-json
curl -sf -X POST "$(sed -n 2p ports)/clock?advance=300" >/dev/null
runs collect "$url" --cacert cert.pem --archive archive
runs analyze archive -o history.csv
runs plan --replay archive -o replay.csv --chart replay.svg
echo "nothing found"
