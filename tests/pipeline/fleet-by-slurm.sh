# SPDX-License-Identifier: MIT
# The same fleet as Slurm's job arrays, on a cluster of this machine that lasts as long as the test: its own munge,
# slurmctld and slurmd, on ports and in directories of its own. A job that is requeued in its work is done once more.
. "$TOP/tests/pipeline/lib/fleet.sh"
trap 'slurm_ends; test -z "$servers" || kill $servers 2>/dev/null; true' EXIT
. "$TOP/tests/pipeline/lib/slurm.sh"

# 12 sites in lots of one would be more tasks than MaxArraySize has: lots grow
GOVC_PASSWORD=not-to-be-kept LOT=1 AT_ONCE=2 "$fleet" submit >submitted || fail "submit: $(cat submitted)"
grep -q 'LOT=3$' submitted || fail "$(cat submitted)"
! grep -rqa not-to-be-kept state spool || fail 'a password of the environment is kept with the jobs'
collect=$(sed 's/collect \([0-9]*\),.*/\1/' submitted)
is_at_work() { squeue -h -t running -o %F | grep -q "^$collect$"; }
waits_for 30 is_at_work
task=$(squeue -h -t running -o '%F_%K' | grep "^${collect}_" | tail -n 1)
scontrol requeue "$task" || fail "$task cannot be requeued"
is_over() { test -z "$(squeue -h)"; }
waits_for 120 is_over
mv round/slurm-report-*.log said
as_one round

# what make does of the same snapshots is the same
cp -r round again
rm again/*/plan.csv again/*/assessment.csv
ROUND=again "$fleet" run -j2 >made 2>&1 || test $? = 3
for made in again/*/plan.csv again/*/assessment.csv; do
    cmp -s "$made" "round/${made#again/}" || fail "$made differs"
done

# a plan is carried out as a job, and one at a time on a site
"$fleet" apply --slurm dir1 dir2 >said || fail "apply: $(cat said)"
waits_for 60 is_over
for site in dir1 dir2; do
    grep -q ',succeeded,' "round/$site/after.journal.csv" "round/$site/journal.csv" 2>/dev/null ||
        fail "$site: $(cat round/$site/log round/$site/apply-*.log)"
done
