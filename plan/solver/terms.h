/* SPDX-License-Identifier: MIT */
#ifndef PLAN_SOLVER_TERMS_H
#define PLAN_SOLVER_TERMS_H

/*
 * The terms that a cost is the sum of, each by itself: a machine by its use, a process by where it is, a
 * growth by its size. What depends on several processes at once is counted in plan/solver/constraints.h and
 * plan/solver/groupmoves.h. Inline: a search spends most of its time here.
 */

#include "plan/solver/problem_data.h"

#include <glib.h>

/* what a machine costs by its use */
typedef struct {
    int64_t over_capacity;
    int64_t over_safety;
    int64_t balance;
} UseCost;

/* what a machine costs by how far its use, [R], is from even */
static inline int64_t evenness_cost(const Problem *p, int m, const int64_t *use)
{
    int64_t cost = 0;
    for (int r = 0; r < p->n_resources; r++) {
        int64_t capacity = problem_row(p->capacity, m, p->n_resources)[r];
        if (p->evenness[r] && capacity > 0) {
            int64_t off = use[r] * 10000 / capacity - p->mean_use[r];
            cost += p->evenness[r] * off * off;
        }
    }
    return cost;
}

/* what a machine costs with this use, [R] */
static inline UseCost use_cost(const Problem *p, int m, const int64_t *use)
{
    int width = p->n_resources;
    const int64_t *safety = problem_row(p->safety, m, width);
    const int64_t *safety_cost = problem_row(p->safety_cost, m, width);
    const int64_t *capacity = problem_row(p->capacity, m, width);
    UseCost cost = {0, 0, 0};
    for (int r = 0; r < width; r++) {
        cost.over_safety += safety_cost[r] * MAX(0, use[r] - safety[r]);
    }
    if (p->has_capacity_cost) {
        const int64_t *capacity_cost = problem_row(p->capacity_cost, m, width);
        for (int r = 0; r < width; r++) {
            cost.over_capacity += capacity_cost[r] * MAX(0, use[r] - capacity[r]);
        }
    }
    for (int b = 0; b < p->n_balances; b++) {
        const Balance *balance = &p->balance[b];
        int64_t first = capacity[balance->first] - use[balance->first];
        int64_t second = capacity[balance->second] - use[balance->second];
        cost.balance += balance->weight * MAX(0, balance->target * first - second);
    }
    if (p->has_evenness) {
        cost.balance += evenness_cost(p, m, use);
    }
    return cost;
}

/* add that, times sign */
static inline void add_use_cost(const Problem *p, Cost *cost, int m, UseCost use, int64_t sign)
{
    cost->level[p->levels.over_capacity] += sign * use.over_capacity;
    cost->level[p->safety_level[m]] += sign * use.over_safety;
    cost->level[p->levels.balance] += sign * use.balance;
}

/* what a machine that holds so much holds above its limits, at this price per unit of each resource */
static inline int64_t over_limit_cost(const Problem *p, const int64_t *price, int m, const int64_t *held)
{
    const int64_t *limit = problem_row(p->limit, m, p->n_resources);
    int64_t over = 0;
    for (int r = 0; r < p->n_resources; r++) {
        over += price[r] * MAX(0, held[r] - limit[r]);
    }
    return over;
}

/* what it costs that a process is on a machine and not at home */
static inline int64_t move_cost(const Problem *p, int process, int m)
{
    int home = p->home[process];
    if (home == m) {
        return 0;
    }
    int64_t cost = p->move_cost[process];
    if (p->machine_moves) {
        size_t pair = (size_t)home * (size_t)p->n_machines + (size_t)m;
        cost += p->machine_moves_weight * p->machine_moves[pair];
    }
    return cost;
}

/* add what it costs that a process is on a machine, whoever else is, times sign */
static inline void add_presence(const Problem *p, Cost *cost, int process, int m, int64_t sign)
{
    cost->level[p->levels.move] += sign * move_cost(p, process, m);
    if (!p->has_places) {
        return;
    }
    cost->level[p->levels.stay] += sign * p->stay_cost[m];
    int reach = p->reach[process];
    if (reach >= 0) {
        size_t cell = (size_t)reach * (size_t)p->n_machines + (size_t)m;
        cost->level[p->levels.preference] += sign * p->reach_cost[cell];
        cost->level[p->levels.outside] += p->reach_allowed[cell] ? 0 : sign * p->reach_outside[reach];
    }
}

/* add what it costs that a growth has the size of this row, times sign */
static inline void add_growth(const Problem *p, Cost *cost, int size, int64_t sign)
{
    cost->level[p->levels.shortage] += sign * p->shortage[size];
    cost->level[p->levels.move] += sign * p->size_cost[size];
}

#endif
