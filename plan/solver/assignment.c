/* SPDX-License-Identifier: MIT */
#include "plan/solver/assignment.h"

#include "plan/solver/reach.h"
#include "plan/solver/terms.h"

#include <string.h>

int64_t assignment_exceeded(const Assignment *a, int m)
{
    const Problem *p = a->problem;
    int64_t over = 0;
    for (int r = 0; r < p->n_resources; r++) {
        over +=
            MAX(0, problem_row(a->held, m, p->n_resources)[r] - problem_row(p->limit, m, p->n_resources)[r]);
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
    return assignment_exceeded(a, from) + assignment_exceeded(a, to) + violated_rules(a, process) +
           constraints_lacking(a->constraints) + MAX(0, a->leaving[home] - p->max_leaving[home]) +
           MAX(0, a->n_moved - p->max_moves) + !reach_allows(p, process, a->machine[process]) +
           assignment_misgrown(a, process, a->machine[process]);
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
    a->use_cost[m] = use_cost(p, m, problem_row(a->use, m, p->n_resources));
    add_use_cost(p, &a->cost, m, a->use_cost[m], 1);
    if (a->price) {
        a->over[m] = over_limit_cost(p, a->price, m, problem_row(a->held, m, p->n_resources));
    }
}

/* move what a process needs between two machines */
static void carry(Assignment *a, int process, int from, int to)
{
    const Problem *p = a->problem;
    int width = p->n_resources;
    int home = p->home[process];
    const int64_t *need = problem_row(a->need, process, width);
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
    int away = assignment_away(a, process, to);
    a->violations -= violations_around(a, process, from, to);
    Cost *cost = &a->cost;
    constraints_add_cost(a->constraints, process, cost, -1);
    constraints_shift(a->constraints, process, to);
    add_presence(p, cost, process, from, -1);
    add_presence(p, cost, process, to, 1);
    cost->level[p->levels.on] -= a->n_on[from] == 1 ? p->on_cost[from] : 0;
    cost->level[p->levels.on] += a->n_on[to] == 0 ? p->on_cost[to] : 0;
    if (away) {
        cost->level[p->levels.move] +=
            p->group_moves_weight * groupmoves_count(&a->group_moves, p, process, away);
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
    int before = problem_size_row(p, growth, a->size[growth]);
    int after = problem_size_row(p, growth, size);
    int process = p->grower[growth];
    int m = a->machine[process];
    a->violations -= assignment_exceeded(a, m) + overspent(a, growth) + assignment_misgrown(a, process, m);
    for (int r = 0; r < width; r++) {
        int64_t change = problem_row(p->add, after, width)[r] - problem_row(p->add, before, width)[r];
        a->need[process * width + r] += change;
        a->use[m * width + r] += change;
        a->held[m * width + r] += change;
    }
    for (int i = p->budgets_of.first[growth]; i < p->budgets_of.first[growth + 1]; i++) {
        int budget = p->budgets_of.item[i];
        a->spent[budget] += problem_debited(p, budget, after) - problem_debited(p, budget, before);
    }
    a->size[growth] = size;
    add_growth(p, &a->cost, before, -1);
    add_growth(p, &a->cost, after, 1);
    count_use_cost(a, m);
    a->violations += assignment_exceeded(a, m) + overspent(a, growth) + assignment_misgrown(a, process, m);
}

void assignment_set_price(Assignment *a, const int64_t *price)
{
    const Problem *p = a->problem;
    a->price = price;
    for (int m = 0; price && m < p->n_machines; m++) {
        a->over[m] = over_limit_cost(p, a->price, m, problem_row(a->held, m, p->n_resources));
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
    groupmoves_init(&a->group_moves, p, a->machine);
    a->spent = g_new0(int64_t, p->n_budgets);
    return a;
}

static void count_growths(Assignment *a)
{
    const Problem *p = a->problem;
    for (int g = 0; g < p->n_growths; g++) {
        int size = problem_size_row(p, g, a->size[g]);
        for (int r = 0; r < p->n_resources; r++) {
            a->need[p->grower[g] * p->n_resources + r] += problem_row(p->add, size, p->n_resources)[r];
        }
        for (int i = p->budgets_of.first[g]; i < p->budgets_of.first[g + 1]; i++) {
            a->spent[p->budgets_of.item[i]] += problem_debited(p, p->budgets_of.item[i], size);
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
        int64_t need = problem_row(a->need, process, p->n_resources)[r];
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
    a->violations += !reach_allows(p, process, m) + assignment_misgrown(a, process, m);
}

static void count_groups(Assignment *a)
{
    const Problem *p = a->problem;
    for (int g = 0; g < p->n_groups; g++) {
        group_add_cost(&p->group[g], &a->cost, a->constraints->breach[g], 1);
        a->violations += constraints_violation(a->constraints, g);
    }
    a->cost.level[p->levels.move] += p->group_moves_weight * a->group_moves.most;
    a->violations += constraints_lacking(a->constraints) + MAX(0, a->n_moved - p->max_moves);
}

static void count_machines(Assignment *a)
{
    const Problem *p = a->problem;
    for (int m = 0; m < p->n_machines; m++) {
        a->use_cost[m] = use_cost(p, m, problem_row(a->use, m, p->n_resources));
        add_use_cost(p, &a->cost, m, a->use_cost[m], 1);
        a->cost.level[p->levels.on] += a->n_on[m] ? p->on_cost[m] : 0;
        a->violations += assignment_exceeded(a, m) + MAX(0, a->leaving[m] - p->max_leaving[m]);
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
    groupmoves_clear(&a->group_moves);
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
