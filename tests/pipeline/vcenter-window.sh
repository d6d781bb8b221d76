# SPDX-License-Identifier: MIT
# A change window on the simulated vCenter: no step starts that would not end in time, the next run does the rest; hours
# of blackout, failures and a person's word end a run too.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"

# bounds that are none change nothing
vcenter_plan
for bound in '--until=yesterday' '--until=2020-01-01T00:00:00Z' '--until=25:00' '--max-duration=2 h' '--max-duration=0' '--max-failures=-1'; do
    applies 1 "$bound" "$bound"
    tells "$bound" "^apply: ${bound%%=*}: "
    test "$(changed)" = 0 || complain "$bound" "$(changed) calls"
done
applies 1 'to ask without a terminal' --confirm
tells 'to ask without a terminal' 'is no terminal on which to ask'
printf '[apply]\nblackout=00:00-24:00\n' >always.ini
applies 4 'a blackout for ever' --policy always.ini
tells 'a blackout for ever' 'blackout: now lies in it.*: never'
printf '[apply]\nblackout=Mon-Fri 8-18\n' >bad.ini
applies 1 'hours that are none' --policy bad.ini
tells 'hours that are none' 'bad.ini:2: blackout: found "Mon-Fri 8-18": expected days and hours'
test "$(changed)" = 0 || complain 'a blackout' "$(changed) calls"

applies 0 'a dry run in a blackout' --policy always.ini --dry-run

# a window that is too short for any step, then for some of them; what runs is awaited, and the next run goes on
applies 4 'a window too short' --max-duration 1
tells 'a window too short' "the change window closes at .* \(.*Z\), by --max-duration: steps that would not end in time: "
tells 'a window too short' '^No step starts that is not expected to end by '
tells 'a window too short' "^Apply stopped: 0 steps done, $steps to do"
longest=$(python3 -c 'import csv, sys
rows = [r for r in csv.reader(open("plan.csv", newline="")) if not r[0].startswith("#")]
at = rows[0].index("est_s")
print(max(int(r[at]) for r in rows[1:] if r[0] == "step"))')
applies 4 'a window too short for the longest' --max-duration "$((longest - 1))" --parallel 1
did=$(sed -nE 's/^Apply stopped: ([0-9]+) steps? done.*/\1/p' heard)
test "${did:-0}" -ge 1 && test "$did" -lt "$steps" || complain 'a window too short for the longest' "$did of $steps steps"
test "$(grep -c '^step .*: done in .* s; .* to do$' said)" = "$did" || complain 'progress without a terminal' 'not a line a step'
applies 0 'the next window' --until "$(date -d '+6 hours' +%H:%M)"
tells 'the next window' "^Apply complete: $((steps - did)) steps done, $did done by earlier runs"
test "$(changed)" = "$steps" || complain 'both windows' "$(changed) calls for $steps steps"
vcenter_stop

# failures
vcenter_plan
order 'rule?method=RelocateVM_Task&do=fault&fault=InvalidState&times=0'
applies 4 'two failures' --max-failures 2
tells 'two failures' 'steps that failed: 2 \(--max-failures 2\)'
test "$(stat RelocateVM_Task)" = 2 || complain 'two failures' "$(stat RelocateVM_Task) migrations"
vcenter_stop

# a person is shown the steps, and asked
vcenter_plan
cat >answering.py <<'END'
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
seen = b""
while True:
    try:
        more = os.read(terminal, 1000)
    except OSError:
        break
    if not more:
        break
    asked = b"consent: " in seen
    seen += more
    if not asked and b"consent: " in seen:
        os.write(terminal, sys.argv[1].encode() + b"\n")
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
# asked ANSWER CODE
asked() {
    is=0
    python3 answering.py "$1" "$BIN/apply" plan.csv "$url" --cacert cert.pem --confirm >said || is=$?
    test "$is" = "$2" || complain "the answer $1" "exit code $is"
    test "$(grep -c '^  + ' said)" = "$steps" || complain "the answer $1" 'not all steps are shown'
}
interrupted=$(printf '\003')
asked "$interrupted" 1
test "$(stat open_sessions)" = 0 || complain 'an interrupt' 'a session was left open'
test ! -e plan.journal.csv || complain 'an interrupt' 'a journal was left behind'
asked y 1
tells 'the answer y' 'nothing was changed; it was not consented to'
test "$(changed)" = 0 || complain 'the answer y' "$(changed) calls"
asked yes 0
test "$(changed)" = "$steps" || complain 'the answer yes' "$(changed) calls for $steps steps"
vcenter_stop
