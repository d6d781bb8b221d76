# SPDX-License-Identifier: MIT
# --cluster carries out the steps of one cluster, the others in a run of their own; the journal is the same.
. "$TOP/tests/pipeline/lib/applying.sh"
apps=$(grep -c '^step,.*,domain-c8,HAM-Apps,' plan.csv)
test "$apps" -gt 0 && test "$apps" -lt "$steps" || fail 'all steps are of one cluster'
exits 1 "$BIN/apply" --cluster Ham-Apps plan.csv "$before" -o after
says '--cluster: found "Ham-Apps": expected one cluster of the plan'
says 'HAM-Apps (domain-c8)'
nothing_else_than assessment.csv plan.csv
exits 0 "$BIN/apply" --dry-run --cluster domain-c8 plan.csv "$before"
says "nothing was changed, $apps to do, $((steps - apps)) of other clusters"
exits 0 "$BIN/apply" --cluster HAM-Apps plan.csv "$before" -o after
says "$apps steps done, $((steps - apps)) of other clusters"
test "$(grep -c ',succeeded,' after.journal.csv)" = "$apps" || fail 'not those steps are journaled'
! grep ',succeeded,' after.journal.csv | grep -v ',domain-c8,' || fail 'a step of another cluster was done'
exits 0 "$BIN/apply" plan.csv "$before" -o rest --journal after.journal.csv
says "$((steps - apps)) steps done, $apps done by earlier runs"
exits 0 "$BIN/apply" plan.csv "$before" -o whole
diff -r rest whole

# the name and id of two clusters, and a step that waits for one of the other
edited() {
    python3 - "$@" <<'END'
import csv, sys
cell = sys.argv[1]
rows = [r for r in csv.reader(open("plan.csv", newline=""))]
at = {n: i for i, n in enumerate(next(r for r in rows if r[0] == "kind"))}
steps = [r for r in rows if r[0] == "step"]
if cell == "name":
    for r in steps:
        r[at["cluster"]] = "HAM"
else:
    first = next(r for r in steps if r[at["cluster_id"]] != "domain-c8")
    last = next(r for r in steps if r[at["cluster_id"]] == "domain-c8" and not r[at["after"]])
    last[at["after"]] = first[at["step"]]
    print(first[at["step"]], last[at["step"]])
csv.writer(open("edited.csv", "w", newline=""), lineterminator="\n").writerows(rows)
END
    "$BIN/plan" -q --check edited.csv "$before" assessment.csv -o other.csv
}
edited name
exits 1 "$BIN/apply" --cluster HAM other.csv "$before" -o never
says '--cluster: found "HAM": expected one cluster'
exits 0 "$BIN/apply" --dry-run --cluster domain-c8 other.csv "$before"
both=$(edited after)
exits 1 "$BIN/apply" --cluster domain-c8 other.csv "$before" -o never
says "after: found step ${both#* } after step ${both% *} of the cluster HAM-"
test ! -e never || fail 'something was left behind'
