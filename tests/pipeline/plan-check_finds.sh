# SPDX-License-Identifier: MIT
# plan-check has a word for each thing that can be wrong with a plan: one is made wrong in each way.
cat >"$TMP/policy.ini" <<'END'
[plan]
strategy=threshold
drs_clusters=plan
END
"$BUILD/tests/generate" --clusters 6 --hosts 40 --vms 400 --hot 40 --short 10 --seed 7 -o "$TMP/snapshot"
"$BIN/analyze" --policy "$TMP/policy.ini" --quiet "$TMP/snapshot" -o "$TMP/assessment.csv"
"$BIN/plan" --policy "$TMP/policy.ini" --quiet "$TMP/snapshot" "$TMP/assessment.csv" -o "$TMP/plan.csv"

check() {
    "$BUILD/tests/plan-check" "$TMP/snapshot" "$TMP/assessment.csv" "$1" "${2:-$TMP/policy.ini}"
}

# finds WORDS PYTHON: the plan edited by PYTHON (rows: its steps as dictionaries, plan: all) is found to be wrong.
finds() {
    python3 - "$TMP/plan.csv" "$TMP/bad.csv" "$2" <<'END'
import csv, sys
lines = list(csv.reader(open(sys.argv[1], newline="")))
head = [row for row in lines if row[0].startswith("#")]
names = lines[len(head)]
plan = [dict(zip(names, row)) for row in lines[len(head) + 1:]]
moves = [row for row in plan if row["action"] == "migrate" and row["kind"] == "step"]
grows = [row for row in plan if row["action"] == "add_memory" and row["kind"] == "step"]
unsolved = [row for row in plan if row["kind"] == "unsolved"]
exec(sys.argv[3])
out = csv.writer(open(sys.argv[2], "w", newline=""), lineterminator="\n")
out.writerows(head + [names] + [[row[name] for name in names] for row in plan])
END
    if check "$TMP/bad.csv" >"$TMP/found"; then
        echo "not found: $1"
        exit 1
    fi
    grep -q "$1" "$TMP/found" || { echo "expected '$1':"; cat "$TMP/found"; exit 1; }
}

check "$TMP/plan.csv"
finds 'object is "other"' 'moves[0]["object"] = "other"'
finds 'instance_uuid is "0"' 'moves[0]["instance_uuid"] = "0"'
finds 'cluster is "x"' 'grows[0]["cluster"] = "x"'
finds 'in another cluster' 'moves[0]["to_id"] = next(m["to_id"] for m in moves if m["cluster_id"] != moves[0]["cluster_id"])'
finds 'the VM is then on' 'moves[0]["from_id"] = moves[0]["to_id"]; moves[0]["to_id"] = "host-1-1"'
finds 'est_s is 1:' 'moves[0]["est_s"] = "1"'
finds 'expected copy_mib' 'moves[0]["args"] = "copy_mib=1"'
finds 'effect is' 'moves[0]["effect"] = "esx: none"'
finds 'no reason given' 'grows[0]["reason"] = ""'
finds 'the VM then has' 'grows[0]["from"] = "640"'
finds 'not a multiple of the hot-add step' 'grows[0]["to"] = str(int(grows[0]["to"]) + 1)'
finds 'above the hot-add limit' 'grows[0]["to"] = "1280000"'
finds 'not the growth that the policy sets' 'grows[0]["to"] = str(int(grows[0]["to"]) + 128)'
finds 'may hold .* of its memory' 'grows[0]["to"] = "12800000"'
finds 'additions take' 'grows[0]["to"] = "12800000"'
finds 'becomes hot' 'for row in grows: row["to"] = "12800000"'
finds 'stays hot, and no row says so' 'plan.remove(next(u for u in unsolved if u["object_id"].startswith("host")))'
finds 'stays hot, and no row says so' 'plan[:] = [row for row in plan if row["kind"] != "step"]'
finds 'stays short, and no row says so' 'plan[:] = [row for row in plan if not (row["kind"] == "unsolved" and "stays short" in row["reason"] or "stay short" in row["reason"])]'
finds 'the mandatory rule .* stays broken' 'plan[:] = [row for row in plan if "mandatory rule" not in row["reason"]]'
finds 'hot_hosts=' 'next(row for row in head if row[0] == "#cluster")[3] = "hot_hosts=9/9"'
finds 'moves=' 'plan.remove(moves[0])'
finds 'makespan_s=' 'next(row for row in head if row[0] == "#cluster" and row[1] == moves[0]["cluster_id"])[-1] = "makespan_s=0"'
finds '#policy is' 'next(row for row in head if row[0] == "#policy")[1] = "0" * 64'
finds 'is called unsolved' 'unsolved[0].update(object_id=moves[0]["to_id"], object=moves[0]["to"], instance_uuid="")'

# Full hosts whose VMs change places: all is in the order.
sed 's/^\[plan\]$/[analyze]\ncpu_hot_pct=100\nmemory_hot_pct=100\n&/' "$TMP/policy.ini" >"$TMP/full.ini"
mv "$TMP/full.ini" "$TMP/policy.ini"
rm -r "$TMP/snapshot"
"$BUILD/tests/generate" --clusters 40 --hosts 240 --vms 600 --fill-memory 78 --hot 90 --rules 0.3 --odd 0 --short 20 \
    --seed 1 -o "$TMP/snapshot"
"$BIN/analyze" --policy "$TMP/policy.ini" --quiet "$TMP/snapshot" -o "$TMP/assessment.csv"
"$BUILD/tests/random-plan" "$TMP/snapshot" "$TMP/assessment.csv" "$TMP/plan.csv" "$TMP/policy.ini" 1
check "$TMP/plan.csv"
without_order='
for row in plan: row["after"] = ""'
finds 'may hold .* of its memory while' "$without_order"
finds 'does not wait for step .* of the same VM' "$without_order"
finds 'may be made before its host .* is relieved' "$without_order"
finds 'keeps them apart' "$without_order"
# A VM that a rule keeps on hosts goes to another of its cluster.
finds 'rule ".*" does not allow' '
import os
table = lambda name: list(csv.DictReader(open(os.environ["TMP"] + "/snapshot/" + name, newline="")))
hosts = table("hosts.csv")
home = {vm["id"]: vm["host_id"] for vm in table("vms.csv")}
for rule in table("rules.csv"):
    for row in moves:
        others = [h for h in hosts if h["cluster_id"] == row["cluster_id"] and h["id"] not in rule["host_ids"].split()
                  and h["id"] != row["from_id"]]
        if (rule["type"] == "vm_host_affinity" and rule["mandatory"] == "yes" and rule["enabled"] == "yes" and others
                and row["object_id"] in rule["vm_ids"].split() and home[row["object_id"]] in rule["host_ids"].split()):
            row.update(to_id=others[0]["id"], to=others[0]["name"])
'

# The other strategy lends no more than the policy has it lend.
printf '[plan]\nstrategy=optimize\nlend_to_pct=90\n' >"$TMP/policy.ini"
"$BIN/analyze" --policy "$TMP/policy.ini" --quiet "$TMP/snapshot" -o "$TMP/assessment.csv"
"$BIN/plan" --policy "$TMP/policy.ini" --quiet "$TMP/snapshot" "$TMP/assessment.csv" -o "$TMP/plan.csv"
check "$TMP/plan.csv"
finds 'lend_to_pct allows' 'grows[0]["to"] = "12800000"'
# Clusters at the edge of what HA, pools and hosts admit.
cat >"$TMP/policy.ini" <<'END'
[analyze]
cpu_hot_pct=70
[plan]
strategy=threshold
drs_clusters=plan
max_moves_per_host=0
buffer_reserve_pct=0
END
rm -r "$TMP/snapshot"
"$BUILD/tests/generate" --clusters 90 --hosts 360 --vms 2520 --strained 100 --hot 25 --odd 4 --short 6 --seed 2 \
    -o "$TMP/snapshot"
"$BIN/analyze" --policy "$TMP/policy.ini" --quiet "$TMP/snapshot" -o "$TMP/assessment.csv"
"$BIN/plan" --policy "$TMP/policy.ini" --quiet "$TMP/snapshot" "$TMP/assessment.csv" -o "$TMP/plan.csv"
check "$TMP/plan.csv"
finds 'has more reserved than it has, and no row says so' 'plan[:] = [row for row in plan if row["cause"] != "room"]'
finds 'waking is advised, and nothing is lacking' '
next(row for row in plan if row["action"] == "wake_host").update(object_id=moves[0]["to_id"], object=moves[0]["to"])'
finds 'standby is advised, which nobody asked for' '
next(row for row in plan if row["action"] == "wake_host")["action"] = "standby_host"'
finds 'expected one row of advice a host' '
plan.append(dict(next(row for row in plan if row["action"] == "wake_host")))'
# A VM that admission control keeps from growing grows.
refused='
row = next(row for row in unsolved if row["cause"] == "admission" and WORDS in row["reason"])
vm = row["args"].partition("ids=")[2].split("|")[0] or row["object_id"]
plan.insert(0, dict(grows[0], step="1000000", after="", object_id=vm, **{"from": "1024", "to": "100000000"}))'
finds 'HA admission control: .* then reserves' "WORDS = 'HA admission control lets'$refused"
finds 'HA admission control: .* slots then' "WORDS = 'the slots of HA admission control'$refused"
larger='
for row in grows: row["to"] = str(2 * int(row["from"]))'
finds 'is not expandable and .* short of reservation' "$larger"
finds 'more are reserved than it has unreserved' "$larger"
finds 'MiB are reserved in it, its limit is' "$larger"
sed 's/^\[plan\]$/&\nha_check=hard/' "$TMP/policy.ini" >"$TMP/hard.ini"
mv "$TMP/hard.ini" "$TMP/policy.ini"
finds 'no host could restart .* any more' ''
