# SPDX-License-Identifier: MIT
# For tests of many sites: twelve of them in sites.csv, seven directories, four simulated vCenters, and one libvirt host
# where a lab can be made. Of the vCenters one is slow, one refuses the password, and one dies half way.
test -x "$BUILD/tests/vcenter" || {
    echo "the simulated vCenter was not built (make $BUILD/tests/vcenter)"
    exit 77
}
unset GOVC_URL GOVC_USERNAME GOVC_PASSWORD GOVC_INSECURE GOVC_TLS_CA_CERTS GOVC_TLS_KNOWN_HOSTS https_proxy HTTPS_PROXY
fleet=$TOP/samples/fleet/fleet.sh

fail() {
    echo "$*"
    exit 1
}

mkdir bin inventory kept password options
for stage in collect analyze plan apply; do
    ln -s "$BIN/$stage" "bin/vmanger-$stage"
done
PATH=$PWD/bin:$PATH
printf '[plan]\nseed=1\n' >policy.ini

# inventory I: a small cluster of a source of its own
inventory() {
    "$BUILD/tests/generate" --clusters 1 --hosts 4 --vms 24 --hot 30 --short 10 --seed "$1" -o "inventory/$1" >generated
}

servers=
trap 'test -z "$servers" || kill $servers 2>/dev/null; true' EXIT

# vcenter NAME I PASSWORD: a site that a simulated vCenter serves; its control is in NAME.control
vcenter() {
    inventory "$2"
    "$BUILD/tests/vcenter" --snapshot "inventory/$2" --port-file "$1.ports" --cert-out "$1.pem" >"$1.served" 2>&1 &
    servers="$servers $!"
    tries=0
    until test -s "$1.ports"; do
        tries=$((tries + 1))
        test $tries -lt 200 || fail "the vCenter of $1 does not start: $(cat "$1.served")"
        sleep 0.1
    done
    (umask 077 && echo "$3" >"password/$1")
    printf '%s\n' --username administrator@vsphere.local --password-file "$PWD/password/$1" --cacert "$PWD/$1.pem" \
        --timeout 20 >"options/$1"
    sed -n 2p "$1.ports" >"$1.control"
    echo "$1,$(sed -n 1p "$1.ports"),policy.ini,options/$1" >>sites.csv
}

# order NAME ORDER: tells a site's vCenter what shall happen
order() {
    curl -sf -X POST "$(cat "$1.control")/$2" >ordered || fail "$1: order $2 was refused"
}

echo 'site,source,policy,options' >sites.csv
for i in 1 2 3 4 5 6 7; do
    inventory $i
    "$BIN/collect" -q inventory/$i -o kept/$i
    echo "dir$i,kept/$i,policy.ini," >>sites.csv
done
vcenter fine 8 secret
vcenter slow 9 secret
vcenter refusing 10 wrong
vcenter dying 11 secret
order slow 'rule?method=QueryPerf&do=delay&seconds=2'
order dying 'rule?method=QueryPerf&do=drop&times=0'
rounds=11

# A host that libvirt manages, measured for ten seconds; where no lab can be made, eleven sites are the fleet.
code=0
"$TOP/tests/hypervisors/lab.py" up "$TMP/lab" --hosts 1 --memory 512 --while $$ >lab.said 2>&1 || code=$?
if test $code = 0; then
    printf '%s\n' --window 10 --interval 2 >options/libvirt
    echo "libvirt,libvirt:$TMP/lab/hosts.csv,policy.ini,options/libvirt" >>sites.csv
    rounds=12
fi

# as_one ROUND: all sites are done there but for the two that cannot be, which are named everywhere
as_one() {
    in=$((rounds - 2))
    grep -q '! refusing: .*InvalidLogin' said || fail "refusing: $(cat said)"
    grep -q '! dying: ' said || fail "dying: $(cat said)"
    test "$(grep -c '^#left_out' "$1/fleet.csv")" = 2 || fail "left out: $(grep '^#left_out' "$1/fleet.csv")"
    test "$(grep -c '^#snapshot' "$1/fleet.csv")" = $in || fail "$(grep -c '^#snapshot' "$1/fleet.csv") of $in sites"
    test "$(ls "$1"/*/plan.csv | wc -l)" = $in || fail "plans: $(ls "$1"/*/plan.csv)"
    for site in refusing dying; do
        grep -q ">$site<" "$1/fleet.html" || fail "the page does not name $site"
        grep -q "^vmanger_site_merged{site=\"$site\"} 0$" "$1/fleet.prom" || fail "no figure of $site"
    done
    grep -q '^vmanger_site_merged{site="slow"} 1$' "$1/fleet.prom" || fail 'the slow site is not in'
    ! grep -rq secret "$1" || fail "a password was written: $(grep -rl secret "$1")"
}
