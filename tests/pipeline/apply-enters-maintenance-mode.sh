# SPDX-License-Identifier: MIT
# A host that is evacuated is empty and in maintenance mode on the copy of the snapshot, its powered-off VM moved as well;
# analyze finds it unavailable. A run that was cut short goes on, and undo leads back once the host has left the mode.
. "$TOP/tests/pipeline/lib/applying.sh"
host='host-15'
cat >policy.ini <<'END'
[plan]
evacuate=esx-a05*
evacuate_powered_off=yes
vsan_mode=evacuateAllData
END
stamp() {
    (cd "$1" && sha256sum -- *.csv >SHA256SUMS)
}
# edit DIRECTORY TABLE ID COLUMN VALUE
edit() {
    python3 - "$@" <<'END'
import csv, sys
directory, table, key, column, value = sys.argv[1:]
path = directory + "/" + table
rows = list(csv.reader(open(path, newline="")))
[row] = [row for row in rows if row[0] == key]
row[rows[0].index(column)] = value
csv.writer(open(path, "w", newline=""), lineterminator="\n").writerows(rows)
END
    stamp "$1"
}
# plan_for DIRECTORY: plan.csv, which the independent checker agrees with
plan_for() {
    "$BIN/analyze" -q --policy policy.ini "$1" -o assessment.csv
    "$BIN/plan" -q --policy policy.ini "$1" assessment.csv -o plan.csv
    "$BUILD/tests/plan-check" "$1" assessment.csv plan.csv policy.ini
    grep -q "^step,[0-9]*,[0-9 ']*,yes,enter_maintenance,$host," plan.csv || fail 'no step enter_maintenance'
}
mode_of() {
    python3 -c 'import csv, sys
print(next(r["mode"] for r in csv.DictReader(open(sys.argv[1] + "/hosts.csv", newline="")) if r["id"] == sys.argv[2]))' "$1" $host
}

plan_for "$before"
grep -q '^step,.*,migrate,vm-1199,.*,copy_mib=0 power=off,' plan.csv || fail 'the powered-off VM does not move'
! grep -q 'vsan_mode=' plan.csv || fail 'a vSAN mode for a host without vSAN'
exits 0 "$BIN/apply" --policy policy.ini --dry-run plan.csv "$before"
exits 0 "$BIN/apply" --policy policy.ini plan.csv "$before" -o after
test "$(mode_of after)" = maintenance || fail "the host's mode is $(mode_of after)"
test "$(mode_of "$before")" = normal || fail 'the target itself was changed'
(cd after && sha256sum --quiet -c SHA256SUMS)
! grep -qw $host after/vms.csv || fail 'VMs stand on the host'
"$BIN/analyze" -q after -o after.csv
grep -q "^host,$host,.*,unavailable,.*in maintenance mode" after.csv || fail 'analyze finds it available'

# A vCLS VM holds no host up: vSphere takes it away itself.
sed 's/^evacuate=.*/evacuate=esx-a01*/' policy.ini >vcls.ini
"$BIN/analyze" -q --policy vcls.ini "$before" -o vcls.csv
"$BIN/plan" -q --policy vcls.ini "$before" vcls.csv -o vcls-plan.csv
"$BUILD/tests/plan-check" "$before" vcls.csv vcls-plan.csv vcls.ini
grep '^step,.*,enter_maintenance,host-11,' vcls-plan.csv | grep -q 'vSphere runs for itself' || fail 'a vCLS VM holds the host up'
exits 0 "$BIN/apply" --policy vcls.ini vcls-plan.csv "$before" -o vcls-after
grep -w host-11 vcls-after/vms.csv | cut -d, -f2,7,8 | sed 's/^vCLS-[^,]*/vCLS/' >left
test "$(cat left)" = "vCLS,host-11,off" || fail "left on the host: $(cat left)"
"$BIN/analyze" -q --policy vcls.ini vcls-after -o vcls-after.csv

# Cut short before its last step, it goes on.
enter=$(grep -n ",intent,enter_maintenance,$host," after.journal.csv | cut -d: -f1)
head -n $((enter - 1)) after.journal.csv >cut.csv
exits 0 "$BIN/apply" --policy policy.ini plan.csv "$before" -o resumed --journal cut.csv
diff -r after resumed

# Back: the host leaves the mode first, and each VM waits for that.
exits 0 "$BIN/apply" --undo after.journal.csv -o back.csv
says 'hosts back to the mode they had 1'
grep -q "^step,1,,yes,exit_maintenance,$host," back.csv || fail 'the host does not leave maintenance mode first'
sed 's/^\(step,1,,\)yes/\1no/' back.csv >kept.csv
exits 1 "$BIN/apply" --dry-run --no-recheck-load kept.csv after
says 'after step 1, which is not approved'
exits 0 "$BIN/apply" back.csv after -o undone
test "$(mode_of undone)" = normal || fail "undone, the host's mode is $(mode_of undone)"
# and that can be undone in its turn
exits 0 "$BIN/apply" --undo undone.journal.csv -o forth.csv
grep '^step,' forth.csv | tail -n 1 | grep -q ",enter_maintenance,$host," || fail 'the host does not enter the mode last'
exits 0 "$BIN/apply" forth.csv undone -o again
test "$(mode_of again)" = maintenance || fail "undone twice, the host's mode is $(mode_of again)"
python3 - "$before" undone <<'END'
import csv, sys
one, two = ({r["id"]: r["host_id"] for r in csv.DictReader(open(d + "/vms.csv", newline=""))} for d in sys.argv[1:])
sys.exit(one != two)
END

# What keeps a host from the mode: that it is in it already, a lost connection.
for edit in "mode maintenance maintenance.mode" "connection disconnected disconnected"; do
    set -- $edit
    cp -r "$before" "odd-$2"
    edit "odd-$2" hosts.csv $host "$1" "$2"
    exits 1 "$BIN/apply" --policy policy.ini --dry-run --no-recheck-load plan.csv "odd-$2"
    says "$(echo "$3" | tr . ' ')"
done

# Nothing is planned for a host that is not connected: what stays there is told.
"$BIN/analyze" -q --policy policy.ini odd-disconnected -o assessment.csv
"$BIN/plan" -q --policy policy.ini odd-disconnected assessment.csv -o plan.csv
! grep -q "^step,.*,enter_maintenance,\|^step,.*,migrate,.*,$host,.* power=off" plan.csv || fail 'a lost host is to enter the mode'
grep -q '^unsolved,.*,vm-1199,.*own host is not connected and powered on' plan.csv || fail 'the powered-off VM is forgotten'

# A host of a vSAN cluster says what vSAN shall do; one that is entering the mode already is asked to as well.
cp -r "$before" vsan
edit vsan clusters.csv domain-c8 vsan yes
edit vsan hosts.csv $host mode entering
plan_for vsan
grep -q "^step,.*,enter_maintenance,$host,.*,vsan_mode=evacuateAllData," plan.csv || fail 'no vSAN mode'
exits 0 "$BIN/apply" --policy policy.ini plan.csv vsan -o vsan-after --journal vsan.journal.csv
test "$(mode_of vsan-after)" = maintenance || fail "the mode of a host that was entering it is $(mode_of vsan-after)"
sed -i '/^vsan_mode/d' policy.ini
"$BIN/analyze" -q --policy policy.ini vsan -o assessment.csv
"$BIN/plan" -q --policy policy.ini vsan assessment.csv -o plan.csv
! grep -q '^step,.*,enter_maintenance' plan.csv || fail 'a vSAN host without vsan_mode'
