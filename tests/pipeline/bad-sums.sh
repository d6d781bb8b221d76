# SPDX-License-Identifier: MIT
# A snapshot that is not whole, or not as it was written, is refused by the file at fault.
. "$TOP/tests/pipeline/lib/refusal.sh"

small_snapshot source
succeeds 'a good snapshot' collect source -o good
succeeds 'a good assessment' analyze good -o good.csv

# again: a new in/ to spoil
again() {
    rm -rf in
    cp -r good in
}

# every_stage_refuses CASE REGEX: so do collect, analyze and plan
every_stage_refuses() {
    refuses "collect: $1" "in/$2" collect in -o out/snapshot
    refuses "analyze: $1" "in/$2" analyze in -o out/assessment.csv
    refuses "plan: $1" "in/$2" plan in good.csv -o out/plan.csv
}

again
sed -i '2s/esx1/esxi/' in/hosts.csv
every_stage_refuses 'a table changed' 'hosts\.csv: found SHA-256 [0-9a-f]{64}: expected [0-9a-f]{64}, as SHA256SUMS says$'
again
sed -i '2s/,[0-9.]* /,1 /' in/samples.csv
refuses 'collect: samples changed' 'in/samples\.csv: found SHA-256 ' collect in -o out/snapshot
refuses 'analyze: samples changed' 'in/samples\.csv: found SHA-256 ' analyze in -o out/assessment.csv
again
sed -i '$d' in/vms.csv
every_stage_refuses 'a row removed' 'vms\.csv: found SHA-256 '
again
touch in/notes.txt
every_stage_refuses 'a file that SHA256SUMS does not name' 'notes\.txt: found a file that SHA256SUMS does not name: '
again
rm in/rules.csv
every_stage_refuses 'a table removed' 'rules\.csv: cannot be read: No such file or directory$'
again
sed -i '/hosts/d' in/SHA256SUMS
every_stage_refuses 'a line of SHA256SUMS removed' 'hosts\.csv: found a file that SHA256SUMS does not name: '
again
sed -i '/hosts/s/^........../0123456789/' in/SHA256SUMS
every_stage_refuses 'a sum changed' 'hosts\.csv: found SHA-256 [0-9a-f]{64}: expected 0123456789'
again
sed -i '2s/^/x/' in/SHA256SUMS
every_stage_refuses 'a line that is no sum' 'SHA256SUMS:2: found no sum of a file: expected lines as sha256sum writes them, each file once$'
again
sed -i '2s/ .*/  ..\/good\/hosts.csv/' in/SHA256SUMS
every_stage_refuses 'a path out of the snapshot' 'SHA256SUMS:2: '
again
sed -i '2p' in/SHA256SUMS
every_stage_refuses 'a file named twice' 'SHA256SUMS:3: '
again
sed -i '2i\\' in/SHA256SUMS
every_stage_refuses 'a blank line' 'SHA256SUMS:2: '
again
printf 'garbage\0' >>in/SHA256SUMS
every_stage_refuses 'bytes after the last line' 'SHA256SUMS:8: '
again
printf '\0garbage' >>in/SHA256SUMS
every_stage_refuses 'a NUL after the last line' 'SHA256SUMS:8: '
again
head -c -10 good/SHA256SUMS >in/SHA256SUMS
every_stage_refuses 'a SHA256SUMS cut short' 'SHA256SUMS:7: found no sum of a file: '
again
: >in/SHA256SUMS
every_stage_refuses 'an empty SHA256SUMS' '[a-z]+\.csv: found a file that SHA256SUMS does not name: '

# half written: as a collect that was killed leaves it
rm -rf in
mkdir in
cp good/samples.csv in
refuses 'collect: half written' 'in/snapshot\.csv: cannot be read: ' collect in -o out/snapshot
refuses 'analyze: half written' 'in/SHA256SUMS: found no such file: expected the sums of a complete snapshot' analyze in -o out/x
refuses 'plan: half written' 'in/SHA256SUMS: found no such file: ' plan in good.csv -o out/x
rm -rf in
mkdir in
refuses 'an empty directory' 'in/SHA256SUMS: found no such file: ' analyze in -o out/x
refuses 'analyze: made by hand and not yet collected' 'source/SHA256SUMS: found no such file: .*collect source -o NEW' analyze source -o out/x
refuses 'a file in place of a snapshot' 'good\.csv: found an assessment: expected a snapshot, a directory ' analyze good.csv -o out/x
refuses 'nothing there' 'nowhere: found no directory: expected a snapshot$' analyze nowhere -o out/x
refuses 'one snapshot twice' 'good: found a second snapshot of source src-1 of 2026-11-21T20:15:00Z \(good is the first\)' analyze good good -o out/x
finish
