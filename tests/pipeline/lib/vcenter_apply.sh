# SPDX-License-Identifier: MIT
# For tests of apply against the simulated vCenter: a plan made of what it serves.
. "$TOP/tests/pipeline/lib/vcenter.sh"

export GOVC_USERNAME=$account GOVC_PASSWORD=secret

# vcenter_plan OPTION...: starts the simulated vCenter and plans for it: plan.csv, with `steps` approved steps
vcenter_plan() {
    vcenter_start "$@"
    rm -rf s s.csv plan.csv
    "$BIN/collect" -q "$url" --cacert cert.pem -o s
    "$BIN/analyze" -q s -o s.csv
    "$BIN/plan" -q s s.csv -o plan.csv
    steps=$(grep -c '^step,' plan.csv)
    order reset
}

# vcenter_plan_once OPTION...: plans for vCenters that each begin anew (begins); `moves` of the steps are migrations
vcenter_plan_once() {
    vcenter_plan "$@"
    rm -rf plans && mkdir plans
    cp plan.csv plans
    moves=$(grep -c '^step,.*,migrate,' plan.csv)
    vcenter_stop
}

# begins ORDER...: a fresh vCenter (with $option), without the journal of the case before
begins() {
    rm -f plan.journal.csv
    vcenter_start "${option---clock=frozen}"
    cp plans/plan.csv .
    order "$@"
}

# applies CODE CASE OPTION...: apply plan.csv to the vCenter ends with this exit code and leaves no session behind
applies() {
    code=$1 case=$2
    shift 2
    is=0
    "$BIN/apply" "${plan-plan.csv}" "$url" --cacert cert.pem "$@" >heard 2>said </dev/null || is=$?
    cat heard >>said
    test "$is" = "$code" || complain "$case" "exit code $is instead of $code"
    test "$(stat open_sessions)" = 0 || complain "$case" 'a session was left open'
}

# tells CASE REGEX: the last apply said so
tells() {
    grep -qE "$2" said || complain "$1" "not said: $2"
}

# changed: how many calls that change something the vCenter has seen
changed() {
    echo $(($(stat RelocateVM_Task) + $(stat ReconfigVM_Task)))
}

# awaits PROCESS LOG COMMAND...: until the command holds; where it does not within ten seconds, or the process ends first,
# the log is shown and the test ends
awaits() {
    process=$1 log=$2 tries=0
    shift 2
    until "$@"; do
        tries=$((tries + 1))
        test $tries -lt 200 && kill -0 "$process" || {
            cat "$log"
            exit 1
        }
        sleep 0.05
    done
}

# has_changed: a call that changes something has come
has_changed() {
    test "$(changed)" != 0
}
