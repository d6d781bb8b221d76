#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The five-minute cycle: measure, evaluate, plan. It changes nothing unless VMANGER_APPLY says so: a plan waits until
# someone reads it and applies it, say
#
#     vmanger-apply /var/lib/vmanger/plans/2026-11-21T201500Z.csv - --journal /var/lib/vmanger/journals/2026-11-21T201500Z.csv
#
# vmanger.cron and vmanger.timer run this; copy it to /usr/local/bin/vmanger-cycle.
#
# It says nothing while all is well, so that cron's mail and systemd's OnFailure mean something.
#
# Environment:
#   VMANGER_ENVIRONMENT  a file with any of what follows, NAME=value, one a line (/etc/vmanger/environment below cron and
#                        systemd). It holds a password: owner root, group vmanger, mode 0640, so that the user that runs
#                        this can read it and nobody else. Values are taken as they stand, but for a pair of quotes
#                        around them: GOVC_USERNAME=EXAMPLE\svc-vmanger needs no second backslash
#   VMANGER_DIR          where everything is kept (/var/lib/vmanger)
#   VMANGER_POLICY       policy.ini (the defaults without one)
#   VMANGER_KEEP         days that snapshots are kept (7; one of 40,000 VMs takes 75 MB, five minutes apart 150 GB)
#   VMANGER_APPLY        yes: carry out the plan at once. What the vCenter refuses is left out, and not asked for again
#   GOVC_URL, GOVC_USERNAME, GOVC_PASSWORD, GOVC_TLS_CA_CERTS    the vCenter, as govc reads them. Reading needs no more
#                        than the role Read-only on the vCenter
set -eu
umask 027

# NAME=value lines, without a shell or systemd to take backslashes, dollars or spaces for something else.
read_environment() {
    while IFS= read -r line || test -n "$line"; do
        name=${line%%=*} value=${line#*=}
        case $name in "$line" | '' | [!A-Za-z_]* | *[!A-Za-z0-9_]*) continue ;; esac
        case $value in \'*\') value=${value#\'} value=${value%\'} ;; \"*\") value=${value#\"} value=${value%\"} ;; esac
        export "$name=$value"
    done <"$1"
}
if test -n "${VMANGER_ENVIRONMENT:-}"; then
    test -r "$VMANGER_ENVIRONMENT" || {
        echo "vmanger: $VMANGER_ENVIRONMENT: $(id -un) cannot read it: owner root, group $(id -gn), mode 0640"
        exit 1
    } >&2
    read_environment "$VMANGER_ENVIRONMENT"
fi

dir=${VMANGER_DIR:-/var/lib/vmanger}
keep=${VMANGER_KEEP:-7}
mkdir -p "$dir/snapshots" "$dir/assessments" "$dir/plans" "$dir/journals"

# One cycle at a time: a slow vCenter must not pile them up. The lock goes with the process, also when it dies.
exec 9>"$dir/lock"
flock -n 9 || { echo "vmanger: the cycle before is still at work"; exit 0; } >&2

# The first snapshot brings the week before along, by the vCenter's own statistics: the history begins with it.
set -- --quiet
test -e "$dir/snapshots/latest" || set -- "$@" --history 7d

# Exit code 3: the snapshot is complete but for what the warnings name; they are on standard error.
code=0
vmanger-collect "$@" --archive "$dir/snapshots" || code=$?
test "$code" -eq 0 || test "$code" -eq 3

name=$(readlink "$dir/snapshots/latest")
snapshot=$dir/snapshots/$name
assessment=$dir/assessments/$name.csv
plan=$dir/plans/$name.csv
journal=$dir/journals/$name.csv

set -- --quiet
test -z "${VMANGER_POLICY:-}" || set -- "$@" --policy "$VMANGER_POLICY"
vmanger-analyze "$@" "$dir/snapshots" -o "$assessment"

# What was applied before counts: its journals keep a VM from being moved or enlarged again too soon, and from what the
# vCenter refused. A plan that was applied without --journal has its own beside it.
plan_with_history() {
    for past in "$dir"/journals/*.csv "$dir"/plans/*.journal.csv; do
        test ! -e "$past" || set -- "$@" --history "$past"
    done
    vmanger-plan "$@" "$snapshot" "$assessment" -o "$plan"
}
plan_with_history "$@"
ln -sfn "$name.csv" "$dir/plans/latest.csv"

# Old snapshots go, the newest stays whatever its age. Assessments and plans are small: they stay 90 days. Journals are
# the audit trail: they stay, and so do the plans that they tell of.
find "$dir/snapshots" -mindepth 1 -maxdepth 1 -type d ! -name "$name" -mtime +"$keep" -exec rm -rf {} +
find "$dir/assessments" -name '*.csv' -type f ! -name "$name.csv" -mtime +90 -exec rm -f {} +
find "$dir/plans" -name '*.csv' -type f ! -name "$name.csv" ! -name '*.journal.csv' -mtime +90 |
    while IFS= read -r old; do
        applied=${old##*/}
        test -e "${old%.csv}.journal.csv" || test -e "$dir/journals/$applied" || rm -f "$old"
    done

# Exit code 3: what failed is on standard error, and with what was refused in the journal; the next cycle plans anew.
# Exit code 4 without a journal: nothing was begun, since it is an hour of [apply] blackout, which is no fault.
test "${VMANGER_APPLY:-no}" = yes && grep -q '^step,' "$plan" || exit 0
code=0
vmanger-apply "$@" --skip-refused --journal "$journal" "$plan" - 2>"$dir/apply.said" || code=$?
test "$code" -ne 4 || test -e "$journal" || exit 0
cat "$dir/apply.said" >&2
test "$code" -eq 0 || test "$code" -eq 3
