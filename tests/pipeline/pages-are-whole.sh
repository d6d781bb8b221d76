# SPDX-License-Identifier: MIT
# What --html writes is one file that asks for nothing, the same bytes for the same input, whole or not at all, and
# encrypted where all is; it says what is signed.
. "$TOP/tests/pipeline/lib/applying.sh"

exits 0 "$BIN/analyze" -q "$before" -o a.csv --html report.html
exits 0 "$BIN/plan" -q "$before" a.csv -o p.csv --html review.html
exits 0 "$BIN/plan" --show p.csv --html shown.html
says 'To sign: 10 of 10 steps approved'
sed 's/^\(step,2,[^,]*,\)yes/\1no/' p.csv >edited.csv
exits 0 "$BIN/plan" -q --check edited.csv "$before" a.csv -o checked.csv --html checked.html --against p.csv
cmp -s a.csv assessment.csv || fail 'another assessment with a page'
cmp -s p.csv plan.csv || fail 'another plan with a page'

# what is signed
for page in review shown; do
    grep -qF "$(sha256sum <p.csv | cut -d' ' -f1)" $page.html || fail "$page.html lacks the digest of the plan"
done
grep -qF "$(sha256sum <checked.csv | cut -d' ' -f1)" checked.html || fail 'checked.html lacks the digest of the plan'
grep -qF '1 of 10 steps is not approved.' checked.html || fail 'what is not approved is not told'
grep -qF 'was approved' checked.html || fail 'the difference is not told'

# nothing is fetched, nothing else than its own script runs
for page in report review shown checked; do
    ! grep -oE '(src|href|action)=|<(link|img|iframe|form|base)|@import|url\([^#]' $page.html || fail "$page.html may ask for something"
    grep -q "content=\"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]*'; script-src 'sha256-" $page.html ||
        fail "$page.html has no Content-Security-Policy"
    test "$(grep -o '<script' $page.html | wc -l)" = 1 || fail "$page.html: not one script"
done

# the same bytes, and nothing but them on standard output
exits 0 "$BIN/analyze" "$before" -o b.csv --html -
says 'Hot hosts'
"$BIN/analyze" "$before" -o b.csv --html - 2>/dev/null | cmp - report.html || fail 'another report'
"$BIN/plan" "$before" a.csv -o q.csv --html - | cmp - review.html || fail 'another review'
"$BIN/plan" --show p.csv --html - | cmp - shown.html || fail 'another page of a plan'

# whole or not at all, and before anything else is written
rm a.csv p.csv b.csv q.csv
exits 1 "$BIN/analyze" -q "$before" -o a.csv --html none/report.html
exits 1 "$BIN/plan" -q "$before" assessment.csv -o p.csv --html none/review.html
exits 1 "$BIN/plan" -q "$before" assessment.csv -o p.csv --html review2.html --against none.csv
exits 1 "$BIN/analyze" -q "$before" -o same --html same
says 'found where -o leads: expected a file of its own'
exits 1 "$BIN/analyze" -q "$before" -o - --html -
exits 1 "$BIN/plan" -q "$before" assessment.csv -o p.csv --against plan.csv
says '--against: found no --html'
exits 1 "$BIN/plan" --show plan.csv --only steps --html review2.html
exits 1 "$BIN/plan" --show plan.csv --encrypt-to ops
says '--encrypt-to: found no --html'
nothing_else_than assessment.csv plan.csv checked.csv checked.html edited.csv report.html review.html shown.html

# a page for which there is no room leaves the plan
if test -w /dev/full; then
    exits 3 "$BIN/plan" -q "$before" assessment.csv -o p.csv --html /dev/full
    cmp -s p.csv plan.csv || fail 'no plan without its page'
fi

# encrypted
export GNUPGHOME=$PWD/keys
mkdir -m 700 keys
trap 'gpgconf --kill all' EXIT
gpg -q --batch --passphrase '' --quick-gen-key 'Ops <ops@vmanger.example>' default default never 2>gpg.log
exits 0 "$BIN/analyze" -q "$before" -o secret.csv --html secret.html --encrypt-to ops@vmanger.example
exits 0 "$BIN/plan" -q "$before" secret.csv -o secretplan.csv --html secretreview.html --encrypt-to ops@vmanger.example
exits 0 "$BIN/plan" -q --show secretplan.csv --html secretshown.html --encrypt-to ops@vmanger.example
for page in secret:report secretreview:review secretshown:shown; do
    test ! -e "${page%:*}.html" || fail "${page%:*}.html is in the clear"
    gpg -q --batch -d "${page%:*}.html.gpg" 2>>gpg.log | cmp -s - "${page#*:}.html" || fail "another page: $page"
done
