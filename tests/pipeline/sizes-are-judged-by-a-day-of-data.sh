# SPDX-License-Identifier: MIT
# Of a history of a day, of which half was measured, VMs are told idle, oversized or undersized, by the policy's rule, and
# plan advises on them; of less nothing is, and that is said.
. "$TOP/tests/pipeline/lib/windows.sh"

# day NAME DAY ACTIVE1: the window that ends on that day at 20:15, in which web's guest touches so many KiB
day() {
    rm -rf made
    small_snapshot made
    sed -i "s/2026-11-21T/2026-11-$2T/" made/snapshot.csv made/samples.csv
    sed -i "/^vm-1,memory_active/s/[^,]*\$/$3 $3 $3/; /^vm-2,cpu/s/[^,]*\$/100 100 100/" made/samples.csv
    "$BIN/collect" -q made -o "$1"
}
day d20 20 2000000
day d21 21 3000000
day d22 22 1000000

succeeds 'less than a day' analyze d20 -o one.csv
! grep -q 'Sizes' heard || complain 'one window' 'speaks of sizes'
day early 21 2000000
edit earlier early snapshot.csv 's/T20:15/T20:00/' samples.csv 's/T20:10/T19:55/'
succeeds 'less than a day' analyze earlier early -o short.csv
grep -q 'Sizes are not judged: less than a day of data' heard || complain 'less than a day' 'not said'
is 'less than a day' short.csv vm-1 memory size_need ''

succeeds 'a quarter of an hour of three days' analyze d20 d21 d22 -o all.csv
grep -q 'Sizes are not judged: less than a day of data' heard || complain 'a quarter of an hour' 'not said'
is 'a quarter of an hour' all.csv vm-1 memory size_need ''

# as if half a day had been measured until d19: the history that d20 brings with it
day d19 19 500000
"$BIN/collect" -q d19 --archive first
awk -F, -v OFS=, '/^#snapshot/ { $2 = "-" }
    /^#/ { print; next }
    !at { for (i = 1; i <= NF; i++) if ($i == "days") at = i; print; next }
    $1 == "vm" { sub(/^300 300 /, "300 43200 ", $at); print }' first/rollup.csv >d20/rollup.csv
(cd d20 && rm SHA256SUMS && sha256sum -- *.csv >SHA256SUMS)

# peaks 1, 3, 2, 1/2 million KiB weigh 1, 1/2, 1/4, 1/8: nine tenths of 1.875 take all four
succeeds 'three days' analyze d20 d21 d22 -o all.csv
is 'three days' all.csv vm-1 memory size_used 3000000
is 'three days' all.csv vm-1 memory size_need 3450000
is 'three days' all.csv vm-1 memory size_span_s 44100
is 'three days' all.csv vm-1 memory peaks '0=1000000 1=3000000 2=2000000 3=500000'
grep -qE '^  web \(vm-1\): oversized, has 8192 MiB, needs 3664 MiB \(vpa, 0.5 days of data\)$' heard || # 3000000 are 80 %
    complain 'three days' "not so: $(grep vm-1 heard)"
grep -qE '^  db \(vm-2\): oversized, has 8192 MiB and 4 vCPUs, needs .* and 1 vCPU ' heard || complain 'three days' 'db'
succeeds 'a page' analyze -q d20 d21 d22 -o all.csv --html page.html
grep -q 'Sizes that are not right' page.html || complain 'a page' 'has no sizes'
succeeds 'planned' plan d22 all.csv -o plan.csv
grep -q '^advice,,,,.*oversized' plan.csv || complain 'planned' 'nothing is advised'
grep -q '^step,.*reclaim_memory' plan.csv && complain 'planned' 'taken from a VM to which nothing was lent'

# by another rule; an archive tells the same
printf '[size all]\nrule=autopilot\nmemory=peak\nmargin_pct=100\n' >policy.ini
succeeds 'autopilot' analyze -q --policy policy.ini d20 d21 d22 -o peak.csv
is 'autopilot' peak.csv vm-1 memory size_need 6000000
for one in d20 d21 d22; do
    "$BIN/collect" -q "$one" --archive archive
done
succeeds 'an archive' analyze -q archive -o kept.csv
grep -v '^#' all.csv >all
grep -v '^#' kept.csv >kept
cmp -s all kept || complain 'an archive' 'another assessment'
sed 's/0=1000000 1=3000000/0=1000000 0=3000000/' all.csv >bad.csv
refuses 'peaks that are none' 'bad\.csv:[0-9]+: peaks: found .*: expected ages in days and KiB' plan d22 bad.csv -o out/p.csv
printf '[size all]\nrule=vpa2\n' >bad.ini
refuses 'a rule that is none' 'bad\.ini:2: rule: found "vpa2": expected' analyze --policy bad.ini d22 -o out/a.csv
finish
