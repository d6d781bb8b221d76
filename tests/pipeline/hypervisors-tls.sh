# SPDX-License-Identifier: MIT
# Hosts over qemu+tls:// with certificates, and guests whose memory goes encrypted from host to host where both ends have
# the hypervisor's own; where one has none, in the clear with a warning, or not at all, as the policy says. Who has a
# certificate of somebody else is no client.
with_tls=1
. "$TOP/tests/pipeline/lib/libvirt_apply.sh"

pki=$TMP/lab/pki
sed -i "s|qemu+tcp://\([^/]*\)/system|qemu+tls://\1/system?pkipath=$pki|g" estate.csv
grep -q '^qemu+tls:.*qemu+tls:' estate.csv || fail "$(cat estate.csv)"
guest h1 web --use 60
guest h2 db --use 60
lab await "$TMP/lab" web db
takes

# Both ends have it: not a word of the clear, also where nothing else is allowed.
plans encrypted '[apply]' 'libvirt_tls=auto' "$(goes web h2)"
applies encrypted 0
! grep -q 'in the clear' encrypted.said || fail "in the clear: $(cat encrypted.said)"
plans always '[apply]' 'libvirt_tls=yes' "$(goes db h1)"
applies always 0
runs_on web h2
runs_on db h1
counts_on web
counts_on db

# One end has none.
mv "$TMP/lab/h3/pki/qemu" "$TMP/lab/h3/pki/away"
rm -r snapshot
takes
plans only '[apply]' 'libvirt_tls=yes' "$(goes web h3)"
applies only 3
told only ',failed,migrate,.*h2: .*Unable to access credentials'
runs_on web h2
plans clear '[apply]' 'libvirt_tls=auto' "$(goes web h3)"
applies clear 0
says clear 'warning: step 1: memory goes from h2 to h3 in the clear, without TLS: .*Unable to access credentials'
runs_on web h3
plans off '[apply]' 'libvirt_tls=no' "$(goes db h2)"
applies off 0
runs_on db h2
counts_on web
counts_on db

# A certificate that one does not know ends it, whatever may be done without: it can be an attacker's.
mv "$TMP/lab/h3/pki/away" "$TMP/lab/h3/pki/qemu"
openssl req -x509 -newkey rsa:2048 -noenc -days 2 -subj /CN=other -keyout other-key.pem -out other.pem 2>/dev/null
cp other.pem "$TMP/lab/h3/pki/qemu/ca-cert.pem"
cp other.pem "$TMP/lab/h3/pki/qemu/server-cert.pem"
cp other-key.pem "$TMP/lab/h3/pki/qemu/server-key.pem"
rm -r snapshot
takes
plans forged '[apply]' 'libvirt_tls=auto' "$(goes db h3)"
applies forged 3
! grep -q 'in the clear' forged.said || fail "in the clear: $(cat forged.said)"
runs_on db h2
counts_on db

# So does one of a client, and of a host.
cp -r "$pki" theirs
cp other.pem theirs/clientcert.pem
cp other-key.pem theirs/clientkey.pem
sed "s|pkipath=$pki|pkipath=$PWD/theirs|g" estate.csv >stranger.csv
code=0
"$BIN/collect" -q libvirt:stranger.csv --window 10 --interval 2 -o stranger 2>stranger.said || code=$?
test $code = 1 || fail "exit $code: $(cat stranger.said)"
grep -q 'no host answers: h1: ' stranger.said || fail "$(cat stranger.said)"
cp other.pem theirs/cacert.pem
"$BIN/collect" -q libvirt:stranger.csv --window 10 --interval 2 -o stranger 2>stranger.said && fail 'any host is believed'
grep -q 'no host answers: h1: .*certificate' stranger.said || fail "$(cat stranger.said)"
