/* SPDX-License-Identifier: MIT */
#include "plan/headroom.h"

#include "plan/needs.h"
#include "plan/solver/assignment.h"
#include "plan/solver/trial.h"

#include <math.h>

typedef struct Headroom {
    const ClusterProblem *problem;
    const Model *start;
    const GArray *avoid;
    Assignment *trial;
    const double
        *mark; /* [machines × resources] what use is to be at most, INFINITY where it does not count */
} Headroom;

/* one move that could be made, and how good that is */
typedef struct Option {
    int process, to; /* -1: none */
    double worth;
    int64_t cost;
} Option;

gboolean headroom_is_wanted(const Policy *policy)
{
    return !isnan(policy->relieve_to_pct) && policy->max_moves <= 0 && policy->max_duration_s <= 0;
}

double headroom_mark_pct(const Model *model, guint host, Resource resource)
{
    double to = model->policy->relieve_to_pct, threshold = model->hosts[host].threshold[resource];
    return isnan(to) || isnan(threshold) ? threshold : MIN(to, threshold);
}

double headroom_excess(const Model *model, guint host, const double extra[N_RESOURCES], Resource *worst)
{
    double most = -INFINITY;
    for (int r = 0; r < N_RESOURCES; r++) {
        double more = extra && !isnan(extra[r]) ? extra[r] : 0;
        double excess =
            model_usage_pct(model, host, (Resource)r, more) - headroom_mark_pct(model, host, (Resource)r);
        if (excess > most) { /* not where either is NAN */
            most = excess;
            if (worst)
                *worst = (Resource)r;
        }
    }
    return table_round(most);
}

static const Problem *problem_of(const Headroom *h)
{
    return h->problem->problem;
}

static guint host_of(const Headroom *h, int machine)
{
    return g_array_index(h->problem->hosts, guint, machine);
}

/* ---- how warm a machine is ---- */

/* the capacity that use is a share of: room is part of what it is the room of, and has no limit itself */
static double whole_of(const Problem *p, int machine, int need)
{
    int of = need == NEED_CPU_ROOM ? NEED_CPU : need == NEED_MEMORY_ROOM ? NEED_MEMORY : need;
    return (double)p->capacity[(size_t)machine * (size_t)p->n_resources + (size_t)of];
}

/* The highest use of a resource that decides, in percent of capacity or in points over its mark, once a
 * process (-1: none) has come (times 1) or gone (times -1). */
static double highest(const Headroom *h, int machine, int process, int times, gboolean over_mark)
{
    const Problem *p = problem_of(h);
    double most = over_mark ? 0 : -INFINITY;
    for (int r = 0; r < p->n_resources; r++) {
        size_t at = (size_t)machine * (size_t)p->n_resources + (size_t)r;
        if (p->safety_cost[at] == 0)
            continue;
        int64_t use = h->trial->use[at];
        if (process >= 0)
            use += times * h->trial->need[(size_t)process * (size_t)p->n_resources + (size_t)r];
        double over = over_mark ? h->mark[at] : 0;
        most = MAX(most, 100 * ((double)use - over) / whole_of(p, machine, r));
    }
    return most;
}

static double share(const Headroom *h, int machine, int process)
{
    return highest(h, machine, process, 1, FALSE);
}

/* ---- which moves may be made ---- */

static gboolean is_avoided(const Headroom *h, int process, int machine)
{
    guint vm = g_array_index(h->problem->vms, guint, process), host = host_of(h, machine);
    for (guint i = 0; i + 1 < h->avoid->len; i += 2)
        if (g_array_index(h->avoid, guint, i) == vm && g_array_index(h->avoid, guint, i + 1) == host)
            return TRUE;
    return FALSE;
}

/* whether a process may go there with no level the worse; where costly, but for the cost of moves */
static gboolean may_go(const Headroom *h, int process, int to, gboolean costly, int64_t *cost)
{
    Cost delta = {{0}};
    if (h->trial->machine[process] == to || is_avoided(h, process, to) ||
        !assignment_try_shift(h->trial, process, to, &delta))
        return FALSE;
    *cost = delta.level[h->problem->level_seconds];
    for (int level = 0; level < N_LEVELS; level++)
        if (delta.level[level] > 0 && !(costly && level == h->problem->level_seconds))
            return FALSE;
    return TRUE;
}

/* ---- cooler targets ---- */

/* the machine that would be the coolest with the process, if cooler than its own is with it; else -1 */
static int cooler_target(const Headroom *h, int process)
{
    int best = -1;
    double lowest = share(h, h->trial->machine[process], -1);
    for (int to = 0; to < problem_of(h)->n_machines; to++) {
        int64_t cost = 0;
        double there = to == problem_of(h)->home[process] ? INFINITY : share(h, to, process);
        if (isfinite(there) && there < lowest && may_go(h, process, to, FALSE, &cost)) {
            lowest = there;
            best = to;
        }
    }
    return best;
}

/* Each change lowers the higher of two shares, so it ends. */
static void take_cooler_targets(const Headroom *h)
{
    for (gboolean again = TRUE; again;) {
        again = FALSE;
        for (int process = 0; process < problem_of(h)->n_processes; process++) {
            gboolean moved = h->trial->machine[process] != problem_of(h)->home[process];
            int to = moved ? cooler_target(h, process) : -1;
            if (to >= 0)
                assignment_shift(h->trial, process, to);
            again = again || to >= 0;
        }
    }
}

/* ---- further relief ---- */

/* the best move of a process off its machine, in points a unit of cost */
static void look_at(const Headroom *h, int process, int64_t budget, Option *best)
{
    int from = h->trial->machine[process];
    double gain = highest(h, from, -1, 0, TRUE) - highest(h, from, process, -1, TRUE), lowest = INFINITY;
    if (problem_of(h)->home[process] != from || gain < MAX(h->start->policy->min_gain, 0.001))
        return;
    Option option = {process, -1, 0, 0};
    for (int to = 0; to < problem_of(h)->n_machines; to++) {
        int64_t cost = 0;
        double there = share(h, to, process);
        if (there < lowest && highest(h, to, process, 1, TRUE) <= 0 && may_go(h, process, to, TRUE, &cost) &&
            cost <= budget) {
            lowest = there;
            option = (Option){process, to, gain / (double)MAX(1, cost), cost};
        }
    }
    if (option.to >= 0 && option.worth > best->worth)
        *best = option;
}

/* TRUE where a move was made; its cost is taken from the budget */
static gboolean relieve_further(const Headroom *h, int64_t *budget)
{
    Option best = {-1, -1, 0, 0};
    for (int m = 0; m < problem_of(h)->n_machines; m++) {
        if (!model_is_hot(h->start, host_of(h, m)) || highest(h, m, -1, 0, TRUE) <= 0)
            continue;
        for (int i = 0; i < h->trial->n_on[m]; i++)
            look_at(h, h->trial->on[m][i], *budget, &best);
    }
    if (best.to < 0)
        return FALSE;
    assignment_shift(h->trial, best.process, best.to);
    *budget -= best.cost;
    return TRUE;
}

/* sends processes home that larger ones have made needless there */
static void send_home(const Headroom *h)
{
    for (int process = 0; process < problem_of(h)->n_processes; process++) {
        int home = problem_of(h)->home[process];
        int64_t cost = 0;
        if (h->trial->machine[process] != home && model_is_hot(h->start, host_of(h, home)) &&
            highest(h, home, process, 1, TRUE) <= 0 && may_go(h, process, home, FALSE, &cost))
            assignment_shift(h->trial, process, home);
    }
}

/* ---- the whole ---- */

static const Resource resource_of[] = {[NEED_CPU] = RESOURCE_CPU,
                                       [NEED_MEMORY] = RESOURCE_HOST_MEMORY,
                                       [NEED_DISK] = RESOURCE_DISK,
                                       [NEED_NET] = RESOURCE_NET};

/* as many units of each resource as the mark is of the threshold, by which the problem has its safety */
static double *marks_new(const ClusterProblem *problem, const Model *start)
{
    const Problem *p = problem->problem;
    double *mark = g_new(double, (size_t)p->n_machines *(size_t)p->n_resources + 1);
    for (int m = 0; m < p->n_machines; m++)
        for (int r = 0; r < p->n_resources; r++) {
            size_t at = (size_t)m * (size_t)p->n_resources + (size_t)r;
            guint host = g_array_index(problem->hosts, guint, m);
            mark[at] = INFINITY;
            if (p->safety_cost[at] == 0 || r >= (int)G_N_ELEMENTS(resource_of))
                continue;
            double pct = headroom_mark_pct(start, host, resource_of[r]);
            mark[at] = MIN((double)p->safety[at], (double)p->capacity[at] * pct / 100);
        }
    return mark;
}

void headroom_widen(const ClusterProblem *problem, const Model *start, const GArray *avoid,
                    Placement *placement)
{
    g_autoptr(Assignment) trial = assignment_new(problem->problem, placement);
    if (trial->n_moved == 0 || start->policy->max_duration_s > 0)
        return;
    g_autofree double *mark = marks_new(problem, start);
    Headroom h = {problem, start, avoid, trial, mark};
    int64_t budget = trial->cost.level[problem->level_seconds];
    take_cooler_targets(&h);
    if (headroom_is_wanted(start->policy) && !model_saves_power(start, problem->cluster)) {
        while (relieve_further(&h, &budget))
            ;
        send_home(&h);
        take_cooler_targets(&h);
    }
    assignment_save(trial, placement);
}
