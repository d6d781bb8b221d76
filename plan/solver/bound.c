/* SPDX-License-Identifier: MIT */
#include "plan/solver/bound.h"

#include "plan/solver/problem_data.h"

#include <stdlib.h>

/* a process that could leave its machine */
typedef struct {
    int64_t need; /* of the resource looked at */
    int64_t cost;
} Leaver;

static int by_need(const void *a, const void *b)
{
    const Leaver *x = a;
    const Leaver *y = b;
    return (x->need < y->need) - (x->need > y->need);
}

static int by_cost(const void *a, const void *b)
{
    const Leaver *x = a;
    const Leaver *y = b;
    return (x->cost > y->cost) - (x->cost < y->cost);
}

static int by_price(const void *a, const void *b)
{
    const Leaver *x = a;
    const Leaver *y = b;
    double left = (double)x->cost * (double)y->need;
    double right = (double)y->cost * (double)x->need;
    return (left > right) - (left < right);
}

/* the least cost of leavers that need `excess` together */
static int64_t cover_cost(Leaver *leaver, int n, int64_t excess)
{
    int fewest = 0;
    int64_t covered = 0;
    qsort(leaver, (size_t)n, sizeof *leaver, by_need);
    while (fewest < n && covered < excess) {
        covered += leaver[fewest++].need;
    }
    qsort(leaver, (size_t)n, sizeof *leaver, by_cost);
    int64_t cheapest = 0;
    for (int i = 0; i < fewest; i++) {
        cheapest += leaver[i].cost;
    }
    qsort(leaver, (size_t)n, sizeof *leaver, by_price);
    double fraction = 0;
    for (int i = 0; i < n && excess > 0 && leaver[i].need > 0; i++) {
        double part = MIN(1.0, (double)excess / (double)leaver[i].need);
        fraction += part * (double)leaver[i].cost;
        excess -= leaver[i].need;
    }
    return MAX(cheapest, (int64_t)(fraction * (1 - 1e-9)));
}

/* the least cost of the moves that bring one machine below its safety capacities, or empty it; *left is what
   cannot be moved off: cost above safety */
static int64_t relief_cost(const Problem *p, int m, const int *on, int n_on, int64_t *left)
{
    int64_t worst = 0;
    g_autofree Leaver *leaver = g_new(Leaver, MAX(n_on, 1));
    for (int r = 0; r < p->n_resources; r++) {
        int64_t excess = p->base[m * p->n_resources + r] - p->safety[m * p->n_resources + r];
        int64_t movable = 0;
        int n = 0;
        for (int i = 0; i < n_on; i++) {
            int64_t need = p->need[on[i] * p->n_resources + r];
            excess += need;
            if (!p->pinned[on[i]]) {
                leaver[n++] = (Leaver){need, p->move_cost[on[i]]};
                movable += need;
            }
        }
        if (excess > 0 && p->safety_cost[m * p->n_resources + r]) {
            worst = MAX(worst, cover_cost(leaver, n, excess));
            *left += p->safety_cost[m * p->n_resources + r] * MAX(0, excess - movable);
        }
    }
    int64_t all = 0;
    for (int i = 0; i < n_on && p->stay_cost[m]; i++) {
        all += p->pinned[on[i]] ? 0 : p->move_cost[on[i]];
    }
    return MAX(worst, all);
}

static void bound_growths(const Problem *p, Cost *bound)
{
    for (int g = 0; g < p->n_growths; g++) {
        int best = p->first_size[g];
        for (int s = best + 1; s < p->first_size[g + 1]; s++) {
            if (p->shortage[s] < p->shortage[best] ||
                (p->shortage[s] == p->shortage[best] && p->size_cost[s] < p->size_cost[best])) {
                best = s;
            }
        }
        bound->level[p->levels.shortage] += p->shortage[best];
        bound->level[p->levels.move] += p->levels.move > p->levels.shortage ? p->size_cost[best] : 0;
    }
}

Cost bound_cost(const Problem *p)
{
    Cost bound = {0};
    Pairs at_home = {p->n_processes, p->home, NULL};
    Lists on = problem_lists(&at_home, p->n_machines);
    bool moves_follow = p->levels.move > MAX(p->levels.over_safety, p->levels.stay);
    for (int m = 0; m < p->n_machines; m++) {
        const int *first = on.item + on.first[m];
        int64_t left = 0;
        int64_t cost = relief_cost(p, m, first, on.first[m + 1] - on.first[m], &left);
        bound.level[p->levels.over_safety] += left;
        bound.level[p->levels.move] += moves_follow ? cost : 0;
        for (int i = on.first[m]; i < on.first[m + 1]; i++) {
            bound.level[p->levels.stay] += p->pinned[on.item[i]] ? p->stay_cost[m] : 0;
        }
    }
    bound_growths(p, &bound);
    g_free(on.first);
    g_free(on.item);
    return bound;
}
