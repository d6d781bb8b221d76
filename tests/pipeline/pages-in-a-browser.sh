# SPDX-License-Identifier: MIT
# In a browser the pages of --html overflow nowhere, in no width, light or dark or printed; they ask for nothing, show
# all without script, keep hostile names text, say in words what they draw, sort and filter, and open 10,000 VMs with
# less than two seconds' work.
command -v chromium >/dev/null || {
    echo "skipped: Chromium is not installed (Debian: chromium)"
    exit 77
}
. "$TOP/tests/pipeline/lib/refusal.sh"

"$BIN/analyze" -q "$TOP/samples/snapshot" -o a.csv --html report.html
"$BIN/plan" -q "$TOP/samples/snapshot" a.csv -o p.csv
sed 's/^\(step,2,[^,]*,\)yes/\1no/' p.csv >edited.csv
printf '[plan]\nmax_duration_s=60\n[apply]\nblackout=Mon-Fri 08:00-18:00\n' >policy.ini
"$BIN/plan" -q --policy policy.ini "$TOP/samples/snapshot" a.csv -o short.csv --html review.html --against p.csv
"$BIN/plan" -q --check edited.csv "$TOP/samples/snapshot" a.csv -o checked.csv --html checked.html --against p.csv
"$BIN/plan" --show p.csv --html shown.html >/dev/null

small_snapshot in
python3 - <<'END'
import csv, glob

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>\"><svg onload=alert(3)>]]></title></style>&lt;"
NAMES = ["", "safe\u202etxt.exe", "x" * 5000, "\U0001f600" * 60]
for path in glob.glob("in/*.csv"):
    rows = list(csv.reader(open(path, newline="")))
    for n, row in enumerate(rows[1:]):
        for i, column in enumerate(rows[0]):
            if column == "name":
                row[i] = MARKUP + NAMES[n % len(NAMES)] + row[0]
    csv.writer(open(path, "w", newline=""), lineterminator="\n").writerows(rows)
END
"$BIN/collect" -q in -o hostile
"$BIN/analyze" -q hostile -o hostile.csv --html hostile-report.html
"$BIN/plan" -q hostile hostile.csv -o hostile-plan.csv --html hostile-review.html

"$BUILD/tests/generate" --hosts 400 --vms 10000 --clusters 10 -o large
"$BIN/analyze" -q large -o large.csv --html large.html

PYTHONPATH="$TOP/tests/pipeline/lib" PYTHONDONTWRITEBYTECODE=1 python3 "$TOP/tests/pipeline/lib/pages.py"
