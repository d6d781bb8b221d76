# SPDX-License-Identifier: MIT
# collect from a simulated vCenter of 10,000 VMs, beside Debian's pyvmomi with the same queries, and beside curl and
# xmllint --stream over the very same responses.
exec python3 "$TOP/tests/bench/vcenter.py" "$BIN" "$BUILD" "$BUILD/bench/vcenter" ${SHORT:+--short}
