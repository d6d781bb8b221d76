# SPDX-License-Identifier: MIT
# After an evacuation --home has the host leave maintenance mode and its VMs go back, by the loads of today; the independent
# checker agrees, an edit of the plan is verified as any other, and once all are home there is nothing left to do.
. "$TOP/tests/pipeline/lib/applying.sh"
host='host-15'
printf '[plan]\nevacuate=esx-a05*\nevacuate_powered_off=yes\n' >away.ini
printf '[plan]\nevacuate_powered_off=yes\n' >home.ini
"$BIN/analyze" -q --policy away.ini "$before" -o assessment.csv
"$BIN/plan" -q --policy away.ini "$before" assessment.csv -o away.csv
exits 0 "$BIN/apply" --policy away.ini away.csv "$before" -o away
grep -q 'cause=evacuation' away.journal.csv || fail 'the journal does not say why a VM was moved'

# go_home POLICY SNAPSHOT
go_home() {
    "$BIN/analyze" -q --policy "$1" "$2" -o assessment.csv
    exits 0 "$BIN/plan" --policy "$1" --home away.journal.csv "$2" assessment.csv -o home.csv
}
go_home home.ini away
"$BUILD/tests/plan-check" away assessment.csv home.csv home.ini
says 'Of 11 VMs that left 10 can go home'
says ' 1 to leave maintenance mode,'
grep -q '^step,.*,vm-1063,.*; it was not measured: .* --home takes it back only if ' away.csv || fail 'nobody was told of it before'
grep -q "^step,1,,yes,exit_maintenance,$host,.*,home," home.csv || fail 'the host does not leave the mode first'
grep -q "^step,.*,migrate,vm-1199,.*,$host,.*power=off.*,home," home.csv || fail 'the powered-off VM stays'
grep -q '^unsolved,.*,vm-1063,.*,not_measured,' home.csv || fail 'nothing is said of the VM that was not measured'
exits 0 "$BIN/apply" --policy home.ini home.csv away -o back
python3 - "$before" back <<'END'
import csv, sys
one, two = ({r["id"]: r["host_id"] for r in csv.DictReader(open(d + "/vms.csv", newline=""))} for d in sys.argv[1:])
away = [vm for vm in one if one[vm] == "host-15" and two[vm] != "host-15"]
sys.exit(0 if away == ["vm-1063"] else "not at home: " + str(away))
END

# A step less: the plan is checked and stamped anew, and the others keep their cause.
sed 's/^\(step,3,[^,]*,\)yes/\1no/' home.csv >less.csv
exits 0 "$BIN/plan" --policy home.ini --check less.csv away assessment.csv -o checked.csv
test "$(grep -c '^step,.*,yes,migrate,.*,home,' checked.csv)" = 9 || fail 'causes are lost in a check'

go_home home.ini back
says 'Of 11 VMs that left 0 can go home, 10 are there already'
! grep -q '^step' home.csv || fail 'steps, though all are home'

# While the policy still empties the host, nobody goes.
go_home away.ini away
! grep -q '^step' home.csv || fail 'VMs go back to a host that is to be empty'
grep -q "^unsolved,.*,$host,.*,host_to_empty," home.csv || fail 'nothing is said of the host'

# What was rehearsed is no history of the snapshot before it, and --home makes a plan alone.
"$BIN/analyze" -q --policy home.ini "$before" -o assessment.csv
exits 1 "$BIN/plan" --policy home.ini --home away.journal.csv "$before" assessment.csv -o never.csv
says 'found a rehearsal'
exits 1 "$BIN/plan" --home away.journal.csv --show home.csv
says '--home'
test ! -e never.csv
