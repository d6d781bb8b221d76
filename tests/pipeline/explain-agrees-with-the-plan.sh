# SPDX-License-Identifier: MIT
# What plan --explain says of each VM and host, on some hundred of generated clusters under policies of several kinds,
# never contradicts the plan: its rows are all there and no others, no host that takes a VM is called unfit for it, and
# "nothing" is said where the plan has nothing.
cat >"$TMP/policy.0" <<'END'
[plan]
END
cat >"$TMP/policy.1" <<'END'
[plan]
strategy=threshold
drs_clusters=plan
max_moves_per_host=2
END
cat >"$TMP/policy.2" <<'END'
[plan]
drs_clusters=plan
evacuate=*-002.example
evacuate_powered_off=yes
exclude_hosts=*-003.example
max_moves=6
[rule apart]
type=vm_anti_affinity
vms=Team 01/*
mandatory=yes
END

cat >"$TMP/compare.py" <<'END'
import csv, sys

directory, policy = sys.argv[1:]
faults = 0
explained = {}
with open(directory + "/explained") as file:
    for line in file.read().split("\n"):
        if line.startswith("= "):
            entity = explained.setdefault(line[2:], [])
        else:
            entity.append(line)


def explain(entity):
    return explained[entity]


def table(path):
    with open(path, newline="") as file:
        return list(csv.reader(file))


def records(rows):
    return [dict(zip(rows[0], row)) for row in rows[1:]]


def complain(entity, words, said):
    global faults
    faults += 1
    print("%s, %s: %s\n  %s" % (policy.rsplit("/", 1)[1], entity, words, "\n  ".join(said)))


def ids(row):
    args = dict(arg.split("=", 1) for arg in row["args"].split(" ") if "=" in arg)
    return args["ids"].split("|") if "ids" in args else [row["object_id"]]


plan = records([row for row in table(directory + "/plan.csv") if not row[0].startswith("#")])
hosts = {row["id"]: row for row in records(table(directory + "/snapshot/hosts.csv"))}
vms = {row["id"]: row for row in records(table(directory + "/snapshot/vms.csv"))}
rows = {}
for row in plan:
    for entity in ids(row):
        rows.setdefault(entity, []).append(row)
steps = [row for row in plan if row["kind"] == "step"]
moves = [row for row in steps if row["action"] == "migrate"]

for vm in vms:
    said = explain(vm)
    own = rows.get(vm, [])
    heads = [line for line in said if line.startswith(("  step ", "  advice: ", "  unsolved: "))]
    nothing = [line for line in said if line.startswith("  nothing: ")]
    if len(heads) != len(own):
        complain(vm, "%d rows of the plan, %d explained" % (len(own), len(heads)), said)
    if bool(nothing) == bool(own):
        complain(vm, "nothing is said of it, or not, with %d rows" % len(own), said)
    host = vms[vm]["host_id"]
    unsolved = [row["reason"] for row in rows.get(host, []) if row["kind"] == "unsolved"]
    if any("stays hot" in reason for reason in unsolved) and any("its host is not hot" in line for line in nothing):
        complain(vm, "its host stays hot", said)
    for reason in unsolved:
        if "becomes hot" in reason and not all("its host is not hot, but becomes hot" in line for line in nothing):
            complain(vm, "its host becomes hot", said)
    if any("it is not short" in line for line in nothing) and any("stays short" in row["reason"] for row in own):
        complain(vm, "it is short", said)
    last = ""
    for row in moves:
        if row["object_id"] != vm:
            continue
        last = hosts[row["to_id"]]["name"]
        if any("would never be moved" in line for line in said):
            complain(vm, "it moves", said)
    if last and any(line.startswith("  %s: no, " % last) for line in said):
        complain(vm, "it goes to %s" % last, said)

for host, row in hosts.items():
    said = explain(host)
    leaving = [move["object"] for move in moves if move["from_id"] == host]
    coming = [move for move in moves if move["to_id"] == host]
    nothing = any(line.startswith("  nothing: ") for line in said)
    if nothing and (leaving or coming or host in rows):
        complain(host, "the plan has rows of it", said)
    if any(line.startswith("It is no target") for line in said):
        for move in coming:
            if vms[move["object_id"]]["power"] == "on":
                complain(host, "%s goes there" % move["object"], said)
    immovable = said[said.index("Its VMs that cannot be moved:") + 1 :] if "Its VMs that cannot be moved:" in said else []
    for name in leaving:
        if any(line.startswith("  %s " % name) for line in immovable):
            complain(host, "%s leaves it" % name, said)
    for unsolved in rows.get(host, []):
        if "; no target for " not in unsolved["reason"]:
            continue
        example = unsolved["reason"].split(" of its VMs (", 1)[1]
        if ": " not in example:
            continue
        name, rest = example.split(": ", 1)
        vm = [key for key, value in vms.items() if value["name"] == name]
        to, words = rest.split(" ", 1)
        words = words.split(")")[0].split(" (")[0]  # figures are of the moment
        if len(vm) == 1 and not any(line.startswith("  %s: no, it %s" % (to, words)) for line in explain(vm[0])):
            complain(vm[0], "a row says that %s %s" % (to, words), explain(vm[0]))
sys.exit(faults > 0)
END

failed=0
for n in 0 1 2; do
    "$BUILD/tests/generate" --clusters 8 --hosts 40 --vms 320 --hot 40 --short 10 --odd 15 --rules 1 --fill-memory 70 \
        --fill-cpu 60 --tight --seed $((n + 5)) -o "$TMP/snapshot"
    "$BIN/analyze" --policy "$TMP/policy.$n" --quiet "$TMP/snapshot" -o "$TMP/assessment.csv"
    "$BIN/plan" --policy "$TMP/policy.$n" --quiet "$TMP/snapshot" "$TMP/assessment.csv" -o "$TMP/plan.csv"
    "$BUILD/tests/explain-all" "$TMP/snapshot" "$TMP/assessment.csv" "$TMP/policy.$n" >"$TMP/explained"
    python3 "$TMP/compare.py" "$TMP" "$TMP/policy.$n" || failed=1
    rm -r "$TMP/snapshot"
done
exit $failed
