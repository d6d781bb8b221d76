/* SPDX-License-Identifier: MIT */
#include "plan/decide.h"

#include "plan/compose.h"
#include "plan/evacuation.h"
#include "plan/giveback.h"
#include "plan/optimize.h"
#include "plan/sizeadvice.h"
#include "plan/threshold.h"

/* a decision, with the hosts whose evacuation has been given up so far, and why */
typedef struct Deciding {
    const Situation *situation; /* as it is */
    gboolean *given_up;         /* [n_hosts] */
    Obstacle *why;              /* [n_hosts] */
} Deciding;

static Decisions *by_strategy(const Situation *situation, GError **error)
{
    return situation->start->policy->strategy == STRATEGY_THRESHOLD ? threshold_decide(situation)
                                                                    : optimize_decide(situation, error);
}

/* Hosts whose evacuation cannot even begin. */
static void give_up_hopeless(Deciding *deciding)
{
    const Model *start = deciding->situation->start;
    for (guint host = 0; host < start->snapshot->n_hosts; host++)
        if (model_is_to_empty(start, host) &&
            !evacuation_may_begin(start, host, deciding->given_up, &deciding->why[host]))
            deciding->given_up[host] = TRUE;
}

/* Whether the decisions would empty a host in part for another reason than bounds on moves or a window, which
 * leave the rest to the next plan. */
static gboolean fails(const Situation *tried, const Model *end, const Unsolved *unsolved)
{
    const Policy *policy = tried->start->policy;
    gboolean bounded =
        unsolved->code == OBSTACLE_WINDOW ||
        (unsolved->code == OBSTACLE_MOVE_BOUNDS && (policy->max_moves > 0 || policy->max_duration_s > 0));
    if (bounded || unsolved->host < 0 || !model_is_to_empty(tried->start, (guint)unsolved->host))
        return FALSE;
    guint left = model_vms_to_leave(end, (guint)unsolved->host);
    return left > 0 && left < model_vms_to_leave(tried->start, (guint)unsolved->host);
}

/* Gives up one host a cluster, the one that most VMs stay on: without it another may get empty. FALSE where
 * all that is begun ends. Threshold moves no VM to empty a host, so it has none to take back. */
static gboolean give_up_not_empty(Deciding *deciding, const Situation *tried, const Decisions *decisions)
{
    const Model *start = tried->start;
    if (start->policy->evacuate_partly || start->policy->strategy == STRATEGY_THRESHOLD)
        return FALSE;
    g_autoptr(Model) end = model_after(start, decisions->changes);
    g_autofree const Unsolved **worst = g_new0(const Unsolved *, start->snapshot->n_clusters + 1);
    gboolean found = FALSE;
    for (guint i = 0; i < decisions->unsolved->len; i++) {
        const Unsolved *unsolved = &g_array_index(decisions->unsolved, Unsolved, i);
        if (!fails(tried, end, unsolved))
            continue;
        const Unsolved **of_cluster = &worst[start->hosts[unsolved->host].cluster];
        if (!*of_cluster || model_vms_to_leave(end, (guint)unsolved->host) >
                                model_vms_to_leave(end, (guint)(*of_cluster)->host))
            *of_cluster = unsolved;
    }
    for (guint i = 0; i < start->snapshot->n_clusters; i++) {
        if (!worst[i])
            continue;
        guint host = (guint)worst[i]->host;
        obstacle_set(&deciding->why[host], worst[i]->code, (int)host, "%s", worst[i]->reason);
        deciding->given_up[host] = found = TRUE;
    }
    return found;
}

static void tell(const Deciding *deciding, Decisions *decisions)
{
    const Model *start = deciding->situation->start;
    for (guint host = 0; host < start->snapshot->n_hosts; host++)
        if (deciding->given_up[host])
            evacuation_add_given_up(decisions, start, host, deciding->why[host].code,
                                    deciding->why[host].words);
}

/* what a decision was tried on, and what came of it */
typedef struct Try {
    const Situation *tried;
    Situation *made;      /* for this try; NULL where it is the situation as it is */
    Decisions *decisions; /* NULL: it failed */
} Try;

static void try_clear(Try *one)
{
    g_clear_pointer(&one->decisions, decisions_free);
    g_clear_pointer(&one->made, situation_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Try, try_clear)

static gboolean gives_up_some(const Deciding *deciding)
{
    for (guint host = 0; host < deciding->situation->start->snapshot->n_hosts; host++)
        if (deciding->given_up[host])
            return TRUE;
    return FALSE;
}

static Try try_to_decide(const Deciding *deciding, gboolean guarded, GError **error)
{
    Try one = {.tried = deciding->situation};
    if (guarded || gives_up_some(deciding))
        one.tried = one.made = situation_giving_up(deciding->situation, deciding->given_up, guarded);
    one.decisions = by_strategy(one.tried, error);
    return one;
}

/* running VMs that stay on hosts to empty */
static guint count_left(const Try *one)
{
    g_autoptr(Model) end = model_after(one->tried->start, one->decisions->changes);
    guint left = 0;
    for (guint host = 0; host < end->snapshot->n_hosts; host++)
        left += model_is_to_empty(end, host) ? model_vms_to_leave(end, host) : 0;
    return left;
}

/* Under ha_check=hard hosts are emptied into what restarts do not need; only where that leaves more VMs on
 * them, into whatever there is. */
static Try try_both(const Deciding *deciding, GError **error)
{
    gboolean hard = deciding->situation->start->policy->ha_check == HA_CHECK_HARD;
    Try guarded = try_to_decide(deciding, hard, error);
    guint left = hard && guarded.decisions ? count_left(&guarded) : 0;
    if (left == 0)
        return guarded;
    Try free = try_to_decide(deciding, FALSE, error);
    gboolean better = !free.decisions || count_left(&free) < left;
    try_clear(better ? &guarded : &free);
    return better ? free : guarded;
}

/* Decides again without the hosts that could not be emptied, until each that is begun with is. */
static ChangePlan *decide_all_or_nothing(Deciding *deciding, GError **error)
{
    give_up_hopeless(deciding);
    for (;;) {
        g_auto(Try) one = try_both(deciding, error);
        if (!one.decisions)
            return NULL;
        if (give_up_not_empty(deciding, one.tried, one.decisions))
            continue;
        tell(deciding, one.decisions);
        giveback_add(one.tried, one.decisions);
        sizeadvice_add(one.tried, one.decisions);
        return compose_plan(one.tried, one.decisions);
    }
}

ChangePlan *decide(const Situation *situation, GError **error)
{
    guint n = situation->start->snapshot->n_hosts;
    double limit_s = situation->start->policy->time_limit_s;
    Situation timed = *situation;
    timed.end_us = limit_s > 0 ? g_get_monotonic_time() + (gint64)(limit_s * G_USEC_PER_SEC) : 0;
    Deciding deciding = {&timed, g_new0(gboolean, n + 1), g_new0(Obstacle, n + 1)};
    ChangePlan *plan = decide_all_or_nothing(&deciding, error);
    for (guint host = 0; host < n; host++)
        obstacle_clear(&deciding.why[host]);
    g_free(deciding.given_up);
    g_free(deciding.why);
    return plan;
}
