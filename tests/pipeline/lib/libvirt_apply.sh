# SPDX-License-Identifier: MIT
# For tests of apply on the lab's hosts: plans of what a rule asks for.
. "$TOP/tests/pipeline/lib/hypervisors.sh"

# The estate has a name of its own, whatever addresses a test gives its hosts.
{
    echo '#source_id,lab'
    cat "$TMP/lab/hosts.csv"
} >estate.csv

# takes the snapshot that plans are made of
takes() {
    "$BIN/collect" -q libvirt:estate.csv --window 10 --interval 2 -o snapshot
}

# plans NAME LINE...: NAME.csv, by the policy NAME.ini of these lines of [plan] and [apply] and rules
plans() {
    name=$1
    shift
    printf '[analyze]\ncpu_hot_pct=100\nmemory_hot_pct=100\n' >"$name.ini"
    printf '%s\n' "$@" >>"$name.ini"
    "$BIN/analyze" -q --policy "$name.ini" snapshot -o "$name.assessment.csv"
    "$BIN/plan" -q --policy "$name.ini" snapshot "$name.assessment.csv" -o "$name.csv"
}

# goes GUEST HOST: the lines of a rule by which it has to run there
goes() {
    printf '[rule %s]\ntype=vm_host_affinity\nvms=%s\nhosts=%s\nmandatory=yes\n' "$1" "$1" "$2"
}

# applies NAME CODE [OPTION...]: as it should end, without the load; what it says is in NAME.said
applies() {
    name=$1 expected=$2
    shift 2
    code=0
    "$BIN/apply" --no-recheck-load --policy "$name.ini" "$@" "$name.csv" "libvirt:${hosts:-estate.csv}" \
        >"$name.said" 2>&1 || code=$?
    test $code = "$expected" || fail "$name: exit $code, not $expected: $(cat "$name.said")"
}

# says NAME PATTERN
says() {
    grep -q -- "$2" "$1.said" || fail "$1 does not say \"$2\": $(cat "$1.said")"
}

# told NAME PATTERN: a row of its journal has it
told() {
    grep -q -- "$2" "$1.journal.csv" || fail "the journal of $1 has no \"$2\": $(cat "$1.journal.csv")"
}

# runs_on GUEST HOST
runs_on() {
    on "$2" list --name --state-running | grep -qx "$1" || fail "$1 does not run on $2"
}

# until_moving GUEST HOST: its migration has sent something
until_moving() {
    for _ in $(seq 240); do
        on "$2" domjobinfo "$1" 2>/dev/null | grep -q '^Data processed: *[1-9]' && return
        sleep 0.25
    done
    fail "$1 does not begin to move from $2"
}
