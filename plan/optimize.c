/* SPDX-License-Identifier: MIT */
#include "plan/optimize.h"

#include "analyze/roles.h"
#include "plan/admission.h"
#include "plan/clusterproblem.h"
#include "plan/clusterstatus.h"
#include "plan/evacuation.h"
#include "plan/growth.h"
#include "plan/headroom.h"
#include "plan/jobs.h"
#include "plan/leftover.h"
#include "plan/power.h"
#include "plan/reasons.h"
#include "plan/sequence.h"
#include "plan/solver/search.h"
#include "plan/threshold.h"
#include "plan/timeshare.h"
#include "plan/trim.h"
#include "plan/unsolved.h"
#include "plan/vcpus.h"
#include "plan/window.h"

#include <math.h>
#include <string.h>

#define MOST_ATTEMPTS 3    /* at a placement that can be put into order */
#define BALANCE_HALVINGS 6 /* of the moves that balance is worth */
#define BOUNDED_ROUNDS 4   /* of a search whose work is bounded: every second one looks for fewer moves */

/* one cluster's work, done by one thread */
typedef struct Job {
    const Situation *situation;
    const GArray *threshold; /* Change: the other strategy's */
    guint cluster;
    gboolean wanted, for_advice, without_balance;
    int max_moves;            /* -1: any number */
    TimeShare *time;          /* borrowed */
    const struct Job *before; /* whose changes are gone on from as long as there is time; NULL: by work */
    GArray *changes;          /* Change: the result, with neither reasons nor order */
    GArray *blocked;          /* Change: what a search wanted too and had no safe order */
    double *held_back_mib;    /* [n_hosts] so that VMs can be restarted there; NULL: nothing */
    SearchStop stopped_by;
    double evenest; /* points of unevenness of the search's result, before steps were taken out; NAN before
                       one */
    GError *error;
} Job;

/* going on, every attempt searches elsewhere and leaves the later ones half of the time */
static SearchOptions search_options(const Job *job, int attempts, gint64 end_us)
{
    const Situation *situation = job->situation;
    double seconds = end_us ? time_share_seconds(end_us) : 0;
    if (job->before && attempts < MOST_ATTEMPTS - 1)
        seconds /= 2;
    return (SearchOptions){.seed = (uint64_t)situation->start->policy->seed +
                                   (job->before ? 1 + (uint64_t)attempts : 0),
                           .threads = 1,
                           .time_limit_s = seconds,
                           .goes_on = job->before != NULL,
                           .work_limit = situation->search_work,
                           .least_rounds = BOUNDED_ROUNDS};
}

/* a placement whose changes have a safe order */
typedef struct Candidate {
    Placement *placement;
    Cost cost;
    GArray *changes; /* Change */
    int lost;        /* a VM whose restart kept some changes out; -1 for none */
} Candidate;

static void candidate_clear(Candidate *candidate)
{
    g_clear_pointer(&candidate->placement, placement_free);
    g_clear_pointer(&candidate->changes, g_array_unref);
}

/* moves the changes that must not be made after those before them to stuck: additions that budgets have no
 * room for together, and under ha_check=hard what leaves a VM with no host to be restarted on where it had
 * one. Returns such a VM, where changes were moved for its sake, or -1 */
static int take_out_unsafe(const Situation *situation, guint cluster, GArray *ordered, GArray *stuck)
{
    gboolean grows = FALSE, hard = situation->start->policy->ha_check == HA_CHECK_HARD;
    for (guint i = 0; i < ordered->len && !grows; i++)
        grows = action_is_growth(g_array_index(ordered, Change, i).action);
    g_autoptr(Model) end = hard ? model_after(situation->start, ordered) : NULL;
    int lost = hard ? legality_newly_lost(situation->legality, end, cluster) : -1;
    if (!grows && lost < 0)
        return -1;
    gboolean kept_out = FALSE;
    g_autoptr(Model) now = model_copy(situation->start);
    for (guint i = 0; i < ordered->len;) {
        Change *change = &g_array_index(ordered, Change, i);
        guint questions =
            (action_is_growth(change->action) ? LEGAL_BUDGET : 0) | (lost >= 0 ? LEGAL_FAILOVER : 0);
        g_auto(Obstacle) why = {0};
        if (legality_allows(situation->legality, now, change, questions, &why)) {
            change_apply(now, change);
            i++;
            continue;
        }
        kept_out |= why.code == OBSTACLE_FAILOVER;
        g_array_append_vals(stuck, change, 1);
        *change = (Change){.vm = -1};
        g_array_remove_index(ordered, i);
    }
    return kept_out ? lost : -1;
}

/* Growths that must not be made are not given to the same VMs again. */
static void note_refused(const ClusterProblem *problem, const GArray *stuck, gboolean *refused)
{
    for (guint i = 0; i < stuck->len; i++) {
        int growth = cluster_problem_growth(problem, &g_array_index(stuck, Change, i));
        if (growth >= 0)
            refused[growth] = TRUE;
    }
}

/* takes out of a placement what min_gain does not keep and what no safe order is found for, and what that
 * leaves behind, until the rest has one; blocked gets the changes that had none at first. lost
 * is then a VM for whose restart changes were taken out, or -1 */
static Candidate settle(const Situation *situation, const ClusterProblem *problem, Placement *placement,
                        GArray *blocked)
{
    Candidate settled = {.placement = placement, .lost = -1};
    g_autofree gboolean *refused = g_new0(gboolean, problem->growing->len + 1);
    for (guint left = 1; left > 0;) {
        g_autoptr(GArray) ordered = change_list_new();
        g_autoptr(GArray) stuck = change_list_new();
        g_clear_pointer(&settled.changes, g_array_unref);
        settled.changes = change_list_new();
        vcpus_assign(problem, situation->start, refused, placement);
        trim_placement(problem, situation->start, placement);
        vcpus_assign(problem, situation->start, refused, placement);
        cluster_problem_changes(problem, situation->start, placement, settled.changes);
        reasons_order(situation, settled.changes);
        g_array_append_vals(ordered, settled.changes->data, settled.changes->len);
        sequence_order(situation, ordered, stuck);
        if (blocked->len == 0)
            g_array_append_vals(blocked, stuck->data, stuck->len);
        int lost = take_out_unsafe(situation, problem->cluster, ordered, stuck);
        settled.lost = settled.lost < 0 ? lost : settled.lost;
        note_refused(problem, stuck, refused);
        cluster_problem_take_out(problem, stuck, placement);
        left = stuck->len;
    }
    int64_t violations = 0;
    settled.cost = problem_cost(problem->problem, placement, &violations);
    if (violations > 0)
        candidate_clear(&settled);
    return settled;
}

/* keeps the better of the two in best, and frees the other */
static void keep_better(Candidate *best, Candidate *other)
{
    if (other->placement && (!best->placement || cost_compare(&other->cost, &best->cost) < 0)) {
        Candidate worse = *best;
        *best = *other;
        *other = worse;
    }
    candidate_clear(other);
}

/* today's placement, or the other strategy's where that is better */
static Candidate better_start(const Job *job, const Situation *situation, const ClusterProblem *problem)
{
    g_autoptr(GArray) blocked = change_list_new();
    Candidate best = settle(situation, problem, placement_new(problem->problem), blocked);
    Candidate threshold = settle(situation, problem, cluster_problem_place(problem, job->threshold), blocked);
    keep_better(&best, &threshold);
    return best;
}

static void forbid(GArray *forbidden, const GArray *blocked)
{
    for (guint i = 0; i < blocked->len; i++) {
        const Change *change = &g_array_index(blocked, Change, i);
        guint vm = (guint)change->vm, host = (guint)change->to;
        if (change->action != ACTION_MIGRATE)
            continue;
        g_array_append_val(forbidden, vm);
        g_array_append_val(forbidden, host);
    }
}

/* from here on as much can be reserved on the VM's host for its restart as it holds */
static void hold_back(Job *job, guint vm)
{
    const Model *start = job->situation->start;
    int host = legality_restart_host(job->situation->legality, vm);
    if (host < 0)
        return;
    if (!job->held_back_mib)
        job->held_back_mib = g_new0(double, start->snapshot->n_hosts + 1);
    job->held_back_mib[host] = MAX(job->held_back_mib[host], model_vm_memory_held(start, vm));
}

static double unevenness_after(const Job *job, const GArray *changes)
{
    g_autoptr(Model) end = model_after(job->situation->start, changes);
    return cluster_unevenness(end, job->cluster);
}

static void note_evenest(Job *job, const ClusterProblem *problem, const Placement *placement)
{
    if (job->situation->start->policy->balance != BALANCE_HIGH || !isnan(job->evenest))
        return;
    g_autoptr(GArray) changes = change_list_new();
    cluster_problem_changes(problem, job->situation->start, placement, changes);
    job->evenest = unevenness_after(job, changes);
}

/* one search from the best placement known; FALSE where nothing stands in the way of what it found */
static gboolean attempt(Job *job, ClusterProblem **searched, GArray *forbidden, const SearchOptions *how,
                        Candidate *best)
{
    const Situation *situation = job->situation;
    ClusterProblemOptions options = {.for_advice = job->for_advice,
                                     .without_balance = job->without_balance,
                                     .max_moves = job->max_moves,
                                     .held_back_mib = job->held_back_mib,
                                     .forbidden = forbidden->len ? forbidden : NULL};
    ClusterProblem *problem = cluster_problem_new(situation, job->cluster, &options, &job->error);
    if (!problem)
        return FALSE;
    cluster_problem_free(*searched);
    *searched = problem;
    if (!best->placement)
        *best = better_start(job, situation, problem);
    int64_t violations = 0;
    problem_cost(problem->problem, best->placement, &violations);
    SearchResult found = search(problem->problem, violations ? NULL : best->placement, how);
    job->stopped_by = found.stopped_by;
    note_evenest(job, problem, found.best);
    g_autoptr(GArray) blocked = change_list_new();
    Candidate settled = settle(situation, problem, found.best, blocked);
    gboolean again = blocked->len > 0 || settled.lost >= 0;
    if (settled.lost >= 0)
        hold_back(job, (guint)settled.lost);
    keep_better(best, &settled);
    forbid(forbidden, blocked);
    g_array_append_vals(job->blocked, blocked->data, blocked->len);
    return again;
}

/* gives the best placement what headroom there is, as far as a safe order is found for that */
static void widen(const Situation *situation, const ClusterProblem *problem, GArray *avoid, Candidate *best)
{
    int64_t violations = 0;
    problem_cost(problem->problem, best->placement, &violations);
    for (int i = 0; violations == 0 && i < MOST_ATTEMPTS; i++) {
        Candidate wider = {.placement = placement_copy(problem->problem, best->placement),
                           .changes = change_list_new()};
        g_autoptr(GArray) ordered = change_list_new();
        g_autoptr(GArray) stuck = change_list_new();
        headroom_widen(problem, situation->start, avoid, wider.placement);
        cluster_problem_changes(problem, situation->start, wider.placement, wider.changes);
        reasons_order(situation, wider.changes);
        g_array_append_vals(ordered, wider.changes->data, wider.changes->len);
        sequence_order(situation, ordered, stuck);
        take_out_unsafe(situation, problem->cluster, ordered, stuck);
        forbid(avoid, stuck);
        if (stuck->len > 0) {
            candidate_clear(&wider);
            continue;
        }
        candidate_clear(best);
        *best = wider;
        return;
    }
}

/* what stood in the way before does so again */
static void inherit(Job *job, GArray *forbidden)
{
    const Job *before = job->before;
    forbid(forbidden, before->blocked);
    g_array_append_vals(job->blocked, before->blocked->data, before->blocked->len);
    if (before->held_back_mib)
        job->held_back_mib =
            g_memdup2(before->held_back_mib, sizeof(double) * (job->situation->start->snapshot->n_hosts + 1));
}

/* What cannot be put into a safe order is forbidden, and the search made again, a few times. */
static void do_job(Job *job)
{
    g_autoptr(GArray) forbidden = g_array_new(FALSE, FALSE, sizeof(guint));
    job->blocked = g_array_new(FALSE, FALSE, sizeof(Change));
    Candidate best = {0};
    g_autoptr(ClusterProblem) problem = NULL;
    gint64 end_us = time_share_next(job->time);
    if (job->before)
        inherit(job, forbidden);
    gboolean again = TRUE;
    for (int i = 0; i < MOST_ATTEMPTS && again && !job->error; i++) {
        SearchOptions how = search_options(job, i, end_us);
        again = attempt(job, &problem, forbidden, &how, &best) ||
                (job->before && job->stopped_by != SEARCH_OPTIMAL);
    }
    if (best.placement)
        widen(job->situation, problem, forbidden, &best);
    job->changes = g_steal_pointer(&best.changes);
    candidate_clear(&best);
}

static gboolean has_hosts(const Model *model, guint cluster)
{
    for (guint i = 0; i < model->snapshot->n_hosts; i++)
        if (model->hosts[i].cluster == (int)cluster)
            return TRUE;
    return FALSE;
}

static double excess_of_cluster(const Model *model, guint cluster)
{
    double sum = 0;
    for (guint host = 0; host < model->snapshot->n_hosts; host++)
        if (model->hosts[host].cluster == (int)cluster && model->hosts[host].source)
            sum += MAX(0, model_excess(model, host, NULL));
    return sum;
}

static guint count_moves(const GArray *changes)
{
    guint moves = 0;
    for (guint i = 0; changes && i < changes->len; i++)
        moves += g_array_index(changes, Change, i).action == ACTION_MIGRATE;
    return moves;
}

/* Under a bound on the whole plan's moves clusters go one by one, the hottest first, each with what is left.
 */
static void do_jobs_within(Job *jobs, guint n, guint max_moves)
{
    g_autofree double *excess = g_new(double, n + 1);
    for (guint i = 0; i < n; i++)
        excess[i] = jobs[i].wanted ? excess_of_cluster(jobs[i].situation->start, jobs[i].cluster) : -1;
    for (;;) {
        guint hottest = 0;
        for (guint i = 1; i < n; i++)
            if (excess[i] > excess[hottest])
                hottest = i;
        if (n == 0 || excess[hottest] < 0)
            return;
        excess[hottest] = -1;
        jobs[hottest].max_moves = (int)max_moves;
        do_job(&jobs[hottest]);
        max_moves -= MIN(max_moves, count_moves(jobs[hottest].changes));
    }
}

/* ---- moves that balance is worth ---- */

static void job_clear(Job *job)
{
    g_clear_pointer(&job->changes, g_array_unref);
    g_clear_pointer(&job->blocked, g_array_unref);
    g_clear_pointer(&job->held_back_mib, g_free);
    g_clear_error(&job->error);
}

/* replaces what a job found by what a search under bounds of its own finds, where that is hardly less even
 * and leaves no more undone; else FALSE */
static gboolean do_with_less(Job *job, int max_moves, gboolean without_balance, double most_uneven)
{
    Job less = {.situation = job->situation,
                .threshold = job->threshold,
                .cluster = job->cluster,
                .without_balance = without_balance,
                .max_moves = max_moves,
                .evenest = NAN};
    do_job(&less);
    gboolean good = less.changes && !less.error && unevenness_after(job, less.changes) < most_uneven &&
                    !leaves_less(job->situation, job->changes, less.changes);
    if (good) {
        GArray *worse = job->changes;
        job->changes = less.changes;
        less.changes = worse;
    }
    job_clear(&less);
    return good;
}

/* The evenest end may cost twice the moves of one that is hardly less even. Either none is made for balance,
 * or of bounds on the moves, each halving what is not known yet, the least by which hosts end less than
 * min_gain points less even. */
static void spare_moves(Job *job)
{
    const Policy *policy = job->situation->start->policy;
    if (!job->changes || policy->balance != BALANCE_HIGH || job->without_balance || job->for_advice ||
        count_moves(job->changes) == 0 || model_saves_power(job->situation->start, job->cluster))
        return;
    guint enough = count_moves(job->changes), too_few = 0;
    if (do_with_less(job, -1, TRUE, unevenness_after(job, job->changes) + policy->min_gain))
        return;
    double most_uneven = job->evenest + policy->min_gain;
    for (int i = 0; i < BALANCE_HALVINGS && enough > too_few + 1; i++) {
        guint middle = (enough + too_few) / 2;
        if (do_with_less(job, (int)middle, FALSE, most_uneven))
            enough = MIN(count_moves(job->changes), middle);
        else
            too_few = middle;
    }
}

static void do_wanted_job(guint index, gpointer data)
{
    Job *jobs = data;
    if (!jobs[index].wanted)
        return;
    do_job(&jobs[index]);
    spare_moves(&jobs[index]);
}

/* Clusters share nothing, so each is searched by itself, on as many threads as there are processors, unless
 * at most so many moves may be made in all (0: any number). */
static void do_jobs(const Situation *situation, Job *jobs, guint n, guint max_moves, gint64 end_us,
                    GError **error)
{
    guint threads = situation->threads ? situation->threads : g_get_num_processors();
    TimeShare time = {.end_us = end_us, .side_by_side = max_moves > 0 ? 1 : threads};
    for (guint i = 0; i < n; i++) {
        jobs[i].time = &time;
        time.left += jobs[i].wanted;
    }
    if (max_moves > 0)
        do_jobs_within(jobs, n, max_moves);
    else
        jobs_do(n, situation->threads, do_wanted_job, jobs);
    for (guint i = 0; i < n; i++)
        if (jobs[i].error && error && !*error)
            g_propagate_error(error, g_steal_pointer(&jobs[i].error));
}

static Job *jobs_new(const Situation *situation, const GArray *threshold, gboolean for_advice,
                     gboolean without_balance)
{
    guint n = situation->start->snapshot->n_clusters;
    Job *jobs = g_new0(Job, n);
    for (guint i = 0; i < n; i++)
        jobs[i] = (Job){.situation = situation,
                        .threshold = threshold,
                        .cluster = i,
                        .wanted = has_hosts(situation->start, i) && situation_decides(situation, i),
                        .for_advice = for_advice,
                        .without_balance = without_balance,
                        .max_moves = -1,
                        .evenest = NAN,
                        .stopped_by = SEARCH_OPTIMAL};
    return jobs;
}

static void jobs_free(Job *jobs, guint n)
{
    for (guint i = 0; i < n; i++)
        job_clear(&jobs[i]);
    g_free(jobs);
}

/* what a search of all clusters found */
typedef struct Found {
    Job *jobs; /* [n] */
    guint n;
    GArray *changes; /* Change: what the window has time for */
    GArray *no_time; /* Change: and what not */
} Found;

static void found_clear(Found *found)
{
    jobs_free(found->jobs, found->n);
    g_clear_pointer(&found->changes, g_array_unref);
    g_clear_pointer(&found->no_time, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Found, found_clear)

/* where a search goes on, `before` is what it found so far, and `end_us` when it ends; else NULL */
static Found find_changes(const Situation *situation, const GArray *threshold, guint max_moves,
                          gboolean without_balance, const Found *before, gint64 end_us, GError **error)
{
    guint n = situation->start->snapshot->n_clusters;
    Found found = {jobs_new(situation, threshold, FALSE, without_balance), n, change_list_new(), NULL};
    for (guint i = 0; before && i < n; i++)
        found.jobs[i].before = &before->jobs[i];
    do_jobs(situation, found.jobs, n, max_moves, end_us, error);
    for (guint i = 0; i < n; i++)
        if (found.jobs[i].changes)
            change_list_take(found.changes, found.jobs[i].changes);
    found.no_time = window_choose(situation, found.changes);
    return found;
}

static void exchange(Found *one, Found *other)
{
    Found kept = *one;
    *one = *other;
    *other = kept;
}

/* searches again under other bounds, and keeps that where the window lets it do more */
static void try_another(const Situation *situation, const GArray *threshold, guint max_moves,
                        gboolean without_balance, Found *found, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_auto(Found) another =
        find_changes(situation, threshold, max_moves, without_balance, NULL, situation->end_us, &failure);
    if (failure)
        g_propagate_error(error, g_steal_pointer(&failure));
    else if (leaves_less(situation, another.changes, found->changes))
        exchange(found, &another);
}

/* Where a window cuts the best placement short, the best one of as many moves as it has time for may do more,
 * and so may the best one that spends no time on balance. */
static void try_as_many_as_fit(const Situation *situation, const GArray *threshold, Found *found,
                               GError **error)
{
    const Policy *policy = situation->start->policy;
    guint in_time = count_moves(found->changes);
    if (count_moves(found->no_time) == 0)
        return;
    if (policy->balance != BALANCE_OFF)
        try_another(situation, threshold, (guint)policy->max_moves, TRUE, found, error);
    if (!*error)
        try_another(situation, threshold, MAX(1, in_time), FALSE, found, error);
}

/* TRUE where more may have to be searched than this: without hosts that cannot be emptied, or advice */
static gboolean more_may_follow(const Situation *situation)
{
    const Model *start = situation->start;
    for (guint host = 0; host < start->snapshot->n_hosts; host++)
        if (model_is_to_empty(start, host) && model_vms_to_leave(start, host) > 0)
            return TRUE;
    for (guint i = 0; i < start->snapshot->n_clusters; i++)
        if (situation_decides(situation, i) && unsolved_is_left_to_drs(situation, start, i))
            return TRUE;
    return FALSE;
}

/* What was found by work is gone on from for the time that is left, or half of it where more may follow. */
static void go_on(const Situation *situation, Found *found, GError **error)
{
    if (!situation->end_us || time_share_is_over(situation->end_us))
        return;
    gint64 now = g_get_monotonic_time(), left = situation->end_us - now;
    gboolean cut = count_moves(found->no_time) > 0;
    guint most = cut ? MAX(1, count_moves(found->changes)) : (guint)situation->start->policy->max_moves;
    g_autoptr(GError) failure = NULL;
    g_auto(Found) longer = find_changes(situation, found->changes, most, FALSE, found,
                                        now + (more_may_follow(situation) ? left / 2 : left), &failure);
    for (guint i = 0; i < longer.n; i++)
        longer.jobs[i].before = NULL;
    if (failure)
        g_propagate_error(error, g_steal_pointer(&failure));
    else if (!leaves_less(situation, found->changes, longer.changes))
        exchange(found, &longer);
}

static SearchStop stopped_by(const Found *found)
{
    SearchStop last = SEARCH_OPTIMAL;
    for (guint i = 0; i < found->n; i++)
        last = MAX(last, found->jobs[i].stopped_by);
    return last;
}

/* TRUE for a VM that DRS itself moves off a host which enters maintenance mode: one that overrides its full
 * automation is moved by hand ("Limitations of DRS", documentation of vSphere 6.7) */
static gboolean drs_moves(const Situation *situation, guint vm)
{
    const Vm *row = situation->start->vms[vm].row;
    return legality_drs_empties(situation->legality, (guint)row->cluster) &&
           (row->drs_override < 0 || row->drs_override == DRS_OVERRIDE_FULL);
}

static char *reason_for_maintenance(const Situation *situation, const Model *end, guint host)
{
    const Policy *policy = situation->start->policy;
    gboolean vsan = end->snapshot->clusters[end->hosts[host].cluster].vsan == 1 && *policy->vsan_mode;
    g_autoptr(GString) by_hand = g_string_new(NULL);
    for (guint i = 0; i < end->vms_on[host]->len; i++) {
        guint vm = g_array_index(end->vms_on[host], guint, i);
        if (!drs_moves(situation, vm) && !vm_is_agent(end->vms[vm].row))
            g_string_append_printf(by_hand, "%s%s", by_hand->len ? ", " : "; not those that override it: ",
                                   end->vms[vm].row->name);
    }
    return g_strdup_printf(
        "is named by evacuate; left to you: the cluster's DRS is fully automated and moves "
        "its VMs away as it enters maintenance mode%s%s%s%s",
        by_hand->str,
        admission_is_kept(end, (guint)end->hosts[host].cluster)
            ? ""
            : "; but HA admission control does not hold without it, and DRS may not empty it until that is off",
        vsan ? "; vSAN's data: " : "", vsan ? policy->vsan_mode : "");
}

/* Where DRS acts, a host that enters maintenance mode is emptied by it: nobody moves VMs by hand. A host that
 * it cannot empty would only begin to, and take the VMs that can leave to the others for nothing. */
static void advise_maintenance(const Situation *situation, const Model *end, const Model *advised,
                               guint cluster, Decisions *decisions)
{
    for (guint host = 0; host < end->snapshot->n_hosts; host++) {
        if (end->hosts[host].cluster != (int)cluster || !model_is_to_empty(end, host) ||
            end->snapshot->hosts[host].mode != HOST_MODE_NORMAL || model_vms_to_leave(end, host) == 0 ||
            !legality_drs_empties(situation->legality, cluster))
            continue;
        if (model_vms_to_leave(advised, host) > 0) {
            decisions_append_to_host(
                decisions, host,
                "; DRS could not empty it either, so it is not advised to enter maintenance mode");
            continue;
        }
        Change advice = change_of_host(ACTION_ENTER_MAINTENANCE, host);
        advice.cause = CAUSE_EVACUATION;
        advice.reason = reason_for_maintenance(situation, end, host);
        g_array_append_val(decisions->advice, advice);
    }
}

/* moves of VMs that are left to DRS, in the order of what they help */
static void take_advice(const Situation *after, GArray *changes, Decisions *decisions)
{
    reasons_order(after, changes);
    g_autoptr(Model) end = model_after(after->start, changes);
    for (guint i = 0; i < changes->len; i++) {
        Change advice = g_array_index(changes, Change, i);
        const char *why = NULL;
        legality_left_to_drs(after->legality, (guint)advice.vm, &why);
        reasons_explain(after, end, changes, &advice);
        g_autofree char *helps = advice.reason;
        advice.reason = g_strdup_printf("%s; left to you: %s", helps, why);
        g_array_append_val(decisions->advice, advice);
    }
}

/* TRUE for a host to empty whose VMs DRS moves as it enters maintenance mode, or that it cannot empty: nobody
 * moves them, or makes room for them, by hand. Where it may be emptied in part, what can leave does */
static gboolean is_emptied_by_drs(const Situation *situation, const Model *end, const Model *advised,
                                  guint host)
{
    return model_is_to_empty(end, host) && model_vms_to_leave(end, host) > 0 &&
           legality_drs_empties(situation->legality, (guint)end->hosts[host].cluster) &&
           !(situation->start->policy->evacuate_partly && model_vms_to_leave(advised, host) > 0);
}

/* gives up the hosts of the cluster that are emptied by DRS, and appends to by_hand the moves off those that
 * it can empty which it does not make; FALSE where there are no such hosts */
static gboolean leave_to_drs(const Situation *situation, const Model *end, guint cluster,
                             const GArray *changes, Model *rest, GArray *by_hand)
{
    g_autoptr(Model) advised = model_after(end, changes);
    gboolean any = FALSE;
    for (guint host = 0; host < end->snapshot->n_hosts; host++) {
        if (end->hosts[host].cluster != (int)cluster || !is_emptied_by_drs(situation, end, advised, host))
            continue;
        any = TRUE;
        model_give_up(rest, host);
        for (guint i = 0; model_vms_to_leave(advised, host) == 0 && i < changes->len; i++) {
            const Change *change = &g_array_index(changes, Change, i);
            if (change->from != (int)host || drs_moves(situation, (guint)change->vm))
                continue;
            g_array_append_vals(by_hand, change, 1);
            change_apply(rest, change);
        }
    }
    return any;
}

/* what the VMs that are left to DRS could do once all steps are made (end), cluster by cluster: changes of
 * jobs; the caller frees them */
static Job *search_advice(const Situation *after, const gboolean *wanted, guint max_moves, GError **error)
{
    guint n = after->start->snapshot->n_clusters;
    g_autoptr(GArray) nothing = change_list_new();
    Job *jobs = jobs_new(after, nothing, TRUE, FALSE);
    for (guint i = 0; i < n; i++)
        jobs[i].wanted = jobs[i].wanted && wanted[i] && unsolved_is_left_to_drs(after, after->start, i);
    do_jobs(after, jobs, n, max_moves, after->end_us, error);
    return jobs;
}

/* Where hosts stay hot or full whose VMs are left to DRS. Hosts that DRS empties are looked at first, since
 * what would empty them tells whether it can; what is advised then is as if they stayed. */
static void advise_drs(const Situation *situation, const Model *end, Decisions *decisions, GError **error)
{
    guint n = end->snapshot->n_clusters;
    g_autofree gboolean *wanted = g_new0(gboolean, n + 1), *again = g_new0(gboolean, n + 1);
    g_autoptr(GArray) by_hand = change_list_new();
    g_autoptr(GArray) nothing = change_list_new();
    g_autoptr(Model) rest = model_copy(end);
    Situation after = *situation, of_rest = *situation;
    after.start = end;
    of_rest.start = rest;
    for (guint i = 0; i < n; i++)
        wanted[i] = situation_decides(situation, i);
    guint most = (guint)situation->start->policy->max_moves, before = decisions->advice->len;
    Job *jobs = search_advice(&after, wanted, most, error);
    for (guint i = 0; i < n; i++) {
        again[i] = jobs[i].changes && leave_to_drs(situation, end, i, jobs[i].changes, rest, by_hand);
        if (jobs[i].changes && !again[i])
            take_advice(&after, jobs[i].changes, decisions);
    }
    take_advice(&after, by_hand, decisions);
    guint used = decisions->advice->len - before;
    for (guint i = 0; most > 0 && used >= most && i < n; i++)
        again[i] = FALSE;
    Job *relief = search_advice(&of_rest, again, most > 0 ? MAX(1, most - MIN(used, most)) : 0, error);
    for (guint i = 0; i < n; i++) {
        if (relief[i].changes)
            take_advice(&of_rest, relief[i].changes, decisions);
        if (!wanted[i])
            continue;
        g_autoptr(Model) advised = model_after(end, jobs[i].changes ? jobs[i].changes : nothing);
        advise_maintenance(situation, end, advised, i, decisions);
    }
    jobs_free(jobs, n);
    jobs_free(relief, n);
}

/* TRUE where the list names the change's VM again further on */
static gboolean comes_again(const GArray *changes, guint index)
{
    for (guint i = index + 1; i < changes->len; i++)
        if (g_array_index(changes, Change, i).vm == g_array_index(changes, Change, index).vm)
            return TRUE;
    return FALSE;
}

/* Where a host stays hot or full, its VMs that could have left it, had there been a safe order for that. */
static void name_blocked(const Model *end, const Job *job, Decisions *decisions)
{
    for (guint i = 0; job->blocked && i < job->blocked->len; i++) {
        const Change *change = &g_array_index(job->blocked, Change, i);
        guint host = (guint)change->from;
        if (change->action == ACTION_MIGRATE && end->vms[change->vm].host == change->from &&
            !comes_again(job->blocked, i) &&
            (model_excess(end, host, NULL) > 0 || model_is_to_empty(end, host)))
            decisions_add_undone(
                decisions, change, OBSTACLE_NO_ORDER,
                g_strdup_printf("a move to %s would help %s, but no safe order was found for it",
                                end->snapshot->hosts[change->to].name, end->snapshot->hosts[host].name));
    }
}

/* the decisions with reasons, in the order of what helps most, and with what can follow: powered-off VMs,
 * maintenance mode; then what stays. Returns the model with all changes made; the caller frees it */
static Model *complete(const Situation *situation, Decisions *decisions)
{
    Model *end = model_after(situation->start, decisions->changes);
    for (guint i = 0; i < decisions->changes->len; i++)
        reasons_explain(situation, end, decisions->changes, &g_array_index(decisions->changes, Change, i));
    reasons_order(situation, decisions->changes);
    evacuation_complete(situation, end, decisions);
    power_advise_standby(situation, end, decisions);
    unsolved_add_all(decisions, situation, end);
    return end;
}

Decisions *optimize_decide(const Situation *situation, GError **error)
{
    g_autoptr(Decisions) threshold = threshold_decide(situation);
    g_autoptr(Decisions) decisions = decisions_new();
    g_autoptr(GError) failure = NULL;
    g_auto(Found) found =
        find_changes(situation, threshold->changes, (guint)situation->start->policy->max_moves, FALSE, NULL,
                     situation->end_us, &failure);
    if (!failure)
        try_as_many_as_fit(situation, threshold->changes, &found, &failure);
    if (!failure)
        go_on(situation, &found, &failure);
    if (failure) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    decisions->stopped_by = g_strdup(search_stop_name(stopped_by(&found)));
    change_list_take(decisions->changes, found.changes);
    change_list_take(decisions->no_time, found.no_time);
    g_autoptr(Model) end = complete(situation, decisions);
    for (guint i = 0; i < found.n; i++)
        name_blocked(end, &found.jobs[i], decisions);
    advise_drs(situation, end, decisions, &failure);
    if (failure) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    power_advise_wake(situation, end, decisions);
    return g_steal_pointer(&decisions);
}
