# SPDX-License-Identifier: MIT
# The lab of libvirt hosts is what tests on it take it for: guests count and are told what to do, move between hosts
# without booting again, show what was added to them; hosts see their own memory; a link is cut, a host dies; and of
# the lab nothing stays, however it ends.
. "$TOP/tests/pipeline/lib/hypervisors.sh"

# left NAME: what there is of the lab of that name
left() {
    ip -brief link show dev "$1" 2>/dev/null || true
    grep -l "/$1/" /proc/[0-9]*/cgroup 2>/dev/null || true
}
name=$(cat "$TMP/lab/name")
test -n "$(left "$name")" || fail 'the lab cannot be seen'

guest h1 web --max-memory 1024 --use 30 --busy 20
guest h2 db --max-memory 512 --virtio-mem --max-cpus 2 --balloon-period 2
guest h3 shop
lab await "$TMP/lab" web db shop
for host in h1 h2 h3; do
    test "$(on $host list --name | grep -c .)" = 1 || fail "$host has not one guest"
done
test "$(on h1 domuuid web)" = "$(on h1 dumpxml web | sed -n 's|.*<uuid>\(.*\)</uuid>.*|\1|p')"
test "$(for host in h1 h2 h3; do on $host capabilities | grep -m 1 '<uuid>'; done | sort -u | grep -c uuid)" = 3 ||
    fail 'hosts share a UUID'
on h1 dumpxml web | grep -q "<domain type='qemu'" || fail 'the guest is not emulated'

# Live, there and back, under load.
moves web h1 h2
counts_on web
lab tell "$TMP/lab" web busy=60 use=50 dirty=2
shows web use -ge 50
moves web h2 h3
counts_on web
test "$(figure web busy)" = 60 || fail 'it does not do as it was told'
test "$(on h3 list --name --state-running | sort | grep .)" = "$(printf 'shop\nweb')" || fail 'it does not run where it went'
test -z "$(on h1 list --all --name | grep .)" || fail 'it is still defined where it was'

# Memory as a dimm and by virtio-mem, a vCPU: the guest sees them.
printf '<memory model="dimm"><target><size unit="MiB">128</size><node>0</node></target></memory>' >dimm.xml
on h3 attach-device web dimm.xml --live --config
shows web total_kib -gt 200000
on h2 update-memory-device db --requested-size 128MiB
shows db total_kib -gt 200000
on h2 setvcpus db 2 --live
shows db cpus -eq 2
moves db h2 h1
counts_on db
test "$(figure db cpus)" = 2 || fail 'a vCPU was lost'

# The balloon tells what the guest itself says, anew each second.
on h3 domstats --balloon web >stats
usable=$(sed -n 's/.*balloon.usable=//p' stats)
available=$(figure web available_kib)
test $((usable - available)) -lt 20000 && test $((available - usable)) -lt 20000 ||
    fail "usable $usable KiB, but the guest says $available KiB"
updated=$(sed -n 's/.*balloon.last-update=//p' stats)
for _ in $(seq 60); do
    test "$(on h3 domstats --balloon web | sed -n 's/.*balloon.last-update=//p')" -gt "$updated" && break
    sleep 0.5
done
test "$(on h3 domstats --balloon web | sed -n 's/.*balloon.last-update=//p')" -gt "$updated" || fail 'the balloon tells nothing new'
if ! test -d "$TMP/lab/lxcfs"; then
    echo "hosts see the whole machine's memory here"
else
    test "$(on h1 nodememstats | sed -n 's/^total *: *\([0-9]*\) KiB/\1/p')" = 1048576 || fail 'a host does not see its own memory'
fi

# Shut down by its power button, and by word.
on h1 shutdown db
lab tell "$TMP/lab" shop poweroff
for _ in $(seq 120); do
    test -z "$(on h1 list --name | grep .)" && test "$(on h3 list --name | grep .)" = web && break
    sleep 0.5
done
test -z "$(on h1 list --name | grep .)" || fail 'it does not shut down'
test "$(on h1 list --all --name | grep .)" = db || fail 'it is no longer defined'
test "$(on h3 list --name | grep .)" = web || fail 'it does not power off'

# A link that is cut, and mended; a host that dies.
lab cut "$TMP/lab" h3
! timeout 3 virsh -q -c "$(address h3)" list >said 2>&1 || fail 'the link is not cut'
lab mend "$TMP/lab" h3
on h3 list >said
counts_on web
processes=$(left "$name" | grep -c cgroup)
lab kill "$TMP/lab" h3
test "$(left "$name" | grep -c cgroup)" -lt "$processes" || fail 'the host lives'
! timeout 3 virsh -q -c "$(address h3)" list >said 2>&1 || fail 'the daemon answers'

# Two others beside it end with the process that they are for, and with their holder, which was killed.
sleep 600 &
lab up "$TMP/second" --hosts 1 --while $!
lab up "$TMP/third" --hosts 1 --while $!
second=$(cat "$TMP/second/name") third=$(cat "$TMP/third/name")
test -n "$(left "$second")" && test -n "$(left "$third")"
kill -9 "$(cat "$TMP/third/holder.pid")"
kill -9 $!
lab down "$TMP/lab"
test -z "$(left "$name")" || fail "left: $(left "$name")"
for _ in $(seq 60); do
    test -z "$(left "$second")$(left "$third")" && break
    sleep 0.5
done
test -z "$(left "$second")$(left "$third")" || fail "left: $(left "$second")$(left "$third")"
! grep -qF "$TMP" /proc/self/mounts || fail 'a mount stays'
! ls -d /sys/fs/cgroup/*/"$name" /sys/fs/cgroup/*/"$second" 2>/dev/null || fail 'a cgroup stays'
rmdir /sys/fs/cgroup/*/"$third"/h1 /sys/fs/cgroup/*/"$third"
