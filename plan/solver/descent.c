/* SPDX-License-Identifier: MIT */
#include "plan/solver/descent.h"

#include "plan/solver/trial.h"

#include <stdlib.h>

enum {
    ENOUGH = 64,     /* feasible targets looked at for one process */
    BLOCK_TRIES = 32 /* targets tried for a block */
};

static bool machine_costs(const Assignment *a, int m)
{
    const Problem *p = a->problem;
    const UseCost *cost = &a->use_cost[m];
    return cost->over_capacity || cost->over_safety || (a->n_on[m] && p->stay_cost[m]);
}

static bool in_breach(const Assignment *a, int process)
{
    const Problem *p = a->problem;
    for (int i = p->groups_of.first[process]; i < p->groups_of.first[process + 1]; i++) {
        if (a->constraints->breach[p->groups_of.item[i]]) {
            return true;
        }
    }
    return false;
}

static bool ill_placed(const Assignment *a, int process)
{
    const Problem *p = a->problem;
    int reach = p->reach[process];
    if (reach < 0) {
        return false;
    }
    size_t cell = (size_t)reach * (size_t)p->n_machines + (size_t)a->machine[process];
    return p->reach_cost[cell] || !p->reach_allowed[cell];
}

static bool is_short(const Assignment *a, int process)
{
    const Problem *p = a->problem;
    for (int i = p->growths_of.first[process]; i < p->growths_of.first[process + 1]; i++) {
        int g = p->growths_of.item[i];
        if (p->shortage[p->first_size[g] + a->size[g]] || a->size[g]) {
            return true;
        }
    }
    return false;
}

int *descent_involved(const Assignment *a, int *n)
{
    const Problem *p = a->problem;
    bool all = p->has_evenness || p->n_balances || p->has_on_cost;
    int *involved = g_new(int, MAX(p->n_processes, 1));
    *n = 0;
    for (int i = 0; i < p->n_processes; i++) {
        int m = a->machine[i];
        if (all || m != p->home[i] || machine_costs(a, m) || in_breach(a, i) || ill_placed(a, i) ||
            is_short(a, i)) {
            involved[(*n)++] = i;
        }
    }
    return involved;
}

/* whether it improves: the first level that changes goes down */
static bool improves(const Cost *delta)
{
    return cost_compare(delta, &(Cost){0}) < 0;
}

/* the best feasible shift of a process among enough targets, starting anywhere; its delta, or 0 and target -1
 */
static int best_shift(Assignment *a, int process, Random *random, Cost *best, int64_t *work)
{
    const Problem *p = a->problem;
    int target = -1;
    int feasible = 0;
    int offset = random_below(random, p->n_machines);
    *best = (Cost){0};
    for (int i = -1; i < p->n_machines && feasible < ENOUGH; i++) {
        int m = i < 0 ? p->home[process] : (i + offset) % p->n_machines;
        Cost delta;
        if (m == a->machine[process] || !assignment_try_shift(a, process, m, &delta)) {
            continue;
        }
        feasible++;
        if (cost_compare(&delta, best) < 0) {
            *best = delta;
            target = m;
        }
    }
    *work += feasible + 1;
    return target;
}

/* one best shift off a machine; false when none improves */
static bool relieve(Assignment *a, int m, Random *random, int64_t *work)
{
    Cost best = {0};
    int process = -1;
    int target = -1;
    for (int i = 0; i < a->n_on[m]; i++) {
        Cost delta;
        int to = best_shift(a, a->on[m][i], random, &delta, work);
        if (to >= 0 && cost_compare(&delta, &best) < 0) {
            best = delta;
            process = a->on[m][i];
            target = to;
        }
    }
    if (process < 0) {
        return false;
    }
    assignment_shift(a, process, target);
    return true;
}

bool descent_try_block(Assignment *a, int g, int from, int to)
{
    const Problem *p = a->problem;
    Cost before = a->cost;
    int n = 0;
    int size = p->members.first[g + 1] - p->members.first[g];
    g_autofree int *moved = g_new(int, MAX(size, 1));
    for (int i = p->members.first[g]; i < p->members.first[g + 1]; i++) {
        int process = p->members.item[i];
        if (a->machine[process] == from) {
            moved[n++] = process;
            assignment_shift(a, process, to);
        }
    }
    if (!a->violations && cost_compare(&a->cost, &before) < 0) {
        return true;
    }
    while (n) {
        assignment_shift(a, moved[--n], from);
    }
    return false;
}

/* move a whole group off a machine that costs, where one member alone may not go */
static void relieve_by_blocks(Assignment *a, int m, Random *random, int64_t *work)
{
    const Problem *p = a->problem;
    for (int i = 0; i < a->n_on[m] && machine_costs(a, m); i++) {
        int process = a->on[m][i];
        for (int k = p->groups_of.first[process]; k < p->groups_of.first[process + 1]; k++) {
            int g = p->groups_of.item[k];
            for (int t = 0; p->group[g].together && t < MIN(BLOCK_TRIES, p->n_machines); t++) {
                int to = random_below(random, p->n_machines);
                *work += 1;
                if (to != m && descent_try_block(a, g, m, to)) {
                    break;
                }
            }
            if (i >= a->n_on[m] || a->on[m][i] != process) {
                break;
            }
        }
    }
}

typedef struct {
    int machine;
    int64_t excess;
} Broken;

static int by_excess(const void *a, const void *b)
{
    const Broken *x = a;
    const Broken *y = b;
    if (x->excess != y->excess) {
        return x->excess > y->excess ? -1 : 1;
    }
    return x->machine - y->machine;
}

static bool grow(Assignment *a, int64_t *work)
{
    const Problem *p = a->problem;
    bool changed = false;
    for (int g = 0; g < p->n_growths; g++) {
        Cost best = {0};
        int size = -1;
        for (int k = 0; k < p->first_size[g + 1] - p->first_size[g]; k++) {
            Cost delta;
            *work += 1;
            if (k != a->size[g] && assignment_try_resize(a, g, k, &delta) &&
                cost_compare(&delta, &best) < 0) {
                best = delta;
                size = k;
            }
        }
        if (size >= 0) {
            assignment_resize(a, g, size);
            changed = true;
        }
    }
    return changed;
}

int64_t descent_repair(Assignment *a, Random *random, int64_t budget)
{
    const Problem *p = a->problem;
    int64_t work = 0;
    int n = 0;
    g_autofree Broken *broken = g_new(Broken, p->n_machines);
    for (int m = 0; m < p->n_machines; m++) {
        if (machine_costs(a, m)) {
            broken[n++] = (Broken){m, a->use_cost[m].over_capacity + a->use_cost[m].over_safety};
        }
    }
    qsort(broken, (size_t)n, sizeof *broken, by_excess);
    for (int i = 0; i < n; i++) {
        int m = broken[i].machine;
        while (work < budget && machine_costs(a, m) && relieve(a, m, random, &work)) {
        }
        if (p->has_blocks && work < budget && machine_costs(a, m)) {
            relieve_by_blocks(a, m, random, &work);
        }
    }
    grow(a, &work);
    return work;
}

/* the best shift of a process when it was last looked at */
typedef struct {
    int process;
    int to; /* -1: none improves */
    Cost delta;
} Offer;

static void refresh_offer(Assignment *a, Offer *offer, Random *random, int64_t *work)
{
    offer->to = best_shift(a, offer->process, random, &offer->delta, work);
}

/* look again at an offer after something changed on a machine */
static void consider(Assignment *a, Offer *offer, int m, int64_t *work)
{
    Cost delta;
    *work += 1;
    if (m != a->machine[offer->process] && assignment_try_shift(a, offer->process, m, &delta) &&
        cost_compare(&delta, &offer->delta) < 0) {
        *offer = (Offer){offer->process, m, delta};
    }
}

/* after a shift from one machine to another */
static void refresh_offers(Assignment *a, Offer *offer, int n, int from, int to, Random *random,
                           int64_t *work)
{
    for (int i = 0; i < n; i++) {
        int on = a->machine[offer[i].process];
        if (on == from || on == to || offer[i].to == from || offer[i].to == to) {
            refresh_offer(a, &offer[i], random, work);
        } else {
            consider(a, &offer[i], from, work);
            consider(a, &offer[i], to, work);
        }
    }
}

static Offer *best_offer(Offer *offer, int n)
{
    Offer *best = &offer[0];
    for (int i = 1; i < n; i++) {
        best = cost_compare(&offer[i].delta, &best->delta) < 0 ? &offer[i] : best;
    }
    return best;
}

/* take the best offer if it still stands, else look at it again; false when there is none */
static bool take_best(Assignment *a, Offer *offer, int n, Random *random, int64_t *work)
{
    Offer *best = best_offer(offer, n);
    int from = a->machine[best->process];
    int to = best->to;
    Cost delta;
    if (to < 0) {
        return false;
    }
    if (assignment_try_shift(a, best->process, to, &delta) && cost_compare(&delta, &best->delta) == 0) {
        assignment_shift(a, best->process, to);
        refresh_offers(a, offer, n, from, to, random, work);
    } else {
        refresh_offer(a, best, random, work);
    }
    return true;
}

int64_t descent_best_first(Assignment *a, Random *random, int64_t budget)
{
    int n;
    int64_t work = 0;
    g_autofree int *involved = descent_involved(a, &n);
    if (!n || a->n_moved >= a->problem->max_moves) {
        return 0;
    }
    g_autofree Offer *offer = g_new0(Offer, n);
    for (int i = 0; i < n; i++) {
        offer[i].process = involved[i];
        refresh_offer(a, &offer[i], random, &work);
    }
    while (work < budget && a->n_moved < a->problem->max_moves && take_best(a, offer, n, random, &work)) {
    }
    return work;
}

/* put a process back home and another of its home's in its place */
static bool exchange_home(Assignment *a, int process, int64_t *work)
{
    int home = a->problem->home[process];
    if (a->machine[process] == home) {
        return false;
    }
    for (int i = 0; i < a->n_on[home]; i++) {
        Cost delta;
        *work += 1;
        if (assignment_try_swap(a, process, a->on[home][i], &delta) && improves(&delta)) {
            assignment_swap(a, process, a->on[home][i]);
            return true;
        }
    }
    return false;
}

int64_t descent_polish(Assignment *a, Random *random, int64_t budget, int64_t end_us)
{
    int n;
    int64_t work = 0;
    g_autofree int *involved = descent_involved(a, &n);
    for (bool changed = true; changed;) {
        changed = grow(a, &work);
        for (int i = 0; i < n; i++) {
            if (work > budget || (end_us && g_get_monotonic_time() > end_us)) {
                return work;
            }
            Cost delta;
            int target = best_shift(a, involved[i], random, &delta, &work);
            if (target >= 0) {
                assignment_shift(a, involved[i], target);
                changed = true;
            } else {
                changed |= exchange_home(a, involved[i], &work);
            }
        }
    }
    return work;
}
