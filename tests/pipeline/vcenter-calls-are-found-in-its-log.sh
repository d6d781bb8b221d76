# SPDX-License-Identifier: MIT
# Each call that changes something is found in the vCenter's log by the operationID that the journal has of it, and
# --verify-journal tells it, and the HTTP status, of a step that failed or is open.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"

vcenter_plan
order 'rule?method=RelocateVM_Task&do=fault&fault=InvalidState' 'rule?method=RelocateVM_Task&do=status&status=404&nth=2'
applies 4 'a call that fails, and one with no answer to read' --timeout 2
curl -sf "$control/log" | grep -E '"method":"(RelocateVM|ReconfigVM)_Task"' |
    sed 's/.*"operation_id":"\([^"]*\)".*/\1/' | sort >logged
grep ',intent,' plan.journal.csv | sed 's/.*[ ,]operation_id=\([^,]*\),.*/\1/' | sort >journaled
cmp -s logged journaled || complain 'operationIDs' "$(diff logged journaled)"
test "$(wc -l <logged)" = "$(changed)" || complain 'operationIDs' "$(wc -l <logged) of $(changed) calls"
grep -qE ',submitted,migrate,.*,task-[0-9]+,operation_id=vmanger-' plan.journal.csv || complain 'submitted' 'not named'
"$BIN/apply" --verify-journal plan.journal.csv >said
tells 'a step that failed' ': failed, .*InvalidState: .*; operation_id=vmanger-[0-9a-f]+-[0-9]+$'
tells 'a step that is open' ': unknown, neither .*; operation_id=vmanger-[0-9a-f]+-[0-9]+ http_status=404$'

# a journal that ends at the intent, as a kill leaves it
rows=$(grep -n ',intent,' plan.journal.csv | head -n 1 | cut -d: -f1)
head -n "$rows" plan.journal.csv >killed.csv
"$BIN/apply" --verify-journal killed.csv >said
tells 'a step of which only the intent is known' 'its end is not known here, operation_id=vmanger-[0-9a-f]+-[0-9]+$'
finish
