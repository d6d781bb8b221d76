# SPDX-License-Identifier: MIT
# Unsolved items and advice that are the same for several VMs of a cluster are one row, which names them; --explain tells
# of each with its own figures; hosts have a row each; --show says how many.
"$BUILD/tests/generate" --clusters 2 --hosts 12 --vms 160 --short 30 --odd 40 --hot 40 --seed 3 -o "$TMP/snapshot"
"$BIN/analyze" -q "$TMP/snapshot" -o "$TMP/assessment.csv"
"$BIN/plan" -q "$TMP/snapshot" "$TMP/assessment.csv" -o "$TMP/plan.csv"
python3 - "$TMP/plan.csv" "$TMP/snapshot" >"$TMP/members" <<'END'
import csv, re, sys

rows = [row for row in csv.reader(open(sys.argv[1], newline="")) if not row[0].startswith("#")]
rows = [dict(zip(rows[0], row)) for row in rows[1:]]
vms = {row["id"]: row for row in csv.DictReader(open(sys.argv[2] + "/vms.csv", newline=""))}
kinds, gathered = set(), []
for row in rows:
    if row["kind"] == "step" or row["action"] == "migrate":
        assert "count=" not in row["args"], row
        continue
    if row["args"].startswith("count="):
        count, ids = re.fullmatch(r"count=(\d+) ids=(\S+)", row["args"]).groups()
        ids = ids.split("|")
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
row, ids = next((row, ids) for row, ids in gathered if row["reason"].startswith("stay short: "))
print(ids[-1])
print(len(ids))
END
{ read -r vm && read -r count; } <"$TMP/members"
"$BIN/plan" --explain "$vm" "$TMP/snapshot" "$TMP/assessment.csv" >"$TMP/said"
grep -q 'why: stays short: its guest uses [0-9.]* % of [0-9]* MiB; ' "$TMP/said" || { cat "$TMP/said"; exit 1; }
"$BIN/plan" -v --only unsolved --show "$TMP/plan.csv" >"$TMP/said"
grep -q ", $count VMs: " "$TMP/said" || { cat "$TMP/said"; exit 1; }
! grep -q '^Steps' "$TMP/said"
