/* SPDX-License-Identifier: MIT */
#include "plan/solver/trial.h"

#include "plan/solver/reach.h"
#include "plan/solver/terms.h"

#include <string.h>

/* what the use of a machine would cost more with `change` added to its use */
static void add_use_cost_delta(const Assignment *a, Cost *delta, int m, const int64_t *change, int64_t sign)
{
    const Problem *p = a->problem;
    const int64_t *use = problem_row(a->use, m, p->n_resources);
    int64_t next[PROBLEM_RESOURCES];
    for (int r = 0; r < p->n_resources; r++) {
        next[r] = use[r] + sign * change[r];
    }
    UseCost cost = use_cost(p, m, next);
    cost.over_capacity -= a->use_cost[m].over_capacity;
    cost.over_safety -= a->use_cost[m].over_safety;
    cost.balance -= a->use_cost[m].balance;
    add_use_cost(p, delta, m, cost, 1);
}

/* what a machine holds above its limits, priced, when one process goes and another comes (-1: none) */
static int64_t over_limit(const Assignment *a, int m, int going, int coming)
{
    const Problem *p = a->problem;
    int width = p->n_resources;
    int64_t held[PROBLEM_RESOURCES];
    memcpy(held, problem_row(a->held, m, width), sizeof *held * (size_t)width);
    if (going >= 0) {
        const int64_t *need = problem_row(a->need, going, width);
        bool keeps = p->home[going] == m;
        for (int r = 0; r < width; r++) {
            held[r] -= keeps && p->transient[r] ? 0 : need[r];
        }
    }
    if (coming >= 0) {
        const int64_t *need = problem_row(a->need, coming, width);
        bool has = p->home[coming] == m;
        for (int r = 0; r < width; r++) {
            held[r] += has && p->transient[r] ? 0 : need[r];
        }
    }
    return over_limit_cost(p, a->price, m, held);
}

/* what leaving home (+1), coming home (-1) or neither (0) of one or two processes adds for the group moved
 * most */
static void add_group_moves(Assignment *a, Cost *delta, int process, int away, int other, int other_away)
{
    const Problem *p = a->problem;
    if (!p->group_moves_weight || (!groupmoves_touch_most(&a->group_moves, p, process, away) &&
                                   !groupmoves_touch_most(&a->group_moves, p, other, other_away))) {
        return;
    }
    int change = groupmoves_count(&a->group_moves, p, process, away) +
                 groupmoves_count(&a->group_moves, p, other, other_away);
    delta->level[p->levels.move] += p->group_moves_weight * change;
    groupmoves_count(&a->group_moves, p, other, -other_away);
    groupmoves_count(&a->group_moves, p, process, -away);
}

/* whether a process fits the machine it would go to */
static bool fits(const Assignment *a, int process, int to)
{
    const Problem *p = a->problem;
    int width = p->n_resources;
    const int64_t *need = problem_row(a->need, process, width);
    const int64_t *held = problem_row(a->held, to, width);
    const int64_t *limit = problem_row(p->limit, to, width);
    bool over = false;
    if (p->has_transient && p->home[process] == to) {
        for (int r = 0; r < width; r++) {
            over |= !p->transient[r] && held[r] + need[r] > limit[r];
        }
    } else {
        for (int r = 0; r < width; r++) {
            over |= held[r] + need[r] > limit[r];
        }
    }
    return !over;
}

/* whether one process may go and another come on a machine */
static bool fits_instead(const Assignment *a, int m, int going, int coming)
{
    const Problem *p = a->problem;
    int width = p->n_resources;
    const int64_t *out = problem_row(a->need, going, width);
    const int64_t *in = problem_row(a->need, coming, width);
    const int64_t *held = problem_row(a->held, m, width);
    const int64_t *limit = problem_row(p->limit, m, width);
    bool over = false;
    if (p->has_transient && (p->home[going] == m || p->home[coming] == m)) {
        bool keeps = p->home[going] == m;
        bool has = p->home[coming] == m;
        for (int r = 0; r < width; r++) {
            int64_t less = keeps && p->transient[r] ? 0 : out[r];
            int64_t more = has && p->transient[r] ? 0 : in[r];
            over |= held[r] - less + more > limit[r];
        }
    } else {
        for (int r = 0; r < width; r++) {
            over |= held[r] - out[r] + in[r] > limit[r];
        }
    }
    return !over;
}

/* whether so many more processes of a home may be elsewhere; fewer always */
static bool may_leave(const Assignment *a, int home, int more)
{
    return more <= 0 || a->leaving[home] + more <= a->problem->max_leaving[home];
}

/* the same for processes of two homes, and for those of all together */
static bool may_be_away(const Assignment *a, int process, int away, int other, int other_away)
{
    const Problem *p = a->problem;
    int home = p->home[process];
    int other_home = p->home[other];
    bool homes_allow = home == other_home ? may_leave(a, home, away + other_away)
                                          : may_leave(a, home, away) && may_leave(a, other_home, other_away);
    int more = away + other_away;
    return homes_allow && (more <= 0 || a->n_moved + more <= p->max_moves);
}

bool assignment_try_shift(Assignment *a, int process, int to, Cost *delta)
{
    const Problem *p = a->problem;
    if ((!a->price && !fits(a, process, to)) || !reach_allows(p, process, to) ||
        assignment_misgrown(a, process, to)) {
        return false;
    }
    int away = assignment_away(a, process, to);
    if (away > 0 && (a->n_moved >= p->max_moves || !may_leave(a, p->home[process], away))) {
        return false;
    }
    *delta = (Cost){0};
    if (!constraints_try_shift(a->constraints, process, to, delta)) {
        return false;
    }
    int from = a->machine[process];
    const int64_t *need = problem_row(a->need, process, p->n_resources);
    add_use_cost_delta(a, delta, from, need, -1);
    add_use_cost_delta(a, delta, to, need, 1);
    if (a->price) {
        delta->level[ASSIGNMENT_OVER] =
            over_limit(a, from, process, -1) + over_limit(a, to, -1, process) - a->over[from] - a->over[to];
    }
    add_presence(p, delta, process, from, -1);
    add_presence(p, delta, process, to, 1);
    if (p->has_on_cost) {
        delta->level[p->levels.on] -= a->n_on[from] == 1 ? p->on_cost[from] : 0;
        delta->level[p->levels.on] += a->n_on[to] == 0 ? p->on_cost[to] : 0;
    }
    add_group_moves(a, delta, process, away, process, 0);
    return true;
}

bool assignment_try_swap(Assignment *a, int process, int other, Cost *delta)
{
    const Problem *p = a->problem;
    int from = a->machine[process];
    int to = a->machine[other];
    if ((!a->price && (!fits_instead(a, to, other, process) || !fits_instead(a, from, process, other))) ||
        !reach_allows(p, process, to) || !reach_allows(p, other, from) ||
        assignment_misgrown(a, process, to) || assignment_misgrown(a, other, from)) {
        return false;
    }
    int away = assignment_away(a, process, to);
    int other_away = assignment_away(a, other, from);
    if (!may_be_away(a, process, away, other, other_away)) {
        return false;
    }
    *delta = (Cost){0};
    if (!constraints_try_swap(a->constraints, process, other, delta)) {
        return false;
    }
    int64_t change[PROBLEM_RESOURCES];
    const int64_t *out = problem_row(a->need, process, p->n_resources);
    const int64_t *in = problem_row(a->need, other, p->n_resources);
    for (int r = 0; r < p->n_resources; r++) {
        change[r] = in[r] - out[r];
    }
    add_use_cost_delta(a, delta, from, change, 1);
    add_use_cost_delta(a, delta, to, change, -1);
    if (a->price) {
        delta->level[ASSIGNMENT_OVER] = over_limit(a, from, process, other) +
                                        over_limit(a, to, other, process) - a->over[from] - a->over[to];
    }
    add_presence(p, delta, process, from, -1);
    add_presence(p, delta, process, to, 1);
    add_presence(p, delta, other, to, -1);
    add_presence(p, delta, other, from, 1);
    add_group_moves(a, delta, process, away, other, other_away);
    return true;
}

bool assignment_try_resize(Assignment *a, int growth, int size, Cost *delta)
{
    const Problem *p = a->problem;
    int before = problem_size_row(p, growth, a->size[growth]);
    int after = problem_size_row(p, growth, size);
    int m = a->machine[p->grower[growth]];
    if (size && !reach_allows_growth(p, growth, m)) {
        return false;
    }
    int64_t change[PROBLEM_RESOURCES];
    int64_t held[PROBLEM_RESOURCES];
    for (int r = 0; r < p->n_resources; r++) {
        change[r] =
            problem_row(p->add, after, p->n_resources)[r] - problem_row(p->add, before, p->n_resources)[r];
        held[r] = problem_row(a->held, m, p->n_resources)[r] + change[r];
        if (change[r] > 0 && held[r] > problem_row(p->limit, m, p->n_resources)[r]) {
            return false;
        }
    }
    for (int i = p->budgets_of.first[growth]; i < p->budgets_of.first[growth + 1]; i++) {
        int budget = p->budgets_of.item[i];
        int64_t debit = problem_debited(p, budget, after) - problem_debited(p, budget, before);
        if (debit > 0 && a->spent[budget] + debit > p->room[budget]) {
            return false;
        }
    }
    *delta = (Cost){0};
    add_use_cost_delta(a, delta, m, change, 1);
    add_growth(p, delta, before, -1);
    add_growth(p, delta, after, 1);
    if (a->price) {
        delta->level[ASSIGNMENT_OVER] = over_limit_cost(p, a->price, m, held) - a->over[m];
    }
    return true;
}
