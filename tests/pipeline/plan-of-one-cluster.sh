# SPDX-License-Identifier: MIT
# --cluster decides about, or shows, the clusters named alone; a word that is none is refused with the nearest name.
. "$TOP/tests/pipeline/lib/applying.sh"
exits 0 "$BIN/plan" --cluster HAM-Desktops "$before" assessment.csv -o one.csv
clusters() {
    grep '^\(step\|advice\|unsolved\|#cluster\),' "$1" | grep -o 'domain-c[0-9]*' | sort -u
}
test "$(clusters one.csv)" = domain-c41 || fail "rows of $(clusters one.csv)"
test "$(clusters plan.csv | grep -c .)" = 3 || fail 'the sample has rows of one cluster alone'
exits 0 "$BIN/plan" --cluster HAM-Desktops --cluster domain-c8 "$before" assessment.csv -o two.csv
test "$(clusters two.csv | tr '\n' ' ')" = 'domain-c41 domain-c8 ' || fail "rows of $(clusters two.csv)"

exits 0 "$BIN/plan" --cluster domain-c41 --show plan.csv
says 'Cluster HAM-Desktops'
says 'Shown here: 1 step, 0 advised, '
! grep -q '^Plan:\|nothing to do' said || fail 'more than the cluster is shown'
! grep -q 'HAM-Apps\|esx-a0' said || fail 'another cluster is shown'
exits 0 "$BIN/plan" --only advice --show plan.csv
says 'Advice ('
says "Shown here: $(grep -c '^advice,' plan.csv) advised."
! grep -q '^Steps\|^Unsolved\|^Plan:\|Cluster\|nothing to do\|unsolved\|steps' said || fail 'more than advice is shown'
exits 0 "$BIN/plan" --only unsolved --cluster HAM-Desktops --show plan.csv
! grep -q '^Steps\|^Advice\|^Plan:\|Cluster\|nothing to do\|advised\|HAM-Apps\|esx-a0' said || fail 'more than asked for is shown'

exits 1 "$BIN/plan" --cluster HAM-Desktop "$before" assessment.csv -o none.csv
says '--cluster: found "HAM-Desktop" (the nearest is "HAM-Desktops"): expected the name or id of one cluster'
exits 1 "$BIN/plan" --cluster Nobody --show plan.csv
says '--cluster: found "Nobody": expected the name or id of one cluster'
exits 1 "$BIN/plan" --only step --show plan.csv
says '--only: found "step": expected one of steps, advice, unsolved'
exits 1 "$BIN/plan" --only steps "$before" assessment.csv -o none.csv
exits 1 "$BIN/plan" --cluster HAM-Apps --explain vm-1072 "$before" assessment.csv

# A check leaves a plan of one cluster what it is.
exits 0 "$BIN/plan" --check one.csv "$before" assessment.csv -o checked.csv
cmp one.csv checked.csv || fail 'a check made another plan of an unedited one'
nothing_else_than assessment.csv plan.csv one.csv two.csv checked.csv
