# SPDX-License-Identifier: MIT
# An RVTools export that cannot be read is refused with tab, row and column, and what to do; a hostile one leads
# nowhere and takes no time.
. "$TOP/tests/pipeline/lib/refusal.sh"
python3 "$TOP/tests/pipeline/lib/rvtools.py" spoilt spoilt

# spoilt CASE REGEX: what collect says to that export
spoilt() {
    ln -sfn "spoilt/$1" x
    refuses "$1" "$2" collect rvtools:x -o out/s
}

workbook='expected a workbook \(\.xlsx\)'
spoilt cut "x: found a broken zip archive: .*: $workbook"
spoilt damaged "x: part \"xl/worksheets/sheet1\.xml\": found .*: $workbook"
spoilt bomb "x: part \"xl/worksheets/sheet1\.xml\": found more than 2 GiB of unpacked content: "
spoilt xls 'x: found a workbook with a password, or an old one \(\.xls\): expected \.xlsx'
spoilt text "x: found no zip archive: $workbook.*, or a directory of CSV files\$"
spoilt nothing 'x: found no zip archive: '
spoilt doctype 'x: part "xl/worksheets/sheet1\.xml": found a document type: '
spoilt entity 'x: part "xl/worksheets/sheet1\.xml": found no XML in line 1: '
spoilt xml 'x: part "xl/worksheets/sheet1\.xml": found no XML in line 1: '
spoilt no_part 'x: part "xl/worksheets/sheet1\.xml": found nothing: '
spoilt no_relations 'x: part "_rels/\.rels": found nothing: '
spoilt outside 'x: part "etc/passwd": found nothing: '
spoilt string 'x: vInfo: row 1: a cell: found "999990": expected the number of a shared string$'
spoilt row 'x: vInfo: row 1: the row after it: found "18446744073709551617": expected one of rows 1 to 1048576$'
spoilt column 'x: vInfo: row 2: a cell: found "ZZZZZZZZZZZZ2": expected one of columns A to XFD$'
spoilt two_tabs 'x: found "vInfo" and "RVTools_tabvInfo": expected one tab vInfo$'
spoilt two_vcenters 'x: vInfo: row 15: VI SDK UUID: found "11111111-2222-3333-4444-555555555555": expected "3f6f9c1e-.*", as in the rows above, since a snapshot has one vCenter: export each by itself'
spoilt twice 'x: vInfo: rows 2 and 16: VM ID: found two VMs that nothing tells apart: expected an id of each'
spoilt ansi 'x/RVTools_tabvHost\.csv:2: found byte 0xf6 at byte 2 of the line: expected UTF-8 text; else export the tabs to a workbook \(\.xlsx\)$'
spoilt odd_utf16 'x/RVTools_tabvHost\.csv: found text in UTF-16 that cannot be read: '
spoilt ragged 'x/RVTools_tabvHost\.csv:2: the row: found "5 cells": expected 4, as the first row has$'
spoilt short 'x/RVTools_tabvHost\.csv:2: the row: found "2 cells": expected 4, as the first row has$'
spoilt two_files 'x: found "RVTools_tabvInfo\.csv" and "vInfo\.csv": expected one tab vInfo$'
spoilt no_tabs 'x: found no tab vHost: expected one; export it again from RVTools with "Export all", '

# TAB|COLUMN|ROW|VALUE|REGEX: one cell of the workbook is that, or where no row is named the column or tab is gone
cat >cases <<'END'
vHost||||x: found no tab vHost: 
vInfo||||x: found no tab vInfo: 
vHost|# Memory|||x: vHost: row 1: # Memory: found none: expected one such column; export it again from RVTools 
vHost|Speed|||x: vHost: row 1: Speed: found none: 
vInfo|VM|||x: vInfo: row 1: VM: found none: 
vInfo|Host|||x: vInfo: row 1: Host: found none: 
vInfo|Powerstate|||x: vInfo: row 1: Powerstate: found none: 
vInfo|Memory|3|lots|x: vInfo: row 4: Memory: found "lots": expected a whole number from 0 to 1000000000, as RVTools writes it$
vInfo|Memory|3|=#16.384|x: vInfo: row 4: Memory: found "16\.384": expected a whole number 
vInfo|Memory|3|-5|x: vInfo: row 4: Memory: found "-5": expected a whole number from 0 
vInfo|CPUs|2|1e3|x: vInfo: row 3: CPUs: found "1e3": expected a whole number 
vInfo|Powerstate|2|on|x: vInfo: row 3: Powerstate: found "on": expected poweredOn, poweredOff or suspended$
vInfo|Template|2|maybe|x: vInfo: row 3: Template: found "maybe": expected True, False or nothing$
vInfo|VM|2||x: vInfo: row 3: VM: found nothing: expected the name of a VM$
vInfo|VM UUID|2|=cmd()|x: vInfo: row 3: VM UUID: found "=cmd\(\)": expected nothing that begins as a formula does$
vInfo|DNS Name|0|Memory|x: vInfo: row 1: Memory: found columns 7 and 17 of that name: expected one such column; 
vHost|# Memory|1|1e300|x: vHost: row 2: # Memory: found "1e300": expected a whole number 
vHost|Speed|1|=#2.1|x: vHost: row 2: Speed: found "2\.1": expected the clock of a core in MHz$
vHost|CPU usage %|1|401|x: vHost: row 2: CPU usage %: found "401": expected a number from 0 to 400, 
vHost|in Maintenance Mode|1|X|x: vHost: row 2: in Maintenance Mode: found "X": expected True, False or nothing$
vHost|Host|2|esx1.example.com|x: vHost: row 3: Host: found "esx1\.example\.com": expected each host of a cluster once$
vHost|VI SDK Server|3|other.example.com|x: vHost: row 4: VI SDK Server: found "other\.example\.com": expected "vcsa\.example\.com", as in the rows above
vCPU|Limit|2|-7|x: vCPU: row 3: Limit: found "-7": expected a whole number 
vMemory|Consumed|2|a\u202eb|x: vMemory: row 3: Consumed: found "a.u[{]202E[}]b": expected a number 
vRP|Resource Pool path|2|/DC/Prod/Resources|x: vRP: row 3: Resource Pool path: found "/DC/Prod/Resources": expected each resource pool once$
END
python3 "$TOP/tests/pipeline/lib/rvtools.py" changed changed <cases
number=0
while IFS='|' read -r tab column row value regex; do
    number=$((number + 1))
    ln -sfn "changed/$number" x
    refuses "$tab $column $row $value" "$regex" collect rvtools:x -o out/s
done <cases

refuses 'no such file' 'nowhere\.xlsx: cannot be read: ' collect rvtools:nowhere.xlsx -o out/s
refuses 'no path' ': cannot be read: ' collect rvtools: -o out/s
echo VM >one.csv
refuses 'one CSV file' 'one\.csv: found one CSV file: expected the directory ' collect rvtools:one.csv -o out/s
refuses 'a window' '.*--window.*' collect rvtools:x --window 60 -o out/s
refuses 'a user' '.*--username.*' collect rvtools:x -u me -o out/s
finish
