# SPDX-License-Identifier: MIT
# For tests whose subject is what comes after the plan. The same input gives the same bytes, by default policy as well
# (plan-same-input-same-bytes.sh), so that of all tests of a run the first that has a snapshot plans for it.

# planned SNAPSHOT ASSESSMENT PLAN: makes the last two of the first
planned() {
    made=$SHARED/$(cat "$1"/*.csv | sha256sum | cut -d ' ' -f 1)
    exec 9>"$made.lock"
    flock 9
    test -e "$made.plan" || {
        "$BIN/analyze" -q "$1" -o "$made.assessment"
        "$BIN/plan" -q "$1" "$made.assessment" -o "$made.plan"
    }
    exec 9>&-
    cp "$made.assessment" "$2"
    cp "$made.plan" "$3"
}
