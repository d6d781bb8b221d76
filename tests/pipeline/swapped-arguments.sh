# SPDX-License-Identifier: MIT
# A file given where another is expected is told so by name, and a file that a spreadsheet saved with semicolons too.
. "$TOP/tests/pipeline/lib/refusal.sh"

small_snapshot source
succeeds 'a good snapshot' collect source -o good
succeeds 'a good assessment' analyze good -o good.csv
printf '[plan]\nstrategy=threshold\n' >policy.ini
succeeds 'a good plan' plan --policy policy.ini good good.csv -o plan.csv

refuses 'an assessment for a snapshot' 'good\.csv: found a file: expected the SNAPSHOT first, then the assessment' plan good.csv good -o out/p
refuses 'an assessment for a snapshot alone' 'good\.csv: found an assessment: expected a snapshot' analyze good.csv -o out/a
refuses 'a plan for an assessment' 'plan\.csv: found a plan: expected an assessment' plan good plan.csv -o out/p
refuses 'a snapshot for a plan' 'good: found a snapshot: expected a plan' plan --show good
refuses 'a plan for a policy' 'plan\.csv: found a plan: expected a policy' analyze --policy plan.csv good -o out/a
refuses 'a table for a plan' 'good/vms\.csv: found a table of a snapshot: expected a plan' plan --show good/vms.csv
sed 's/,/;/g' good.csv >semicolons.csv
refuses 'semicolons' 'semicolons\.csv:1: found cells separated by semicolons: expected commas' \
    plan good semicolons.csv -o out/p
finish
