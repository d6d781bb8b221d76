# SPDX-License-Identifier: MIT
# plan takes every load from the assessment: samples.csv may be gone.
. "$TOP/tests/pipeline/lib/applying.sh"
cp -r "$before" snapshot
chmod -R u+w snapshot
rm snapshot/samples.csv
exits 0 "$BIN/plan" -q snapshot assessment.csv -o without.csv
cmp plan.csv without.csv
exits 0 "$BIN/plan" -q --check plan.csv snapshot assessment.csv -o checked.csv
exits 0 "$BIN/plan" --explain "$(sed -n 's/^host,\([^,]*\),.*/\1/p' assessment.csv | head -1)" snapshot assessment.csv
exits 1 "$BIN/analyze" -q snapshot -o no.csv
