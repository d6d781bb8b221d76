# SPDX-License-Identifier: MIT
# Assessments made apart and merged are, byte for byte, what one run over all snapshots writes; a site that cannot be had is
# left out and named with its reason, and plan makes of the merged file what it makes of the site's own.
. "$TOP/tests/pipeline/lib/applying.sh"

for i in 1 2 3; do
    "$BUILD/tests/generate" --clusters 2 --hosts 8 --vms 60 --hot 30 --short 8 --seed $i -o raw$i >generated
    test $i != 2 || sed -i 's/T20:15:00Z/T16:15:00Z/' raw2/snapshot.csv
    rm -f raw$i/SHA256SUMS
    exits 0 "$BIN/collect" -q raw$i -o site$i
    exits 0 "$BIN/analyze" -q site$i -o a$i.csv
done
exits 0 "$BIN/analyze" -q site1 site2 site3 -o together.csv
exits 0 "$BIN/analyze" --merge a1.csv a2.csv a3.csv -o merged.csv --html fleet.html --prometheus fleet.prom
cmp merged.csv together.csv || fail 'other bytes'
says '3 sites, 6 clusters, 24 hosts, 180 VMs: '
exits 2 "$BIN/analyze" -q --detailed-exitcode --merge a1.csv a2.csv a3.csv -o merged.csv
grep -q '^vmanger_site_vms{site="a2"} 60$' fleet.prom || fail 'no figure of a site'
grep -q '^vmanger_cluster_cpu_demand_hertz{' fleet.prom || fail 'no figure of clusters'
exits 0 "$BIN/plan" -q site1 merged.csv -o of-merged.csv
exits 0 "$BIN/plan" -q site1 a1.csv -o of-own.csv
grep -v '^#' of-merged.csv | cut -d, -f1-20 >of-merged.rows
grep -v '^#' of-own.csv | cut -d, -f1-20 | cmp - of-merged.rows || fail 'another plan'

# histories join, too
mkdir late
cp raw1/* late
rm -f late/SHA256SUMS
sed -i 's/T20:15:00Z/T20:20:00Z/' late/snapshot.csv
exits 0 "$BIN/collect" -q raw1 --archive archive
exits 0 "$BIN/collect" -q late --archive archive
exits 0 "$BIN/collect" -q raw3 --archive archive3
exits 0 "$BIN/analyze" -q archive -o history.csv
exits 0 "$BIN/analyze" -q archive3 -o history3.csv
exits 0 "$BIN/analyze" -q archive archive3 -o together.csv
exits 0 "$BIN/analyze" -q --merge history.csv history3.csv -o merged.csv
cmp merged.csv together.csv || fail 'other bytes with a history'

# what cannot be had is left out
printf '[analyze]\ncpu_hot_pct=70\n' >other.ini
exits 0 "$BIN/analyze" -q --policy other.ini site3 -o strict.csv
sed '0,/,cpu,/s//,cpy,/' a3.csv >broken.csv
mkdir deep
cp a1.csv deep/assessment.csv
exits 3 "$BIN/analyze" --merge a1.csv a2.csv strict.csv broken.csv missing.csv deep/assessment.csv --stale-after 2h -o merged.csv \
    --html fleet.html
says '  ! a2                       stale: its snapshot is of 2026-11-20T16:15:00Z'
says '  ! strict                   assessed under another policy than the sites before it'
says '  ! broken                   broken.csv:9: resource: found "cpy": expected '
says '  ! missing                  missing.csv: cannot be read: No such file or directory'
says '  ! deep                     its source '
says '1 site (5 left out), 2 clusters, 8 hosts, 60 VMs: '
test "$(grep -c '^#left_out,' merged.csv)" = 5 || fail "$(grep '^#left_out' merged.csv)"
grep -v '^#left_out,' merged.csv | cmp - a1.csv || fail 'the site that is left is another'
for site in a2 strict broken missing deep; do
    grep -q ">$site<" fleet.html || fail "the page does not name $site"
done
exits 0 "$BIN/plan" -q site1 merged.csv -o of-merged.csv

exits 1 "$BIN/analyze" --merge missing.csv broken.csv -o none.csv
says '--merge: found no assessment that can be had; of the first: missing.csv: cannot be read'
exits 1 "$BIN/analyze" --merge a1.csv deep/../a1.csv -o none.csv
says '--merge: found two sites called "a1", a1.csv and deep/../a1.csv: expected names that differ'
exits 1 "$BIN/analyze" --merge a1.csv -o a1.csv
exits 1 "$BIN/analyze" --stale-after 2h site1 -o none.csv
says '--stale-after goes with --merge'
exits 1 "$BIN/analyze" --merge --policy other.ini a1.csv -o none.csv
says '--policy does not go with --merge'
test ! -e none.csv || fail 'something was written'

# plans of many sites: what cannot be read first, then those with most that is unsolved
exits 0 "$BIN/plan" -q site2 a2.csv -o p2.csv
exits 0 "$BIN/plan" -q site1 a1.csv -o p1.csv --threads 1
exits 0 "$BIN/plan" -q site1 a1.csv -o p1-threads.csv --threads 4
cmp p1.csv p1-threads.csv || fail 'another plan on more threads'
exits 3 "$BIN/plan" --show p1.csv p2.csv missing.csv
says '! missing                  missing.csv: cannot be read'
says '3 plans (1 cannot be read): '
exits 2 "$BIN/plan" --detailed-exitcode --show p1.csv p2.csv
exits 1 "$BIN/plan" --show p1.csv p2.csv --json
says '--show of several plans goes with none of --only, --cluster, --json, --govc and --html'
