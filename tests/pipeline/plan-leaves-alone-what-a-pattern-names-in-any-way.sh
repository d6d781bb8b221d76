# SPDX-License-Identifier: MIT
# What a person excludes stays where it is in whatever case, with commas for semicolons, and hosts by their short names.
. "$TOP/tests/pipeline/lib/applying.sh"

# migrations NAME PLAN: a column of its migrations
migrations() {
    awk -F, -v name="$1" '$1 == "kind" { for (i = 1; i <= NF; i++) at[$i] = i }
        $1 == "step" && $at["action"] == "migrate" { print $at[name] }' "$2"
}
moved=$(migrations object plan.csv | sort -u | head -2)
one=$(echo "$moved" | sed -n 1p) two=$(echo "$moved" | sed -n 2p)
test -n "$two" || fail 'no two migrations'

# planned KEY VALUE: a plan under this line of [plan], without a word of warning
planned() {
    printf '[plan]\n%s=%s\n' "$1" "$2" >policy.ini
    exits 0 "$BIN/plan" -q --policy policy.ini "$before" assessment.csv -o new.csv
    test ! -s said || fail "$1=$2: $(cat said)"
}
for list in "$one;$two" "$one,$two" "$one, $two" "$(echo "$one;$two" | tr a-z A-Z)"; do
    planned exclude_vms "$list"
    for vm in "$one" "$two"; do
        ! migrations object new.csv | grep -qxF "$vm" || fail "exclude_vms=$list: $vm has a step"
    done
done

host=$(migrations from plan.csv | head -1)
short=${host%%.*}
test "$short" != "$host" || fail "$host is no full name"
for list in "$short" "$(echo "$short" | tr a-z A-Z)" "$short,$short"; do
    planned exclude_hosts "$list"
    ! migrations from new.csv | grep -qxF "$host" || fail "exclude_hosts=$list: $host is a source"
    ! migrations to new.csv | grep -qxF "$host" || fail "exclude_hosts=$list: $host is a target"
done
