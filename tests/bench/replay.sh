# SPDX-License-Identifier: MIT
# Recorded load replayed under policies and under none.
#   DATA=DIR           holds bitbrains/ and planetlab/
#   POLICIES="A.ini …" are replayed as well
#   SHORT=1            fewer fills and placements
# shellcheck disable=SC2086
exec python3 "$TOP/tests/bench/replay.py" "$BIN/plan" "$DATA" "$BUILD/bench/replay" ${SHORT:+--short} ${POLICIES:-}
