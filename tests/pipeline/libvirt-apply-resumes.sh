# SPDX-License-Identifier: MIT
# A migration between libvirt hosts outlives an apply that is killed: the next one awaits it, and does nothing twice.
# One that does not end is aborted, and one whose target dies fails; the guest stays where it was, and counts on.
. "$TOP/tests/pipeline/lib/libvirt_apply.sh"

guest h1 web --use 70
guest h2 db --use 70
lab await "$TMP/lab" web db
takes
slow='[plan]
vmotion_mbps=100
[apply]
libvirt_tls=no'

# Killed, and resumed: a signal lets what runs come to its end, too.
plans killed "$slow" "$(goes web h3)"
"$BIN/apply" --no-recheck-load --policy killed.ini killed.csv libvirt:estate.csv >killed.said 2>&1 &
apply=$!
until_moving web h1
kill -9 $apply
wait $apply 2>/dev/null || true
! grep -q succeeded, killed.journal.csv || fail 'it was killed too late'
on h1 domjobinfo web | grep -q Unbounded || fail 'the migration ended with apply'
applies killed 0
told killed ',resolved,migrate,.*it had succeeded'
told killed ',succeeded,migrate,.*,elapsed_ms=[1-9].* sent_bytes=[1-9]'
test "$(grep -c ,intent, killed.journal.csv)" = 1 || fail "it was begun twice: $(cat killed.journal.csv)"
# Whether it counts on is not asked here: an emulated guest does not always survive so slow a migration, since QEMU
# can miss what it writes meanwhile (where it stays, or moves fast, it does).
runs_on web h3

# A limit, after which the guest stays.
plans limited "$slow" 'libvirt_limit_s=2' "$(goes db h3)"
applies limited 3
told limited ',failed,migrate,.*h2: it had not ended after 2 s and was aborted; the VM stays there'
runs_on db h2
counts_on db

# The limit holds after a kill, too.
plans late '[plan]' 'vmotion_mbps=20' '[apply]' 'libvirt_tls=no' 'libvirt_limit_s=8' "$(goes db h3)"
"$BIN/apply" --no-recheck-load --policy late.ini late.csv libvirt:estate.csv >late.said 2>&1 &
apply=$!
until_moving db h2
kill -9 $apply
wait $apply 2>/dev/null || true
! grep -q failed, late.journal.csv || fail 'it was killed too late'
applies late 3
told late ',failed,migrate,.*it had not ended after 8 s and was aborted; the VM stays where it was'
runs_on db h2
counts_on db

# Stopped by a signal while the target dies.
plans died "$slow" "$(goes db h1)"
"$BIN/apply" --no-recheck-load --policy died.ini died.csv libvirt:estate.csv >died.said 2>&1 &
apply=$!
until_moving db h2
kill -TERM $apply
sleep 1
kill -0 $apply || fail "a signal did not let the step end: $(cat died.said)"
lab kill "$TMP/lab" h1
code=0
wait $apply || code=$?
test $code = 3 || test $code = 4 || fail "exit $code: $(cat died.said)"
told died ',interrupted,'
told died ',failed,migrate,.*h2: '
runs_on db h2
counts_on db

# Left open by an earlier run, while the target still is silent: what runs where it was, and was never stopped, was not
# sent. Then the plan is refused, as its target does not answer.
cp died.csv open.csv
cp died.ini open.ini
sed '/,interrupted,/,$d' died.journal.csv >open.journal.csv
applies open 1
says open 'warning: h1: .*not responding'
told open ',resolved,migrate,.*it had not been started'
runs_on db h2
