# SPDX-License-Identifier: MIT
# On real libvirt hosts apply migrates guests that go on counting, and adds memory and CPUs that the guests see, live
# and in the saved configuration; what cannot be done is refused before anything changes, in libvirt's words with the
# host that said them.
. "$TOP/tests/pipeline/lib/libvirt_apply.sh"

guest h1 web --max-memory 1024 --max-cpus 2 --use 60 --busy 50
guest h2 db --max-memory 512 --virtio-mem --use 60
guest h3 shop
lab await "$TMP/lab" web db shop
takes

# What no host allows.
plans moved "$(goes shop h1)"
sed 's|\(.*,h1,\).*|\1qemu+tcp://127.0.0.1:1/system|' estate.csv >unreached.csv
hosts=unreached.csv applies moved 1 --dry-run
says moved '^  step 1, shop to h1: h3: .*127.0.0.1:1'
socket=/proc/$(cat "$TMP/lab/h3.pid")/root/run/libvirt/libvirt-sock-ro
sed "s|^[^,]*\(,[^,]*,h3,.*\)|qemu+unix:///system?socket=$socket\1|" estate.csv >reading.csv
hosts=reading.csv applies moved 1 --dry-run
says moved '^  step 1, shop to h1: h3: the connection allows reading alone: '

# A migration, a dimm, a virtio-mem, a CPU; the load now is looked at too.
plans grown '[plan]' 'memory_max_growth_pct=200' 'grow_to_pct=40' 'memory_max_steps=1' 'vm_cpu_pct=1' \
    'cpu_max_steps=1' 'buffer_reserve_pct=0' "$(goes web h2)"
sed -i 's/^memory_hot_pct=100/&\nshort_pct=40/' grown.ini
"$BIN/analyze" -q --policy grown.ini snapshot -o grown.assessment.csv
"$BIN/plan" -q --policy grown.ini snapshot grown.assessment.csv -o grown.csv
for step in migrate,.*,web add_memory,.*,web add_memory,.*,db add_cpu,.*,web; do
    grep -q "^step,.*,yes,$step," grown.csv || fail "the plan has no $step: $(cat grown.csv)"
done
"$BIN/apply" --policy grown.ini grown.csv libvirt:estate.csv >grown.said 2>&1 || fail "$(cat grown.said)"
says grown 'Apply complete: 4 steps done'
says grown 'memory goes from h1 to h2 in the clear, without TLS'
told grown 'succeeded,migrate,.*elapsed_ms=[1-9].* sent_bytes=[1-9].* iterations=[1-9].* downtime_ms='
told grown 'succeeded,add_memory,.*,web,.*means=dimm guest_shows_it=yes'
told grown 'succeeded,add_memory,.*,db,.*means=virtio-mem guest_shows_it=yes'
runs_on web h2
counts_on web
shows web total_kib -gt 200000
shows web cpus -eq 2
shows db total_kib -gt 200000
on h2 dumpxml web --inactive | grep -q "<memory model='dimm'>" || fail 'the dimm is not saved'
on h2 dumpxml db --inactive | grep -q "<requested unit='KiB'>131072" || fail 'what the virtio-mem is to have is not saved'
on h2 dumpxml web --inactive | grep -q "current='2'" || on h2 dumpxml web --inactive | grep -q "<vcpu[^>]*>2<" ||
    fail 'the CPU is not saved'
test -z "$(on h1 list --all --name | grep .)" || fail 'web is still defined where it was'

# What was lent is taken back while they run. A plan advises it until a day of data says that it is no longer needed; here
# the advice is made a step by hand.
lab tell "$TMP/lab" web use=10
lab tell "$TMP/lab" db use=10
shows web use -eq 10
shows db use -eq 10
rm -r snapshot
takes
plans lent '[plan]' 'reclaim=lent'
"$BIN/plan" -q --policy lent.ini --history grown.journal.csv snapshot lent.assessment.csv -o advice.csv
awk '/^advice,,,,reclaim_memory,/ { sub(/^advice,,,,/, "step," ++step ",,yes,") } { print }' advice.csv >edited.csv
"$BIN/plan" -q --policy lent.ini --history grown.journal.csv --check edited.csv snapshot lent.assessment.csv -o new.csv
mv new.csv lent.csv
applies lent 0
told lent 'succeeded,reclaim_memory,.*,web,.*means=dimm guest_shows_it=yes'
told lent 'succeeded,reclaim_memory,.*,db,.*means=virtio-mem guest_shows_it=yes'
shows web total_kib -lt 140000
! on h2 dumpxml web --inactive | grep -q "<memory model='dimm'>" || fail 'the dimm is still saved'

# Shut down between plan and apply.
plans stale "$(goes db h3)"
on h2 destroy db
applies stale 1
says stale 'power  *powered on  *powered off'
