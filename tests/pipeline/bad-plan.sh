# SPDX-License-Identifier: MIT
# A plan that was edited badly is refused whole, by line, before anything is done; also by plan --show where the digests
# tell, and by plan --check where they are not looked at.
. "$TOP/tests/pipeline/lib/refusal.sh"

small_snapshot source
succeeds 'a good snapshot' collect source -o good
succeeds 'a good assessment' analyze good -o good.csv
printf '[plan]\nstrategy=threshold\n' >policy.ini
succeeds 'a good plan' plan --policy policy.ini good good.csv -o plan.csv
printf '[plan]\nstrategy=threshold\nseed=7\n' >other.ini
succeeds 'another plan' plan --policy other.ini good good.csv -o other.csv
test "$(grep -c '^step,' plan.csv)" = 2 || complain 'the plan' 'has not the two steps that this test works on'
step=$(grep -n '^step,1,' plan.csv | cut -d: -f1)
second=$(grep -n '^step,2,' plan.csv | cut -d: -f1)

# refuses_plan CASE REGEX: apply refuses bad.csv, and plan --show does
refuses_plan() {
    refuses "apply: $1" "bad\.csv:$2" apply bad.csv good -o out/after --journal out/journal.csv
    refuses "apply --dry-run: $1" "bad\.csv:$2" apply --dry-run bad.csv good --journal out/journal.csv
    refuses "plan --show: $1" "bad\.csv:$2" plan --show bad.csv
}

# refuses_edited CASE SED-SCRIPT REGEX: so do they the plan changed so
refuses_edited() {
    LC_ALL=C sed "$2" plan.csv >bad.csv
    ! cmp -s plan.csv bad.csv || complain "$1" 'the edit changed nothing'
    refuses_plan "$1" "$3"
}

refuses_edited 'a target changed' "${step}s/,h-2,/,h-3,/" "$step: check: found a row that was changed"
refuses_edited 'a size changed' "/add_memory/s/,4224,/,65536,/" '[0-9]+: check: found a row that was changed'
refuses_edited 'a reason changed' "${step}s/above/below/" "$step: check: found a row that was changed"
refuses_edited 'a dependency taken out' "/add_memory/s/^\(step,[0-9]*\),[0-9 ]*,/\1,7,/" '[0-9]+: check: found a row that was changed'
refuses_edited 'a step twice' "${step}p" "$((step + 1)): step: found 1, as in line $step: expected each number once\$"
refuses_edited 'the header changed' '/^#cluster/s/1\/0/9\/0/' '[0-9]+: #plan: found # rows that were changed'
refuses_edited 'half a figure of a cluster' '/^#cluster/s/hot_hosts=1\/0/hot_hosts=1/' \
    '[0-9]+: #cluster hot_hosts: found "1": expected two whole numbers, before/after$'
refuses_edited 'another snapshot in the header' "/^#snapshot/s/,.*/,$(printf %064d 7)/" '[0-9]+: #plan: found # rows that were changed'
refuses_edited 'a digest that is none' '/^#plan/s/,.*/,abc/' '[0-9]+: #plan: found "abc": expected a SHA-256 in hex$'
refuses_edited 'no #plan' '/^#plan/d' '[0-9]+: #plan: found nothing: '
refuses_edited 'another format' '1s/-2$/-9/' '1: #format: found "vmanger-plan-9": expected vmanger-plan-2$'
refuses_edited 'neither yes nor no' "${step}s/,yes,/,maybe,/" "$step: approve: found \"maybe\": expected yes or no\$"
refuses_edited 'a column missing' '/^kind,/s/,after,/,before,/' '[0-9]+: after: found no such column'
refuses_edited 'an unknown action' "${step}s/migrate/teleport/" "$step: action: found \"teleport\": expected one of migrate, "
sed "${step}r /dev/stdin" plan.csv >bad.csv <<END
$(grep '^step,2,' other.csv | sed 's/^step,2,/step,3,/')
END
refuses_plan 'a row of another plan' "$((step + 1)): check: found a row that was changed"
head -c -30 plan.csv >bad.csv
refuses_plan 'cut within the last row' '[0-9]+: '

# What plan --check takes, since it does not look at digests, and what it still refuses.
# refuses_check CASE SED-SCRIPT REGEX
refuses_check() {
    LC_ALL=C sed "$2" plan.csv >bad.csv
    refuses "plan --check: $1" "$3" plan --policy policy.ini --check bad.csv good good.csv -o out/new.csv
}
refuses_check 'a target in another cluster' "${step}s/,h-2,esx2,/,h-3,esx3,/" 'bad\.csv:[0-9]+: step 1 '
refuses_check 'an unknown VM' "${step}s/,vm-[12],/,vm-9,/" "bad\.csv:$step: "
refuses_check 'a VM that is elsewhere' "${step}s/,h-1,esx1,h-2,esx2,/,h-2,esx2,h-1,esx1,/" 'bad\.csv:[0-9]+: step 1 '
refuses_check 'a cycle' "${step}s/^step,1,,/step,1,2,/; ${second}s/^step,2,[0-9]*,/step,2,1,/" \
    'bad\.csv:[0-9]+: after: found a cycle, step [12] after step [12] after step [12]: expected an order$'
refuses_check 'a step after one that is absent' "${second}s/^step,2,[0-9]*,/step,2,5,/" \
    'bad\.csv:[0-9]+: after: found approved step 2 after step 5, which is absent: expected both or neither'
refuses_check 'a step after one that is not approved' "${step}s/,yes,/,no,/; ${second}s/^step,2,[0-9]*,/step,2,1,/" \
    'bad\.csv:[0-9]+: after: found approved step 2 after step 1, which is not approved: '
LC_ALL=C sed "${second}s/^step,2,[0-9]*,/step,2,1,/; ${step}s/,yes,/,no,/" plan.csv >bad.csv
"$BIN/plan" --policy policy.ini --check bad.csv --without-dependents good good.csv -o fewer.csv >heard 2>said ||
    complain 'plan --check --without-dependents' 'it failed'
grep -q 'this edit leaves esx1 hot: .*step 1 (migrate web)' said ||
    complain 'plan --check --without-dependents' 'nothing is said of the host that stays hot'
test "$(grep -c '^step,.*,yes,' fewer.csv)" = 0 || complain '--without-dependents' 'steps are still approved'

# What apply is given besides the plan.
sed 's/20:15/20:20/' source/snapshot.csv >later.csv && cp later.csv source/snapshot.csv
succeeds 'a later snapshot' collect source -o later
succeeds 'its assessment' analyze later -o later.csv
refuses 'plan --check: of another snapshot' 'plan\.csv: #snapshot: found a plan of another snapshot: .* \(digests [0-9a-f]{64} and [0-9a-f]{64}\)' \
    plan --policy policy.ini --check plan.csv later later.csv -o out/new.csv
code=0
"$BIN/apply" -q plan.csv later -o out/after --journal out/journal.csv >heard 2>said || code=$?
test "$code" = 1 && grep -q '^apply: refused: ' said && grep -q '^ *plan  *snapshot' heard && test -z "$(ls -A out)" ||
    complain 'a target that is another snapshot' "exit code $code, it is not told, or something is left behind"
refuses 'a target that is not there' 'nowhere: ' apply plan.csv nowhere -o out/after --journal out/journal.csv
refuses 'an output that is there' 'good: found something there: ' apply plan.csv good -o good --journal out/journal.csv
refuses 'an output where none can be' 'out/no/after: cannot be made: ' apply plan.csv good -o out/no/after --journal out/journal.csv
refuses 'a journal where none can be' 'out/no/journal\.csv: cannot be opened: No such file' apply plan.csv good -o out/after --journal out/no/journal.csv
refuses 'a journal that is a snapshot' 'good: cannot be opened: Is a directory' apply plan.csv good -o out/after --journal good
cp good.csv journal.csv
refuses 'a journal that is none' 'journal\.csv: found an assessment: expected a journal' apply plan.csv good -o out/after --journal journal.csv
cmp good.csv journal.csv || complain 'a journal that is none' 'was written to'
finish
