# SPDX-License-Identifier: MIT
# What cannot be read is named with the reason, also where root runs the programs.
. "$TOP/tests/pipeline/lib/refusal.sh"

small_snapshot source
succeeds 'a good snapshot' collect source -o good
succeeds 'a good assessment' analyze good -o good.csv
succeeds 'a good plan' plan good good.csv -o good-plan.csv

# a link that leads to itself, and a directory: unreadable for everyone
rm source/hosts.csv
ln -s hosts.csv source/hosts.csv
refuses 'a table that is a loop' 'source/hosts\.csv: cannot be read: Too many levels' collect source -o out/snapshot
rm source/hosts.csv
mkdir source/hosts.csv
refuses 'a table that is a directory' 'source/hosts\.csv: cannot be read: Is a directory$' collect source -o out/snapshot
refuses 'a plan that is a directory' 'good: found a snapshot: expected a plan ' plan --show good
refuses 'a journal that is a directory' 'good: found a snapshot: expected a journal ' plan good good.csv --history good -o out/plan.csv
refuses 'a policy that is a directory' 'good: found a snapshot: expected a policy ' analyze --policy good good -o out/a.csv
refuses 'a plan that is not there' 'nowhere\.csv: cannot be read: No such file or directory$' plan --show nowhere.csv
refuses 'a journal that is not there' 'nowhere\.csv: cannot be read: ' plan good good.csv --history nowhere.csv -o out/plan.csv

# no permission: root keeps none of its own here
drop=
if test "$(id -u)" = 0; then
    drop="setpriv --bounding-set -dac_override,-dac_read_search"
    $drop true 2>/dev/null || finish
fi
chmod 000 good/vms.csv good.csv good-plan.csv
denied() {
    case=$1 program=$2
    shift 2
    code=0
    $drop "$BIN/$program" "$@" >heard 2>said || code=$?
    test "$code" = 1 || complain "$case" "exit code $code instead of 1"
    grep -qE "^$program: [a-z./-]*: cannot be (read|written|made): .*Permission denied" said || complain "$case" 'no such error'
    test -z "$(ls -A out)" || complain "$case" "left behind: $(ls -A out)"
}
denied 'a table' analyze good -o out/a.csv
denied 'a plan' plan --show good-plan.csv
chmod 644 good/vms.csv
denied 'an assessment' plan good good.csv -o out/p.csv
mkdir locked
chmod 555 locked
denied 'analyze: a directory without permission to write' analyze good -o locked/a.csv
denied 'collect: a directory without permission to write' collect good -o locked/snapshot
finish
