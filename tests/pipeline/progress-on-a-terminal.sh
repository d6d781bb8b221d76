# SPDX-License-Identifier: MIT
# Long work is told of on standard error after two seconds, on a terminal alone, and taken off at its end.
. "$TOP/tests/pipeline/lib/applying.sh"

# on_terminal SECONDS COMMAND...: what the command says on a terminal, to which the assessment comes late
cat >on_terminal.py <<'END'
import os, pty, sys, threading, time
def feed():
    with open("late.csv", "wb") as late:
        time.sleep(float(sys.argv[1]))
        late.write(open("assessment.csv", "rb").read())
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
threading.Thread(target=feed).start()
seen = b""
while True:
    try:
        more = os.read(terminal, 1000)
    except OSError:
        break
    if not more:
        break
    seen += more
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
mkfifo late.csv
exits 0 python3 on_terminal.py 2.7 "$BIN/plan" --cluster HAM-Desktops "$before" late.csv -o new.csv
says 'reading: 2 s'
says "$(printf 's\r\033[KSnapshot of ')"
exits 0 python3 on_terminal.py 2.7 "$BIN/plan" -q --cluster HAM-Desktops "$before" late.csv -o new.csv
test ! -s said || fail "quiet on a terminal says: $(cat said)"
exits 0 python3 on_terminal.py 1 "$BIN/plan" --cluster HAM-Desktops "$before" late.csv -o new.csv
! grep -qF 'reading' said || fail 'short work is told of'
(sleep 2.7 && cat assessment.csv) >late.csv &
exits 0 "$BIN/plan" -q "$before" late.csv -o new.csv
test ! -s said || fail "no terminal, and yet: $(cat said)"
cmp -s plan.csv new.csv || fail 'another plan'
