# SPDX-License-Identifier: MIT
# The example scripts work as they stand: the cycle measures, evaluates, plans and cleans up; the gate tells
# a vCenter that needs nothing from one that needs a decision.
mkdir bin
for stage in collect analyze plan apply; do
    ln -s "$BIN/$stage" "bin/vmanger-$stage"
done
PATH=$PWD/bin:$PATH
fail() {
    echo "$1"
    exit 1
}

# A cycle on the sample, in place of a vCenter: quiet, and all its results in their places.
# Its collect names no source, as GOVC_URL may hold a password: here it gets the sample for one.
export VMANGER_DIR="$PWD/kept" SOURCE="$TOP/samples/snapshot"
rm bin/vmanger-collect
cat >bin/vmanger-collect <<EOF
#!/bin/sh
exec "$BIN/collect" "\$@" "\$SOURCE"
EOF
chmod +x bin/vmanger-collect
mkdir -p kept/snapshots/2020-01-01T000000Z
touch -d '2020-01-01' kept/snapshots/2020-01-01T000000Z
"$TOP/samples/cycle.sh" >said 2>&1 || fail "the cycle failed: $(cat said)"
test ! -s said || fail "the cycle said: $(cat said)"
test -f kept/snapshots/latest/SHA256SUMS || fail "no snapshot"
test -f kept/assessments/2026-11-20T201500Z.csv || fail "no assessment"
grep -q ',migrate,' kept/plans/latest.csv || fail "no plan"
test ! -e kept/snapshots/2020-01-01T000000Z || fail "an old snapshot was kept"

# A second one that cannot measure fails and keeps the newest.
SOURCE=$PWD/nothing "$TOP/samples/cycle.sh" >said 2>&1 && fail "a cycle without a source succeeded"
test -s said || fail "a cycle without a source said nothing"
test -f kept/snapshots/latest/SHA256SUMS || fail "a failed cycle lost the newest snapshot"

# One at a time.
exec 8>kept/lock
flock -n 8
"$TOP/samples/cycle.sh" >said 2>&1 8>&- || fail "a locked cycle failed"
grep -q 'still at work' said || fail "a second cycle ran beside the first"
exec 8>&-

# The gate: 2 where a person must decide, 0 where nothing is to do or nothing helps, 1 where nothing can be said.
code=0
"$TOP/samples/gate.sh" "$TOP/samples/snapshot" review >said 2>&1 || code=$?
test "$code" -eq 2 || fail "the gate's exit code on the sample is $code: $(cat said)"
grep -q '^Plan: ' said || fail "the gate shows no plan"
"$BUILD/tests/generate" --vms 120 --fill-cpu 10 --hot 0 --short 0 --odd 0 --rules 0 -o calm
code=0
"$TOP/samples/gate.sh" calm calm-review >said 2>&1 || code=$?
test "$code" -eq 0 || fail "the gate's exit code on a calm cluster is $code: $(cat said)"
printf '[plan]\nexclude_hosts=*\n' >stuck.ini
code=0
"$TOP/samples/gate.sh" "$TOP/samples/snapshot" stuck-review stuck.ini >said 2>&1 || code=$?
test "$code" -eq 0 || fail "the gate's exit code where no step helps is $code: $(cat said)"
grep -q 'stays hot' said || fail "the gate does not show what no step solves"
code=0
"$TOP/samples/gate.sh" nothing none >said 2>&1 || code=$?
test "$code" -eq 1 || fail "the gate's exit code on nothing is $code"
