# SPDX-License-Identifier: MIT
# A [rule NAME] that binds nobody, as one with a misspelt pattern, is warned of on standard error, and the plan is made.
. "$TOP/tests/pipeline/lib/applying.sh"
printf '[rule licence]\ntype=vm_host_affinity\nvms=*\nhosts=esx-typo*\nmandatory=yes\n' >policy.ini
exits 0 "$BIN/plan" -q --policy policy.ini "$before" assessment.csv -o new.csv
says 'plan: warning: policy.ini:4: rule "licence": hosts: found no host that matches esx-typo*: the rule does nothing'
test "$(wc -l <said)" = 1 || fail 'more is said than the warning'
nothing_else_than assessment.csv new.csv plan.csv policy.ini

printf '[rule licence]\ntype=vm_affinity\nvms=web-typo*\n' >policy.ini
exits 0 "$BIN/plan" --policy policy.ini --explain "$(sed -n 's/^vm,\([^,]*\),.*/\1/p' assessment.csv | head -1)" "$before" assessment.csv
says 'rule "licence": vms: found no VM that matches web-typo*: the rule does nothing'
