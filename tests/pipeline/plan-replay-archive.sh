# SPDX-License-Identifier: MIT
# An archive of snapshots is a history: its first snapshot gives the hosts and the placement, each one the loads since
# the one before. A VM that comes later takes part from then on.
. "$TOP/tests/pipeline/lib/refusal.sh"

# archive_at MINUTE [SED-SCRIPT FILE]: the small snapshot of 20:MINUTE, with a file changed
archive_at() {
    rm -rf source
    small_snapshot source
    sed -i "s/20:15:00Z/20:$1:00Z/" source/snapshot.csv
    test $# = 1 || sed -i "$2" "source/$3"
    rm -rf archive/2026-11-21T20"$1"00Z
    succeeds "a snapshot of 20:$1" collect source -o archive/2026-11-21T20"$1"00Z
}
mkdir archive
for minute in 15 20 25 30; do
    archive_at $minute
done
ln -s 2026-11-21T203000Z archive/latest
mkdir archive/.next

# esx1 is hot all the time, for four intervals; its cluster's DRS is manual, so plans may move off it. The VM "shop" is
# short.
succeeds 'a replay' plan --quiet --replay archive -o result.csv
awk -F, 'NR > 1 && !($2 == 20 && ($1 == "none" ? $3 == 20 && $9 == 20 && $10 == 0 : $3 < 6 && $9 < 6 && $10 == 1)) { bad = 1 }
    END { exit bad || NR != 3 }' result.csv || complain 'hot minutes' "$(cat result.csv)"
"$BIN/plan" --replay archive >said
grep -qF '2026-11-21T20:10:00Z to 2026-11-21T20:30:00Z, 4 intervals of 300 s, 4 VMs on 3 hosts' said ||
    complain 'the heading' 'not said'

# Of a gap no more is accounted for than two intervals.
mv archive/2026-11-21T203000Z away
archive_at 55
succeeds 'a gap' plan --quiet --replay archive -o result.csv
grep -q '^none,25,25,' result.csv || complain 'a gap' "$(cat result.csv)"

# A newcomer: an archive whose third snapshot has a VM more, on a host that the first has, and one on a host it has not.
rm -r archive/2026-11-21T205500Z
archive_at 25 '$a vm-5,late,Shop,c-1,p-2,h-2,on,2,2048,no,,' vms.csv
succeeds 'a newcomer' plan --quiet --replay archive -o result.csv
"$BIN/plan" --replay archive >said 2>&1
grep -q '3 intervals of 300 s, 5 VMs on 3 hosts' said || complain 'a newcomer' 'it is not there'
finish
