# SPDX-License-Identifier: MIT
# Killed in the middle or asked to end, apply leaves no half copy, and goes on with the same journal.
cd "$TMP"
"$BUILD/tests/generate" --clusters=4 --hosts=240 --vms=4000 --hot=40 -o before
"$BIN/analyze" -q before -o assessment.csv
"$BIN/plan" -q before assessment.csv -o plan.csv
"$BIN/apply" -q plan.csv before -o whole --journal whole.csv --parallel 1
python3 - <<'END'
import os, signal, subprocess, sys, time

def interrupted(name, number, code):
    """The exit code of an apply that is signalled when its journal has some rows."""
    journal = name + ".csv"
    process = subprocess.Popen([os.environ["BIN"] + "/apply", "-q", "plan.csv", "before", "-o", name,
                                "--journal", journal, "--parallel", "1"], stderr=subprocess.PIPE)
    while process.poll() is None and not (os.path.exists(journal) and os.path.getsize(journal) > 20000):
        time.sleep(0.0005)
    process.send_signal(number)
    said = process.communicate()[1].decode()
    if process.returncode != code:
        sys.exit(f"{name}: exit {process.returncode} instead of {code}: {said}")
    if os.path.exists(name):
        sys.exit(f"{name}: a copy appeared")
    rows = open(journal).read().count("\n")
    if rows >= open("whole.csv").read().count("\n"):
        sys.exit(f"{name}: it was not in the middle: {rows} rows")
    return said

interrupted("killed", signal.SIGKILL, -signal.SIGKILL)
if "run apply again with the same journal" not in interrupted("ended", signal.SIGTERM, 4):
    sys.exit("it does not say how to go on")
END
for name in killed ended; do
    "$BIN/apply" -q plan.csv before -o "$name" --journal "$name.csv" --parallel 1
    diff -r whole "$name"
    "$BIN/apply" -q --verify-journal "$name.csv"
done
test -z "$(find . -maxdepth 1 -name '.*' ! -name .)"
