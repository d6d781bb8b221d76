# SPDX-License-Identifier: MIT
# A plan that the vCenter left behind is refused whole, every difference named, and nothing is changed there.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"

vcenter_plan_once
first=$(sed -n 's/^step,1,//p' plan.csv)
vm=$(echo "$first" | cut -d, -f4)
target=$(echo "$first" | cut -d, -f11)
cluster=$(echo "$first" | cut -d, -f7)
test "$(echo "$first" | cut -d, -f3)" = migrate || complain 'the plan' "step 1 is no migration: $first"

begins
# refuses_plan CASE REGEX ORDER...: refused with a table of was and is
refuses_plan() {
    case=$1 regex=$2
    shift 2
    order "$@"
    applies 1 "$case"
    tells "$case" "$regex"
    test "$(changed)" = 0 || complain "$case" "$(changed) calls that change something"
    test ! -e plan.journal.csv || complain "$case" 'there is a journal'
    order reset
}
refuses_plan 'another size' 'memory +[0-9]+ MiB +[0-9]+ MiB' "set?id=$(sed -n 's/^step,[0-9]*,[^,]*,yes,add_memory,\([^,]*\),.*/\1/p' plan.csv | head -n 1)&memory_mib=99968"
vcenter_stop
begins
refuses_plan 'powered off' 'power +powered on +powered off' "set?id=$vm&power=poweredOff"
vcenter_stop
begins
refuses_plan 'another VM of the same id' 'instance UUID' "set?id=$vm&instance_uuid=00000000-0000-0000-0000-000000000001"
vcenter_stop
begins
refuses_plan 'a VM that is gone' 'VM +vm-[0-9]+ +no such VM' "remove?id=$vm"
vcenter_stop
begins
refuses_plan 'a target in maintenance mode' 'target host +normal mode +maintenance mode' "set?id=$target&maintenance=yes"
refuses_plan 'a target that is not connected' 'target host +connected +' "set?id=$target&connection=disconnected"
vcenter_stop
begins
refuses_plan 'DRS become automatic' 'is now fully automated by DRS' "set?id=$cluster&drs=full"
vcenter_stop
begins
refuses_plan 'no privilege' 'the account lacks the privilege Resource\.HotMigrate on ' "deny?privilege=Resource.HotMigrate&id=$vm"
refuses_plan 'no privilege on any' 'Resource\.HotMigrate on [0-9]+ VMs' 'deny?privilege=Resource.HotMigrate'
refuses_plan 'no privilege for memory' 'VirtualMachine\.Config\.Memory on ' 'deny?privilege=VirtualMachine.Config.Memory'
refuses_plan 'an older plan' 'age of the plan' 'clock?advance=90000'
applies 0 'an older plan, allowed' --max-age 0 --dry-run --no-recheck-load
vcenter_stop

# the target of step 1 has become busy since, by work that the plan knows nothing of
cp -r "$snapshot" busy
python3 - "$target" <<'EOF'
import csv, sys
cpu_mhz = next(float(row["cpu_mhz"]) for row in csv.DictReader(open("busy/hosts.csv")) if row["id"] == sys.argv[1])
rows = list(csv.reader(open("busy/samples.csv")))
for row in rows:
    if row[:2] == [sys.argv[1], "cpu_usage_mhz"]:
        row[-1] = " ".join([f"{cpu_mhz * 0.795:.0f}"] * len(row[-1].split()))
csv.writer(open("busy/samples.csv", "w"), lineterminator="\n").writerows(rows)
EOF
rm busy/SHA256SUMS
"$BIN/collect" -q busy -o served
snapshot=served begins
refuses_plan 'a target that is busy now' "[(]${target}[)] would become hot: CPU at [0-9.]+ %, above 80 %"
applies 0 'a busy target, allowed' --no-recheck-load --dry-run
vcenter_stop

# the network of that host has become busy since, where the policy says that the network decides
printf '[analyze]\nnet_hot_pct=80\n' >net.ini
rm -r served && cp -r "$TOP/samples/snapshot" served
python3 - "$target" "$vm" <<'EOF'
import csv, sys
target, vm = sys.argv[1:]
capacity = next(float(row["net_capacity_kibps"]) for row in csv.DictReader(open("served/hosts.csv")) if row["id"] == target)
rows = list(csv.reader(open("served/samples.csv")))
for row in rows:
    share = {target: 0.795, vm: 0.05}.get(row[0]) if row[1] == "net_kibps" else None
    if share:
        row[-1] = " ".join([f"{capacity * share:.0f}"] * len(row[-1].split()))
csv.writer(open("served/samples.csv", "w"), lineterminator="\n").writerows(rows)
EOF
(cd served && sha256sum -- *.csv >SHA256SUMS)
vcenter_start
"$BIN/analyze" -q --policy net.ini s -o net.csv
"$BIN/plan" -q --policy net.ini s net.csv -o plan.csv
vcenter_stop
snapshot=served vcenter_start
applies 1 'a network that is busy now' --policy net.ini
tells 'a network that is busy now' "[(]${target}[)] would become hot: network throughput at [0-9.]+ %, above 80 %"
applies 0 'a network that does not decide' --dry-run
vcenter_stop

# the other steps go on where the person says so
begins "set?id=$vm&power=poweredOff"
applies 3 'without the stale steps' --skip-stale
tells 'without the stale steps' ' skipped'
grep -q "^[0-9]*,.*,skipped,migrate,$vm," plan.journal.csv || complain 'without the stale steps' 'not journaled'
vcenter_stop
finish
