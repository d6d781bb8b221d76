#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The five-minute cycle: measure, evaluate, plan. It never changes anything: a plan waits until someone reads it
# and runs vmanger-apply. vmanger.cron and vmanger.timer run this; copy it to /usr/local/bin/vmanger-cycle.
#
# It says nothing while all is well, so that cron's mail and systemd's OnFailure mean something.
#
# Environment:
#   VMANGER_DIR      where everything is kept (/var/lib/vmanger)
#   VMANGER_POLICY   policy.ini (the defaults without one)
#   VMANGER_KEEP     days that snapshots are kept (7; one of 40,000 VMs takes 75 MB, five minutes apart 150 GB)
#   GOVC_URL, GOVC_USERNAME, GOVC_PASSWORD, GOVC_TLS_CA_CERTS    the vCenter, as govc reads them; keep them in
#       a file that only this user can read. Reading needs no more than the role Read-only on the vCenter.
set -eu
umask 027

dir=${VMANGER_DIR:-/var/lib/vmanger}
keep=${VMANGER_KEEP:-7}
mkdir -p "$dir/snapshots" "$dir/assessments" "$dir/plans" "$dir/journals"

# One cycle at a time: a slow vCenter must not pile them up. The lock goes with the process, also when it dies.
exec 9>"$dir/lock"
flock -n 9 || { echo "vmanger: the cycle before is still at work"; exit 0; } >&2

# Exit code 3: the snapshot is complete but for what the warnings name; they are on standard error.
code=0
vmanger-collect --quiet --archive "$dir/snapshots" || code=$?
test "$code" -eq 0 || test "$code" -eq 3

name=$(readlink "$dir/snapshots/latest")
snapshot=$dir/snapshots/$name
assessment=$dir/assessments/$name.csv
plan=$dir/plans/$name.csv

set -- --quiet
test -z "${VMANGER_POLICY:-}" || set -- "$@" --policy "$VMANGER_POLICY"
vmanger-analyze "$@" "$snapshot" -o "$assessment"

# What was applied before counts: its journals keep a VM from being moved or enlarged again too soon.
for journal in "$dir"/journals/*.csv; do
    test ! -e "$journal" || set -- "$@" --history "$journal"
done
vmanger-plan "$@" "$snapshot" "$assessment" -o "$plan"
ln -sfn "$name.csv" "$dir/plans/latest.csv"

# Old snapshots go, the newest stays whatever its age. Assessments and plans are small: they stay 90 days.
find "$dir/snapshots" -mindepth 1 -maxdepth 1 -type d ! -name "$name" -mtime +"$keep" -exec rm -rf {} +
find "$dir/assessments" "$dir/plans" -name '*.csv' -type f ! -name "$name.csv" -mtime +90 -exec rm -f {} +
