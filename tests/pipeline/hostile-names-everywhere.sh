# SPDX-License-Identifier: MIT
# Names of VMs, hosts, clusters, pools and rules, the policy's own patterns and rules, folders, datastores and networks
# may hold what acts on a terminal, hides or reorders text: it is escaped wherever it is told, to a person on a terminal,
# a log or another program.
. "$TOP/tests/pipeline/lib/refusal.sh"

cat >names.py <<'END'
import csv, glob, json, socket, sys, unicodedata
BAD = "\x1b[2J\x9b31m\u202e\u2028\U000e0041\x07two\nlines"

def harmless(what, text, allowed="\n"):
    for c in text:
        if c not in allowed and unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp"):
            sys.exit("%s: shows U+%04X: %r" % (what, ord(c), text[:300]))

if sys.argv[1] == "build":
    for path in glob.glob("in/*.csv"):
        rows = list(csv.reader(open(path, newline="")))
        for row in rows[1:]:
            for i, column in enumerate(rows[0]):
                if column in ("name", "folder", "product", "pinned", "guest_id"):
                    row[i] = BAD + row[0][-1]
        csv.writer(open(path, "w", newline=""), lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    mark = "a\u202eb\u2028c\U000e0041"  # control characters are refused there
    with open("policy.ini", "w") as policy:
        policy.write("[plan]\nevacuate=nothing%s*\n[rule %s]\ntype=vm_anti_affinity\nvms=*1;%s*\n" % (mark, mark, mark))
    with open("refused.ini", "w") as policy:
        policy.write("[plan]\nevacuate=%s*\n" % BAD.replace("\n", " "))
elif sys.argv[1] == "listen":  # PATH FILE: what arrives, one datagram a line
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.bind(sys.argv[2])
    with open(sys.argv[3], "wb", buffering=0) as file:
        while True:
            file.write(log.recv(65536).replace(b"\xef\xbb\xbf", b"") + b"\n")
elif sys.argv[1] == "json":  # each line is an object, and says who it is about in full
    objects = [json.loads(line) for line in open("shown", newline="\n") if line.startswith("{")]
    if not any(o.get("object", "").startswith(BAD) for o in objects):
        sys.exit("no object with the whole name")
else:
    for path in sys.argv[2:]:
        harmless(path, open(path, encoding="utf-8", newline="\n").read(), "\n" + ("\r" if path == "terminal" else ""))
END

# runs CODE PROGRAM ARGUMENT...: it ends with that code; what it prints is kept and harmless
runs() {
    code=$1 program=$2 is=0
    shift 2
    "$BIN/$program" "$@" >shown 2>&1 </dev/null || is=$?
    test "$is" = "$code" || {
        tail -n 5 shown
        echo "exit code $is: $program $*"
        exit 1
    }
    python3 names.py check shown || {
        echo "$program $*"
        exit 1
    }
}

small_snapshot in
python3 names.py build
runs 0 collect in -o snapshot
runs 1 analyze --policy refused.ini snapshot -o refused.csv
runs 0 analyze -v --policy policy.ini snapshot -o assessment.csv
runs 0 plan -v --policy policy.ini snapshot assessment.csv -o plan.csv
grep -q 'nothinga\\u{202E}' shown
runs 0 plan --show plan.csv
runs 0 plan --check plan.csv --policy policy.ini snapshot assessment.csv -o again.csv
for what in vm-1 vm-3 h-1; do
    runs 0 plan --explain "$what" --policy policy.ini snapshot assessment.csv
done
runs 1 plan --explain "$(printf 'no\033[2Jbody')" snapshot assessment.csv
runs 1 plan --cluster "$(printf 'no\033[2Jbody')" snapshot assessment.csv -o no.csv
runs 0 apply --dry-run --policy policy.ini plan.csv snapshot

python3 names.py listen log heard &
listener=$!
trap 'kill $listener' EXIT
timeout 30 sh -c 'until test -S log; do sleep 0.1; done'
runs 0 apply -v --log-json --syslog log --policy policy.ini plan.csv snapshot -o after
python3 names.py json
grep -q '^{' shown
sleep 0.2
test -s heard
python3 names.py check heard
runs 0 apply --verify-journal after.journal.csv
runs 0 apply --undo after.journal.csv -o undo.csv
runs 0 plan --show undo.csv
sed 's/^step,1,/step,1,7/' plan.csv >edited.csv
runs 1 apply edited.csv snapshot -o no

# asked on a terminal, and told there what goes on
script -qec "'$BIN/apply' --confirm --policy policy.ini plan.csv snapshot -o confirmed" terminal.log <<'END' >terminal.said 2>&1
yes
END
tail -n +2 terminal.log | sed '$d' | sed "s/\r\x1b\[K//g" >terminal
python3 names.py check terminal
grep -q 'Carry out' terminal
test -d confirmed
