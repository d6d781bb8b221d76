# SPDX-License-Identifier: MIT
# -q hides talk, never what was asked for: what --show, --explain and --verify-journal print, data on standard output,
# warnings and errors stay.
. "$TOP/tests/pipeline/lib/applying.sh"
same() {
    program=$1
    shift
    "$BIN/$program" "$@" >loud
    "$BIN/$program" -q "$@" >quiet
    test -s quiet && cmp loud quiet || fail "-q changes the result of $program $*"
}
silent() {
    program=$1
    shift
    "$BIN/$program" -q "$@" >quiet 2>&1
    test ! -s quiet || fail "-q prints: $(cat quiet)"
}
same plan --show plan.csv
same plan --only steps --show plan.csv
same plan --explain vm-1072 "$before" assessment.csv
same plan "$before" assessment.csv -o -
silent collect "$before" -o copy
silent analyze "$before" -o again.csv
silent plan "$before" assessment.csv -o again.csv
silent plan --check plan.csv "$before" assessment.csv -o again.csv
silent apply --dry-run plan.csv "$before"
silent apply plan.csv "$before" -o after
same apply --verify-journal after.journal.csv
silent apply --undo after.journal.csv -o back.csv
"$BIN/analyze" -q "$before" -o - 2>heard >again.csv
cmp again.csv assessment.csv && test ! -s heard || fail 'analyze -q -o - is no assessment'

# What apply refuses is named with -q, too.
code=0
"$BIN/apply" -q --dry-run plan.csv after >heard 2>said || code=$?
test "$code" = 1 && grep -q '^Not as the plan states' heard && grep -q '^apply: refused' said || fail 'a refusal is hidden'
