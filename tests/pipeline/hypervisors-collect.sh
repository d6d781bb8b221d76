# SPDX-License-Identifier: MIT
# What collect measures of real guests is what they and their vCPUs' threads say themselves; one host's daemon that
# dies in the middle costs its own measurements and no others'.
. "$TOP/tests/pipeline/lib/hypervisors.sh"

guest h1 web --max-memory 1024 --slots 2 --use 40 --busy 40 --max-cpus 2
guest h2 db --memory 256 --max-memory 512 --virtio-mem --use 120 --busy 20
guest h3 mute --balloon-period 0
lab await "$TMP/lab" web db mute
sleep 2

cat >values.py <<'END'
"""values.py SNAPSHOT NAME METRIC: the mean of what was measured; values.py SNAPSHOT NAME .COLUMN: a cell of vms.csv"""
import csv
import sys
snapshot, name, what = sys.argv[1:]
rows = list(csv.DictReader(open(snapshot + "/vms.csv", newline=""))) + list(csv.DictReader(open(snapshot + "/hosts.csv", newline="")))
row = next(row for row in rows if row["name"] == name)
if what.startswith("."):
    print(row[what[1:]])
else:
    values = [float(value) for series in csv.DictReader(open(snapshot + "/samples.csv", newline=""))
              if series["entity_id"] == row["id"] and series["metric"] == what
              for value in series["values"].split() if value != "-"]
    print(round(sum(values) / len(values)) if values else "nothing")
END
value() {
    python3 values.py "$@"
}
# near WHAT A B PERCENT
near() {
    test $((100 * ($2 > $3 ? $2 - $3 : $3 - $2))) -le $(($4 * $3)) || fail "$1: $2, and not $3 within $4 %"
}
vcpu_ns() {
    on "$1" domstats --vcpu "$2" | sed -n 's/^ *vcpu\.0\.time=//p'
}

code=0
before=$(vcpu_ns h1 web) from=$(date +%s%N)
"$BIN/collect" "libvirt:$TMP/lab/hosts.csv" --window 10 --interval 2 -o one >heard 2>said || code=$?
after=$(vcpu_ns h1 web) to=$(date +%s%N)
test "$code" = 3 || fail "exit code $code: $(cat said)"
grep -q 'not measured of mute: .*virsh dommemstat VM --period' said || fail "no word of a mute guest: $(cat said)"
test "$(grep -c . said)" = 1 || fail "more than that: $(cat said)"
mhz=$(value one h1 .core_mhz)
near 'CPU of web' "$(value one web cpu_usage_mhz)" $(((after - before) * mhz / (to - from))) 10
near 'memory of web' "$(value one web memory_active_kib)" \
    $(($(figure web total_kib) - $(figure web available_kib))) 5
near 'memory of db' "$(value one db memory_active_kib)" $(($(figure db total_kib) - $(figure db available_kib))) 5
test "$(value one mute memory_active_kib)" = nothing || fail 'memory of a mute guest'
test "$(value one web memory_consumed_kib)" -gt "$(value one web memory_active_kib)" || fail 'less consumed than active'
test "$(value one h1 memory_consumed_kib)" -ge "$(value one web memory_consumed_kib)" || fail 'a host that holds less'
test "$(value one web cpu_ready_ms)" != nothing || fail 'no ready time'
test "$(value one web .memory_hot_add_limit_mib) $(value one web .memory_hot_add_step_mib)" = '1024 128' || fail 'dimms'
test "$(value one db .memory_hot_add_limit_mib) $(value one db .memory_hot_add_step_mib)" = '512 2' || fail 'virtio-mem'
test "$(value one mute .memory_hot_add)" = no || fail 'a guest that cannot grow'
test "$(value one web .cpu_hot_add_limit) $(value one mute .cpu_hot_add)" = '2 no' || fail 'vCPUs'
test -n "$(value one web .requires)" && test "$(value one web .pinned)" = '' || fail 'what web requires'
for word in $(value one web .requires); do
    case " $(value one h2 .capabilities) " in *" $word "*) ;; *) fail "h2 does not offer $word" ;; esac
done

# A host that dies while it is measured.
(sleep 4 && lab kill "$TMP/lab" h3) &
code=0
"$BIN/collect" "libvirt:$TMP/lab/hosts.csv" --window 10 --interval 2 --timeout 4 -o two >heard 2>said || code=$?
wait $!
test "$code" = 3 || fail "exit code $code: $(cat said)"
grep -q '^collect: warning: h3: .*: the host is taken as not responding' said || fail "no word of h3: $(cat said)"
test "$(value two h3 .connection) $(value two mute .connection)" = 'not_responding disconnected' || fail 'h3 is connected'
test "$(value two web cpu_usage_mhz)" != nothing && test "$(value two mute cpu_usage_mhz)" = nothing || fail 'measurements'
