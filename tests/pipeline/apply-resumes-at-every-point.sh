# SPDX-License-Identifier: MIT
# A journal that ends anywhere, also within a line, is gone on with; the end is the same copy.
. "$TOP/tests/pipeline/lib/applying.sh"
exits 0 "$BIN/apply" plan.csv "$before" -o after --parallel 1
rows=$(wc -l <after.journal.csv)
size=$(wc -c <after.journal.csv)
for lines in $(seq 1 5 "$rows"); do
    head -n "$lines" after.journal.csv >cut.csv
    exits 0 "$BIN/apply" plan.csv "$before" -o resumed --journal cut.csv --parallel 1
    diff -r after resumed || fail "another copy after $lines lines"
    exits 0 "$BIN/apply" --verify-journal cut.csv
    python3 - cut.csv "$steps" <<'END'
import collections, csv, sys
ended = collections.Counter(r["step"] for r in csv.DictReader(open(sys.argv[1], newline="")) if r["event"] == "succeeded")
sys.exit(len(ended) != int(sys.argv[2]) or set(ended.values()) != {1})
END
    rm -r resumed
done
for bytes in $(seq 3 $((size / 7)) "$size"); do
    head -c "$bytes" after.journal.csv >cut.csv
    exits 0 "$BIN/apply" plan.csv "$before" -o resumed --journal cut.csv --parallel 1
    diff -r after resumed || fail "another copy after $bytes bytes"
    exits 0 "$BIN/apply" --verify-journal cut.csv
    rm -r resumed
done
