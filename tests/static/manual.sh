# SPDX-License-Identifier: MIT
# The man pages name every column of a snapshot and every option of the programs that have a page.
cd "$TOP"
status=0
for column in $(for table in samples/snapshot/*.csv; do head -n 1 "$table" | tr , '\n'; done | sort -u); do
    grep -qwF "$column" collect/snapshot.5 || {
        echo "collect/snapshot.5: no column $column"
        status=1
    }
done
for program in collect analyze plan apply; do
    page=$program/$program.1
    test -e "$page" || continue
    for option in $("$BIN/$program" --help | sed -n 's/^  .*--\([a-z-]*\).*/\1/p' | sort -u); do
        grep -qE "Fl (-$option|[a-z] , Fl -$option)" "$page" || {
            echo "$page: no option --$option"
            status=1
        }
    done
done
exit $status
