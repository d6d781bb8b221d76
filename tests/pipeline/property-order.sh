# SPDX-License-Identifier: MIT
# VMs that change places at random on full hosts: their order is safe, with detours where it needs them.
# Each batch is a snapshot of 60 clusters; PROPERTY_BATCHES=N makes N of them.
batches=${PROPERTY_BATCHES:-6}

cat >"$TMP/policy.ini" <<'END'
[analyze]
cpu_hot_pct=100
memory_hot_pct=100
[plan]
strategy=threshold
drs_clusters=plan
max_moves_per_host=0
END

recipe() {
    case $1 in
    0) echo --hosts 300 --vms 1500 --tight --rules 0.5 ;;
    1) echo --hosts 180 --vms 900 --tight --rules 1 --odd 1 ;;
    2) echo --hosts 300 --vms 900 --rules 1 --odd 10 --short 20 ;;
    3) echo --hosts 360 --vms 900 --rules 0.3 --odd 0 --short 20 ;;
    esac
}

failed=0 batch=0 detours=0
while [ "$batch" -lt "$batches" ]; do
    options="$(recipe $((batch % 4))) --seed $((batch + 1))"
    # shellcheck disable=SC2086 # options are words
    "$BUILD/tests/generate" --clusters 60 --fill-memory 78 --hot 90 $options -o "$TMP/snapshot"
    "$BIN/analyze" --policy "$TMP/policy.ini" --quiet "$TMP/snapshot" -o "$TMP/assessment.csv"
    "$BUILD/tests/random-plan" "$TMP/snapshot" "$TMP/assessment.csv" "$TMP/plan.csv" "$TMP/policy.ini" "$batch"
    echo "$options:"
    "$BUILD/tests/plan-check" "$TMP/snapshot" "$TMP/assessment.csv" "$TMP/plan.csv" "$TMP/policy.ini" || failed=1
    detours=$((detours + $(grep -c 'detour: makes room' "$TMP/plan.csv" || true)))
    rm -r "$TMP/snapshot"
    batch=$((batch + 1))
done
echo "$detours detours"
test "$detours" -gt 0
exit $failed
