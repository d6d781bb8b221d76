# SPDX-License-Identifier: MIT
# The whole chain on real hypervisors: 3 libvirt hosts with 8 running guests, one host hot by what its guests do and two
# guests short of memory. What plan proposes, apply does; the guests that moved go on as they were, the short ones see
# their new memory, and new measurements show what the plan promised.
host_mib=1344
. "$TOP/tests/pipeline/lib/hypervisors.sh"
cat >policy.ini <<'END'
[analyze]
# Of this machine's CPU others take what they want.
cpu_hot_pct=100
short_pct=70
END
collects() {
    "$BIN/collect" -q "libvirt:$TMP/lab/hosts.csv" --window 10 --interval 2 -o "$1"
    "$BIN/analyze" -q --policy policy.ini "$1" -o "$1.csv"
}

# of ASSESSMENT NAME RESOURCE COLUMN
of() {
    python3 - "$@" <<'END'
import csv, sys
assessment, name, resource, column = sys.argv[1:]
rows = csv.DictReader(line for line in open(assessment, newline="") if not line.startswith("#"))
print(next(row[column] for row in rows if row["name"] == name and row["resource"] == resource))
END
}

working='mail shop search video'
for name in $working; do
    guest h1 "$name" --memory 256 --max-memory 1024
done
guest h2 database --memory 256 --max-memory 1024
guest h2 cache
guest h3 build --memory 256 --max-memory 1024 --virtio-mem
guest h3 test
all="$working database cache build test"
lab await "$TMP/lab" $all

collects idle
test "$(of idle.csv h1 host_memory state)" = normal || fail 'it is hot before its guests do anything'
test "$(of idle.csv database memory state)" = normal || fail 'it is short before it does anything'

# They go to work.
for name in $working; do
    lab tell "$TMP/lab" "$name" use=130 dirty=1 busy=5
done
lab tell "$TMP/lab" database use=180
lab tell "$TMP/lab" build use=180
for name in $working; do
    shows "$name" use -ge 130
done
shows database use -ge 180
shows build use -ge 180
collects before
for host in h1 h2 h3; do
    echo "$host: $(of before.csv $host host_memory usage_pct) % of its memory"
done
test "$(of before.csv h1 host_memory state)" = hot || fail 'it is not hot'
for name in database build; do
    test "$(of before.csv $name memory state)" = short || fail "$name is not short"
    used=$(($(figure "$name" total_kib) - $(figure "$name" available_kib)))
    measured=$(of before.csv $name memory measured)
    test "$((used * 100 / ${measured%.*}))" -ge 95 && test "$((used * 100 / ${measured%.*}))" -le 105 ||
        fail "$name uses $used KiB as it says itself, $measured KiB as measured"
done

"$BIN/plan" -q --policy policy.ini before before.csv -o plan.csv
"$BUILD/tests/plan-check" before before.csv plan.csv policy.ini
"$BIN/plan" --show plan.csv
moved=$(sed -n 's/^step,[^,]*,[^,]*,yes,migrate,[^,]*,\([^,]*\),.*/\1/p' plan.csv)
test -n "$moved" || fail 'nothing is to move'
grep -q '^step,.*,add_memory,[^,]*,database,' plan.csv || fail 'database is not to grow'
grep -q '^step,.*,add_memory,[^,]*,build,' plan.csv || fail 'build is not to grow'
! grep -q '^unsolved' plan.csv || fail 'something is unsolved'

"$BIN/apply" -q --policy policy.ini plan.csv "libvirt:$TMP/lab/hosts.csv"
for name in $moved; do
    step="^step,.*,migrate,[^,]*,$name,"
    to=$(grep "$step" plan.csv | cut -d, -f14)
    on h1 list --all --name | grep -x "$name" && fail "$name is still on h1"
    on "$to" list --name --state-running --persistent | grep -qx "$name" || fail "$name does not run on $to"
    estimated="$(grep "$step" plan.csv | sed 's/.*,\(copy_mib=[0-9]*\)[^,]*,\([0-9]*\),.*/\1, \2 s/')"
    happened="$(grep ",succeeded,migrate,[^,]*,$name," plan.journal.csv | grep -o 'elapsed_ms=[0-9]* sent_bytes=[0-9]*')"
    test -n "$happened" || fail 'the journal does not say what the migration took'
    echo "$name to $to: estimated $estimated; it was $happened"
done
for name in $all; do
    counts_on "$name"
done
for name in database build; do
    shows $name total_kib -gt 300000
done

# What is measured anew is what was promised.
collects after
for host in h1 h2 h3; do
    test "$(of after.csv $host host_memory state)" = normal || fail "$host is $(of after.csv $host host_memory state)"
    echo "$host: $(of after.csv $host host_memory usage_pct) % of its memory"
done
for name in $all; do
    test "$(of after.csv "$name" memory state)" != short || fail "$name is short"
    test "$(of after.csv "$name" memory state)" != unknown || fail "$name is not measured"
done
test "$(of after.csv database memory capacity)" -gt 262144 || fail 'database did not grow'
"$BIN/plan" -q --policy policy.ini after after.csv -o again.csv
! grep -q '^step' again.csv || fail 'there is still something to do'
"$BIN/apply" -q --verify-journal plan.journal.csv
