# SPDX-License-Identifier: MIT
# Hosts that libvirt manages are asked side by side, here libvirt's own test driver: what they and their domains are
# becomes a snapshot, a silent host is one that does not respond, and neither names nor bad files do harm.
. "$TOP/tests/pipeline/lib/refusal.sh"

# domain UUID NAME MORE: a domain of the test driver, of 2 GiB
domain() {
    echo "<domain type='test'><name>$2</name><uuid>aaaaaaaa-0000-4000-8000-00000000000$1</uuid>
    <memory unit='MiB'>2048</memory><vcpu current='1'>4</vcpu><os><type arch='i686'>hvm</type></os>$3</domain>"
}
off="<test:runstate xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>5</test:runstate>"
ignore="<metadata><v:ignore xmlns:v='urn:vmanger'/></metadata>"
devices="<devices><hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/><product id='0xbeef'/></source></hostdev>
    <disk type='file' device='disk'><source file='/here/x'/><target dev='vda' bus='virtio'/></disk>
    <disk type='file' device='disk'><source file='/shared/x'/><target dev='vdb' bus='virtio'/></disk>
    <interface type='bridge'><source bridge='br7'/></interface></devices>"
pool() { # LAST-DIGIT NAME
    echo "<pool type='dir'><name>$2</name><uuid>bbbbbbbb-0000-4000-8000-00000000000$1</uuid><target><path>/$2</path></target></pool>"
}
cpu='<cpu><mhz>2000</mhz><nodes>1</nodes><sockets>1</sockets><cores>4</cores><threads>2</threads><active>8</active></cpu>'
# A running domain whose description is refused: elements in elements.
deep="<metadata>$(printf '<d:a xmlns:d="urn:d">%.0s' $(seq 70))$(printf '</d:a>%.0s' $(seq 70))</metadata>"
network="<network><name>lan</name><forward mode='bridge'/><bridge name='br7'/></network>"
echo "<node>$cpu<memory>16777216</memory>$network$(pool 1 here)$(pool 3 shared)
$(domain 1 '=cmd,&quot;it&apos;s&quot;' "$ignore")$(domain 2 tied "$devices")$(domain 3 moved "$off")$(domain 5 twice '')$(domain 6 deep "$deep")</node>" >one.xml
echo "<node>$cpu<memory>16777216</memory>$(pool 2 here)$(pool 3 shared)
$(domain 3 moved '')$(domain 4 idle "$off")$(domain 5 twice '')</node>" >two.xml

# A host that takes the connection and says nothing, and one that takes none.
python3 - <<'END' &
import os, socket, time
listening = socket.socket()
listening.bind(("127.0.0.1", 0))
listening.listen()
with open("port.new", "w") as file:
    file.write(str(listening.getsockname()[1]))
os.rename("port.new", "port")
time.sleep(600)
END
silent=$!
trap 'kill $silent' EXIT
for _ in $(seq 100); do test -s port || sleep 0.1; done
cat >hosts.csv <<END
uri,cluster,name,net_capacity_kibps
test://$PWD/one.xml,"Lab, main",one,122070
test://$PWD/two.xml,"Lab, main",,
qemu+tcp://127.0.0.1:$(cat port)/system,"Lab, main",silent,
END

expect() {
    "$@" || complain "$*" 'not so'
}
collected() {
    code=0
    "$BIN/collect" libvirt:hosts.csv --window 10 --interval 5 --timeout 2 "$@" >heard 2>said || code=$?
    test "$code" = 3 || complain "collect $*" "exit code $code instead of 3"
}
cell() { # FILE ID COLUMN
    python3 -c 'import csv, sys
print(next(r[sys.argv[3]] for r in csv.DictReader(open(sys.argv[1], newline="")) if r["id"] == sys.argv[2]))' "$@"
}
vm=aaaaaaaa-0000-4000-8000-00000000000

collected --archive archive
grep -q '^collect: warning: silent: no answer within 2 s: the host is taken as not responding$' said || complain silent 'not said'
grep -q 'not measured of .*moved.*virsh dommemstat VM --period 10 --live --config' said || complain quiet 'not said'
! grep -q "not measured of .*it's" said || complain quiet 'what is left alone is named'
grep -q "twice (${vm}5) runs on one and on .* at once: it is taken to be on the first" said || complain twice 'not said'
grep -q '^collect: warning: one: domain deep is left out: ' said || complain deep 'not said'
! grep -q "^${vm}6" archive/latest/vms.csv archive/latest/samples.csv || complain deep 'taken for a VM'
now=archive/latest silent_id=qemu+tcp://127.0.0.1:$(cat port)/system one="test://$PWD/one.xml" two="test://$PWD/two.xml"
expect test "$(cell $now/hosts.csv "$silent_id" connection)" = not_responding
expect test "$(cell $now/hosts.csv "$one" connection)" = connected
expect test "$(cell $now/hosts.csv "$one" cpu_mhz)" = 16000
expect test "$(cell $now/hosts.csv "$one" cluster_id)" = Lab%2C%20main
expect test "$(cell $now/hosts.csv "$one" net_capacity_kibps)" = 122070
expect test "$(cell $now/hosts.csv "$one" capabilities)" = 'arch:i686 bridge:br7 pool:shared type:test'
expect test "$(cell $now/hosts.csv "$two" capabilities)" = 'arch:i686 pool:shared type:test'
expect test "$(cell $now/vms.csv ${vm}1 name)" = "'=cmd,\"it's\""
expect test "$(cell $now/vms.csv ${vm}1 role)" = ignore
expect test "$(cell $now/vms.csv ${vm}1 cpu_hot_add_limit)" = 4
expect test "$(cell $now/vms.csv ${vm}2 pinned)" = 'USB device of the host; disk vda in local storage pool here'
expect test "$(cell $now/vms.csv ${vm}2 requires)" = 'arch:i686 bridge:br7 pool:shared type:test'
expect test "$(cell $now/vms.csv ${vm}3 host_id)" = "$two"
expect test "$(cell $now/vms.csv ${vm}4 power)" = off
expect test "$(cell $now/vms.csv ${vm}5 pinned)" = 'it runs on two hosts at once'
expect grep -q ',unconfigured=1 copies=2$' $now/snapshot.csv
expect grep -q "^${vm}3,cpu_usage_mhz,,realtime,.*,5,[0-9.]* [0-9.]*\$" $now/samples.csv
! grep -q "^${vm}4" $now/samples.csv || complain samples 'of what is off'
"$BIN/analyze" $now -o out/a >heard 2>said && "$BIN/plan" $now out/a -o out/p >heard 2>said || complain plan 'none'
id=$(cut -d, -f5 $now/snapshot.csv | tail -1)

# What a host was at the last time it still is while it is silent, and the estate is the same.
printf '<node/' >two.xml
collected --archive archive
expect test "$(cell $now/hosts.csv "$two" connection)" = not_responding
expect test "$(cell $now/hosts.csv "$two" memory_kib)" = 16777216
expect test "$(cell $now/vms.csv ${vm}3 host_id)" = "$one"
expect test "$(cut -d, -f5 $now/snapshot.csv | tail -1)" = "$id"

# Nothing is left of what a signal ends.
rm -rf out && mkdir out
timeout -s INT 2 "$BIN/collect" libvirt:hosts.csv --window 60 --interval 1 --timeout 2 -o out/s >heard 2>said || true
grep -q '^collect: ended by SIGINT: nothing was written$' said || complain SIGINT 'not said'
test -z "$(ls -A out)" || complain SIGINT 'left behind'

printf 'uri,cluster\nqemu+tcp://me:secret@h/system,a\n' >password.csv
refuses 'a password' 'password\.csv:2: uri: found an address with a password in it: ' collect libvirt:password.csv -o out/s
! grep -q secret said || complain 'a password' 'is shown'
printf 'uri,cluster\nqemu+tcp://127.0.0.1:1/system,a\n' >nowhere.csv
refuses 'no host' 'nowhere\.csv: no host answers: 127\.0\.0\.1: unable to connect ' collect libvirt:nowhere.csv -o out/s
refuses 'no file' 'none\.csv: ' collect libvirt:none.csv -o out/s
refuses 'an interval' '--interval: found 20: expected at most the 10 seconds of --window' collect libvirt:hosts.csv --window 10 -o out/s
refuses 'a user' '--username goes with a vCenter, not with libvirt hosts ' collect libvirt:hosts.csv -u me -o out/s
refuses 'an interval of a directory' '--interval goes with libvirt hosts, not with a directory ' collect archive/latest --interval 5 -o out/s
finish
