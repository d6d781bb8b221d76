# SPDX-License-Identifier: MIT
# An RVTools export becomes the same snapshot whether it is a workbook or a directory of CSV files, with the headings
# and the signs of any version and language; and it can be evaluated, planned on and rehearsed.
. "$TOP/tests/pipeline/lib/refusal.sh"
python3 "$TOP/tests/pipeline/lib/rvtools.py" forms forms
python3 "$TOP/tests/pipeline/lib/rvtools.py" spoilt spoilt

# row_is FILE ID TEXT: the row of that id in the snapshot of the workbook, but for empty cells at its end
row_is() {
    grep -q "^$2,.*" "out/workbook/$1.csv" || complain "$1" "no row $2"
    test "$(sed -n "/^$2,/s/,*\$//p" "out/workbook/$1.csv")" = "$3" || complain "$1" "found $(grep "^$2," "out/workbook/$1.csv")"
}

for path in forms/*; do
    form=${path#forms/}
    code=0
    "$BIN/collect" "rvtools:forms/$form" -o "out/$form" >heard 2>said || code=$?
    test "$code" = 0 && test ! -s said || complain "$form" "exit code $code"
done
for path in forms/*; do
    form=${path#forms/}
    for table in snapshot clusters pools hosts vms rules samples; do
        cmp -s "out/workbook/$table.csv" "out/$form/$table.csv" ||
            complain "$form" "$(diff "out/workbook/$table.csv" "out/$form/$table.csv" | head -n 4)"
    done
done

grep -q '^vmanger-snapshot-1,2026-11-20T20:15:00Z,rvtools,vcsa.example.com,3f6f9c1e-5d0a-4b7e-9a52-7c1d0e8b4f23,VMware vCenter Server 8.0.3 build-24022515,8.0.3.0,,300,300,vmanger .*,templates=1 orphaned=1 inaccessible=1 vms_without_host=1$' out/workbook/snapshot.csv ||
    complain 'snapshot.csv' "found $(tail -n 1 out/workbook/snapshot.csv)"
row_is clusters domain-c8 'domain-c8,Prod,DC/Prod,manual,off,,,yes,slots,1'
row_is pools resgroup-10 'resgroup-10,Web,resgroup-9,domain-c8,1000,unlimited,no,4000,2048,98304,no,163840'
row_is hosts host-13 'host-13,esx3.example.com,,,domain-c8,connected,on,normal,,Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz,,16,32,2000,32000,134217728,,,,yes,datastore-21 datastore-22,,VMware ESXi 8.0.3,intel-skylake'
row_is vms vm-102 'vm-102,web2,Shop/Web,500b85c1-ef0d-37fb-6897-61c47157f102,domain-c8,resgroup-9,host-11,on,connected,Debian GNU/Linux 12 (64-bit),vmx-21,,,8,1,16384,0,unlimited,8000,0,unlimited,163840,no,yes,yes,,,,no,,,datastore-21,,CD-ROM drive of the host,normal,,,,none'
row_is samples vm-104,memory_active_kib 'vm-104,memory_active_kib,,export,2026-11-20T20:10:00Z,300,3788800'
row_is samples vm-104,memory_consumed_kib 'vm-104,memory_consumed_kib,,export,2026-11-20T20:10:00Z,300,4030464'
row_is samples host-11,cpu_usage_mhz 'host-11,cpu_usage_mhz,,export,2026-11-20T20:10:00Z,300,29440'
grep -q "^vm-113,\"'=HYPERLINK" out/workbook/vms.csv || complain 'a name like a formula' 'not disarmed'
for role in vm-110:system vm-111:ignore vm-101:; do
    test "$(grep "^${role%:*}," out/workbook/vms.csv | cut -d, -f13)" = "${role#*:}" || complain 'roles' "$role"
done
! grep -q '^vm-105,' out/workbook/samples.csv || complain 'a VM that is off' 'is measured'

# what an export cannot tell is said once
for form in workbook csv; do
    rm -rf out/again
    "$BIN/collect" "rvtools:forms/$form" -o out/again >heard 2>said
    test "$(grep -c 'does not tell them: ' heard)" = 1 || complain "$form" "not said once: $(cat heard)"
    grep -q 'taken_at is what vMetaData says, read as UTC' heard || complain "$form" 'no word on the time'
    grep -q '^VMs in DRS rules, of which it has no more than names: 1\.' heard || complain "$form" 'no word on rules'
    "$BIN/collect" -q "rvtools:forms/$form" -o out/quiet >heard 2>said
    test ! -s heard || complain '--quiet' 'talks'
    rm -rf out/quiet
done

# on to a rehearsal
succeeds 'analyze' analyze out/workbook -o a.csv
grep -q '^#origins,export=' a.csv || complain 'the assessment' 'says nothing of the origin'
succeeds 'plan' plan out/workbook a.csv -o p.csv
grep -q '^step,1,,yes,migrate,vm-10[13],' p.csv || complain 'the plan' "does not relieve: $(cat p.csv)"
grep -q ',add_memory,vm-104,' p.csv || complain 'the plan' "does not grow: $(cat p.csv)"
! grep -qE '^step,.*,(vm-102|vm-11[012]),' p.csv || complain 'the plan' 'moves what it must not'
succeeds 'apply' apply p.csv out/workbook -o after
succeeds 'analyze after' analyze after -o after.csv
grep -q ' 0 hot hosts, 0 short VMs, 0 not measured' heard || complain 'after' "found $(tail -n 1 heard)"

# into an archive
"$BIN/collect" -q rvtools:forms/workbook --archive archive
test -e archive/latest/vms.csv && test -e archive/2026-11-20T201500Z || complain '--archive' "found $(ls archive)"

# with little more than what must be there
touch -d 2026-11-01T10:00:00Z spoilt/bare
succeeds 'a bare export' collect rvtools:spoilt/bare -o out/bare
grep -q '^Missing tabs, and with them what they say: vCPU, vMemory, vCluster, vRP\.$' heard || complain 'a bare export' "$(cat heard)"
grep -q ',2026-11-01T10:00:00Z,rvtools,bare,rvtools-source-[0-9a-f]*,' out/bare/snapshot.csv ||
    complain 'a bare export' "found $(tail -n 1 out/bare/snapshot.csv)"
succeeds 'a bare export' analyze out/bare -o bare.csv
succeeds 'a bare export' plan out/bare bare.csv -o bare-plan.csv

# the same id for the same object whenever it is exported
succeeds 'no ids' collect rvtools:spoilt/without_ids -o out/without_ids
cut -d, -f2- out/without_ids/vms.csv >found
cut -d, -f2- out/workbook/vms.csv >expected
cmp -s found expected || complain 'no ids' "$(diff expected found | head -n 4)"
test "$(cut -d, -f1 out/without_ids/vms.csv | sort -u | wc -l)" = 11 || complain 'no ids' 'not one for each'

# two of one name are not mixed up
code=0
"$BIN/collect" rvtools:spoilt/same_name -o out/same_name >heard 2>said || code=$?
test "$code" = 3 || complain 'two of one name' "exit code $code"
grep -q '^collect: warning: 8 rows are of VMs of one name that nothing tells apart' said || complain 'two of one name' 'no warning'
grep -q ' vms_without_host=1 vms_of_ambiguous_hosts=1$' out/same_name/snapshot.csv || complain 'two of one name' 'not counted'
! grep -qE '^vm-(101|112),cpu' out/same_name/samples.csv || complain 'two of one name' 'are measured'

# exports as people have them
if test -d "$DATA/rvtools"; then
    succeeds 'an anonymised export' collect "rvtools:$DATA/rvtools/example1.xlsx" -o out/example
    grep -q ',vms_without_host=9$' out/example/snapshot.csv || complain 'an anonymised export' "$(tail -n 1 out/example/snapshot.csv)"
    test "$(wc -l <out/example/hosts.csv)" = 8 || complain 'an anonymised export' 'hosts are missing'
    succeeds 'an anonymised export' analyze out/example -o example.csv
    succeeds 'an anonymised export' plan out/example example.csv -o example-plan.csv
    rm -rf out && mkdir out
    refuses 'an export without the size of hosts' '.*/rvtools-small-complete\.xlsx: vHost: row 1: # Memory: found none: expected one such column; export it again from RVTools ' \
        collect "rvtools:$DATA/rvtools/rvtools-small-complete.xlsx" -o out/x
else
    echo 'not tried, as the data are not there: exports as people have them'
fi
finish
