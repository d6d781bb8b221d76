# SPDX-License-Identifier: MIT
# strategy=optimize on large clusters and many, against one pass of Python's csv.reader over the files that it reads.
exec python3 "$TOP/tests/bench/scale.py" "$BIN" "$BUILD/tests/generate" "$BUILD/bench/scale" ${SHORT:+--short}
