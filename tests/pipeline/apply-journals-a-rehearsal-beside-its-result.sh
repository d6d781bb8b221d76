# SPDX-License-Identifier: MIT
# A rehearsal is journaled beside AFTER, which names the plan; as history it counts there, and for no other snapshot of
# the same source. The journal goes on for another AFTER of the same snapshot, and for no other target.
. "$TOP/tests/pipeline/lib/applying.sh"
# rehearsals DIRECTORY: the plans that its snapshot.csv names
rehearsals() {
    python3 -c 'import csv, sys
print(next(csv.DictReader(open(sys.argv[1] + "/snapshot.csv", newline="")))["rehearsal"])' "$1"
}
exits 0 "$BIN/apply" plan.csv "$before" -o after/
says 'Journal: after.journal.csv,'
nothing_else_than after after.journal.csv assessment.csv plan.csv
digest=$(sed -n 's/^#plan,\([^,]*\).*/\1/p' plan.csv)
test "$(rehearsals after)" = "$digest" || fail "the result does not name its plan: $(tail -n 1 after/snapshot.csv)"

# another result: a rehearsal of its own; with the same journal all is done again on another copy
exits 0 "$BIN/apply" plan.csv "$before" -o other
says "$steps steps done, "
cmp after.journal.csv other.journal.csv && fail 'the same journal'
exits 0 "$BIN/apply" plan.csv "$before" -o third --journal after.journal.csv
says "0 steps done, $steps done by earlier runs"
diff -r after third
cp after.journal.csv kept.csv
exits 0 "$BIN/apply" --undo after.journal.csv -o back.csv
exits 0 "$BIN/apply" back.csv after -o undone
test "$(rehearsals undone)" = "$digest $(sed -n 's/^#plan,\([^,]*\).*/\1/p' back.csv)" ||
    fail 'the second rehearsal does not name both'

# the same plan on another snapshot, with that journal: another target
cp -r after moved
sed -i 's/2026-11-20T20:20:00Z/2026-11-20T20:25:00Z/' moved/snapshot.csv
(cd moved && sha256sum -- *.csv >SHA256SUMS)
exits 1 "$BIN/apply" back.csv moved -o again --journal undone.journal.csv
says "found the journal of a rehearsal on a snapshot's directory $(sha256sum after/SHA256SUMS | cut -d' ' -f1)"
says "expected that of a rehearsal on a snapshot's directory $(sha256sum moved/SHA256SUMS | cut -d' ' -f1)"
says '(--journal FILE)'
exits 1 "$BIN/apply" --dry-run back.csv moved --journal undone.journal.csv
test ! -e again || fail 'something was left behind'

# another plan for the same result
rm -r after
exits 1 "$BIN/apply" back.csv other -o after
says 'after.journal.csv: found the journal of plan'
says '(--journal FILE)'
cmp after.journal.csv kept.csv || fail 'the journal of another plan was written to'

# history of its result, and not of the source as it is
warned() {
    "$BIN/analyze" -q "$1" -o assessed.csv
    "$BIN/plan" -q --history after.journal.csv "$1" assessed.csv -o next.csv 2>said
    grep -q 'warning: after.journal.csv: found a rehearsal' said
}
warned "$before" || fail 'a rehearsal counts for the snapshot itself'
! warned other || fail 'a rehearsal does not count for its result'
! warned undone || fail 'a rehearsal does not count for what was made of its result'
