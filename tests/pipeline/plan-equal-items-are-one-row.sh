# SPDX-License-Identifier: MIT
# Unsolved items and advice that are the same for several VMs of a cluster are one row, which names them; --explain tells
# of each with its own figures; hosts have a row each; --show says how many, and which by name.
"$BUILD/tests/generate" --clusters 2 --hosts 12 --vms 160 --short 30 --odd 40 --hot 40 --seed 3 -o "$TMP/made"
python3 - "$TMP/made" <<'END'
import csv, sys

path = sys.argv[1] + "/vms.csv"
rows = list(csv.reader(open(path, newline="")))
column = rows[0].index("name")
for row in rows[1::3]:
    row[column] = "twin %; a|b, names=x"  # several VMs bear it, in folders of their own
csv.writer(open(path, "w", newline=""), lineterminator="\n").writerows(rows)
END
rm "$TMP/made/SHA256SUMS"
"$BIN/collect" -q "$TMP/made" -o "$TMP/snapshot"
"$BIN/analyze" -q "$TMP/snapshot" -o "$TMP/assessment.csv"
"$BIN/plan" -q "$TMP/snapshot" "$TMP/assessment.csv" -o "$TMP/plan.csv"
python3 - "$TMP/plan.csv" "$TMP/snapshot" >"$TMP/members" <<'END'
import csv, re, sys, urllib.parse

rows = [row for row in csv.reader(open(sys.argv[1], newline="")) if not row[0].startswith("#")]
rows = [dict(zip(rows[0], row)) for row in rows[1:]]
vms = {row["id"]: row for row in csv.DictReader(open(sys.argv[2] + "/vms.csv", newline=""))}
bearers = [row["name"] for row in vms.values()]


def known_as(vm):
    return vm["name"] if bearers.count(vm["name"]) == 1 else "%s (%s)" % (vm["name"], vm["id"])


kinds, gathered = set(), []
for row in rows:
    if row["kind"] == "step" or row["action"] == "migrate":
        assert "count=" not in row["args"], row
        continue
    if row["args"].startswith("count="):
        count, ids, names = re.fullmatch(r"count=(\d+) ids=(\S+) names=(\S+)", row["args"]).groups()
        ids, names = ids.split("|"), [urllib.parse.unquote(name) for name in names.split("|")]
        assert names == [known_as(vms[vm]) for vm in ids], row
        assert int(count) == len(set(ids)) > 1 and ids == sorted(ids), row
        assert row["object_id"] == row["cluster_id"] and row["object"] == row["cluster"], row
        assert not row["from"] and not row["to"] and not re.search(r"its guest uses", row["reason"]), row
        gathered.append((row, ids))
    elif row["object_id"] not in vms:
        continue  # a host
    own = (row["kind"], row["action"], row["cause"], row["cluster_id"], row["reason"].split("; ", 1)[-1])
    assert own not in kinds, "not gathered: %s" % (own,)
    kinds.add(own)
assert gathered, "nothing was gathered: the test shows nothing"
assert any("(vm-" in row["args"] for row, _ in gathered), "no name is shared: the test shows nothing"
row, ids = next((row, ids) for row, ids in gathered if row["reason"].startswith("stay short: "))
print(ids[-1])
print(len(ids))
print(known_as(vms[ids[0]]))
END
{ read -r vm && read -r count && read -r name; } <"$TMP/members"
"$BIN/plan" --explain "$vm" "$TMP/snapshot" "$TMP/assessment.csv" >"$TMP/said"
grep -q 'why: stays short: its guest uses [0-9.]* % of [0-9]* MiB; ' "$TMP/said" || { cat "$TMP/said"; exit 1; }
"$BIN/plan" -v --only unsolved --show "$TMP/plan.csv" >"$TMP/said"
grep -qF ", $count VMs: $name" "$TMP/said" || { cat "$TMP/said"; exit 1; }
! grep -q '^Steps' "$TMP/said"
