/* SPDX-License-Identifier: MIT */
#include "plan/decide.h"

#include "plan/compose.h"
#include "plan/evacuation.h"
#include "plan/optimize.h"
#include "plan/threshold.h"

/* a decision, with the hosts whose evacuation has been given up so far, and why */
typedef struct Deciding {
    const Situation *situation; /* as it is */
    gboolean *given_up;         /* [n_hosts] */
    Obstacle *why;              /* [n_hosts] */
    gboolean guarded;           /* evacuations leave restarts their room */
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

/* Under ha_check=hard a host is emptied into what restarts do not need, if that goes; else into whatever
 * there is. FALSE where it goes, or has been tried. */
static gboolean need_room_of_restarts(Deciding *deciding, const Situation *tried, const Decisions *decisions)
{
    g_autoptr(Model) end = model_after(tried->start, decisions->changes);
    gboolean full = FALSE;
    for (guint host = 0; host < end->snapshot->n_hosts; host++)
        full = full || (model_is_to_empty(end, host) && model_vms_to_leave(end, host) > 0);
    gboolean again = deciding->guarded && full;
    deciding->guarded = deciding->guarded && !again;
    return again;
}

/* Decides again without the hosts that could not be emptied, until each that is begun with is. */
static ChangePlan *decide_all_or_nothing(Deciding *deciding, GError **error)
{
    give_up_hopeless(deciding);
    for (;;) {
        g_autoptr(Situation) tried =
            situation_giving_up(deciding->situation, deciding->given_up, deciding->guarded);
        g_autoptr(Decisions) decisions = by_strategy(tried, error);
        if (!decisions)
            return NULL;
        if (need_room_of_restarts(deciding, tried, decisions) ||
            give_up_not_empty(deciding, tried, decisions))
            continue;
        tell(deciding, decisions);
        return compose_plan(tried, decisions);
    }
}

ChangePlan *decide(const Situation *situation, GError **error)
{
    guint n = situation->start->snapshot->n_hosts;
    Deciding deciding = {situation, g_new0(gboolean, n + 1), g_new0(Obstacle, n + 1),
                         situation->start->policy->ha_check == HA_CHECK_HARD};
    ChangePlan *plan = decide_all_or_nothing(&deciding, error);
    for (guint host = 0; host < n; host++)
        obstacle_clear(&deciding.why[host]);
    g_free(deciding.given_up);
    g_free(deciding.why);
    return plan;
}
