# SPDX-License-Identifier: MIT
# A policy that asks to save power and finds nothing to do says why in the summary; a check of the plan leaves it.
. "$TOP/tests/pipeline/lib/applying.sh"
for power in empty standby; do
    printf '[plan]\npower=%s\n' "$power" >policy.ini
    exits 0 "$BIN/plan" --policy policy.ini "$before" assessment.csv -o saving.csv
    says "power=$power has no host to empty or wake: HAM-Apps and 2 more: hosts are above cpu_hot_pct, memory_hot_pct or another threshold."
    exits 0 "$BIN/plan" --policy policy.ini --check saving.csv "$before" assessment.csv -o checked.csv
    cmp saving.csv checked.csv || fail 'a check changes what is said of power'
done
exits 0 "$BIN/plan" "$before" assessment.csv -o new.csv
! grep -q 'power=' said || fail 'power is spoken of where nobody asks'
