# SPDX-License-Identifier: MIT
# --show ends with what one signs: how much is approved, the digest of the file's bytes and of the plan's policy. A
# part of a plan is not signed, and not told so of.
. "$TOP/tests/pipeline/lib/applying.sh"
sed '/^step,/{s/,yes,/,no,/;:a;n;ba}' plan.csv >edited.csv
"$BIN/plan" --show edited.csv >said
says "To sign: $((steps - 1)) of $steps steps approved"
says "SHA-256 of the file  $(sha256sum <edited.csv | cut -d ' ' -f 1)"
says "policy's digest      $(sed -n 's/^#policy,//p' edited.csv)"
"$BIN/plan" --show edited.csv --only advice >said
! grep -q 'To sign' said || fail 'a part is told to be signed'
