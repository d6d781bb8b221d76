# SPDX-License-Identifier: MIT
# A snapshot served by the simulated vCenter comes back as it was, cell by cell.
. "$TOP/tests/pipeline/lib/vcenter.sh"

# What a vCenter does not tell without its devices, and what DRS takes for mandatory whatever is written.
cp -r "$snapshot" expected
sed -i 's/USB device of the host$//' expected/vms.csv
sed -i -E 's/,(vm_affinity|vm_anti_affinity),no,/,\1,yes,/' expected/rules.csv

vcenter_start
collects 0 'all of it'
same_tables 'all of it' out/s expected
(cd out/s && sha256sum --quiet -c SHA256SUMS)
sed -i 's/^vmanger-snapshot-1,//' out/s/snapshot.csv
grep -q "^2026-11-20T20:15:00Z,vcenter,$url,3f6f9c1e-5d0a-4b7e-9a52-7c1d0e8b4f23,VMware vCenter Server 8.0.3 build-24022515,8.0.3.0,$account,300,20,vmanger " out/s/snapshot.csv ||
    complain 'snapshot.csv' "found $(tail -n 1 out/s/snapshot.csv)"

# an answer twice from the same server is the same, byte by byte
cp -r out/s first
collects 0 'again'
for file in clusters pools hosts vms rules samples; do
    cmp first/$file.csv out/s/$file.csv
done

# what a newer vCenter adds is skipped
order 'unknown?on=yes'
collects 0 'properties and types of a newer vCenter'
same_tables 'properties and types of a newer vCenter' out/s expected

# a shorter window: the last samples
collects 0 'a window of one minute' --window 60
awk -F, 'NR > 1 && $4 == "realtime" && (split($7, n, " ") != 3 || $6 != 20 || $5 != "2026-11-20T20:14:00Z")' out/s/samples.csv >bad.rows
test ! -s bad.rows || complain 'a window of one minute' "found $(head -n 1 bad.rows)"
vcenter_stop

vcenter_start --max-page 7
collects 0 'pages of seven objects'
test "$(wc -l <out/s/vms.csv)" = "$(wc -l <expected/vms.csv)" || complain 'pages of seven objects' 'VMs are missing'
same_tables 'pages of seven objects' out/s expected
order 'rule?method=ContinueRetrievePropertiesEx&do=cut&nth=3'
collects 0 'a page lost on its way, whose token serves once'
same_tables 'a page lost on its way, whose token serves once' out/s expected
vcenter_stop

# templates, orphaned and inaccessible VMs, and VMs that vanish meanwhile
vcenter_start --extra
collects 0 'what is left out'
same_tables 'what is left out' out/s expected
grep -q ',templates=1 orphaned=1 inaccessible=1 dependency_rules=1 empty_rules=1 rule_members=1$' out/s/snapshot.csv || complain 'what is left out' 'not counted'
order 'rule?method=QueryPerf&do=fault&fault=ManagedObjectNotFound'
collects 1 'a fault that names no VM'
says 'a fault that names no VM' '^collect: .*: QueryPerf: ManagedObjectNotFound'
vcenter_stop

# versions of the API: the newest that both know; none below 6.5
for version in 6.5 6.7.3 7.0.3.0 8.0.3.0; do
    vcenter_start --api-version $version
    collects 0 "API $version"
    same_tables "API $version" out/s expected
    vcenter_stop
done
vcenter_start --api-version 6.0
collects 1 'API 6.0'
says 'API 6.0' '^collect: .*: found vSphere API "6\.0": expected 6\.5 or later$'
vcenter_stop

# quickStats where there are no real-time samples
cp -r expected quick
rm quick/SHA256SUMS
sed -i '/^vm-1009,/s/realtime/export/' quick/samples.csv
snapshot=$TMP/quick
vcenter_start
collects 0 'a VM without real-time samples'
grep '^vm-1009,' out/s/samples.csv >rows
test "$(grep -c ',quickstats,2026-11-20T20:10:00Z,300,[0-9]*$' rows)" -ge 5 && ! grep -q realtime rows ||
    complain 'a VM without real-time samples' "found $(cat rows)"
test "$(grep -c quickstats out/s/samples.csv)" = "$(wc -l <rows)" || complain 'a VM without real-time samples' 'others, too'
vcenter_stop
finish
