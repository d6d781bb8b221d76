# SPDX-License-Identifier: MIT
# What journals show to have been lent is taken back by a step while the VM is off and a day of data says that it is not
# needed; else the plan says when that is safe, and that less than a day is known. It is undone as any step, and what was
# given again so stays for a day.
. "$TOP/tests/pipeline/lib/applying.sh"
exits 0 "$BIN/apply" plan.csv "$before" -o after
vm='vm-1057'
grep -q "^step,.*,add_memory,$vm,ham-dns02,.*,2048,,2560,MiB," plan.csv || fail 'the sample lends nothing to that VM'

# assesses SNAPSHOT: SNAPSHOT.csv; of those named a day or more later it says what days of data would of that VM
assesses() {
    exits 0 "$BIN/analyze" -q "$1" -o "$1.csv"
    case $1 in early | after | calm) return ;; esac
    awk -F, -v OFS=, -v vm=$vm '
        $1 == "entity" { for (i = 1; i <= NF; i++) at[$i] = i }
        $2 == vm && $6 == "memory" { $at["size_used"] = 500000; $at["size_need"] = 575000; $at["size_span_s"] = 172800
            $at["peaks"] = "0=500000 1=500000" }
        { print }' "$1.csv" >made
    mv made "$1.csv"
}

# plans SNAPSHOT OUT JOURNAL...: a plan by these journals
plans() {
    snapshot=$1 out=$2
    shift 2
    for journal; do
        set -- "$@" --history "$journal"
        shift
    done
    assesses "$snapshot"
    exits 0 "$BIN/plan" "$snapshot" "$snapshot.csv" "$@" -o "$out"
}

# it runs and is short without it: nothing
plans after short.csv after.journal.csv
grep -q ',reclaim_memory,' short.csv && fail 'taken back though it is needed'

# it runs and does not need it any more: advice, with when that is safe
cp -r after calm
awk -F, -v OFS=, -v vm=$vm '$1 == vm && $2 == "memory_active_kib" { gsub(/[0-9]+/, "500000", $NF) } { print }' \
    after/samples.csv >calm/samples.csv
(cd calm && sha256sum -- *.csv >SHA256SUMS)
plans calm on.csv after.journal.csv
grep -q '^step,.*,reclaim_memory,' on.csv && fail 'a VM that runs would lose memory'
grep -q "^advice,,,,reclaim_memory,$vm,ham-dns02,.*,2560,,2048,MiB,,,lent," on.csv || fail "not advised: $(grep $vm on.csv)"
says 'its guest needs 611 MiB (less than a day of data); safe from 2026-11-21T20:20:00Z on, if a whole day'
says 'once it is powered off'

# it is off: advice, whatever its guest used within the one window, or where it was not measured
cp -r calm early
sed -i "/^$vm,/s/,on,connected/,off,connected/" early/vms.csv
(cd early && sha256sum -- *.csv >SHA256SUMS)
plans early early.plan.csv after.journal.csv
grep -q '^step,.*,reclaim_memory,' early.plan.csv && fail 'taken without a day of data'
grep -q "^advice,,,,reclaim_memory,$vm,.*less than a day of data.; safe once a whole day of data, while it runs, says" \
    early.plan.csv || fail "not advised: $(grep "$vm" early.plan.csv)"

# a day later, by days of data: a step
cp -r early off
sed -i 's/2026-11-20T/2026-11-21T/' off/snapshot.csv off/samples.csv
(cd off && sha256sum -- *.csv >SHA256SUMS)
plans off off.plan.csv after.journal.csv
says '1 to give memory back,'
grep -q "^step,[0-9]*,,yes,reclaim_memory,$vm,ham-dns02,.*,2560,,2048,MiB,power=off,1,lent,.*its guest needs 611 MiB (2.0 days of data)" \
    off.plan.csv || fail "no such step: $(grep "$vm" off.plan.csv)"
exits 0 "$BIN/plan" --show off.plan.csv
says 'reclaim_memory ham-dns02 (vm-1057): 2560 -> 2048 MiB'
exits 0 "$BIN/plan" --show off.plan.csv --govc
says "govc vm.change -vm 'VirtualMachine:vm-1057' -m 2048"
exits 0 "$BIN/plan" --show off.plan.csv --html review.html -q
grep -q 'Memory to take back' review.html || fail 'the page does not count it'
exits 0 "$BIN/plan" --explain ham-dns02 off off.csv --history after.journal.csv
says 'reclaim_memory'

# what no journal shows is taken by nobody: neither by plan nor by hand
plans off without.csv
grep -q ',reclaim_memory,' without.csv && fail 'taken back without a journal'
sed "s/,2560,,2048,MiB,power=off,1,lent,/,2560,,1024,MiB,power=off,2,lent,/" off.plan.csv >edited.csv
exits 1 "$BIN/plan" --check edited.csv off off.csv --history after.journal.csv -o never.csv
says 'show 512 MiB to have been lent, not 1536 MiB'
exits 0 "$BIN/plan" --check off.plan.csv off off.csv --history after.journal.csv -o checked.csv
grep -q '^step,.*,reclaim_memory,' checked.csv || fail 'the check loses the step'

# done on a copy, once; powered on in between it is refused
exits 1 "$BIN/apply" off.plan.csv after -o never --journal never.csv
exits 0 "$BIN/apply" off.plan.csv off -o given
grep -q "^$vm,.*,off,connected,.*,1,1,2048," given/vms.csv || fail 'not done'
plans given again.csv after.journal.csv given.journal.csv
grep -q ",reclaim_memory,$vm," again.csv && fail 'taken back twice'
exits 0 "$BIN/apply" --verify-journal given.journal.csv
cp -r off on
sed -i "/^$vm,/s/,off,connected/,on,connected/" on/vms.csv
(cd on && sha256sum -- *.csv >SHA256SUMS)
exits 1 "$BIN/apply" off.plan.csv on -o never --journal never.csv
says 'powered off'

# and undone
exits 0 "$BIN/apply" --undo given.journal.csv -o back.csv
says 'VMs given their memory again 1'
exits 0 "$BIN/apply" back.csv given -o undone
grep -q "^$vm,.*,off,connected,.*,1,1,2560," undone/vms.csv || fail 'not undone'
plans undone lent.csv after.journal.csv given.journal.csv undone.journal.csv
grep -q '^step,.*,reclaim_memory,' lent.csv && fail 'taken again as soon as that was undone'
grep -q "^advice,,,,reclaim_memory,$vm,.*,2560,,2048,MiB,.*; safe from 2026-11-22T[0-9:]*Z on, a day after it was given" lent.csv ||
    fail "what was undone is lent: $(grep "$vm" lent.csv)"
cp -r undone later
sed -i 's/2026-11-21T/2026-11-23T/' later/snapshot.csv later/samples.csv
(cd later && sha256sum -- *.csv >SHA256SUMS)
plans later later.plan.csv after.journal.csv given.journal.csv undone.journal.csv
grep -q "^step,.*,reclaim_memory,$vm,.*,2560,,2048,MiB," later.plan.csv || fail 'what was undone is not lent a day later'

# the policy may leave it to people, or alone
for word in advise off; do
    printf '[plan]\nreclaim=%s\n' "$word" >policy.ini
    exits 0 "$BIN/analyze" -q --policy policy.ini off -o "$word.a.csv"
    exits 0 "$BIN/plan" -q --policy policy.ini off "$word.a.csv" --history after.journal.csv -o "$word.p.csv"
    grep -q '^step,.*,reclaim_memory,' "$word.p.csv" && fail "reclaim=$word: a step"
done
grep -q "^advice,.*,reclaim_memory,$vm," advise.p.csv || fail 'reclaim=advise: nothing advised'
! grep -q ',reclaim_memory,' off.p.csv || fail 'reclaim=off: something about it'
