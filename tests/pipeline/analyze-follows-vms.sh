# SPDX-License-Identifier: MIT
# Several snapshots of one source are one history: VMs are followed across hosts, the newest is assessed.
. "$TOP/tests/pipeline/lib/windows.sh"

# h-1 stood at 87.5, 87.5 and, once vm-3 had left, 74 %: 83 % on the mean, which it is not
window one 15 h-1 840 6000 5000 2160
window two 20 h-1 840 6000 5000 2160
window three 25 h-2 840 6000 5000 2160
succeeds 'three windows' analyze -q --policy mean.ini one two three -o three.csv
is 'the host that a VM left' three.csv h-1 cpu usage_pct 74
is 'the host that a VM left' three.csv h-1 cpu state normal
is 'the host that a VM left' three.csv h-1 cpu measured 11840
is 'the host that took it' three.csv h-2 cpu demand 3160
test "$(grep -c '^#snapshot,' three.csv)" = 3 || complain 'all snapshots are named' 'they are not'
grep -q '^#window_from,2026-11-21T20:10:00Z' three.csv || complain 'the window' 'begins elsewhere'
succeeds 'in any order' analyze -q --policy mean.ini three one two -o other.csv
cmp -s three.csv other.csv || complain 'in any order' 'another assessment'
succeeds 'planned on the newest' plan -q --policy mean.ini three three.csv -o plan.csv
refuses 'planned on an older one' 'three.csv: #snapshot: found a newer snapshot of this source: expected a plan on the newest' plan --policy mean.ini two three.csv -o out/plan.csv

# what a VM asks for is the mean of its windows; a host's base is their median, so one that is odd counts for nothing
window four 30 h-2 2840 6300 4400 2160
succeeds 'four windows' analyze -q --policy mean.ini one two three four -o four.csv
is 'the mean of windows' four.csv vm-1 cpu demand 6075
is 'what was measured last' four.csv vm-1 cpu measured 6300
is 'the median of bases' four.csv h-1 cpu base 840
is 'the sum of both' four.csv h-1 cpu demand 11765

# a VM that is registered anew keeps its instance UUID, and with it its history; VMs that share one are told by id
uuid=5004ffff-0000-4000-8000-000000000001
edit before one vms.csv "/^vm-1,/s/,Shop,,/,Shop,$uuid,/"
edit after two vms.csv "/^vm-1,/s/,Shop,,/,Shop,$uuid,/; s/^vm-1,/vm-91,/" rules.csv 's/vm-1 /vm-91 /' \
    samples.csv '/^vm-1,cpu/s/[^,]*$/7000 7000 7000/; s/^vm-1,/vm-91,/'
succeeds 'registered anew' analyze -q --policy mean.ini before after -o anew.csv
is 'registered anew' anew.csv vm-91 cpu demand 6500
for name in one two; do
    edit "$name-shared" "$name" vms.csv "/^vm-[12],/s/,Shop,,/,Shop,$uuid,/"
done
succeeds 'a shared UUID' analyze -q --policy mean.ini one-shared two-shared -o shared.csv
is 'a shared UUID' shared.csv vm-1 cpu demand 6000
is 'a shared UUID' shared.csv vm-2 cpu demand 5000

# windows of more than a day ago are no part of a mean; nor is a window in which a VM was off: it is no 0
edit yesterday one snapshot.csv 's/11-21T20:15/11-20T20:20/' samples.csv 's/11-21T20:10/11-20T20:15/; /^vm-1,cpu/s/[^,]*$/2000 2000 2000/'
succeeds 'a gap of a day' analyze -q --policy mean.ini yesterday two -o gap.csv
is 'a gap of a day' gap.csv vm-1 cpu demand 6000
edit off one vms.csv '/^vm-1,/s/,on,/,off,/'
succeeds 'a VM that was off' analyze -q --policy mean.ini off two -o off.csv
is 'a VM that was off' off.csv vm-1 cpu demand 6000

# an archive is one history; snapshots of other sources are told apart
for minute in 15 20 25; do
    window "from$minute" "$minute" h-2 840 "${minute}00" 5000 2160
    "$BIN/collect" -q "from$minute" --archive archive
done
succeeds 'an archive' analyze -q --policy mean.ini archive -o archive.csv
is 'an archive' archive.csv vm-1 cpu demand 2000
succeeds 'planned on its latest' plan -q --policy mean.ini archive/latest archive.csv -o plan2.csv
edit foreign two snapshot.csv 's/src-1/src-2/'
succeeds 'two sources' analyze -q --policy mean.ini one foreign two -o sources.csv
test "$(grep -c ',h-1,' sources.csv)" = 4 || complain 'two sources' 'hosts are not told apart'

refuses 'one time twice' 'archive/2026-11-21T202000Z: found a second snapshot of source src-1 of 2026-11-21T20:20:00Z \(two is the first\)' \
    analyze two archive -o out/x.csv
edit rehearsed three snapshot.csv "2s/,\$/$(printf '%064d' 1),/"
refuses 'a rehearsal among measurements' 'rehearsed: found the result of a rehearsal: expected snapshots that were measured' \
    analyze one two rehearsed -o out/x.csv
mkdir empty
ln -s nowhere empty/latest
refuses 'an archive of nothing' 'empty: found no snapshot: expected those of an archive' analyze empty -o out/x.csv
finish
