# SPDX-License-Identifier: MIT
# plan --what-if tells just what the plans under the two policies do not have in common, and writes nothing.
. "$TOP/tests/pipeline/lib/refusal.sh"

snapshot=$TOP/samples/snapshot
cat >compare.py <<'END'
import csv, json, sys

def plan(path):
    rows = [row for row in csv.reader(open(path, newline="", encoding="utf-8"))]
    clusters = {row[1]: dict(cell.split("=", 1) for cell in row[3:] if "=" in cell) for row in rows if row[0] == "#cluster"}
    rows = [row for row in rows if not row[0].startswith("#")]
    return clusters, [dict(zip(rows[0], row)) for row in rows[1:]]

def places(rows, kind):
    """What a plan does, to whom and to where; of what it does not solve, why."""
    found = {}
    for row in rows:
        if row["kind"] == kind and not row["args"].startswith("count="):
            key = [row["action"], row["object_id"], 0]
            while tuple(key) in found:
                key[2] += 1
            found[tuple(key)] = row["cause"] if kind == "unsolved" else row["to"].removeprefix("'")
    return found

(clusters, before), (other_clusters, after) = plan(sys.argv[1]), plan(sys.argv[2])
difference = json.load(open(sys.argv[3]))
for kind, name in ("step", "steps"), ("advice", "advice"), ("unsolved", "unsolved"):
    one, two = places(before, kind), places(after, kind)
    expected = sorted((*key[:2], one.get(key), two.get(key)) for key in set(one) | set(two) if one.get(key) != two.get(key))
    found = []
    for pair in difference[name]["pairs"]:
        row = pair.get("before") or pair["after"]
        end = lambda row: row and (row["cause"] if kind == "unsolved" else str(row.get("to", row.get("to_host"))))
        found.append((row.get("action", ""), row["object_id"], end(pair.get("before")), end(pair.get("after"))))
    gathered = any(row["args"].startswith("count=") for row in before + after if row["kind"] == kind)
    assert gathered or sorted(found) == expected, (name, sorted(found), expected)
    assert gathered or difference[name]["alike"] == sum(one[key] == two.get(key) for key in one), name
def ends(figures):
    return {key: value.split("/")[-1] for key, value in figures.items()}
assert {pair["before"]["id"] for pair in difference["clusters"]} == {c for c in clusters if ends(clusters[c]) != ends(other_clusters[c])}
print(*(len(difference[name]["pairs"]) for name in ("steps", "advice", "unsolved")))
END
"$BIN/analyze" -q "$snapshot" -o company.csv
printf '[plan]\nmin_gain=2\n[rule apart]\ntype=vm_anti_affinity\nvms=ham-dns*\nmandatory=yes\n' >policy.ini
"$BIN/plan" -q --policy policy.ini "$snapshot" company.csv -o plan.csv
steps=0
for assumed in 'exclude_vms=ham-shop*' 'drs_clusters=plan' 'max_moves=1'; do
    sed "/^min_gain/a $assumed" policy.ini >other.ini
    "$BIN/plan" -q --policy other.ini "$snapshot" company.csv -o other.csv
    "$BIN/plan" --policy policy.ini --what-if "$assumed" "$snapshot" company.csv --json >difference.json
    python3 compare.py plan.csv other.csv difference.json >counted || complain "$assumed" 'another difference'
    steps=$((steps + $(cut -d ' ' -f 1 counted)))
done
test "$steps" -ge 8 || complain 'all of them' "$steps steps differ"

# Several at once, as a person reads them; what is no difference is none.
succeeds 'two keys' plan --what-if 'exclude_vms=ham-shop*' --what-if min_gain=5 "$snapshot" company.csv
grep -qxF 'What if exclude_vms=ham-shop*, min_gain=5' heard || complain 'two keys' 'it does not say what is assumed'
grep -qE '^  - migrate ham-shop-web03 \(vm-1005\): ' heard || complain 'two keys' 'a step that vanishes is not told'
grep -qE '^    short VMs +9 +6 +[0-9]+$' heard || complain 'two keys' 'figures do not stand side by side'
succeeds 'nothing else' plan --what-if max_moves=0 "$snapshot" company.csv
test "$(cat heard)" = "What if max_moves=0

The same in both: 10 steps, 3 advised, 15 unsolved." || complain 'nothing else' "$(cat heard)"
succeeds 'one cluster' plan --what-if 'exclude_vms=ham-shop*' --cluster HAM-Data "$snapshot" company.csv
! grep -q 'ham-shop-' heard || complain 'one cluster' 'it tells of others'

refuses 'an unknown key' '--what-if: found "exclude_vm=x": expected a key of \[plan\] \(the nearest is exclude_vms ' plan --what-if exclude_vm=x "$snapshot" company.csv
refuses 'a key that decided before' '--what-if: found "cpu_hot_pct=70": expected a key of \[plan\]; cpu_hot_pct is one of \[analyze\]: set it in a policy, and run analyze and plan ' plan --what-if cpu_hot_pct=70 "$snapshot" company.csv
refuses 'a bad value' '--what-if: max_moves: found "many": expected a whole number from ' plan --what-if max_moves=many "$snapshot" company.csv
refuses 'a key twice' '--what-if: found "max_moves=2": expected each key once' plan --what-if max_moves=1 --what-if max_moves=2 "$snapshot" company.csv
refuses 'no value' '--what-if: found "exclude_vms": expected KEY=VALUE, of the ' plan --what-if exclude_vms "$snapshot" company.csv
refuses 'a file to write' '--output goes with making a plan, --check and --replay, not with --what-if ' plan --what-if max_moves=1 "$snapshot" company.csv -o out/x
"$BIN/plan" --what-if exclude_vms=nobody --cluster HAM-Desktops "$snapshot" company.csv >heard 2>said
grep -q 'warning: .*nobody' said || complain 'a pattern of nobody' 'no warning'
finish
