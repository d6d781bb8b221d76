# SPDX-License-Identifier: MIT
# A fleet on one machine: sites that fail hold up no other, what was done is not done again, what a kill left half done is
# done then, and the same snapshots give the same bytes. Plans are carried out one run a site, signed where they must be.
. "$TOP/tests/pipeline/lib/fleet.sh"

code=0
"$fleet" run -j4 >said 2>&1 || code=$?
test $code = 3 || fail "exit code $code: $(cat said)"
as_one round

# again, and after a kill: nothing that is there is made again, and what is not is made with the same bytes
sha256sum round/*/plan.csv round/*/assessment.csv round/fleet.csv >before
stat -c '%n %Y' round/*/snapshot/SHA256SUMS >collected
rm -r round/dir1/plan.csv round/dir2/assessment.csv
setsid "$fleet" run -j2 >killed 2>&1 &
sleep 0.3
kill -9 -- -$! 2>/dev/null || true
code=0
"$fleet" run -j4 >said 2>&1 || code=$?
test $code = 3 || fail "again: exit code $code: $(cat said)"
sha256sum --quiet -c before || fail 'other bytes'
stat -c '%n %Y' round/*/snapshot/SHA256SUMS | cmp -s - collected || fail 'measured again'

# a policy that changed is one to plan by
printf '[plan]\nseed=2\n' >policy.ini
"$fleet" run -j4 >said 2>&1 || test $? = 3
! grep -q ',1$' round/dir1/plan.csv || fail 'the plan is that of the policy before'
grep -q '^#seed,2' round/dir1/plan.csv || fail "$(grep '^#seed' round/dir1/plan.csv)"

# carried out; a second time there is nothing to do, a second run beside it is refused, one that must be signed is not begun
"$fleet" apply dir1 fine >said 2>&1 || fail "apply: $(cat said)"
grep -q ',succeeded,' round/fine/journal.csv || fail 'nothing was done on the vCenter'
test -d round/dir1/after || fail 'nothing was done on the directory'

# what was carried out is the next round's history
cp round/fine/journal.csv kept.csv
echo 'a row too many' >>round/fine/journal.csv
ROUND=second "$fleet" run -j4 >said 2>&1 || test $? = 3
grep -q '! fine: plan: ./round/fine/journal.csv:' said || fail "the journal is not read: $(cat said)"
cp kept.csv round/fine/journal.csv
ROUND=second "$fleet" run -j4 >said 2>&1 || test $? = 3
test -e second/fine/plan.csv || fail "no plan by a history: $(cat said)"

flock ./.dir3.lock sleep 30 &
sleep 0.3
! "$fleet" apply dir3 >said 2>&1 || fail 'two runs on one site'
grep -q 'dir3: another run is at work on this site' said || fail "$(cat said)"
kill $!
echo 'ops ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJ5QKkVQF2zZ2cJYx0xq5m1pVv1nq3vE0yR5l2Gq0Yk' >signers
printf '[plan]\nseed=2\n[apply]\nrequire_signature=%s/signers\n' "$PWD" >signed.ini
sed -i 's|^dir4,\(.*\),policy.ini,|dir4,\1,signed.ini,|' sites.csv
! "$fleet" apply dir4 >said 2>&1 || fail 'an unsigned plan was begun'
grep -q 'dir4: not begun: ' said || fail "$(cat said)"
test ! -e round/dir4/journal.csv || fail 'an unsigned plan has a journal'

# what sites.csv has wrong is told with its line
printf 'site,source,policy,options\na b,x,,\n' >bad.csv
! SITES=bad.csv "$fleet" run >said 2>&1 || fail 'a bad name'
grep -q 'bad.csv:2: found "a b": expected a name' said || fail "$(cat said)"
