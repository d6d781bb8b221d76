# SPDX-License-Identifier: MIT
# The pipeline on files, up to 2,500 hosts and 40,000 VMs (a vCenter's documented maximum), against one pass of
# Python's csv.reader over the files that each program reads.
exec python3 "$TOP/tests/bench/offline.py" "$BIN" "$BUILD/tests/generate" "$BUILD/bench/offline" ${SHORT:+--short}
