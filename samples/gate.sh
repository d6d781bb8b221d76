#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A gate for continuous integration: does this vCenter need a change, and has someone looked at it?
#
#   gate.sh SNAPSHOT OUTPUT [POLICY]     SNAPSHOT is what vmanger-collect wrote; OUTPUT a new directory
#
# Exit 0: nothing to do; the job is green and the stage behind it has nothing to apply. Items that no step solves are
#         printed: the job would stay red for as long as they last.
#      2: OUTPUT/plan.csv has steps: they are printed, a person decides.
#      1: something is wrong with what was given; nothing can be said.
#
# In GitLab, say, the job keeps OUTPUT as an artifact and the apply job behind it is manual:
#
#   plan:
#     script: gate.sh snapshot review policy.ini
#     allow_failure: { exit_codes: 2 }
#     artifacts: { paths: [snapshot, review], when: always }
#   apply:
#     needs: [plan]
#     when: manual
#     script:
#       - mkdir -p journals
#       - vmanger-apply review/plan.csv - --skip-refused --journal journals/"$CI_PIPELINE_ID".csv
#     allow_failure: { exit_codes: 3 }
#     artifacts: { paths: [journals], when: always, expire_in: never }
#
# The journal is the audit trail, and the next plan's --history: keep it where no clean-up reaches it.
#
# A plan names the snapshot that it was made from, and each step what it expects to find: apply refuses a plan
# that was edited badly, that is older than the policy's max_age_s, or whose VMs have since moved.
set -eu

if test $# -lt 2; then
    echo "usage: gate.sh SNAPSHOT OUTPUT [POLICY]" >&2
    exit 1
fi
snapshot=$1 output=$2
set -- ${3:+--policy "$3"}
mkdir "$output"

# What is hot or short: for people. The decision is the plan's.
vmanger-analyze "$@" "$snapshot" -o "$output/assessment.csv" >"$output/assessment.txt"
cat "$output/assessment.txt"

code=0
vmanger-plan "$@" --detailed-exitcode "$snapshot" "$output/assessment.csv" -o "$output/plan.csv" >/dev/null || code=$?
case $code in
2) vmanger-plan --show "$output/plan.csv" ;;
5) vmanger-plan --show "$output/plan.csv" && code=0 ;;
esac
exit "$code"
