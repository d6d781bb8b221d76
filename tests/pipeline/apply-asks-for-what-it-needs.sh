# SPDX-License-Identifier: MIT
# Options that do not go together, or lack something, are refused before anything is read or written.
. "$TOP/tests/pipeline/lib/applying.sh"
misused() {
    said=$1
    shift
    exits 1 "$BIN/apply" "$@" </dev/null
    says "$said"
    nothing_else_than assessment.csv plan.csv
}
misused 'expected a PLAN and a TARGET'
misused 'expected a PLAN and a TARGET' plan.csv
misused 'expected -o AFTER' plan.csv "$before"
misused 'needs --journal FILE' - https://host/sdk
misused '--undo takes -o NEW' --undo journal.csv
misused 'a journal and nothing else' --verify-journal journal.csv plan.csv
misused 'expected 1 to 1024' --parallel 0 plan.csv "$before" -o after
misused 'another kind of target' plan.csv ftp://host/sdk
misused 'nowhere.csv: cannot be read' nowhere.csv "$before" -o after
misused 'expected a snapshot' plan.csv nowhere -o after
misused 'expected a new or an empty directory' plan.csv "$before" -o "$before"
exits 0 "$BIN/apply" - "$before" -o after <plan.csv
nothing_else_than after after.journal.csv assessment.csv plan.csv
