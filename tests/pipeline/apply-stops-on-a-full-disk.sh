# SPDX-License-Identifier: MIT
# A journal that can no longer be written stops the run before the next call; with room again it goes on.
. "$TOP/tests/pipeline/lib/applying.sh"
exits 0 "$BIN/apply" plan.csv "$before" -o whole --journal whole.csv --parallel 1
exits 1 "$BIN/apply" plan.csv "$before" -o after --journal /dev/full
says '/dev/full: cannot be written: No space left on device'
nothing_else_than assessment.csv plan.csv whole whole.csv
exits 4 sh -c "ulimit -f 20; exec '$BIN/apply' plan.csv '$before' -o after --parallel 1"
says 'after.journal.csv: cannot be written: File too large'
says 'run apply again with the same journal'
nothing_else_than assessment.csv plan.csv whole whole.csv after.journal.csv
exits 0 "$BIN/apply" --verify-journal after.journal.csv
# Here the journal has room, the copy has none.
exits 4 sh -c "ulimit -f 200; exec '$BIN/apply' plan.csv '$before' -o after --parallel 1"
says 'samples.csv: cannot be written: File too large'
nothing_else_than assessment.csv plan.csv whole whole.csv after.journal.csv
exits 0 "$BIN/apply" plan.csv "$before" -o after --parallel 1
says "$steps done by earlier runs"
diff -r whole after
