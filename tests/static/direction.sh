# SPDX-License-Identifier: MIT
# Data flows left to right and so do dependencies: no stage includes a header of one to its right, and modules (a .c
# and its .h are one) include each other in no circle. Whether a change is legal, plan/legality.c alone answers: nothing
# else asks the modules that it asks. The solver knows no VM and no vCenter: it includes itself, GLib and the C library,
# and names no type as another header does.
cd "$TOP"
status=0
wrong() {
    if grep -rnE --include='*.[ch]' "^#include \"($2)/" "$1"; then
        echo "$1 includes what is to its right"
        status=1
    fi
}
wrong collect 'analyze|plan|apply|samples|tests'
wrong analyze 'plan|apply|samples|tests'
wrong plan 'apply|samples|tests'
wrong apply 'samples|tests'

# tsort names the modules of a circle, of several one.
if ! circle=$(grep -rE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include "' collect analyze plan apply samples |
    sed -nE 's/^([^:]*)\.[ch]:.*"([^"]*)\.h".*/\1 \2/p' | tsort 2>&1 >/dev/null); then
    echo "modules include each other in a circle:"
    echo "$circle"
    status=1
fi

for module in compatibility addition restart; do
    for file in $(grep -rlE --include='*.[ch]' "^[[:space:]]*#[[:space:]]*include \"plan/$module\.h\"" \
        collect analyze plan apply samples tests); do
        case $module:$file in *:"plan/legality.c" | *:"plan/$module.c" | *:"tests/unit/test_$module.c") ;;
        compatibility:plan/restart.h) ;; # which only plan/legality.c includes
        *)
            echo "$file includes plan/$module.h, which only plan/legality.c asks"
            status=1
            ;;
        esac
    done
done

c_library='assert|ctype|errno|float|inttypes|limits|math|stdarg|stdbool|stddef|stdint|stdio|stdlib|string|time'
if grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include' plan/solver |
    grep -vE ":#include (\"plan/solver/[a-z_]+\.h\"|<(glib|gio/gio|$c_library)\.h>)\$"; then
    echo "plan/solver includes what is outside it"
    status=1
fi

types() {
    sed -nE 's/^(\}|typedef .*[ *]) ?([A-Z][A-Za-z]+);$/\2/p; s/^(struct|enum|union) ([A-Z][A-Za-z]+) \{$/\2/p' "$@" | sort -u
}
solver=$(types plan/solver/*.h)
test -n "$solver"
for header in collect/*.h analyze/*.h plan/*.h apply/*.h; do
    for type in $(types "$header"); do
        case " $(echo $solver) " in *" $type "*)
            echo "$header: found a type $type, which is one of plan/solver's"
            status=1
            ;;
        esac
    done
done
exit $status
