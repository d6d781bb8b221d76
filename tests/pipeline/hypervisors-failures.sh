# SPDX-License-Identifier: MIT
# What goes wrong between libvirt hosts in the middle of a migration, and what somebody else does meanwhile: the guest
# goes on where it was, counts on, and apply says what happened.
hosts_wanted=4
. "$TOP/tests/pipeline/lib/libvirt_apply.sh"

guest h1 web --use 70
guest h1 shop --use 70
guest h2 db --use 70
guest h2 mail --use 70
lab await "$TMP/lab" web shop db mail
takes
slow='[plan]
vmotion_mbps=64
[apply]
libvirt_tls=no'

# begins NAME GUEST HOST: apply, until its migration from there has sent something
begins() {
    "$BIN/apply" --no-recheck-load --policy "$1.ini" "$1.csv" libvirt:estate.csv >"$1.said" 2>&1 &
    apply=$!
    until_moving "$2" "$3"
}

# fails NAME GUEST HOST: what began ends so, and the guest goes on there
fails() {
    code=0
    wait $apply || code=$?
    test $code = 3 || fail "exit $code: $(cat "$1.said")"
    told "$1" ",failed,migrate,.*$3: "
    runs_on "$2" "$3"
    counts_on "$2"
}

# Two applies at once, of one plan and of two: the second does nothing.
plans first "$slow" "$(goes web h3)"
plans other "$(goes shop h2)"
begins first web h1
cp first.ini second.ini
cp first.csv second.csv
applies second 1
applies first 1
applies other 1
test ! -e second.journal.csv && test ! -e other.journal.csv || fail 'there is a journal of what was not begun'
runs_on shop h1
wait $apply || fail "it did not go on: $(cat first.said)"
runs_on web h3
counts_on web

# Somebody else moves a guest: it is left to them.
plans theirs "$(goes db h1)"
on h2 migrate --live --p2p --persistent --undefinesource --bandwidth 8 db "$(address h3)" &
theirs=$!
until_moving db h2
applies theirs 3
says theirs 'step 1, migrate db: failed: job of another one'
wait $theirs || fail 'they were hindered'
runs_on db h3
counts_on db

# The target runs out of memory.
plans full "$slow" "$(goes mail h4)"
begins full mail h2
lab squeeze "$TMP/lab" h4
fails full mail h2
test -z "$(on h4 list --all --name | grep .)" || fail 'something stayed on h4'

# The link is cut, and does not come back.
plans cut "$slow" "$(goes shop h3)"
begins cut shop h1
lab cut "$TMP/lab" h3
fails cut shop h1
