# SPDX-License-Identifier: MIT
# For tests on real libvirt hosts: a lab of h1, h2, h3 (or as many as $hosts_wanted) in $TMP/lab, each with $host_mib of
# memory, and with certificates where $with_tls is set, which ends with the test, and words for it. Where none can be
# made, the test is skipped.
lab() {
    "$TOP/tests/hypervisors/lab.py" "$@"
}

fail() {
    echo "$*"
    exit 1
}

code=0
lab up "$TMP/lab" --hosts "${hosts_wanted-3}" --memory "${host_mib-1024}" ${with_tls:+--tls} --while $$ || code=$?
test $code = 0 || exit $code

# address HOST: its URI
address() {
    sed -n "s/^\([^,]*\),[^,]*,$1,.*/\1/p" "$TMP/lab/hosts.csv"
}

# on HOST WORD...: what virsh says there
on() {
    there=$(address "$1")
    shift
    virsh -q -c "$there" "$@"
}

# guest HOST NAME OPTION...: defines it and starts it there
guest() {
    lab guest "$TMP/lab" "$@"
}

# moves GUEST FROM TO: live, by libvirt itself
moves() {
    on "$2" migrate --live --p2p --persistent --undefinesource "$1" "$(address "$3")" ||
        fail "$1 does not move from $2 to $3"
}

# The last figure of that name that a guest said: figure GUEST NAME
figure() {
    lab console "$TMP/lab" "$1" | sed -n "s/^count=.* $2=\([^ ]*\).*/\1/p" | tail -n 1
}

# shows GUEST NAME OPERATOR NUMBER: within a minute the guest says so
shows() {
    for _ in $(seq 120); do
        test "$(figure "$1" "$2")" "$3" "$4" && return
        sleep 0.5
    done
    fail "$1 shows $2=$(figure "$1" "$2"), not $3 $4"
}

# counts_on GUEST: it says its next numbers, none was left out, and it booted once
counts_on() {
    before=$(lab console "$TMP/lab" "$1" | grep -c '^count=')
    for _ in $(seq 120); do
        after=$(lab console "$TMP/lab" "$1" | grep -c '^count=')
        test "$after" -gt $((before + 1)) && break
        sleep 0.5
    done
    test "$after" -gt $((before + 1)) || fail "$1 no longer counts: $(lab console "$TMP/lab" "$1" | tail -n 3)"
    lab console "$TMP/lab" "$1" | tr -d '\r' | awk -v guest="$1" '
        /^count=/ {
            split($1, number, "="); split($2, boot, "=")
            if (number[2] != counted + 0) { print guest ": " $1 " after " counted - 1; wrong = 1 }
            if (counted > 0 && boot[2] != first) { print guest ": booted again"; wrong = 1 }
            if (counted == 0) first = boot[2]
            counted++
        }
        END { exit wrong || counted == 0 }' || fail "$1 did not go on as it was"
}
