# SPDX-License-Identifier: MIT
# --log-json and --syslog tell every row of the journal with all its cells, the chain too. A log that is not there is refused before anything is done.
. "$TOP/tests/pipeline/lib/applying.sh"
exits 1 "$BIN/apply" --syslog "$PWD/nolog" plan.csv "$before" -o after
says 'nolog: found no log'
test ! -e after
cat >listen.py <<'END'
import json, re, socket, subprocess, sys, csv
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("log")
log.settimeout(20)
log.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
command = [sys.argv[1], "-q", "--log-json", "--syslog", "log", "plan.csv", sys.argv[2], "-o", "after"]
process = subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8")
heard = []
while not heard or " run_ended [" not in heard[-1]:
    heard.append(log.recv(1 << 16).decode())
lines = process.communicate()[1].splitlines()
assert process.returncode == 0, (process.returncode, lines)
rows = list(csv.DictReader(open("after.journal.csv", encoding="utf-8")))
assert len(rows) == len(heard) == len(lines), (len(rows), len(heard), len(lines))
for row, message, line in zip(rows, heard, lines):
    cells = {key: text for key, text in row.items() if text}
    assert json.loads(line) == cells, (line, cells)
    form = re.fullmatch(r'<(?:28|30)>1 \d{4}-\S+Z \S+ vmanger-apply %d (\w+) '
                        r'\[vmanger@32473((?: \w+="(?:[^"\\\]]|\\.)*")*)\] \ufeff(.*)' % process.pid, message)
    assert form and form[1] == row["event"], message
    pairs = re.findall(r'(\w+)="((?:[^"\\\]]|\\.)*)"', form[2])
    assert {key: re.sub(r"\\(.)", r"\1", text) for key, text in pairs} == cells, message
END
python3 listen.py "$BIN/apply" "$before"
