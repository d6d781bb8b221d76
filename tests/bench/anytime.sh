# SPDX-License-Identifier: MIT
# What a time limit buys on tight seeded clusters: plans under none, 1 s and 5 s beside each other. SHORT=1: 5 clusters.
exec python3 "$TOP/tests/bench/anytime.py" "$BIN" "$BUILD/tests/generate" "$BUILD/bench/anytime" ${SHORT:+--short}
