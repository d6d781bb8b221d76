# SPDX-License-Identifier: MIT
# --undo writes a plan that brings every VM back to the host it came from; additions stay, as advice.
. "$TOP/tests/pipeline/lib/applying.sh"
exits 0 "$BIN/apply" plan.csv "$before" -o after
exits 0 "$BIN/apply" --undo after.journal.csv -o back.csv
says "migrations back $migrations, additions that stay $((steps - migrations))"
exits 0 "$BIN/plan" --show back.csv
says ', about '
grep -i ' nan' said && fail 'a time that is none'
exits 0 "$BIN/apply" back.csv after -o undone
says "$migrations steps done, $((steps - migrations)) advice"
says '(host-11) would become hot: CPU at '
column() {
    python3 -c 'import csv,sys
for r in csv.DictReader(open(sys.argv[1] + "/vms.csv", newline="")): print(r["id"], r["host_id"])' "$1"
}
column "$before" >hosts.before
column after >hosts.after
column undone >hosts.undone
diff hosts.before hosts.undone
cmp -s hosts.before hosts.after && fail 'nothing had moved'
# A run that has not ended cannot be undone.
head -n 4 after.journal.csv >cut.csv
exits 1 "$BIN/apply" --undo cut.csv -o never.csv
says 'found steps of which the end is not known: 1: '
test ! -e never.csv
