# SPDX-License-Identifier: MIT
# Every source file states its licence where a reader looks first.
cd "$TOP"
status=0
for file in $(find collect analyze plan apply samples tests -name '*.[ch]' -o -name '*.sh' -o -name '*.py'); do
    head -n 2 "$file" | grep -q 'SPDX-License-Identifier: MIT' || {
        echo "$file: no SPDX line at its top"
        status=1
    }
done
exit $status
