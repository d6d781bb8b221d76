# SPDX-License-Identifier: MIT
# A plan edited badly is refused by line and column, exit 1, and nothing is left behind.
. "$TOP/tests/pipeline/lib/applying.sh"
cp plan.csv good.csv
# The step that others wait for and the line it stands in.
line=$(grep -n '^step,1,' good.csv | cut -d: -f1)
header=$(grep -n '^#seed' good.csv | cut -d: -f1)

# refused WHERE WHAT COMMAND...: the plan as the command edits it
refused() {
    where=$1
    what=$2
    shift 2
    "$@" <good.csv >plan.csv
    cmp -s good.csv plan.csv && fail "not edited: $*"
    exits 1 "$BIN/apply" plan.csv "$before" -o after
    says "plan.csv:$where"
    says "$what"
    nothing_else_than assessment.csv good.csv plan.csv
}

refused "$line: check:" 'was changed' sed "${line}s/,host-[0-9]*,/,host-99,/"
refused "2: #plan:" 'were changed' sed "${header}s/,.*/,2/"
refused "2: #plan:" 'were changed' sed '/^#cluster/{s/moves=[0-9]*/moves=0/;s/copy_mib=[0-9]*/copy_mib=0/}'
refused "$((line + 1)): step:" "as in line $line" sed "${line}p"
refused "$line: action:" 'found "teleport"' sed "${line}s/,migrate,/,teleport,/"
refused "$line: approve:" 'expected yes or no' sed "${line}s/,yes,/,perhaps,/"
refused "$line: est_s:" 'a whole number' sed "${line}s/,[0-9]*,\([a-z_]*\),\(\"\{0,1\}re[lp]\)/,1e3,\1,\2/"
refused "1: #format:" 'expected vmanger-plan-2' sed '1s/-2/-3/'
refused "$line:" 'cells' sed "${line}s/,/,,/"

# A row of another plan: the same cluster, planned by another policy.
printf '[plan]\nexclude_vms=ham-shop-web03\n' >other.ini
"$BIN/plan" -q --policy other.ini "$before" assessment.csv -o other.csv
grep '^step,1,' other.csv >../row
rm other.ini other.csv
refused "$line: check:" 'belongs to another plan' sed -e "${line}r ../row" -e "${line}d"

# Rows that wait for a row that was deleted, or declined: both are named. Plans that undo have such rows.
"$BIN/apply" -q good.csv "$before" -o ../after --journal done.csv
"$BIN/apply" -q --undo done.csv -o good.csv
rm done.csv
waiting=$(sed -n "s/^step,\([0-9]*\),'\{0,1\}\([0-9][0-9]*\)[ ,].*/\1 \2/p" good.csv | head -n 1)
test -n "$waiting" || fail 'no step waits for another'
second=${waiting% *} first=${waiting#* }
at=$(grep -n "^step,$second," good.csv | cut -d: -f1)
refused "$at: after:" "step $second after step $first, which is not approved" \
    sed "s/^\(step,$first,[^,]*\),yes,/\1,no,/"
refused "$((at - 1)): after:" "step $second after step $first, which is absent" sed "/^step,$first,/d"
