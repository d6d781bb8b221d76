# SPDX-License-Identifier: MIT
# A vCenter's VM that is off is given the smaller size, absolutely and with its changeVersion; powered on since, nothing is
# done to it; a concurrent change is a fault that is looked into, and so is an answer that is lost, of the way back.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"
unset option
vm='vm-1057'

# a plan of a reclaim alone, made of what an apply lent, for vCenters that each begin anew
vcenter_plan --clock=frozen
"$BIN/apply" -q plan.csv "$url" --cacert cert.pem --journal lent.csv </dev/null >said 2>&1 || complain 'lending' 'failed'
order "set?id=$vm&power=poweredOff"
order 'clock?advance=90000'
rm -rf s
"$BIN/collect" -q "$url" --cacert cert.pem -o s
"$BIN/analyze" -q s -o one.csv
# what days of data would say of it
awk -F, -v OFS=, -v vm=$vm '
    $1 == "entity" { for (i = 1; i <= NF; i++) at[$i] = i }
    $2 == vm && $6 == "memory" { $at["size_used"] = 500000; $at["size_need"] = 575000; $at["size_span_s"] = 172800
        $at["peaks"] = "0=500000 1=500000" }
    { print }' one.csv >s.csv
"$BIN/plan" -q s s.csv --history lent.csv -o plan.csv
grep -q "^step,.*,reclaim_memory,$vm,.*,2560,,2048,MiB,power=off,1,lent," plan.csv || complain 'the plan' "$(grep $vm plan.csv)"
test "$(grep -c '^step,' plan.csv)" = 1 || complain 'the plan' 'has other steps'

# has CASE MIB: what the vCenter says now
has() {
    rm -rf n
    "$BIN/collect" -q "$url" --cacert cert.pem -o n
    found=$(awk -F, -v vm=$vm '!n { for (i = 1; i <= NF; i++) at[$i] = i; n = 1 } $1 == vm { print $at["memory_mib"] }' n/vms.csv)
    test "$found" = "$2" || complain "$1" "has $found MiB, not $2"
}

# powered on since
order "set?id=$vm&power=poweredOn"
applies 1 'powered on'
tells 'powered on' 'power +powered off +powered on'
order "set?id=$vm&power=poweredOff"
rm -f plan.journal.csv

# another one's change comes before
order 'rule?method=ReconfigVM_Task&do=fault&fault=ConcurrentAccess'
applies 0 'a concurrent change'
grep -q ',resolved,reclaim_memory,.*it had not been started: ConcurrentAccess' plan.journal.csv ||
    complain 'a concurrent change' 'not journaled'
grep -qE ',intent,reclaim_memory,.*power=off .*change_version=[0-9]{4}-[0-9-]*T[^ ]* operation_id=vmanger-' plan.journal.csv ||
    complain 'the intent' 'tells no version'
has 'a concurrent change' 2048
calls=$(changed)
applies 0 'again'
test "$(changed)" = "$calls" || complain 'again' 'called again'

# undone, by a call whose answer is lost
"$BIN/apply" -q --undo plan.journal.csv -o back.csv
grep -q "^step,.*,add_memory,$vm,.*,2048,,2560,MiB,power=off," back.csv || complain 'undo' "$(cat back.csv)"
order 'rule?method=ReconfigVM_Task&do=cut&bytes=0'
plan=back.csv
applies 0 'an answer that is lost'
tells 'an answer that is lost' 'looking what became of it'
test "$(grep -c ',succeeded,' back.journal.csv)" = 1 || complain 'an answer that is lost' 'not one success'
has 'undone' 2560
unset plan
finish
