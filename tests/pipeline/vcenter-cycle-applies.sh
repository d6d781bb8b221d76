# SPDX-License-Identifier: MIT
# The sample cycle, told to, applies what it planned to the vCenter of its environment's file: journaled where the next
# cycle looks for history, steps that the vCenter refuses left out. By hand the plan's journal stands beside the plan
# itself, though it was named by the link to the latest.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"
mkdir bin
for stage in collect analyze plan apply; do
    ln -s "$BIN/$stage" "bin/vmanger-$stage"
done
export PATH="$PWD/bin:$PATH" VMANGER_DIR="$PWD/kept" VMANGER_ENVIRONMENT="$PWD/environment"

vcenter_plan
vcenter_stop
unset GOVC_USERNAME GOVC_PASSWORD
# cycle CASE: runs one; where it fails or says something, that is a complaint
cycle() {
    "$TOP/samples/cycle.sh" >said 2>&1 || complain "$1" 'it failed'
    test ! -s said || complain "$1" 'it said something'
}
# environment LINE...: the file of the environment, with these lines more
environment() {
    printf '%s\n' "GOVC_URL=$url" "GOVC_USERNAME=$account" 'GOVC_PASSWORD=secret' "GOVC_TLS_CA_CERTS=$PWD/cert.pem" "$@" >environment
}

vcenter_start
environment
cycle 'a cycle that plans'
test "$(changed)" = 0 || complain 'a cycle that plans' "$(changed) calls"
test -z "$(ls -A kept/journals)" || complain 'a cycle that plans' 'there is a journal'
export GOVC_URL="$url" GOVC_USERNAME="$account" GOVC_PASSWORD=secret
"$BIN/apply" -q --cacert cert.pem kept/plans/latest.csv - || complain 'by hand' 'it failed'
unset GOVC_URL GOVC_USERNAME GOVC_PASSWORD
test "$(changed)" = "$(grep -c '^step,' kept/plans/latest.csv)" || complain 'by hand' "$(changed) calls"
test "$(ls kept/plans)" = "$(printf '%s\n' 2026-11-20T201500Z.csv 2026-11-20T201500Z.journal.csv latest.csv)" ||
    complain 'by hand' "$(ls kept/plans)"
vcenter_stop
rm -r kept

vcenter_start
printf '[apply]\nblackout=00:00-24:00\n' >never.ini
environment VMANGER_APPLY=yes "VMANGER_POLICY=$PWD/never.ini"
cycle 'a cycle in a blackout'
grep -q '^step,' kept/plans/latest.csv || complain 'a cycle in a blackout' 'it plans nothing'
test "$(changed)" = 0 || complain 'a cycle in a blackout' "$(changed) calls"
vcenter_stop
rm -r kept

vcenter_start
environment VMANGER_APPLY=yes
order 'rule?method=RelocateVM_Task&do=fault&fault=DeviceNotSupported&times=1'
"$TOP/samples/cycle.sh" >said 2>&1 || complain 'a cycle that applies' 'it failed'
grep -q 'DeviceNotSupported' said || complain 'a cycle that applies' 'the refusal is not told'
journal=kept/journals/2026-11-20T201500Z.csv
grep -q ',succeeded,' $journal || complain 'a cycle that applies' 'nothing was done'
grep -q ',refused,migrate,.*,DeviceNotSupported' $journal || complain 'a cycle that applies' 'nothing was refused'
"$BIN/apply" -q --verify-journal $journal || complain 'a cycle that applies' 'its journal does not hold'
order 'clock?advance=300'
cycle 'the next cycle'
test "$(grep -c ',run_started,' $journal)" = 1 || complain 'the next cycle' 'it went on with the journal of the first'
vcenter_stop
finish
