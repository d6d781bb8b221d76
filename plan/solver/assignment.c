/* SPDX-License-Identifier: MIT */
#include "plan/solver/assignment.h"

#include <string.h>

static const int64_t *row(const int64_t *rows, int i, int width)
{
    return rows + (size_t)i * (size_t)width;
}

static int64_t evenness(const Problem *p, int m, const int64_t *use)
{
    int64_t cost = 0;
    for (int r = 0; r < p->n_resources; r++) {
        int64_t capacity = row(p->capacity, m, p->n_resources)[r];
        if (p->evenness[r] && capacity > 0) {
            int64_t off = use[r] * 10000 / capacity - p->mean_use[r];
            cost += p->evenness[r] * off * off;
        }
    }
    return cost;
}

/* what a machine costs with this use */
static UseCost use_cost(const Problem *p, int m, const int64_t *use)
{
    int width = p->n_resources;
    const int64_t *safety = row(p->safety, m, width);
    const int64_t *safety_cost = row(p->safety_cost, m, width);
    const int64_t *capacity = row(p->capacity, m, width);
    UseCost cost = {0, 0, 0};
    for (int r = 0; r < width; r++) {
        cost.over_safety += safety_cost[r] * MAX(0, use[r] - safety[r]);
    }
    if (p->has_capacity_cost) {
        const int64_t *capacity_cost = row(p->capacity_cost, m, width);
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
        cost.balance += evenness(p, m, use);
    }
    return cost;
}

static void add_use_cost(const Problem *p, Cost *cost, int m, UseCost use, int64_t sign)
{
    cost->level[p->levels.over_capacity] += sign * use.over_capacity;
    cost->level[p->safety_level[m]] += sign * use.over_safety;
    cost->level[p->levels.balance] += sign * use.balance;
}

/* what the use of a machine would cost more with `change` added to its use */
static void add_use_cost_delta(const Assignment *a, Cost *delta, int m, const int64_t *change, int64_t sign)
{
    const Problem *p = a->problem;
    const int64_t *use = row(a->use, m, p->n_resources);
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

/* what a machine that holds so much holds above its limits, priced */
static int64_t price_of(const Assignment *a, int m, const int64_t *held)
{
    const int64_t *limit = row(a->problem->limit, m, a->problem->n_resources);
    int64_t over = 0;
    for (int r = 0; r < a->problem->n_resources; r++) {
        over += a->price[r] * MAX(0, held[r] - limit[r]);
    }
    return over;
}

/* the same when one process goes and another comes (-1: none) */
static int64_t over_limit(const Assignment *a, int m, int going, int coming)
{
    const Problem *p = a->problem;
    int width = p->n_resources;
    int64_t held[PROBLEM_RESOURCES];
    memcpy(held, row(a->held, m, width), sizeof *held * (size_t)width);
    if (going >= 0) {
        const int64_t *need = row(a->need, going, width);
        bool keeps = p->home[going] == m;
        for (int r = 0; r < width; r++) {
            held[r] -= keeps && p->transient[r] ? 0 : need[r];
        }
    }
    if (coming >= 0) {
        const int64_t *need = row(a->need, coming, width);
        bool has = p->home[coming] == m;
        for (int r = 0; r < width; r++) {
            held[r] += has && p->transient[r] ? 0 : need[r];
        }
    }
    return price_of(a, m, held);
}

bool assignment_may(const Problem *p, int process, int m)
{
    if (!p->has_places || p->home[process] == m) {
        return true;
    }
    int reach = p->reach[process];
    return !p->pinned[process] && !p->closed[m] &&
           (reach < 0 || p->reach_allowed[(size_t)reach * (size_t)p->n_machines + (size_t)m]);
}

static int64_t move_cost(const Problem *p, int process, int m)
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

/* what it costs that a process is on a machine, whoever else is */
static void add_presence(const Problem *p, Cost *cost, int process, int m, int64_t sign)
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

/* count members away from home; returns the change of the highest count */
static int count_moved(Assignment *a, int process, int change)
{
    const Problem *p = a->problem;
    int before = a->most_moved;
    for (int i = p->counted_of.first[process]; i < p->counted_of.first[process + 1]; i++) {
        int g = p->counted_of.item[i];
        a->groups_with[a->group_moved[g]]--;
        a->group_moved[g] += change;
        a->groups_with[a->group_moved[g]]++;
        a->most_moved = MAX(a->most_moved, a->group_moved[g]);
    }
    while (a->most_moved && !a->groups_with[a->most_moved]) {
        a->most_moved--;
    }
    return a->most_moved - before;
}

/* +1 when a process would leave home by going to a machine, -1 when it would come home */
static int away_delta(const Assignment *a, int process, int to)
{
    int home = a->problem->home[process];
    return (to != home) - (a->machine[process] != home);
}

/* whether one process more or less away from home could change the highest count of a group */
static bool touches_most(const Assignment *a, int process, int away)
{
    const Problem *p = a->problem;
    for (int i = p->counted_of.first[process]; away && i < p->counted_of.first[process + 1]; i++) {
        if (a->group_moved[p->counted_of.item[i]] >= a->most_moved - 1) {
            return true;
        }
    }
    return false;
}

/* what leaving home (+1), coming home (-1) or neither (0) of one or two processes adds for the group moved
 * most */
static void add_group_moves(Assignment *a, Cost *delta, int process, int away, int other, int other_away)
{
    const Problem *p = a->problem;
    if (!p->group_moves_weight || (!touches_most(a, process, away) && !touches_most(a, other, other_away))) {
        return;
    }
    int change = count_moved(a, process, away) + count_moved(a, other, other_away);
    delta->level[p->levels.move] += p->group_moves_weight * change;
    count_moved(a, other, -other_away);
    count_moved(a, process, -away);
}

/* whether a process fits the machine it would go to */
static bool fits(const Assignment *a, int process, int to)
{
    const Problem *p = a->problem;
    int width = p->n_resources;
    const int64_t *need = row(a->need, process, width);
    const int64_t *held = row(a->held, to, width);
    const int64_t *limit = row(p->limit, to, width);
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
    const int64_t *out = row(a->need, going, width);
    const int64_t *in = row(a->need, coming, width);
    const int64_t *held = row(a->held, m, width);
    const int64_t *limit = row(p->limit, m, width);
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

static bool may_be_grown(const Problem *p, int growth, int m)
{
    int reach = p->growth_reach[growth];
    return reach < 0 || p->reach_allowed[(size_t)reach * (size_t)p->n_machines + (size_t)m];
}

/* growths of a process that are grown and may not be on a machine */
static int misgrown(const Assignment *a, int process, int m)
{
    const Problem *p = a->problem;
    int n = 0;
    for (int i = p->growths_of.first[process]; p->has_growth_places && i < p->growths_of.first[process + 1];
         i++) {
        int growth = p->growths_of.item[i];
        n += a->size[growth] && !may_be_grown(p, growth, m);
    }
    return n;
}

bool assignment_try_shift(Assignment *a, int process, int to, Cost *delta)
{
    const Problem *p = a->problem;
    if ((!a->price && !fits(a, process, to)) || !assignment_may(p, process, to) || misgrown(a, process, to)) {
        return false;
    }
    int away = away_delta(a, process, to);
    if (away > 0 && (a->n_moved >= p->max_moves || !may_leave(a, p->home[process], away))) {
        return false;
    }
    *delta = (Cost){0};
    if (!constraints_try_shift(a->constraints, process, to, delta)) {
        return false;
    }
    int from = a->machine[process];
    const int64_t *need = row(a->need, process, p->n_resources);
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
        !assignment_may(p, process, to) || !assignment_may(p, other, from) || misgrown(a, process, to) ||
        misgrown(a, other, from)) {
        return false;
    }
    int away = away_delta(a, process, to);
    int other_away = away_delta(a, other, from);
    if (!may_be_away(a, process, away, other, other_away)) {
        return false;
    }
    *delta = (Cost){0};
    if (!constraints_try_swap(a->constraints, process, other, delta)) {
        return false;
    }
    int64_t change[PROBLEM_RESOURCES];
    const int64_t *out = row(a->need, process, p->n_resources);
    const int64_t *in = row(a->need, other, p->n_resources);
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

/* what a row of sizes takes from a budget */
static int64_t debited(const Problem *p, int budget, int row_of_sizes)
{
    return p->debit[row_of_sizes * PROBLEM_DEBITS + p->debit_kind[budget]];
}

static int size_row(const Assignment *a, int growth, int size)
{
    return a->problem->first_size[growth] + size;
}

static void add_growth(const Problem *p, Cost *cost, int size, int64_t sign)
{
    cost->level[p->levels.shortage] += sign * p->shortage[size];
    cost->level[p->levels.move] += sign * p->size_cost[size];
}

bool assignment_try_resize(Assignment *a, int growth, int size, Cost *delta)
{
    const Problem *p = a->problem;
    int before = size_row(a, growth, a->size[growth]);
    int after = size_row(a, growth, size);
    int m = a->machine[p->grower[growth]];
    if (size && !may_be_grown(p, growth, m)) {
        return false;
    }
    int64_t change[PROBLEM_RESOURCES];
    int64_t held[PROBLEM_RESOURCES];
    for (int r = 0; r < p->n_resources; r++) {
        change[r] = row(p->add, after, p->n_resources)[r] - row(p->add, before, p->n_resources)[r];
        held[r] = row(a->held, m, p->n_resources)[r] + change[r];
        if (change[r] > 0 && held[r] > row(p->limit, m, p->n_resources)[r]) {
            return false;
        }
    }
    for (int i = p->budgets_of.first[growth]; i < p->budgets_of.first[growth + 1]; i++) {
        int budget = p->budgets_of.item[i];
        int64_t debit = debited(p, budget, after) - debited(p, budget, before);
        if (debit > 0 && a->spent[budget] + debit > p->room[budget]) {
            return false;
        }
    }
    *delta = (Cost){0};
    add_use_cost_delta(a, delta, m, change, 1);
    add_growth(p, delta, before, -1);
    add_growth(p, delta, after, 1);
    if (a->price) {
        delta->level[ASSIGNMENT_OVER] = price_of(a, m, held) - a->over[m];
    }
    return true;
}

static int64_t machine_violations(const Assignment *a, int m)
{
    const Problem *p = a->problem;
    int64_t over = 0;
    for (int r = 0; r < p->n_resources; r++) {
        over += MAX(0, row(a->held, m, p->n_resources)[r] - row(p->limit, m, p->n_resources)[r]);
    }
    return over;
}

static int64_t violated_rules(const Assignment *a, int process)
{
    const Problem *p = a->problem;
    int64_t violations = 0;
    for (int i = p->rules_of.first[process]; i < p->rules_of.first[process + 1]; i++) {
        violations += constraints_violation(a->constraints, p->rules_of.item[i]);
    }
    return violations;
}

/* what moves of one process between two machines can change of the violations */
static int64_t violations_around(const Assignment *a, int process, int from, int to)
{
    const Problem *p = a->problem;
    int home = p->home[process];
    return machine_violations(a, from) + machine_violations(a, to) + violated_rules(a, process) +
           constraints_lacking(a->constraints) + MAX(0, a->leaving[home] - p->max_leaving[home]) +
           MAX(0, a->n_moved - p->max_moves) + !assignment_may(p, process, a->machine[process]) +
           misgrown(a, process, a->machine[process]);
}

static void leave(Assignment *a, int process)
{
    int m = a->machine[process];
    int last = a->on[m][--a->n_on[m]];
    a->on[m][a->slot[process]] = last;
    a->slot[last] = a->slot[process];
}

static void arrive(Assignment *a, int process, int m)
{
    int n = a->n_on[m]++;
    if ((n & (n - 1)) == 0) {
        a->on[m] = g_renew(int, a->on[m], n ? 2 * n : 1);
    }
    a->on[m][n] = process;
    a->slot[process] = n;
    a->machine[process] = m;
}

static void set_moved(Assignment *a, int process)
{
    a->moved_slot[process] = a->n_moved;
    a->moved[a->n_moved++] = process;
}

static void clear_moved(Assignment *a, int process)
{
    int last = a->moved[--a->n_moved];
    a->moved[a->moved_slot[process]] = last;
    a->moved_slot[last] = a->moved_slot[process];
}

/* after a machine's use has changed: what it costs, and what is priced of it */
static void count_use_cost(Assignment *a, int m)
{
    const Problem *p = a->problem;
    add_use_cost(p, &a->cost, m, a->use_cost[m], -1);
    a->use_cost[m] = use_cost(p, m, row(a->use, m, p->n_resources));
    add_use_cost(p, &a->cost, m, a->use_cost[m], 1);
    if (a->price) {
        a->over[m] = price_of(a, m, row(a->held, m, p->n_resources));
    }
}

/* move what a process needs between two machines */
static void carry(Assignment *a, int process, int from, int to)
{
    const Problem *p = a->problem;
    int width = p->n_resources;
    int home = p->home[process];
    const int64_t *need = row(a->need, process, width);
    for (int r = 0; r < width; r++) {
        a->use[from * width + r] -= need[r];
        a->use[to * width + r] += need[r];
        a->held[from * width + r] -= p->transient[r] && from == home ? 0 : need[r];
        a->held[to * width + r] += p->transient[r] && to == home ? 0 : need[r];
    }
    count_use_cost(a, from);
    count_use_cost(a, to);
}

void assignment_shift(Assignment *a, int process, int to)
{
    const Problem *p = a->problem;
    int from = a->machine[process];
    int away = away_delta(a, process, to);
    a->violations -= violations_around(a, process, from, to);
    Cost *cost = &a->cost;
    constraints_add_cost(a->constraints, process, cost, -1);
    constraints_shift(a->constraints, process, to);
    add_presence(p, cost, process, from, -1);
    add_presence(p, cost, process, to, 1);
    cost->level[p->levels.on] -= a->n_on[from] == 1 ? p->on_cost[from] : 0;
    cost->level[p->levels.on] += a->n_on[to] == 0 ? p->on_cost[to] : 0;
    if (away) {
        cost->level[p->levels.move] += p->group_moves_weight * count_moved(a, process, away);
        a->leaving[p->home[process]] += away;
        (away > 0 ? set_moved : clear_moved)(a, process);
    }
    leave(a, process);
    arrive(a, process, to);
    constraints_add_cost(a->constraints, process, cost, 1);
    carry(a, process, from, to);
    a->violations += violations_around(a, process, from, to);
}

void assignment_swap(Assignment *a, int process, int other)
{
    int from = a->machine[process];
    int to = a->machine[other];
    assignment_shift(a, process, to);
    assignment_shift(a, other, from);
}

/* by how much the budgets of a growth are exceeded */
static int64_t overspent(const Assignment *a, int growth)
{
    const Problem *p = a->problem;
    int64_t over = 0;
    for (int i = p->budgets_of.first[growth]; i < p->budgets_of.first[growth + 1]; i++) {
        int budget = p->budgets_of.item[i];
        over += MAX(0, a->spent[budget] - p->room[budget]);
    }
    return over;
}

void assignment_resize(Assignment *a, int growth, int size)
{
    const Problem *p = a->problem;
    int width = p->n_resources;
    int before = size_row(a, growth, a->size[growth]);
    int after = size_row(a, growth, size);
    int process = p->grower[growth];
    int m = a->machine[process];
    a->violations -= machine_violations(a, m) + overspent(a, growth) + misgrown(a, process, m);
    for (int r = 0; r < width; r++) {
        int64_t change = row(p->add, after, width)[r] - row(p->add, before, width)[r];
        a->need[process * width + r] += change;
        a->use[m * width + r] += change;
        a->held[m * width + r] += change;
    }
    for (int i = p->budgets_of.first[growth]; i < p->budgets_of.first[growth + 1]; i++) {
        int budget = p->budgets_of.item[i];
        a->spent[budget] += debited(p, budget, after) - debited(p, budget, before);
    }
    a->size[growth] = size;
    add_growth(p, &a->cost, before, -1);
    add_growth(p, &a->cost, after, 1);
    count_use_cost(a, m);
    a->violations += machine_violations(a, m) + overspent(a, growth) + misgrown(a, process, m);
}

void assignment_set_price(Assignment *a, const int64_t *price)
{
    a->price = price;
    for (int m = 0; price && m < a->problem->n_machines; m++) {
        a->over[m] = price_of(a, m, row(a->held, m, a->problem->n_resources));
    }
}

static Assignment *assignment_alloc(const Problem *p, const Placement *placement)
{
    Assignment *a = g_new0(Assignment, 1);
    size_t cells = (size_t)p->n_machines * (size_t)p->n_resources;
    a->problem = p;
    a->machine = g_memdup2(placement->machine, sizeof(int) * (size_t)p->n_processes);
    a->size = g_memdup2(placement->size, sizeof(int) * (size_t)p->n_growths);
    a->need = g_memdup2(p->need, sizeof(int64_t) * (size_t)p->n_processes * (size_t)p->n_resources);
    a->use = g_memdup2(p->base, sizeof(int64_t) * cells);
    a->held = g_memdup2(p->base, sizeof(int64_t) * cells);
    a->use_cost = g_new0(UseCost, p->n_machines);
    a->on = g_new0(int *, p->n_machines);
    a->n_on = g_new0(int, p->n_machines);
    a->slot = g_new0(int, p->n_processes);
    a->moved = g_new0(int, p->n_processes);
    a->moved_slot = g_new0(int, p->n_processes);
    a->over = g_new0(int64_t, p->n_machines);
    a->leaving = g_new0(int, p->n_machines);
    a->group_moved = g_new0(int, p->n_groups);
    a->groups_with = g_new0(int, p->n_processes + 1);
    a->spent = g_new0(int64_t, p->n_budgets);
    return a;
}

static void count_growths(Assignment *a)
{
    const Problem *p = a->problem;
    for (int g = 0; g < p->n_growths; g++) {
        int size = size_row(a, g, a->size[g]);
        for (int r = 0; r < p->n_resources; r++) {
            a->need[p->grower[g] * p->n_resources + r] += row(p->add, size, p->n_resources)[r];
        }
        for (int i = p->budgets_of.first[g]; i < p->budgets_of.first[g + 1]; i++) {
            a->spent[p->budgets_of.item[i]] += debited(p, p->budgets_of.item[i], size);
        }
        add_growth(p, &a->cost, size, 1);
    }
}

static void count_process(Assignment *a, int process)
{
    const Problem *p = a->problem;
    int home = p->home[process];
    int m = a->machine[process];
    for (int r = 0; r < p->n_resources; r++) {
        int64_t need = row(a->need, process, p->n_resources)[r];
        a->use[m * p->n_resources + r] += need;
        a->held[m * p->n_resources + r] += need;
        a->held[home * p->n_resources + r] += m != home && p->transient[r] ? need : 0;
    }
    arrive(a, process, m);
    add_presence(p, &a->cost, process, m, 1);
    a->leaving[home] += m != home;
    if (m != home) {
        set_moved(a, process);
    }
    a->violations += !assignment_may(p, process, m) + misgrown(a, process, m);
}

static void count_groups(Assignment *a)
{
    const Problem *p = a->problem;
    for (int g = 0; g < p->n_groups; g++) {
        for (int i = p->members.first[g]; i < p->members.first[g + 1]; i++) {
            int process = p->members.item[i];
            a->group_moved[g] += p->group[g].count_moves && a->machine[process] != p->home[process];
        }
        a->groups_with[a->group_moved[g]] += p->group[g].count_moves;
        a->most_moved = MAX(a->most_moved, a->group_moved[g]);
        a->cost.level[p->group[g].level] += p->group[g].weight * a->constraints->breach[g];
        a->violations += constraints_violation(a->constraints, g);
    }
    a->cost.level[p->levels.move] += p->group_moves_weight * a->most_moved;
    a->violations += constraints_lacking(a->constraints) + MAX(0, a->n_moved - p->max_moves);
}

static void count_machines(Assignment *a)
{
    const Problem *p = a->problem;
    for (int m = 0; m < p->n_machines; m++) {
        a->use_cost[m] = use_cost(p, m, row(a->use, m, p->n_resources));
        add_use_cost(p, &a->cost, m, a->use_cost[m], 1);
        a->cost.level[p->levels.on] += a->n_on[m] ? p->on_cost[m] : 0;
        a->violations += machine_violations(a, m) + MAX(0, a->leaving[m] - p->max_leaving[m]);
    }
}

Assignment *assignment_new(const Problem *p, const Placement *placement)
{
    Assignment *a = assignment_alloc(p, placement);
    a->constraints = constraints_new(p, a->machine);
    count_growths(a);
    for (int i = 0; i < p->n_processes; i++) {
        count_process(a, i);
    }
    count_groups(a);
    count_machines(a);
    for (int b = 0; b < p->n_budgets; b++) {
        a->violations += MAX(0, a->spent[b] - p->room[b]);
    }
    return a;
}

void assignment_free(Assignment *a)
{
    if (!a) {
        return;
    }
    for (int m = 0; m < a->problem->n_machines; m++) {
        g_free(a->on[m]);
    }
    constraints_free(a->constraints);
    g_free(a->machine);
    g_free(a->size);
    g_free(a->need);
    g_free(a->use);
    g_free(a->held);
    g_free(a->use_cost);
    g_free(a->on);
    g_free(a->n_on);
    g_free(a->slot);
    g_free(a->moved);
    g_free(a->moved_slot);
    g_free(a->over);
    g_free(a->leaving);
    g_free(a->group_moved);
    g_free(a->groups_with);
    g_free(a->spent);
    g_free(a);
}

void assignment_save(const Assignment *a, Placement *placement)
{
    if (a->problem->n_processes) {
        memcpy(placement->machine, a->machine, sizeof(int) * (size_t)a->problem->n_processes);
    }
    if (a->problem->n_growths) {
        memcpy(placement->size, a->size, sizeof(int) * (size_t)a->problem->n_growths);
    }
}

void assignment_restore(Assignment *a, const Placement *placement)
{
    for (int g = 0; g < a->problem->n_growths; g++) {
        if (a->size[g] != placement->size[g]) {
            assignment_resize(a, g, placement->size[g]);
        }
    }
    for (int i = 0; i < a->problem->n_processes; i++) {
        if (a->machine[i] != placement->machine[i]) {
            assignment_shift(a, i, placement->machine[i]);
        }
    }
}
