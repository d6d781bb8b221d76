# SPDX-License-Identifier: MIT
# strategy=optimize against the seed system's own rule, strategy=threshold, on seeded clusters and on a recorded week.
exec python3 "$TOP/tests/bench/seed.py" "$BIN" "$BUILD/tests/generate" "$TOP/tests/bitbrains.py" \
    "$DATA/bitbrains/rnd-2013-08-week1.csv.gz" "$BUILD/bench/seed" ${SHORT:+--short}
