# SPDX-License-Identifier: MIT
# A sample of what make check-faults tries: apply is killed before or after a write of its journal or a request, again in
# the next run, or after it was asked to end, and goes on with the same journal; what stands in the end is as without a kill.
for built in vcenter generate faults.so; do
    test -e "$BUILD/tests/$built" || {
        echo "not built: make $BUILD/tests/$built"
        exit 77
    }
done
python3 "$TOP/tests/faults/kills.py" --seed "${SEED:-1}" --sample 40 --pairs 8 --workers 6 --walk 'each point, steps' \
    --walk 'a reconfiguration was sent' --walk 'then SIGKILL' --walk pairs
