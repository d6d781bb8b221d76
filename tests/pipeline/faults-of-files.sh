# SPDX-License-Identifier: MIT
# A sample of what make check-faults tries: calls on files fail in turn, and what stands then is what the exit code says.
test -e "$BUILD/tests/faults.so" || {
    echo "the shim was not built (make $BUILD/tests/faults.so)"
    exit 77
}
python3 "$TOP/tests/faults/files.py"
