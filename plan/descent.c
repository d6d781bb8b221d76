/* SPDX-License-Identifier: MIT */
#include "plan/descent.h"

#include <stdlib.h>

enum {
    ENOUGH = 64,     /* feasible targets looked at for one process */
    BLOCK_TRIES = 32 /* targets tried for a block */
};

static bool machine_costs(const State *s, int m)
{
    const Problem *p = s->problem;
    const Load *load = &s->load[m];
    return load->over_capacity || load->over_safety || (s->n_on[m] && p->stay_cost[m]);
}

static bool in_breach(const State *s, int process)
{
    const Problem *p = s->problem;
    for (int i = p->groups_of.first[process]; i < p->groups_of.first[process + 1]; i++) {
        if (s->tally->breach[p->groups_of.item[i]]) {
            return true;
        }
    }
    return false;
}

static bool ill_placed(const State *s, int process)
{
    const Problem *p = s->problem;
    int reach = p->reach[process];
    if (reach < 0) {
        return false;
    }
    size_t cell = (size_t)reach * (size_t)p->n_machines + (size_t)s->machine[process];
    return p->reach_cost[cell] || !p->reach_allowed[cell];
}

static bool is_short(const State *s, int process)
{
    const Problem *p = s->problem;
    for (int i = p->growths_of.first[process]; i < p->growths_of.first[process + 1]; i++) {
        int g = p->growths_of.item[i];
        if (p->shortage[p->first_size[g] + s->size[g]] || s->size[g]) {
            return true;
        }
    }
    return false;
}

int *descent_involved(const State *s, int *n)
{
    const Problem *p = s->problem;
    bool all = p->has_evenness || p->n_balances || p->has_on_cost;
    int *involved = g_new(int, MAX(p->n_processes, 1));
    *n = 0;
    for (int i = 0; i < p->n_processes; i++) {
        int m = s->machine[i];
        if (all || m != p->home[i] || machine_costs(s, m) || in_breach(s, i) || ill_placed(s, i) ||
            is_short(s, i)) {
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
static int best_shift(State *s, int process, Random *random, Cost *best, int64_t *work)
{
    const Problem *p = s->problem;
    int target = -1;
    int feasible = 0;
    int offset = random_below(random, p->n_machines);
    *best = (Cost){0};
    for (int i = -1; i < p->n_machines && feasible < ENOUGH; i++) {
        int m = i < 0 ? p->home[process] : (i + offset) % p->n_machines;
        Cost delta;
        if (m == s->machine[process] || !state_try_shift(s, process, m, &delta)) {
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
static bool relieve(State *s, int m, Random *random, int64_t *work)
{
    Cost best = {0};
    int process = -1;
    int target = -1;
    for (int i = 0; i < s->n_on[m]; i++) {
        Cost delta;
        int to = best_shift(s, s->on[m][i], random, &delta, work);
        if (to >= 0 && cost_compare(&delta, &best) < 0) {
            best = delta;
            process = s->on[m][i];
            target = to;
        }
    }
    if (process < 0) {
        return false;
    }
    state_shift(s, process, target);
    return true;
}

bool descent_try_block(State *s, int g, int from, int to)
{
    const Problem *p = s->problem;
    Cost before = s->cost;
    int n = 0;
    int size = p->members.first[g + 1] - p->members.first[g];
    g_autofree int *moved = g_new(int, MAX(size, 1));
    for (int i = p->members.first[g]; i < p->members.first[g + 1]; i++) {
        int process = p->members.item[i];
        if (s->machine[process] == from) {
            moved[n++] = process;
            state_shift(s, process, to);
        }
    }
    if (!s->violations && cost_compare(&s->cost, &before) < 0) {
        return true;
    }
    while (n) {
        state_shift(s, moved[--n], from);
    }
    return false;
}

/* move a whole group off a machine that costs, where one member alone may not go */
static void relieve_by_blocks(State *s, int m, Random *random, int64_t *work)
{
    const Problem *p = s->problem;
    for (int i = 0; i < s->n_on[m] && machine_costs(s, m); i++) {
        int process = s->on[m][i];
        for (int k = p->groups_of.first[process]; k < p->groups_of.first[process + 1]; k++) {
            int g = p->groups_of.item[k];
            for (int t = 0; p->group[g].together && t < MIN(BLOCK_TRIES, p->n_machines); t++) {
                int to = random_below(random, p->n_machines);
                *work += 1;
                if (to != m && descent_try_block(s, g, m, to)) {
                    break;
                }
            }
            if (i >= s->n_on[m] || s->on[m][i] != process) {
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

static bool grow(State *s, int64_t *work)
{
    const Problem *p = s->problem;
    bool changed = false;
    for (int g = 0; g < p->n_growths; g++) {
        Cost best = {0};
        int size = -1;
        for (int k = 0; k < p->first_size[g + 1] - p->first_size[g]; k++) {
            Cost delta;
            *work += 1;
            if (k != s->size[g] && state_try_resize(s, g, k, &delta) && cost_compare(&delta, &best) < 0) {
                best = delta;
                size = k;
            }
        }
        if (size >= 0) {
            state_resize(s, g, size);
            changed = true;
        }
    }
    return changed;
}

int64_t descent_repair(State *s, Random *random, int64_t budget)
{
    const Problem *p = s->problem;
    int64_t work = 0;
    int n = 0;
    g_autofree Broken *broken = g_new(Broken, p->n_machines);
    for (int m = 0; m < p->n_machines; m++) {
        if (machine_costs(s, m)) {
            broken[n++] = (Broken){m, s->load[m].over_capacity + s->load[m].over_safety};
        }
    }
    qsort(broken, (size_t)n, sizeof *broken, by_excess);
    for (int i = 0; i < n; i++) {
        int m = broken[i].machine;
        while (work < budget && machine_costs(s, m) && relieve(s, m, random, &work)) {
        }
        if (p->has_blocks && work < budget && machine_costs(s, m)) {
            relieve_by_blocks(s, m, random, &work);
        }
    }
    grow(s, &work);
    return work;
}

/* the best shift of a process when it was last looked at */
typedef struct {
    int process;
    int to; /* -1: none improves */
    Cost delta;
} Offer;

static void refresh_offer(State *s, Offer *offer, Random *random, int64_t *work)
{
    offer->to = best_shift(s, offer->process, random, &offer->delta, work);
}

/* look again at an offer after something changed on a machine */
static void consider(State *s, Offer *offer, int m, int64_t *work)
{
    Cost delta;
    *work += 1;
    if (m != s->machine[offer->process] && state_try_shift(s, offer->process, m, &delta) &&
        cost_compare(&delta, &offer->delta) < 0) {
        *offer = (Offer){offer->process, m, delta};
    }
}

/* after a shift from one machine to another */
static void refresh_offers(State *s, Offer *offer, int n, int from, int to, Random *random, int64_t *work)
{
    for (int i = 0; i < n; i++) {
        int on = s->machine[offer[i].process];
        if (on == from || on == to || offer[i].to == from || offer[i].to == to) {
            refresh_offer(s, &offer[i], random, work);
        } else {
            consider(s, &offer[i], from, work);
            consider(s, &offer[i], to, work);
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
static bool take_best(State *s, Offer *offer, int n, Random *random, int64_t *work)
{
    Offer *best = best_offer(offer, n);
    int from = s->machine[best->process];
    int to = best->to;
    Cost delta;
    if (to < 0) {
        return false;
    }
    if (state_try_shift(s, best->process, to, &delta) && cost_compare(&delta, &best->delta) == 0) {
        state_shift(s, best->process, to);
        refresh_offers(s, offer, n, from, to, random, work);
    } else {
        refresh_offer(s, best, random, work);
    }
    return true;
}

int64_t descent_best_first(State *s, Random *random, int64_t budget)
{
    int n;
    int64_t work = 0;
    g_autofree int *involved = descent_involved(s, &n);
    if (!n || s->n_moved >= s->problem->max_moves) {
        return 0;
    }
    g_autofree Offer *offer = g_new0(Offer, n);
    for (int i = 0; i < n; i++) {
        offer[i].process = involved[i];
        refresh_offer(s, &offer[i], random, &work);
    }
    while (work < budget && s->n_moved < s->problem->max_moves && take_best(s, offer, n, random, &work)) {
    }
    return work;
}

/* put a process back home and another of its home's in its place */
static bool exchange_home(State *s, int process, int64_t *work)
{
    int home = s->problem->home[process];
    if (s->machine[process] == home) {
        return false;
    }
    for (int i = 0; i < s->n_on[home]; i++) {
        Cost delta;
        *work += 1;
        if (state_try_swap(s, process, s->on[home][i], &delta) && improves(&delta)) {
            state_swap(s, process, s->on[home][i]);
            return true;
        }
    }
    return false;
}

int64_t descent_polish(State *s, Random *random, int64_t budget, int64_t end_us)
{
    int n;
    int64_t work = 0;
    g_autofree int *involved = descent_involved(s, &n);
    for (bool changed = true; changed;) {
        changed = grow(s, &work);
        for (int i = 0; i < n; i++) {
            if (work > budget || (end_us && g_get_monotonic_time() > end_us)) {
                return work;
            }
            Cost delta;
            int target = best_shift(s, involved[i], random, &delta, &work);
            if (target >= 0) {
                state_shift(s, involved[i], target);
                changed = true;
            } else {
                changed |= exchange_home(s, involved[i], &work);
            }
        }
    }
    return work;
}
