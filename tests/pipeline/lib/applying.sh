# SPDX-License-Identifier: MIT
# For tests of apply: the sample company, assessed and planned for in $TMP/here, and words for what is expected.
. "$TOP/tests/pipeline/lib/planned.sh"
mkdir "$TMP/here"
cd "$TMP/here"
before="$TOP/samples/snapshot"
planned "$before" assessment.csv plan.csv
steps=$(grep -c '^step,' plan.csv)
migrations=$(grep -c '^step,[^,]*,[^,]*,yes,migrate,' plan.csv)

fail() {
    echo "$*"
    exit 1
}

# exits CODE COMMAND...: runs it, output in $TMP/said.
exits() {
    expected=$1
    shift
    code=0
    "$@" >said 2>&1 || code=$?
    test "$code" = "$expected" || {
        cat said
        fail "exit $code instead of $expected: $*"
    }
}

says() {
    grep -qF -- "$1" said || {
        cat said
        fail "not said: $1"
    }
}

# The directory holds these and nothing half made.
nothing_else_than() {
    there=$(find . -mindepth 1 -maxdepth 1 ! -name said | sed 's|^\./||' | LC_ALL=C sort)
    should=$(printf '%s\n' "$@" | LC_ALL=C sort)
    test "$there" = "$should" || fail "there is: $there"
}
