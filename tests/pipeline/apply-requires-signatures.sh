# SPDX-License-Identifier: MIT
# A plan that must be signed is carried out only with good signatures beside it, by as many signers as needed; each
# other one is refused by its file's name before the target is looked at.
. "$TOP/tests/pipeline/lib/applying.sh"
for name in alice bob carol; do
    ssh-keygen -q -t ed25519 -N '' -C '' -f "$name"
done
public() {
    cut -d ' ' -f 1,2 "$1.pub"
}
# sign KEY FILE NAME [NAMESPACE]
sign() {
    ssh-keygen -q -Y sign -f "$1" -n "${4:-vmanger-plan}" <"$2" >"$2${3:+.$3}.sig"
}
mkdir nowhere
# The target is no snapshot: whoever gets as far as that was let through.
passes() {
    exits 1 "$BIN/apply" "$@" plan.csv nowhere -o after
    says nowhere
}
refuses() {
    text=$1
    shift
    exits 1 "$BIN/apply" "$@" plan.csv nowhere -o after
    says "$text"
    ! grep -q nowhere said || fail 'the target was looked at'
}
none() {
    rm -rf plan.csv*.sig
}
printf 'alice %s\nbob %s\n' "$(public alice)" "$(public bob)" >signers

refuses 'plan.csv: found no signature' --require-signature signers
exits 1 "$BIN/apply" --require-signature signers - nowhere -o after <plan.csv
says 'standard input: found a plan that must be signed'
sign alice plan.csv ''
passes --require-signature signers
mv plan.csv.sig 'plan.csv.-I a b;$(x).sig'
passes --require-signature signers
none
sign alice plan.csv alice
printf '[apply]\nrequire_signature=signers\n' >policy.ini
passes --policy policy.ini
refuses 'no-such-file: cannot be read' --require-signature no-such-file

# Altered after it was signed.
cp plan.csv kept.csv
sed -i '$s/,yes,/,no,/; $s/$/ /' plan.csv
refuses 'plan.csv.alice.sig: found a signature of other bytes' --require-signature signers
mv kept.csv plan.csv

# Another key, name space, or no signature at all.
none
sign carol plan.csv carol
refuses 'plan.csv.carol.sig: found a signature by key SHA256:' --require-signature signers
none
sign alice plan.csv alice file
refuses 'plan.csv.alice.sig: found no signature in name space vmanger-plan' --require-signature signers
for bad in '' garbage '-----BEGIN SSH SIGNATURE-----'; do
    none
    printf '%s' "$bad" >plan.csv.sig
    refuses 'plan.csv.sig: found no signature in name space' --require-signature signers
done
none
head -c 100000 /dev/zero >plan.csv.sig
refuses 'plan.csv.sig: found more than' --require-signature signers
none
mkdir plan.csv.alice.sig
refuses 'plan.csv.alice.sig: found a directory' --require-signature signers
none
mkfifo plan.csv.sig
refuses 'plan.csv.sig: found no file of bytes' --require-signature signers
none
sign alice plan.csv alice
echo garbage >plan.csv.bob.sig
refuses 'plan.csv.bob.sig: found no signature' --require-signature signers

# Validity, now; what a key is for; a pattern that names nobody; what is revoked.
none
sign alice plan.csv ''
allow() {
    printf '%s %s\n' "$1" "$(public alice)" >one
}
allow 'alice valid-before="20200101Z"'
refuses 'one:1: key has expired' --require-signature one
allow 'alice valid-after="29990101Z"'
refuses 'one:1: key is not yet valid' --require-signature one
allow 'alice namespaces="git"'
refuses 'plan.csv.sig: found a signature by alice' --require-signature one
allow '*@example.org'
refuses 'is a pattern, which names nobody' --require-signature one
allow '"alice of ops"'
passes --require-signature one
cp alice.pub revoked
printf '[apply]\nrequire_signature=signers\nrevoked_keys=revoked\n' >policy.ini
refuses 'which is revoked by revoked' --policy policy.ini
ssh-keygen -q -k -f revoked alice.pub
refuses 'which is revoked by revoked' --policy policy.ini
ssh-keygen -q -k -f revoked bob.pub
passes --policy policy.ini
rm revoked
refuses 'revoked: cannot be read' --policy policy.ini
printf '[apply]\nsignatures_needed=2\n' >policy.ini
refuses 'found signatures_needed without require_signature' --policy policy.ini

# Two signers: by two keys and two principals that nothing links.
printf '[apply]\nrequire_signature=signers\nsignatures_needed=2\n' >policy.ini
refuses 'found signatures by 1: expected 2 different principals' --policy policy.ini
sign alice plan.csv again
cp plan.csv.again.sig plan.csv.sig
refuses 'plan.csv.again.sig and plan.csv.sig are by one signer: the same key' --policy policy.ini
rm plan.csv.again.sig
sign bob plan.csv bob
sign alice plan.csv ''
passes --policy policy.ini
printf 'alice %s\nalice %s\n' "$(public alice)" "$(public bob)" >signers
refuses 'are by one signer: the same principal' --policy policy.ini
printf 'alice %s\nbob %s\nbob %s\n' "$(public alice)" "$(public alice)" "$(public bob)" >signers
refuses 'are by one signer' --policy policy.ini
printf 'alice,bob %s\n' "$(public alice)" >signers
rm plan.csv.bob.sig
refuses 'found signatures by 1' --policy policy.ini

# Carried out, the journal says who signed; on resume too, signatures must be there.
printf 'alice %s\n' "$(public alice)" >signers
exits 0 "$BIN/apply" --require-signature signers --sign-key bob plan.csv "$before" -o after
sum=$(sha256sum <plan.csv | cut -d ' ' -f 1)
grep -q ",approved,.*principal=alice key=SHA256:.* signature=plan.csv.sig plan_sha256=$sum needed=1 allowed_signers=signers" \
    after.journal.csv
chain=$(sed -n 's/^Journal: .* //p' said)
printf '%s\n' "$chain" | ssh-keygen -Y check-novalidate -n vmanger-journal -s after.journal.csv.sig >/dev/null
none
exits 1 "$BIN/apply" --require-signature signers plan.csv "$before" -o again --journal after.journal.csv
says 'found no signature'
test ! -e again

# The journal's own signature.
printf 'bob %s\n' "$(public bob)" >signers
exits 0 "$BIN/apply" --verify-journal after.journal.csv --require-signature signers
says 'signed by bob'
exits 1 "$BIN/apply" --verify-journal after.journal.csv --require-signature one
says 'after.journal.csv.sig: found a signature by key'
sed '$d' after.journal.csv >cut.csv
cp after.journal.csv.sig cut.csv.sig
exits 1 "$BIN/apply" --verify-journal cut.csv --require-signature signers
says 'cut.csv.sig: found a signature of other bytes'

# What stands where it would be written, and is none, stays.
echo mine >third.journal.csv.sig
exits 1 "$BIN/apply" --sign-key bob plan.csv "$before" -o third
says 'third.journal.csv.sig: found something else than a signature'
grep -q mine third.journal.csv.sig
test ! -e third.journal.csv
rm third.journal.csv.sig

# A key that an agent alone holds signs the plan and the journal.
ssh-agent -D -a agent >/dev/null &
until test -S agent; do sleep 0.05; done
SSH_AUTH_SOCK=agent ssh-add -q carol
rm carol
printf 'carol %s\n' "$(public carol)" >signers
SSH_AUTH_SOCK=agent sign carol.pub plan.csv ''
SSH_AUTH_SOCK=agent exits 0 "$BIN/apply" --require-signature signers --sign-key carol.pub plan.csv "$before" -o by-agent
exits 0 "$BIN/apply" --verify-journal by-agent.journal.csv --require-signature signers
says 'signed by carol'
rm by-agent.journal.csv.sig
exits 3 "$BIN/apply" --require-signature signers --sign-key carol.pub plan.csv "$before" -o without-agent
says 'the journal is not signed: carol.pub: '
