# SPDX-License-Identifier: MIT
# With --encrypt-to no table is ever in the clear on the disk: the same plan comes of it, and only who has the key reads it.
. "$TOP/tests/pipeline/lib/applying.sh"

export GNUPGHOME=$PWD/keys
mkdir -m 700 keys
trap 'gpgconf --kill all' EXIT
gpg -q --batch --passphrase '' --quick-gen-key 'Ops <ops@vmanger.example>' default default never 2>gpg.log
gpg -q --batch --passphrase '' --quick-gen-key 'Audit <audit@vmanger.example>' default default never 2>>gpg.log
key() { gpg --batch --with-colons --list-keys "$1" 2>/dev/null | sed -n '/^fpr/{s/^fpr:*//;s/:.*//;p;q}'; }
ops=$(key ops@vmanger.example)
sample=$before

# in the clear, to compare
exits 0 "$BIN/collect" -q "$sample" -o clear
exits 0 "$BIN/analyze" -q clear -o clear.csv
exits 0 "$BIN/plan" -q clear clear.csv -o clearplan.csv

# the whole chain
exits 0 "$BIN/collect" "$sample" -o secret --encrypt-to "$ops" --encrypt-to audit@vmanger.example
exits 0 "$BIN/analyze" secret -o secret.csv --encrypt-to "$ops"
exits 0 "$BIN/plan" secret secret.csv -o secretplan.csv --encrypt-to "$ops"
clear=$(find secret -type f ! -name '*.gpg')
test "$clear" = secret/SHA256SUMS || fail "in the clear: $clear"
cmp -s secret/SHA256SUMS clear/SHA256SUMS || fail 'digests are not of the plain text'
for file in secret.csv secretplan.csv; do
    test ! -e "$file" || fail "$file is in the clear"
    gpg -q --batch -d "$file.gpg" >"$file.plain" 2>>gpg.log
done
cmp -s secretplan.csv.plain clearplan.csv || fail 'another plan'
cmp -s secret.csv.plain clear.csv || fail 'another assessment'
! grep -rqaE 'nordwind|vm-10' secret secret.csv.gpg secretplan.csv.gpg || fail 'names are in the clear'
test "$(gpg --batch --list-packets secret/vms.csv.gpg 2>/dev/null | grep -c '^:pubkey enc packet')" = 2 || fail 'not both keys'

# an archive keeps its history encrypted, too, and reads it again
for time in 15 20; do
    mkdir "at$time"
    cp "$sample"/* "at$time"
    rm "at$time/SHA256SUMS"
    sed -i "s/T20:15:00Z/T20:$time:00Z/" "at$time/snapshot.csv"
    exits 0 "$BIN/collect" -q "at$time" --archive archive --encrypt-to "$ops"
done
test -s archive/rollup.csv.gpg || fail 'no history is kept'
test -z "$(find archive -type f ! -name '*.gpg' ! -name SHA256SUMS)" || fail 'a history is in the clear'
! grep -q 'in the clear' said || fail 'warned of what is encrypted'
exits 0 "$BIN/analyze" -q archive -o history.csv
says 'warning: what was read is encrypted, what was written is in the clear: --encrypt-to KEY'
grep -q '^#rollup,' history.csv || fail 'the history is not read'

# what is shown and rehearsed is the same; its result is encrypted, too, or refused
exits 0 "$BIN/plan" --show secretplan.csv
mv said shown
exits 0 "$BIN/plan" --show clearplan.csv
cmp -s said shown || fail 'another plan is shown'
exits 0 "$BIN/apply" -q --max-age 0 secretplan.csv secret -o after --encrypt-to "$ops"
exits 0 "$BIN/apply" -q --max-age 0 clearplan.csv clear -o clearafter
cmp -s after/SHA256SUMS clearafter/SHA256SUMS || fail 'another result'
clear=$(find after -type f ! -name '*.gpg')
test "$clear" = after/SHA256SUMS || fail "in the clear: $clear"

# who has not the key, or has it altered, is told so
cp secret/vms.csv.gpg kept
printf 'x' | dd of=secret/vms.csv.gpg bs=1 seek=2000 conv=notrunc 2>/dev/null
exits 1 "$BIN/analyze" -q secret -o new.csv
says 'vms.csv.gpg: cannot be decrypted'
cp kept secret/vms.csv.gpg
exits 1 env GNUPGHOME="$PWD/none" "$BIN/analyze" -q secret -o new.csv
says "GNUPGHOME: found no directory \"$PWD/none\": expected that of gpg's keys"
mkdir -m 700 none
exits 1 env GNUPGHOME="$PWD/none" "$BIN/analyze" -q secret -o new.csv
says 'cannot be decrypted'
rm -r none
for who in nobody@vmanger.example "$(printf '%040d' 0)"; do
    exits 1 "$BIN/collect" -q "$sample" -o new --encrypt-to "$who"
    says "--encrypt-to: found \"$who\": expected the fingerprint, key ID or address of one key that gpg has"
done
# nor is one written beside a file in the clear, which would be read in its place
exits 1 "$BIN/plan" -q clear clear.csv -o clearplan.csv --encrypt-to "$ops"
says 'clearplan.csv: found a file in the clear: expected none beside clearplan.csv.gpg'
test ! -e new && test ! -e new.csv && test ! -e new.csv.gpg || fail 'something was written'
