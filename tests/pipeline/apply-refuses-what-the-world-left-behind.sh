# SPDX-License-Identifier: MIT
# A plan for a snapshot that is no longer so is refused whole, each difference named; --skip-stale leaves out.
. "$TOP/tests/pipeline/lib/applying.sh"
exits 0 "$BIN/apply" plan.csv "$before" -o after
exits 0 "$BIN/apply" --undo after.journal.csv -o back.csv
stamp() {
    (cd "$1" && sha256sum -- *.csv >SHA256SUMS)
}

# Another snapshot of the same source: refused by its digest, whatever is skipped.
exits 1 "$BIN/apply" --skip-stale plan.csv after -o again --journal again.csv
says 'snapshot'
says 'nothing was changed'

# A plan that has grown old, by the target's clock.
cp -r after later
sed -i 's/2026-11-20T20:20:00Z/2026-11-22T20:20:00Z/' later/snapshot.csv
stamp later
exits 1 "$BIN/apply" --dry-run back.csv later
says "age of the plan's snapshot"
says '172800 s'
exits 0 "$BIN/apply" --max-age 172800 --dry-run back.csv later
exits 0 "$BIN/apply" --max-age 0 --dry-run back.csv later

# One VM has moved by itself, one has another UUID, one another name, one host is in maintenance.
cp -r after moved
python3 - <<'END'
import csv
plan = [r for r in csv.reader(open("back.csv", newline="")) if not r[0].startswith("#")]
at = {name: i for i, name in enumerate(plan[0])}
steps = [r for r in plan[1:] if r[0] == "step"]
moved, replaced, renamed = (r[at["object_id"]] for r in (steps[0], steps[1], steps[2]))
rows = list(csv.reader(open("moved/vms.csv", newline="")))
col = {name: i for i, name in enumerate(rows[0])}
for row in rows[1:]:
    if row[0] == moved:
        row[col["host_id"]] = steps[0][at["to_id"]]
    if row[0] == replaced:
        row[col["instance_uuid"]] = "00000000-0000-0000-0000-000000000000"
    if row[0] == renamed:
        row[col["name"]] = "\x1b[31mrenamed"
csv.writer(open("moved/vms.csv", "w", newline=""), lineterminator="\n").writerows(rows)
END
stamp moved
exits 1 "$BIN/apply" back.csv moved -o undone
says 'Not as the plan states:'
says 'instance UUID'
says '00000000-0000-0000-0000-000000000000'
says 'Of another name:'
says '\u{1B}[31mrenamed'
says 'refused: nothing was changed; no longer as the plan states: 2 (--skip-stale'
test ! -e undone && test ! -e undone.journal.csv || fail 'something was left behind'

exits 3 "$BIN/apply" --skip-stale back.csv moved -o undone
says 'skipped'
grep -c ',skipped,' undone.journal.csv >/dev/null
python3 - <<'END'
import csv, sys
states = {}
for row in csv.DictReader(open("undone.journal.csv", newline="")):
    if row["step"]:
        states[row["step"]] = row["event"]
for row in csv.DictReader(l for l in open("back.csv", newline="") if not l.startswith("#")):
    skipped = any(states.get(s) == "skipped" for s in row["after"].split())
    if row["kind"] == "step" and skipped and states.get(row["step"]) != "skipped":
        sys.exit("step " + row["step"] + " was done without those before it")
sys.exit(not {"1", "2"} <= {s for s, e in states.items() if e == "skipped"})
END

# A host that shall take VMs is in maintenance mode.
cp -r after maintained
host=$(grep '^step,1,' back.csv | cut -d, -f13)
python3 - "$host" <<'END'
import csv, sys
rows = list(csv.reader(open("maintained/hosts.csv", newline="")))
for row in rows[1:]:
    if row[0] == sys.argv[1]:
        row[rows[0].index("mode")] = "maintenance"
csv.writer(open("maintained/hosts.csv", "w", newline=""), lineterminator="\n").writerows(rows)
END
stamp maintained
exits 1 "$BIN/apply" --dry-run back.csv maintained
says 'maintenance mode'
