# SPDX-License-Identifier: MIT
# --prometheus writes what assessment and plan hold, in base units, with labels escaped, each series once; the man pages
# name every figure, and alerts and dashboard ask for no other. Old figures stay where new ones cannot be written.
. "$TOP/tests/pipeline/lib/refusal.sh"

small_snapshot in
# the label of a source that ends with a backslash, names with everything that must be escaped
python3 - <<'PY'
import csv
for table in "in/hosts.csv", "in/clusters.csv":
    rows = list(csv.reader(open(table, newline="")))
    for row in rows[1:]:
        row[1] += '\\ "quoted",\n{two="lines"} \\n \U0001f600 \x1b[31m\\'
    csv.writer(open(table, "w", newline=""), lineterminator="\n").writerows(rows)
PY
succeeds 'a snapshot' collect in -o hostile
for name in hostile company; do
    snapshot=hostile
    test $name = hostile || snapshot=$TOP/samples/snapshot
    succeeds "$name" analyze -q "$snapshot" -o $name.csv --prometheus $name.prom
    succeeds "$name" plan -q "$snapshot" $name.csv -o $name.plan.csv --prometheus $name.plan.prom
    cp $name.prom first.prom
    succeeds "$name" analyze -q "$snapshot" -o $name.csv --prometheus $name.prom
    cmp first.prom $name.prom
done

cat >check.py <<'PY'
import csv, json, re, sys

def read(path):
    """name -> {labels: value}; what the format demands is checked on the way."""
    families, helped, last = {}, set(), None
    for line in open(path, encoding="utf-8", newline="\n"):
        line = line.rstrip("\n")
        if line.startswith("# "):
            _, word, name, rest = line.split(" ", 3)
            assert word in ("HELP", "TYPE") and re.fullmatch("vmanger_[a-z_]+", name), line
            if word == "HELP":
                assert name not in helped and rest.endswith("."), "HELP of %s" % name
                helped.add(name)
            else:
                assert rest == "gauge" and last_help == name, line
            last_help = name
            continue
        found = re.fullmatch(r'([a-z_]+)\{((?:[a-z_]+="(?:[^"\\]|\\[\\n"])*",?)*)\} (-?[0-9.]+(?:e\+[0-9]+)?)', line)
        assert found, "no sample: %r" % line
        name, labels, value = found.groups()
        assert last_help == name, "a sample of %s apart from its others" % name
        pairs = re.findall(r'([a-z_]+)="((?:[^"\\]|\\[\\n"])*)"', labels)
        key = tuple((k, re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], v)) for k, v in pairs)
        assert key not in families.setdefault(name, {}), "twice: %r" % line
        families[name][key] = float(value)
    return families

def rows(path):
    lines = [row for row in csv.reader(open(path, newline="", encoding="utf-8")) if not row[0].startswith("#")]
    return [dict(zip(lines[0], row)) for row in lines[1:]]

def bare(name):
    return name[1:] if name.startswith("'") else name

def value(families, name, **wanted):
    found = [v for key, v in families.get(name, {}).items() if all(dict(key).get(k) == w for k, w in wanted.items())]
    assert len(found) <= 1, (name, wanted)
    return found[0] if found else None

UNITS = {"cpu": ("cpu", "hertz", 1e6), "host_memory": ("memory", "bytes", 1024), "disk": ("disk", "bytes_per_second", 1024),
         "net": ("network", "bytes_per_second", 1024)}

def check_assessment(name):
    families, table, checked = read(name + ".prom"), rows(name + ".csv"), 0
    for row in table:
        if row["entity"] == "vm" or row["resource"] not in UNITS:
            continue
        word, unit, units = UNITS[row["resource"]]
        labels = {row["entity"] + "_id": row["id"], row["entity"]: bare(row["name"])}
        figures = [("capacity", unit, units), ("demand", unit, units), ("usage_pct", "ratio", 0.01)]
        figures += [("threshold_pct", "ratio", 0.01)] if row["entity"] == "host" else [("buffer", unit, units)]
        for column, suffix, factor in figures:
            figure = value(families, "vmanger_%s_%s_%s_%s" % (row["entity"], word, column.replace("_pct", ""), suffix), **labels)
            assert (figure is None) == (row[column] == ""), (row, column, figure)
            assert figure is None or abs(figure - float(row[column]) * factor) <= 1e-9 * max(1, figure), (row, column, figure)
            checked += figure is not None
        assert value(families, "vmanger_%s_state" % row["entity"], state=row["state"], **labels) == 1, row
    for kind, counted in ("host", "vmanger_cluster_hosts"), ("vm", "vmanger_cluster_vms"):
        for key, n in families[counted].items():
            labels = dict(key)
            is_there = {row["id"] for row in table if row["entity"] == kind and row["cluster_id"] == labels["cluster_id"] and row["state"] == labels["state"]}
            assert len(is_there) == n, (labels, n)
    assert checked > 20, "%d figures" % checked
    return families

def check_plan(name):
    families, table = read(name + ".plan.prom"), rows(name + ".plan.csv")
    for kind, word in ("step", "action"), ("advice", "action"), ("unsolved", "cause"):
        family = "vmanger_plan_" + ("steps" if kind == "step" else kind)
        expected = {}
        for row in table:
            if row["kind"] == kind:
                count = re.match("count=([0-9]+)", row["args"])
                at = (row["cluster_id"], row[word])
                expected[at] = expected.get(at, 0) + (int(count[1]) if count else 1)
        is_there = {(dict(key)["cluster_id"], dict(key)[word]): n for key, n in families.get(family, {}).items()}
        assert is_there == expected, (family, is_there, expected)
    return families

top, known = sys.argv[1], set()
for name in "hostile", "company":
    for families in check_assessment(name), check_plan(name):
        known |= set(families)
for name in known:
    assert re.search("_(seconds|bytes|hertz|ratio|bytes_per_second)$", name) or not re.search("cpu|memory|disk|network|copy", name), name
pages = open(top + "/analyze/analyze.1").read() + open(top + "/plan/plan.1").read()
for name in known:
    # the man page has the resource's place open in figures of loads
    general = re.sub("^vmanger_(cluster|host)_(cpu|memory|disk|network)_([a-z]+)_.*", r"_\3_", name)
    assert name in pages or (general != name and general in pages), "no man page names " + name
for path in "/samples/vmanger.rules.yml", "/samples/vmanger.dashboard.json":
    asked = set(re.findall(r"\bvmanger_[a-z_]+", open(top + path).read()))
    assert asked and asked <= known, "%s asks for %s" % (path, asked - known)
json.load(open(top + "/samples/vmanger.dashboard.json"))
PY
python3 check.py "$TOP" || complain 'the figures' 'not as they should be'

# Nothing is put in the place of old figures unless it is whole, and nothing is written in the clear beside secrets.
rm -f out/*
refuses 'another name' '--prometheus: found "out/x.txt": expected a name that ends in \.prom' analyze hostile -o out/x.csv --prometheus out/x.txt
refuses 'another name' '--prometheus: found "-": expected a name that ends in \.prom' plan hostile hostile.csv -o out/x.csv --prometheus -
refuses 'no such directory' 'nowhere/x\.prom: ' analyze hostile -o out/x.csv --prometheus nowhere/x.prom
refuses 'secrets' '--prometheus names hosts and clusters in a file that anybody can read: ' analyze hostile -o out/x --prometheus out/x.prom --encrypt-to me
refuses 'secrets' '--prometheus names hosts and clusters in a file that anybody can read: ' plan hostile hostile.csv -o out/x --prometheus out/x.prom --encrypt-to me
mkdir textfile
cp company.prom textfile/vmanger.prom
sed -i '$d' hostile/samples.csv
refuses 'a snapshot that is refused' '.*samples\.csv' analyze hostile -o out/x.csv --prometheus textfile/vmanger.prom
cmp company.prom textfile/vmanger.prom || complain 'a snapshot that is refused' 'the figures are others'
test "$(ls -A textfile)" = vmanger.prom || complain 'a snapshot that is refused' "beside the figures: $(ls -A textfile)"
finish
