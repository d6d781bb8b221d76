# SPDX-License-Identifier: MIT
# What programs print with --json is valid JSON, follows the schema that it names, has no member that this does not
# describe, and says what the CSV files and the texts say, whatever names hold.
/usr/bin/python3 -c 'import jsonschema' 2>/dev/null || {
    echo "python3-jsonschema is not installed"
    exit 77
}
. "$TOP/tests/pipeline/lib/refusal.sh"

cat >check.py <<'END'
import csv, glob, json, os, sys
from jsonschema import Draft202012Validator, FormatChecker

def close(schema):
    """No member that the schema does not describe: the documents of this version are known, and so are typing errors."""
    if isinstance(schema, dict):
        if "properties" in schema and schema.get("type") == "object":
            schema.setdefault("additionalProperties", False)
        for value in schema.values():
            close(value)
    elif isinstance(schema, list):
        for value in schema:
            close(value)

schemas = {}
for path in glob.glob(sys.argv[1] + "/samples/schemas/*.schema.json"):
    schema = json.load(open(path, encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert os.path.basename(path) == schema["$id"] + ".schema.json" and schema["properties"]["schema"]["const"] == schema["$id"], path
    close(schema)
    schemas[schema["$id"]] = schema

def strict(pairs):
    members = dict(pairs)
    assert len(members) == len(pairs), "a member stands twice: %r" % [k for k, _ in pairs]
    return members

documents = {}
for path in sys.argv[2:]:
    raw = open(path, "rb").read()
    assert raw.endswith(b"}\n"), path
    document = json.loads(raw.decode("utf-8", "strict"), object_pairs_hook=strict,
                          parse_constant=lambda word: sys.exit("%s: %s is no JSON" % (path, word)))
    schema = schemas[document["schema"]]
    errors = list(Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(document))
    for error in errors[:5]:
        print("%s: %s: %s" % (path, list(error.absolute_path), error.message[:300]))
    assert not errors, path
    documents[path] = document

def bare(text):
    return text[1:] if text.startswith("'") else text

def rows(path):
    lines = [row for row in csv.reader(open(path, newline="", encoding="utf-8")) if not row[0].startswith("#")]
    return [dict(zip(lines[0], row)) for row in lines[1:]]

def same(found, cell):
    return found is None if cell == "" else (str(found) == bare(cell) or float(found) == float(cell))

def check_assessment(document, path):
    entities = {(kind, e["id"]): e for kind in ("cluster", "host", "vm") for e in document[kind + "s"]}
    table = rows(path)
    assert set(entities) == {(row["entity"], row["id"]) for row in table}
    for row in table:
        entity = entities[row["entity"], row["id"]]
        assert entity.get("name", "") == bare(row["name"]) and entity["state"] == row["state"], row
        load = entity["loads"].get(row["resource"], {})
        for column in "capacity allocated measured reclaimed demand base usage_pct threshold_pct buffer reason".split():
            assert same(load.get(column), row[column]), (row, column, load.get(column))

def check_plan(document, path):
    table = rows(path)
    for kind, name in ("step", "steps"), ("advice", "advice"), ("unsolved", "unsolved"):
        own = [row for row in table if row["kind"] == kind]
        assert len(own) == len(document[name]), (name, len(own))
        for row, item in zip(own, document[name]):
            growth = row["action"].startswith("add_")
            for column, member in (("object_id", "object_id"), ("object", "object"), ("from", "from" if growth else "from_host"),
                                   ("to", "to" if growth else "to_host"), ("to_id", "to_id"), ("est_s", "est_s"),
                                   ("cause", "cause"), ("reason", "reason"), ("effect", "effect"), ("action", "action")):
                if not (growth and column == "to_id"):
                    assert same(item.get(member), row[column]), (row, member, item.get(member))
            assert kind != "step" or (item["after"] == [int(n) for n in bare(row["after"]).split()] and item["approved"] == (row["approve"] == "yes"))
            if row["args"].startswith("count="):
                assert len(item["vm_ids"]) == int(row["args"].split()[0][6:]), row

for path, document in documents.items():
    if document["schema"].startswith("vmanger-assessment"):
        check_assessment(document, path.replace(".json", ".csv"))
    if os.path.basename(path).startswith("plan-"):
        check_plan(document, path.replace("plan-", "").replace(".json", ".plan.csv"))
for name in schemas:
    assert any(document["schema"] == name for document in documents.values()), "no document of " + name
END

# run NAME PROGRAM ARGUMENT...: what it prints with --json is kept in NAME.json, and nothing else is said
run() {
    name=$1 program=$2
    shift 2
    "$BIN/$program" --json "$@" >"$name.json" 2>said || complain "$program --json $*" "exit code $?"
    test ! -s said || complain "$program --json $*" 'it says something as well'
}

# everything NAME SNAPSHOT VM HOST: assessed, planned, shown, explained, applied
everything() {
    case=$1 snapshot=$2 vm=$3 host=$4
    run "$case" analyze -q "$snapshot" -o "$case.csv"
    run "made-$case" plan -v "$snapshot" "$case.csv" -o "$case.plan.csv"
    run "plan-$case" plan --show "$case.plan.csv"
    run "vm-$case" plan --explain "$vm" "$snapshot" "$case.csv"
    run "host-$case" plan --explain "$host" "$snapshot" "$case.csv"
    "$BIN/apply" -q "$case.plan.csv" "$snapshot" -o "$case.after"
    run "journal-$case" apply --verify-journal "$case.after.journal.csv"
}

everything company "$TOP/samples/snapshot" ham-jenkins esx-v03
run immovable plan --explain vdi-cad-01 "$TOP/samples/snapshot" company.csv
run ruled plan --explain ham-shop-web03 "$TOP/samples/snapshot" company.csv
run advised plan --explain ham-sap-app04 "$TOP/samples/snapshot" company.csv
run expected apply --verify-journal company.after.journal.csv --head "$(tail -n 1 company.after.journal.csv | sed 's/.*,//')"
run what-if plan --what-if 'exclude_vms=ham-shop*' "$TOP/samples/snapshot" company.csv
run loss plan --lose esx-d01 --lose esx-d02 "$TOP/samples/snapshot" company.csv
run fits plan --fits 4cpu,16GiB "$TOP/samples/snapshot" company.csv
run no-steps plan --show company.plan.csv --only unsolved
index=0
while test $index -lt 4; do
    rm -rf in
    small_snapshot in
    python3 - $index <<'PY'
import csv, glob, sys
NAMES = ['"\\', "\x1f\x01\x7f\x1b[2J two\nlines\t\r", "</script>&%s%n\u2028\u202e\u0085\x9b\U0001f600\ufeff\ufffd\uffff", "x" * 10000]
for path in glob.glob("in/*.csv"):
    rows = list(csv.reader(open(path, newline="")))
    for row in rows[1:]:
        for i, column in enumerate(rows[0]):
            if column in ("name", "folder"):
                row[i] = NAMES[int(sys.argv[1])] + row[0]
    csv.writer(open(path, "w", newline=""), lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
PY
    "$BIN/collect" -q in -o hostile$index
    everything hostile$index.s hostile$index vm-1 h-1
    index=$((index + 1))
done
/usr/bin/python3 check.py "$TOP" ./*.json >checked 2>&1 || {
    cat checked
    complain 'the documents' 'not as they should be'
}

# A name that is no UTF-8 comes from a command line alone.
! "$BIN/plan" --explain "$(printf 'x\377')" "$TOP/samples/snapshot" company.csv --json >heard 2>said || complain 'no UTF-8' 'found'
test ! -s heard || complain 'no UTF-8' 'a document'

refuses 'two things at once' '--json goes to standard output: expected -o to name a file ' analyze "$TOP/samples/snapshot" -o - --json
refuses 'two things at once' '--json goes to standard output: expected -o to name a file ' plan "$TOP/samples/snapshot" company.csv -o - --json
refuses 'no such way' '--json goes with making a plan, --show, --explain, --what-if, --lose and --fits, not with --check ' plan --check company.plan.csv "$TOP/samples/snapshot" company.csv -o out/x --json
refuses 'no such way' '--json goes with --verify-journal, not with ' apply company.plan.csv "$TOP/samples/snapshot" -o out/x --json
finish
