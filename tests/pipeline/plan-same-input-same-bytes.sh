# SPDX-License-Identifier: MIT
# The same snapshot, assessment, policy and seed give the same bytes, by either strategy, whatever the threads do;
# also as another test of the run had them.
. "$TOP/tests/pipeline/lib/applying.sh"
for strategy in threshold optimize; do
    printf '[plan]\nstrategy=%s\ndrs_clusters=plan\n' $strategy >policy.ini
    for run in 1 2 3; do
        "$BIN/plan" -q --policy policy.ini "$before" assessment.csv -o $strategy.$run.csv
    done
    cmp $strategy.1.csv $strategy.2.csv
    cmp $strategy.1.csv $strategy.3.csv
done
"$BIN/plan" -q "$before" assessment.csv -o again.csv
cmp plan.csv again.csv
! cmp -s threshold.1.csv optimize.1.csv || fail "the strategies are told apart by nothing"
