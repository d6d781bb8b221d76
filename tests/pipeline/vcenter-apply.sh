# SPDX-License-Identifier: MIT
# The whole chain on the simulated vCenter: what was planned is done there, side by side within the limits, and nothing
# else; a second run has nothing to do.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"

vcenter_plan
test "$steps" -ge 4 || {
    echo "a plan of only $steps steps shows nothing"
    exit 1
}
applies 0 'a dry run' --dry-run
test "$(changed)" = 0 || complain 'a dry run' "$(changed) calls that change something"
test ! -e plan.journal.csv || complain 'a dry run' 'there is a journal'
test "$(stat CheckRelocate_Task)" = "$(grep -c '^step,.*,migrate,' plan.csv)" || complain 'a dry run' 'not every migration was checked'

applies 0 'the plan'
tells 'the plan' "^Apply complete: $steps steps done"
test "$(changed)" = "$steps" || complain 'the plan' "$(changed) calls for $steps steps"
test "$(stat most_moves_on_one_host)" -le 4 || complain 'the plan' "$(stat most_moves_on_one_host) migrations of one host at once"
succeeds 'the journal' apply --verify-journal plan.journal.csv
test "$(grep -c ',submitted,.*,task-[0-9]*,' plan.journal.csv)" = "$steps" || complain 'the journal' 'tasks are missing'
grep -q ',administrator@vsphere\.local,' plan.journal.csv || complain 'the journal' 'the account is missing'

# each VM stands, and is as big, as the plan says: the same as on a copy of the snapshot
"$BIN/collect" -q "$url" --cacert cert.pem -o after
"$BIN/apply" -q plan.csv s --journal copy.csv -o copy
python3 -c '
import csv, sys
for path in sys.argv[2:]:
    rows = csv.DictReader(open(path + "/vms.csv", newline=""))
    open(path + ".columns", "w").writelines(",".join(r[c] for c in sys.argv[1].split(",")) + "\n" for r in rows)
' id,host_id,memory_mib,vcpus after copy s
diff copy.columns after.columns >difference || complain 'the result' "$(head -n 5 difference)"
! cmp -s s.columns after.columns || complain 'the result' 'nothing changed'
"$BIN/analyze" -q after -o after.csv
hot() { grep '^host,.*,hot,' "$1" | cut -d, -f2 | sort -u | wc -l; }
test "$(hot after.csv)" -lt "$(hot s.csv)" || complain 'the result' "hot hosts: before $(hot s.csv), after $(hot after.csv)"

order reset
applies 0 'the same journal again'
test "$(changed)" = 0 || complain 'the same journal again' "$(changed) calls"
tells 'the same journal again' 'Every step had been done before; .* make a new plan\.$'
rm plan.journal.csv
applies 1 'the same plan without its journal'
tells 'the same plan without its journal' 'no longer as the plan states'
test "$(changed)" = 0 || complain 'the same plan without its journal' "$(changed) calls"
vcenter_stop

# limits
vcenter_plan --task-time 300ms
applies 0 'one migration a host' --parallel-per-host 1
test "$(stat most_moves_on_one_host)" = 1 || complain 'one migration a host' "$(stat most_moves_on_one_host) at once"
vcenter_stop

# a single host
vcenter_start --esxi
is=0
"$BIN/apply" plan.csv "$url" --cacert cert.pem --dry-run >heard 2>said || is=$?
test "$is" = 1 || complain 'an ESXi host' "exit code $is"
tells 'an ESXi host' '^apply: .*: found VMware ESXi .*, a single host: expected its vCenter'
vcenter_stop
finish
