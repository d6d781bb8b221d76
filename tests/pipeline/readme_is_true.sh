# SPDX-License-Identifier: MIT
# The README's session is what the programs print, line by line and in this order; […] stands for what was left out.
ln -s "$TOP/samples" samples
for program in collect analyze plan apply; do ln -s "$BIN/$program" "vmanger-$program"; done
PATH=$PWD:$PATH python3 - "$TOP/README.md" <<'END'
import re, subprocess, sys

session = open(sys.argv[1], encoding="utf-8").read().split("## A session\n")[1].split("\n## ")[0]
block = [line[4:] for line in session.splitlines() if line.startswith("    ")]
output, commands = [], 0
for line in block:
    if line.startswith("$ "):
        run = subprocess.run(line[2:].split(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if run.returncode:
            sys.exit("%s: exit code %d: %s" % (line, run.returncode, run.stdout.decode()))
        output, commands = run.stdout.decode().splitlines(), commands + 1
    elif line.strip() and line.strip() != "[…]":
        form = re.compile(".*".join(re.escape(part) for part in line.split("[…]")) + "$")
        while output and not form.match(output[0]):
            output.pop(0)
        if not output:
            sys.exit("the README says, and no program does: " + line)
if commands < 5:
    sys.exit("the README's session is not found")
END
