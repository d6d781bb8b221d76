# SPDX-License-Identifier: MIT
# After a host of the simulated vCenter was evacuated, a plan for going home by that apply's journal has it leave
# maintenance mode and its VMs go back, as a new snapshot tells that they may; a journal of another source is refused.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"
host='host-15'
printf '[plan]\nevacuate=esx-a05*\n' >policy.ini

vcenter_start
"$BIN/collect" -q "$url" --cacert cert.pem -o s
"$BIN/analyze" -q s -o s.csv
"$BIN/plan" -q --policy policy.ini s s.csv -o plan.csv
away=$(grep -c "^step,.*,migrate,.*,$host,.*,evacuation," plan.csv)
applies 0 'the evacuation' --policy policy.ini
"$BIN/collect" -q "$url" --cacert cert.pem -o after
"$BIN/analyze" -q after -o after.csv
"$BIN/plan" --home plan.journal.csv after after.csv -o home.csv >said || complain 'the way home' "$(cat said)"
says 'the way home' "^Of $away VMs that left [0-9]+ can go home"
back=$(grep -c "^step,.*,migrate,.*,$host,.*,home," home.csv)
test "$back" -ge $((away - 1)) || complain 'the way home' "$back of $away VMs go"
order reset
plan=home.csv applies 0 'going home'
test "$(stat ExitMaintenanceMode_Task)" = 1 || complain 'going home' "$(stat ExitMaintenanceMode_Task) calls to leave the mode"
test "$(stat RelocateVM_Task)" = "$back" || complain 'going home' "$(stat RelocateVM_Task) migrations"
"$BIN/collect" -q "$url" --cacert cert.pem -o home
python3 - s home "$host" $((away - back)) <<'END' || complain 'going home' 'VMs are not where they were'
import csv, sys
was, is_now = ({r["id"]: r["host_id"] for r in csv.DictReader(open(d + "/vms.csv", newline=""))} for d in sys.argv[1:3])
sys.exit(sum(was[vm] == sys.argv[3] != is_now[vm] for vm in was) != int(sys.argv[4]))
END
sed '2,$s/,[^,]*-[^,]*-[^,]*-[^,]*-[^,]*,/,elsewhere,/' plan.journal.csv >other.csv
! "$BIN/plan" --home other.csv home after.csv -o never.csv >said 2>&1 || complain 'an edited journal' 'it is taken'
vcenter_stop
finish
