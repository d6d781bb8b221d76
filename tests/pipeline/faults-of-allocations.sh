# SPDX-License-Identifier: MIT
# Memory that libcurl, libxml2 or libcsv asks for and does not get ends a program with an error and a true exit code:
# no crash, no loop, no half result. A sample, of which ALLOCATIONS is the step (1: all).
. "$TOP/tests/pipeline/lib/vcenter.sh"
test -e "$BUILD/tests/allocations.so" || {
    echo "not built: make $BUILD/tests/allocations.so"
    exit 77
}
step=${ALLOCATIONS:-397}
points=0 bad=0
export ASAN_OPTIONS=verify_asan_link_order=0 GOVC_USERNAME=$account
vcenter_start
"$BIN/collect" -q "$snapshot" -o whole
sed '2s/,\([^,]*\),/,"\1",/' whole/vms.csv >quoted.csv
cp -r whole quoted
mv quoted.csv quoted/vms.csv
rm quoted/SHA256SUMS

# try LIBRARY STAYS COMMAND...: each sampled allocation fails, and with STAYS those after it, too
try() {
    library=$1 stays=$2
    shift 2
    rm -rf out && mkdir out
    FAULT_LIBRARY=$library FAULT_COUNT=$PWD/count LD_PRELOAD=$BUILD/tests/allocations.so GOVC_PASSWORD=secret \
        "$@" -o out/s >/dev/null 2>said || complain "$library" 'it fails without a fault'
    all=$(cat count) at=1
    test "$all" -gt 0 || complain "$library" 'it asks for no memory: this test shows nothing'
    while test "$at" -le "$all"; do
        rm -rf out && mkdir out
        is=0
        env ${stays:+FAULT_STAYS=1} FAULT_LIBRARY=$library FAULT_AT="$at" LD_PRELOAD=$BUILD/tests/allocations.so \
            GOVC_PASSWORD=secret timeout 60 "$@" -o out/s >/dev/null 2>said </dev/null || is=$?
        points=$((points + 1))
        case $is in
        0 | 3) diff -r -x snapshot.csv -x SHA256SUMS -x samples.csv "$reference" out/s >difference || complain "$library at $at of $all" 'not whole' ;;
        1) test -z "$(ls -A out)" && test -s said || complain "$library at $at of $all" 'a refusal that left something, or said nothing' ;;
        *) complain "$library at $at of $all" "exit code $is" ;;
        esac
        # densely where all begins
        if test "$at" -lt 40; then at=$((at + (step > 9 ? 9 : step))); else at=$((at + step)); fi
    done
    echo "$library $stays: $all allocations"
}
GOVC_PASSWORD=secret "$BIN/collect" -q "$url" --cacert cert.pem -o served
reference=served
for stays in '' stays; do
    try curl "$stays" "$BIN/collect" "$url" --cacert cert.pem
    try xml "$stays" "$BIN/collect" "$url" --cacert cert.pem
done
reference=whole
try csv '' "$BIN/collect" quoted
echo "$points points"
finish
