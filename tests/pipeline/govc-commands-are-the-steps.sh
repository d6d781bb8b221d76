# SPDX-License-Identifier: MIT
# plan --show --govc prints one command for each approved step, in order, that a shell hands to govc as the plan has it,
# whatever names and ids hold: nothing else is run.
. "$TOP/tests/pipeline/lib/refusal.sh"

mkdir path
cat >path/govc <<'END'
#!/bin/sh
printf '%s\n' "$#" "$@" >>"$CALLS"
END
for trap in reboot touch id evil; do printf '#!/bin/sh\necho "%s" >>"$CALLS"\n' "was run: $trap" >path/$trap; done
chmod +x path/*
export CALLS="$PWD/calls"

# runs PLAN: what govc is called with, one argument a line, is in calls
runs() {
    : >calls
    "$BIN/plan" --show "$1" --govc >script
    PATH=$PWD/path /bin/sh script >said 2>&1 || complain "$1" 'the script fails'
    test ! -s said || complain "$1" 'the script says something'
}

"$BIN/analyze" -q "$TOP/samples/snapshot" -o company.csv
printf '[plan]\nevacuate=esx-a05*\n' >policy.ini
"$BIN/plan" -q --policy policy.ini "$TOP/samples/snapshot" company.csv -o company.plan.csv
small_snapshot in
python3 - <<'PY'
import csv, glob
evil = "'; reboot; \"$(touch x)`id`\n evil #\\"
for path in glob.glob("in/*.csv"):
    rows = list(csv.reader(open(path, newline="")))
    for row in rows[1:]:
        for i, column in enumerate(rows[0]):
            if column == "name":
                row[i] = "'" + evil + row[0]
            elif column in ("id", "host_id", "entity_id", "vm_ids", "host_ids") and path != "in/rules.csv":
                row[i] = " ".join(one + "$(reboot);%27%0A`id`" if one[:2] in ("h-", "vm") else one for one in row[i].split(" "))
    if path != "in/rules.csv":
        csv.writer(open(path, "w", newline=""), lineterminator="\n").writerows(rows)
header = open("in/rules.csv").readline()
open("in/rules.csv", "w").write(header)
PY
succeeds 'hostile names' collect in -o hostile
"$BIN/analyze" -q hostile -o hostile.csv
"$BIN/plan" -q hostile hostile.csv -o hostile.plan.csv

cat >compare.py <<'END'
import csv, sys, urllib.parse
rows = [row for row in csv.reader(open(sys.argv[1], newline="", encoding="utf-8")) if not row[0].startswith("#")]
expected = ""
n = 0
for row in (dict(zip(rows[0], row)) for row in rows[1:]):
    if row["kind"] != "step" or row["approve"] != "yes":
        continue
    vm, host, to = ("%s:%s" % (kind, urllib.parse.unquote(row[column].removeprefix("'"))) for kind, column in
                    (("VirtualMachine", "object_id"), ("HostSystem", "object_id"), ("HostSystem", "to_id")))
    total = row["to"].removeprefix("'")
    call = {"migrate": ["vm.migrate", "-host", to, vm], "add_memory": ["vm.change", "-vm", vm, "-m", total],
            "add_cpu": ["vm.change", "-vm", vm, "-c", total], "enter_maintenance": ["host.maintenance.enter", host]}[row["action"]]
    expected += "".join(line + "\n" for line in [str(len(call)), *call])
    n += 1
found = open("calls", encoding="utf-8", newline="").read()
assert found == expected, "found %s\nexpected %s" % (found, expected)
print(n)
END
for name in company hostile; do
    runs $name.plan.csv
    python3 compare.py $name.plan.csv >counted || complain $name 'govc is called otherwise'
    test "$(cat counted)" -ge 1 || complain $name 'there are no steps'
done
"$BIN/plan" --show company.plan.csv --govc >script
grep -qx "govc host.maintenance.enter 'HostSystem:host-15'" script || complain 'maintenance mode' 'no command for it'
grep -q '^# .*vmanger-apply does more' script || complain 'its head' 'it does not say what apply does'
grep -q '^#   once these have succeeded: [0-9]' script || complain 'what must come before' 'it is not told'

sed 's/^\(step,1,[^,]*\),yes/\1,no/' company.plan.csv >less.plan.csv
runs less.plan.csv
python3 compare.py less.plan.csv >counted || complain 'a step that is not approved' 'it is among the commands'
refuses 'two forms' 'expected one of --json and --govc ' plan --show company.plan.csv --json --govc
refuses 'no plan' '--govc goes with --show, not with making a plan ' plan "$TOP/samples/snapshot" company.csv -o out/x --govc
finish
