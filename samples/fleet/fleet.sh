#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Many sites: each is measured, evaluated and planned by itself, in a directory of its own, and what came of all of
# them is told as one. A site that fails holds up no other, and a round that was cut short goes on where it was.
#
#     fleet.sh run [-j N]          all of it on this machine, by make, N sites at once (fleet.mk)
#     fleet.sh submit              the same on Slurm's nodes, as job arrays (fleet.sbatch)
#     fleet.sh report              the sites that have been done, as one: assessment, page, figures, plans
#     fleet.sh apply [--slurm] SITE...
#                                  carry out the plans of these sites, here one after the other or as jobs; never two
#                                  on one site
#
# and what those call:
#
#     fleet.sh stage STAGE SITE    collect, analyze or plan one site, unless that has been done
#     fleet.sh task STAGES I       those stages, as collect or analyze,plan, of the I-th lot of sites
#     fleet.sh sites               the names in sites.csv
#
# A round is a directory: ROUND/SITE/{snapshot,assessment.csv,plan.csv,failed,log}, ROUND/fleet.csv, .html, .prom.
# For a new round take a new directory beside it: what was carried out in the rounds beside this one is its plans' history.
#
# sites.csv has a line a site, without quotes: site,source,policy,options.
# site is a name of letters, digits, - and _; source what vmanger-collect takes; policy a policy.ini (empty: the
# defaults); options a file of further options of vmanger-collect and vmanger-apply, one word a line, as
#
#     --username
#     EXAMPLE\svc-vmanger
#     --password-file
#     /etc/vmanger/hamburg.password
#
# A password is in its own file, which its owner alone can read: never in an argument, the environment or a job's record.
#
# Environment:
#   SITES     sites.csv
#   ROUND     the directory of this round (round)
#   LOT       sites that a task of Slurm takes one after the other (4: a task costs Slurm about a second)
#   AT_ONCE   lots whose vCenters are asked at once (20)
#   PARTS     options of sbatch for all jobs, as "--partition=ops --account=it"
set -eu
umask 027
SITES=${SITES:-sites.csv} ROUND=${ROUND:-round} LOT=${LOT:-4} AT_ONCE=${AT_ONCE:-20}
case $0 in
/*) here=${0%/*} ;;
*) here=$(cd "$(dirname "$0")" && pwd) ;;
esac
export SITES ROUND LOT FLEET="$here/fleet.sh"

die() {
    echo "fleet: $*" >&2
    exit 1
}

# the sites, a line each; names policy: with its policy, as site:policy
names() {
    test -r "$SITES" || die "$SITES: cannot be read: expected site,source,policy,options, a line a site"
    awk -F, -v file="$SITES" -v with="${1:-}" '
        NR == 1 { if ($0 != "site,source,policy,options") fault("found \"" $0 "\": expected site,source,policy,options"); next }
        /^#/ || !NF { next }
        NF != 4 { fault("found " NF " cells: expected site,source,policy,options") }
        $1 !~ /^[A-Za-z0-9_-]+$/ { fault("found \"" $1 "\": expected a name of letters, digits, - and _") }
        $2 == "" { fault("found no source") }
        $3 ~ /[ :]/ { fault("found \"" $3 "\": expected a policy whose path has neither spaces nor colons") }
        seen[$1]++ { fault("found " $1 " twice: expected each site once") }
        { print $1 (with ? ":" $3 : "") }
        function fault(words) { print "fleet: " file ":" NR ": " words > "/dev/stderr"; failed = 1; exit 1 }
        END { exit failed }' "$SITES"
}

# site NAME: sets source, policy and options, and the site's directory
site() {
    line=$(grep -m 1 "^$1," "$SITES") || die "$SITES: found no site $1"
    IFS=, read -r _ source policy options <<END
$line
END
    test -z "$options" || test -r "$options" || die "$1: $options: cannot be read: expected options of vmanger-collect"
    dir=$ROUND/$1
}

# with_options COMMAND ARGUMENT...: the command with what the site's file of options says
with_options() {
    if test -n "$options"; then
        while IFS= read -r word || test -n "$word"; do
            test -z "$word" || set -- "$@" "$word"
        done <"$options"
    fi
    "$@"
}

# makes WHAT COMMAND ARGUMENT...: unless that is there. Its exit code 3 is a result too, but for what its warnings name;
# else the last thing that it said is why the site failed.
makes() {
    what=$1
    shift
    test ! -e "$what" || return 0
    code=0
    "$@" >>"$dir/log" 2>&1 || code=$?
    if { test "$code" -eq 0 || test "$code" -eq 3; } && test -e "$what"; then
        test ! -e "$dir/failed" || rm "$dir/failed"
        return 0
    fi
    tail -n 1 "$dir/log" >"$dir/failed.new" && mv "$dir/failed.new" "$dir/failed"
    echo "fleet: $(basename "$dir"): $(cat "$dir/failed")" >&2
    return 1
}

# outdated WHAT SOURCE...: goes where one of those that it is made of is newer
outdated() {
    what=$1
    shift
    for made_of; do
        test -z "$made_of" || test ! "$made_of" -nt "$what" || rm -f "$what"
    done
}

stage() {
    site "$2"
    test -d "$dir" || mkdir -p "$dir"
    set -- "$1"
    test -z "$policy" || set -- "$1" --policy "$policy"
    case $1 in
    collect)
        makes "$dir/snapshot/SHA256SUMS" with_options vmanger-collect --quiet "$source" -o "$dir/snapshot"
        ;;
    analyze)
        shift
        test -e "$dir/snapshot/SHA256SUMS" || return 1
        outdated "$dir/assessment.csv" "$dir/snapshot/SHA256SUMS" "$policy"
        makes "$dir/assessment.csv" vmanger-analyze --quiet "$@" "$dir/snapshot" -o "$dir/assessment.csv" \
            --html "$dir/report.html"
        ;;
    plan)
        shift
        test -e "$dir/assessment.csv" || return 1
        outdated "$dir/plan.csv" "$dir/assessment.csv" "$policy"
        for journal in "$(dirname "$ROUND")"/*/"${dir##*/}"/journal.csv; do
            test ! -e "$journal" || test "$journal" -ef "$dir/journal.csv" || set -- "$@" --history "$journal"
        done
        makes "$dir/plan.csv" vmanger-plan --quiet --threads 1 "$@" "$dir/snapshot" "$dir/assessment.csv" \
            -o "$dir/plan.csv" --html "$dir/review.html"
        ;;
    *) die "found $1: expected collect, analyze or plan" ;;
    esac
}

# The I-th lot of sites, one after the other. It ends well whatever its sites do: what became of each is in its
# directory, and a job that waits for this one must not wait for ever.
task() {
    all=$(names) first=$(($2 * LOT + 1))
    for name in $(echo "$all" | sed -n "$first,$((first + LOT - 1))p"); do
        for each in $(echo "$1" | tr , ' '); do
            "$FLEET" stage "$each" "$name" || break
        done
    done
}

# With -k make goes on where a site fails; the report is of those that did not.
run() {
    names >/dev/null
    make -f "$here/fleet.mk" -k --no-print-directory "$@" sites || true
    report
}

report() {
    all=$(names) code=0
    mkdir -p "$ROUND"
    set --
    for name in $all; do
        set -- "$@" "$ROUND/$name/assessment.csv"
        test ! -e "$ROUND/$name/failed" || echo "  ! $name: $(cat "$ROUND/$name/failed")"
    done
    vmanger-analyze --merge "$@" -o "$ROUND/fleet.csv" --html "$ROUND/fleet.html" --prometheus "$ROUND/fleet.prom" || code=$?
    test "$code" -eq 0 || test "$code" -eq 3 || return "$code"
    set --
    for name in $all; do
        test ! -e "$ROUND/$name/plan.csv" || set -- "$@" "$ROUND/$name/plan.csv"
    done
    test $# -eq 0 || vmanger-plan --show "$@" || code=$?
    return "$code"
}

# sbatch hands the environment on to jobs and keeps it with them: a password in it must not go along.
batch() {
    # shellcheck disable=SC2086 # PARTS is a list of words
    env -u GOVC_PASSWORD -u GOVC_URL sbatch --parsable ${PARTS:-} "$@"
}

# Slurm numbers the tasks of an array from 0 to below MaxArraySize: where there are more lots, lots grow.
submit() {
    n=$(names | wc -l)
    test "$n" -gt 0 || die "$SITES: found no site"
    most=$(scontrol show config | sed -n 's/^MaxArraySize *= *//p')
    test "$(((n + LOT - 1) / LOT))" -le "$most" || LOT=$(((n + most - 1) / most))
    last=$(((n + LOT - 1) / LOT - 1))
    mkdir -p "$ROUND"
    job() { batch --output="$ROUND/slurm-%x-%A_%a.log" --requeue "$@"; }
    collect=$(job --job-name=collect --array="0-$last%$AT_ONCE" "$here/fleet.sbatch" task collect)
    decide=$(job --job-name=decide --array="0-$last" --dependency="aftercorr:$collect" --kill-on-invalid-dep=yes \
        "$here/fleet.sbatch" task analyze,plan)
    merge=$(job --job-name=report --dependency="afterany:$decide" "$here/fleet.sbatch" report)
    echo "collect $collect, decide $decide, report $merge; ROUND=$ROUND LOT=$LOT"
}

# vmanger-apply by the site's policy
with_policy() {
    test -z "$policy" || set -- "$@" --policy "$policy"
    vmanger-apply --quiet "$@"
}

# A plan is rehearsed on its own snapshot first, which looks at signatures where the policy requires them, and tries
# every step: what does not pass is not begun.
rehearse() {
    rm -rf "$dir/rehearsal" "$dir/rehearsal.journal.csv"
    code=0
    with_policy --max-age 0 "$dir/plan.csv" "$dir/snapshot" -o "$dir/rehearsal" >>"$dir/log" 2>&1 || code=$?
    rm -rf "$dir/rehearsal" "$dir/rehearsal.journal.csv"
    return "$code"
}

apply() {
    failed=0 by=here
    test "${1:-}" != --slurm || { by=slurm && shift; }
    test $# -gt 0 || die "apply: expected the sites whose plans shall be carried out"
    for name; do
        site "$name"
        test -e "$dir/plan.csv" || die "$name: found no $dir/plan.csv"
        if ! rehearse; then
            echo "fleet: $name: not begun: $(tail -n 1 "$dir/log")" >&2
            failed=1
        elif test "$by" = slurm; then
            batch --job-name="apply-$name" --dependency=singleton --output="$dir/apply-%j.log" \
                "$here/fleet.sbatch" carry-out "$name"
        else
            "$FLEET" carry-out "$name" || failed=1
        fi
    done
    return "$failed"
}

# One run a site, whatever the round: a second one is refused while the first is at work.
carry_out() {
    site "$1"
    exec 9>"$(dirname "$SITES")/.$1.lock"
    flock -n 9 || die "$1: another run is at work on this site"
    set -- "$dir/plan.csv" "$source" --journal "$dir/journal.csv"
    test ! -d "$source" || set -- "$@" -o "$dir/after"
    code=0
    with_options with_policy "$@" || code=$?
    echo "fleet: apply ended with $code" >>"$dir/log"
    return "$code"
}

command=${1:-}
test $# -eq 0 || shift
case $command in
sites) names ;;
run | submit | report | apply) "$command" "$@" ;;
stage | task) test $# -eq 2 || die "$command takes two arguments" && "$command" "$@" ;;
policies) names policy ;;
carry-out) carry_out "$@" ;;
*) die "found \"$command\": expected run, submit, report, apply, stage, task or sites" ;;
esac
