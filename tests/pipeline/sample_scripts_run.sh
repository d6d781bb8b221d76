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
# a directory keeps no statistics: that they are asked for is noted
if test "\$1 \$2 \$3" = '--quiet --history 7d'; then
    echo asked >>asked
    shift 3
    set -- --quiet "\$@"
fi
exec "$BIN/collect" "\$@" "\$SOURCE"
EOF
chmod +x bin/vmanger-collect
mkdir -p kept/snapshots/2020-01-01T000000Z
touch -d '2020-01-01' kept/snapshots/2020-01-01T000000Z
"$TOP/samples/cycle.sh" >said 2>&1 || fail "the cycle failed: $(cat said)"
test ! -s said || fail "the cycle said: $(cat said)"
test -f kept/snapshots/latest/SHA256SUMS || fail "no snapshot"
test -f asked || fail "the first cycle does not ask for what the vCenter kept"
test -f kept/assessments/2026-11-20T201500Z.csv || fail "no assessment"
grep -q ',migrate,' kept/plans/latest.csv || fail "no plan"
test ! -e kept/snapshots/2020-01-01T000000Z || fail "an old snapshot was kept"

# A second one that cannot measure fails and keeps the newest.
SOURCE=$PWD/nothing "$TOP/samples/cycle.sh" >said 2>&1 && fail "a cycle without a source succeeded"
test -s said || fail "a cycle without a source said nothing"
test "$(wc -l <asked)" = 1 || fail "the second cycle asks for it again"
test -f kept/snapshots/latest/SHA256SUMS || fail "a failed cycle lost the newest snapshot"

# What was applied, with a journal of its own or with one beside the plan, is history; neither it nor its plan is ever
# cleaned away, while a plan that nobody applied is.
for old in applied beside nobody; do
    cp kept/plans/2026-11-20T201500Z.csv "kept/plans/$old.csv"
done
"$BIN/apply" -q kept/plans/applied.csv "$TOP/samples/snapshot" -o after --journal kept/journals/applied.csv
cp kept/journals/applied.csv kept/plans/beside.journal.csv
touch -d '2020-01-01' kept/plans/applied.csv kept/plans/beside.csv kept/plans/beside.journal.csv kept/plans/nobody.csv \
    kept/journals/applied.csv
rm -r kept/snapshots/2026-11-20T201500Z kept/snapshots/latest
"$TOP/samples/cycle.sh" >said 2>&1 || fail "a cycle after an apply failed: $(cat said)"
for journal in journals/applied.csv plans/beside.journal.csv; do
    grep -q "warning: $PWD/kept/$journal: found a rehearsal" said || fail "$journal was not read"
done
for there in journals/applied.csv plans/beside.journal.csv plans/applied.csv plans/beside.csv; do
    test -f "kept/$there" || fail "$there was cleaned away"
done
test ! -e kept/plans/nobody.csv || fail "an old plan that nobody applied was kept"

# The environment's file is taken as it stands: backslashes, dollars, spaces, quotes around it.
cat >environment <<'EOF'
# a comment
GOVC_USERNAME=EXAMPLE\svc-vmanger
GOVC_PASSWORD='a$b c\d"'
GOVC_URL="https://vcenter.example/sdk"
NOT A NAME=x
https_proxy=http://proxy:3128
EOF
printf 'VMANGER_KEEP=8' >>environment
rm bin/vmanger-analyze
cat >bin/vmanger-analyze <<'EOF'
#!/bin/sh
printf '%s\n' "$GOVC_USERNAME" "$GOVC_PASSWORD" "$GOVC_URL" "$https_proxy" "$VMANGER_KEEP" >environment.read
exit 1
EOF
rm -r kept/snapshots/2026-11-20T201500Z kept/snapshots/latest
chmod +x bin/vmanger-analyze
VMANGER_ENVIRONMENT=$PWD/environment "$TOP/samples/cycle.sh" >said 2>&1 && fail "an analyze that fails was not noticed"
cat >environment.expected <<'EOF'
EXAMPLE\svc-vmanger
a$b c\d"
https://vcenter.example/sdk
http://proxy:3128
8
EOF
diff environment.expected environment.read || fail "the environment was read otherwise"
VMANGER_ENVIRONMENT=$PWD/none "$TOP/samples/cycle.sh" >said 2>&1 && fail "a cycle without its environment succeeded"
grep -q "none: .* cannot read it: owner root" said || fail "nothing was said of the environment's file: $(cat said)"
ln -sf "$BIN/analyze" bin/vmanger-analyze
grep -v '^#' "$TOP/samples/vmanger.cron" | grep '\\' && fail "cron knows no lines that go on"

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
