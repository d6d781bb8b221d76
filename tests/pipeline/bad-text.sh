# SPDX-License-Identifier: MIT
# A file that is no CSV as the formats say is refused by line: bytes, quotes, line ends, foreign files.
. "$TOP/tests/pipeline/lib/refusal.sh"

# refuses_text CASE REGEX: hosts.csv of the small snapshot is what standard input gives
refuses_text() {
    rm -rf in
    small_snapshot in
    cat >in/hosts.csv
    refuses "$1" "in/hosts\.csv$2" collect in -o out/snapshot
}

small_snapshot good
succeeds 'the small snapshot' collect good -o good.out

printf '' | refuses_text 'an empty file' ':1: header: found nothing: expected a header row$'
printf '\377\330\377\340\000\020JFIF' | refuses_text 'a JPEG' ':1: found byte 0xff at byte 1 of the line: expected UTF-8 text$'
printf 'PK\003\004\024\000\006\000\010\000' | refuses_text 'an xlsx' ':1: found byte 0x00 at byte 6 of the line: '
printf '<!DOCTYPE html>\n<html><body>503</body></html>\n' | refuses_text 'an HTML page' ':1: id: found no such column: '
printf '{"id": "h-1"}\n' | refuses_text 'a JSON object' ':1: found a stray quote near byte '
sed 's/,/;/g' good/hosts.csv | refuses_text 'semicolons' ':1: found cells separated by semicolons: expected commas: '
tr , '\t' <good/hosts.csv | refuses_text 'tabs' ':1: found cells separated by tabs: expected commas: '
printf '\357\273\277' | cat - good/hosts.csv | refuses_text 'a byte order mark' ':1: found a byte order mark: '
iconv -f UTF-8 -t UTF-16 good/hosts.csv | refuses_text 'UTF-16' ':1: found byte 0xff at byte 1 '
sed 's/esx2/es\x00x/' good/hosts.csv | refuses_text 'a NUL' ':3: found byte 0x00 at byte 7 of the line: '
sed 's/esx2/caf\xe9/' good/hosts.csv | refuses_text 'Latin-1' ':3: found byte 0xe9 at byte 8 of the line: '
sed 's/esx2/\xc0\xaf/' good/hosts.csv | refuses_text 'overlong UTF-8' ':3: found byte 0xc0 '
sed 's/esx2/\xed\xa0\x80/' good/hosts.csv | refuses_text 'a surrogate' ':3: found byte 0xed '
sed 's/esx2/"esx2/' good/hosts.csv | refuses_text 'a quote never closed' ':3: found a quote that is never closed: '
sed 's/esx1/"esx1"x/' good/hosts.csv | refuses_text 'text after a quoted cell' ':2: found a stray quote near byte '
sed 's/esx1/es"x1/' good/hosts.csv | refuses_text 'a quote inside a cell' ':2: found a stray quote near byte '
sed 's/esx1/es\rx1/' good/hosts.csv | refuses_text 'a carriage return' ':2: found a carriage return without '
tr '\n' '\r' <good/hosts.csv | refuses_text 'lines that end in CR' ':1: found a carriage return without '
sed '2a\\' good/hosts.csv | refuses_text 'a blank line' ':3: found a blank line: expected a row$'
sed '$a\\' good/hosts.csv | refuses_text 'a blank line at the end' ':5: found a blank line: '
sed '3s/,yes$//' good/hosts.csv | refuses_text 'a short row' ':3: row: found "11 cells": expected 12, as the header'
sed '3s/$/,/' good/hosts.csv | refuses_text 'a long row' ':3: row: found "13 cells": '
head -c -40 good/hosts.csv | refuses_text 'a file cut within a row' ':4: row: found "[0-9]+ cells": '
head -c 20 good/hosts.csv | refuses_text 'a file cut within the header' ':1: [a-z_]+: found no such column: '
printf '# exported\n' | cat - good/hosts.csv | refuses_text 'a comment' ':1: id: found no such column: '
sed '3s/esx2/"es\nx2"/; 4s/connected/gone/' good/hosts.csv |
    refuses_text 'a line after a cell of two lines' ':5: connection: found "gone": '
sed '3s/"//; 3s/on,/\x1b[2Jon,/' good/hosts.csv | refuses_text 'a terminal escape' ':3: power: found "\\u\{1B\}\[2Jon": '
sed "3s/,on,/,$(head -c 5000 /dev/zero | tr '\0' x),/" good/hosts.csv |
    refuses_text 'a cell of 5,000 characters' ':3: power: found "x{60}…": expected one of on, standby, off, unknown$'

# The same reader reads every other file.
succeeds 'an assessment' analyze good.out -o good.csv
sed 's/esx2/caf\xe9/' good.csv >bad.csv
refuses 'Latin-1 in an assessment' 'bad\.csv:[0-9]+: found byte 0xe9 ' plan good.out bad.csv -o out/plan.csv
tr , ';' <good.csv >bad.csv
refuses 'semicolons in an assessment' 'bad\.csv:[0-9]+: ' plan good.out bad.csv -o out/plan.csv
succeeds 'a plan' plan good.out good.csv -o good-plan.csv
tr , ';' <good-plan.csv >bad.csv
refuses 'semicolons in a plan' 'bad\.csv:[0-9]+: ' plan --show bad.csv
printf '\357\273\277' | cat - good-plan.csv >bad.csv
succeeds 'a byte order mark in a plan, as spreadsheets write it' plan --show bad.csv
printf '\211PNG\r\n' >bad.csv
refuses 'a picture as a journal' 'bad\.csv:1: found byte 0x89 ' plan good.out good.csv --history bad.csv -o out/plan.csv
finish
