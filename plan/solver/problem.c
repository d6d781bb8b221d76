/* SPDX-License-Identifier: MIT */
#include "plan/solver/problem.h"

#include "plan/solver/assignment.h"
#include "plan/solver/problem_data.h"

#include <gio/gio.h>
#include <limits.h>
#include <string.h>

/* the array with room for an element at index n; its room doubles whenever n reaches a power of two */
static void *grown(void *array, int n, size_t width)
{
    if (n & (n - 1)) {
        return array;
    }
    return g_realloc_n(array, n ? 2 * (size_t)n : 1, width);
}

#define APPEND(array, n, value) ((array) = grown((array), (n), sizeof *(array)), (array)[n] = (value))

static int64_t *append_row(int64_t *rows, int n, const int64_t *row, int width)
{
    rows = grown(rows, n, (size_t)width * sizeof *rows);
    if (row) {
        memcpy(rows + (size_t)n * (size_t)width, row, (size_t)width * sizeof *rows);
    } else {
        memset(rows + (size_t)n * (size_t)width, 0, (size_t)width * sizeof *rows);
    }
    return rows;
}

static void append_pair(Pairs *pairs, int from, int to)
{
    APPEND(pairs->from, pairs->n, from);
    APPEND(pairs->to, pairs->n, to);
    pairs->n++;
}

Problem *problem_new(int n_resources, int n_levels, const Levels *levels)
{
    g_assert(n_resources > 0 && n_resources <= PROBLEM_RESOURCES);
    g_assert(n_levels > 0 && n_levels < COST_LEVELS);
    Problem *p = g_new0(Problem, 1);
    p->n_resources = n_resources;
    p->n_levels = n_levels;
    p->levels = *levels;
    p->evenness = g_new0(int64_t, n_resources);
    p->mean_use = g_new0(int64_t, n_resources);
    p->transient = g_new0(bool, n_resources);
    p->max_moves = INT_MAX;
    return p;
}

static void free_machines(Problem *p)
{
    g_free(p->capacity);
    g_free(p->limit);
    g_free(p->safety);
    g_free(p->base);
    g_free(p->capacity_cost);
    g_free(p->safety_cost);
    g_free(p->safety_level);
    g_free(p->location);
    g_free(p->neighbourhood);
    g_free(p->stay_cost);
    g_free(p->on_cost);
    g_free(p->max_leaving);
    g_free(p->closed);
}

static void free_pairs(Pairs *pairs)
{
    g_free(pairs->from);
    g_free(pairs->to);
}

static void free_lists(Lists *lists)
{
    g_free(lists->first);
    g_free(lists->item);
}

static void free_groups(Problem *p)
{
    g_free(p->group);
    g_free(p->home_breach);
    g_free(p->needed_locations);
    free_pairs(&p->joined);
    free_pairs(&p->depends);
    free_lists(&p->members);
    free_lists(&p->groups_of);
    free_lists(&p->rules_of);
    free_lists(&p->counted_of);
    free_lists(&p->needs);
    free_lists(&p->needed_by);
}

static void free_growths(Problem *p)
{
    g_free(p->room);
    g_free(p->grower);
    g_free(p->first_size);
    g_free(p->shortage);
    g_free(p->size_cost);
    g_free(p->debit);
    g_free(p->debit_kind);
    g_free(p->add);
    free_pairs(&p->debited);
    free_lists(&p->budgets_of);
    free_lists(&p->growths_of);
    g_free(p->growth_reach);
}

void problem_free(Problem *p)
{
    if (!p) {
        return;
    }
    free_machines(p);
    free_groups(p);
    free_growths(p);
    g_free(p->reach_allowed);
    g_free(p->reach_cost);
    g_free(p->reach_outside);
    g_free(p->need);
    g_free(p->home);
    g_free(p->reach);
    g_free(p->move_cost);
    g_free(p->pinned);
    g_free(p->balance);
    g_free(p->evenness);
    g_free(p->mean_use);
    g_free(p->transient);
    g_free(p->machine_moves);
    g_free(p);
}

int problem_add_machine(Problem *p, const Machine *machine)
{
    g_assert(!p->n_processes && !p->n_reaches);
    int m = p->n_machines;
    int width = p->n_resources;
    p->capacity = append_row(p->capacity, m, machine->capacity, width);
    p->safety = append_row(p->safety, m, machine->safety, width);
    p->base = append_row(p->base, m, machine->base, width);
    p->capacity_cost = append_row(p->capacity_cost, m, machine->over_capacity_weight, width);
    p->safety_cost = append_row(p->safety_cost, m, machine->over_safety_weight, width);
    APPEND(p->location, m, machine->location);
    APPEND(p->neighbourhood, m, machine->neighbourhood);
    APPEND(p->stay_cost, m, machine->stay_cost);
    APPEND(p->on_cost, m, machine->on_cost);
    APPEND(p->max_leaving, m, machine->max_leaving < 0 ? INT_MAX : machine->max_leaving);
    APPEND(p->closed, m, machine->closed);
    p->n_locations = MAX(p->n_locations, machine->location + 1);
    p->n_neighbourhoods = MAX(p->n_neighbourhoods, machine->neighbourhood + 1);
    p->has_capacity_cost |= machine->over_capacity_weight != NULL;
    p->has_on_cost |= machine->on_cost != 0;
    p->has_places |= machine->closed || machine->stay_cost;
    return p->n_machines++;
}

int problem_add_reach(Problem *p, const bool *allowed, const int64_t *cost, int64_t outside_cost)
{
    g_assert(!p->n_processes);
    size_t width = (size_t)p->n_machines;
    size_t row = (size_t)p->n_reaches * width;
    p->reach_allowed = grown(p->reach_allowed, p->n_reaches, width * sizeof *p->reach_allowed);
    for (size_t m = 0; m < width; m++) {
        p->reach_allowed[row + m] = !allowed || allowed[m];
    }
    p->reach_cost = append_row(p->reach_cost, p->n_reaches, cost, p->n_machines);
    APPEND(p->reach_outside, p->n_reaches, outside_cost);
    return p->n_reaches++;
}

int problem_add_process(Problem *p, const Process *process)
{
    g_assert(process->home >= 0 && process->home < p->n_machines);
    g_assert(process->reach >= -1 && process->reach < p->n_reaches);
    int i = p->n_processes;
    p->need = append_row(p->need, i, process->need, p->n_resources);
    APPEND(p->home, i, process->home);
    APPEND(p->reach, i, process->reach);
    APPEND(p->move_cost, i, process->move_cost);
    APPEND(p->pinned, i, process->pinned);
    p->has_places |= process->pinned || process->reach >= 0;
    return p->n_processes++;
}

int problem_add_group(Problem *p, const Group *group)
{
    g_assert(group->level >= 0 && group->level < p->n_levels);
    APPEND(p->group, p->n_groups, *group);
    p->has_blocks |= group->together || group->same_location;
    return p->n_groups++;
}

void problem_join_group(Problem *p, int group, int process)
{
    g_assert(group >= 0 && group < p->n_groups && process >= 0 && process < p->n_processes);
    append_pair(&p->joined, group, process);
}

void problem_add_dependency(Problem *p, int group, int on)
{
    g_assert(group >= 0 && group < p->n_groups && on >= 0);
    append_pair(&p->depends, group, on);
}

int problem_add_budget(Problem *p, int kind, int64_t room)
{
    g_assert(kind >= 0 && kind < PROBLEM_DEBITS);
    APPEND(p->debit_kind, p->n_budgets, kind);
    APPEND(p->room, p->n_budgets, room);
    return p->n_budgets++;
}

static void add_size_row(Problem *p, const Size *size)
{
    p->add = append_row(p->add, p->n_sizes, size->add, p->n_resources);
    APPEND(p->shortage, p->n_sizes, size->shortage);
    APPEND(p->size_cost, p->n_sizes, size->cost);
    p->debit = append_row(p->debit, p->n_sizes, size->debit, PROBLEM_DEBITS);
    p->n_sizes++;
}

int problem_add_growth(Problem *p, int process, int64_t shortage, int reach)
{
    g_assert(process >= 0 && process < p->n_processes);
    g_assert(reach >= -1 && reach < p->n_reaches);
    APPEND(p->grower, p->n_growths, process);
    APPEND(p->growth_reach, p->n_growths, reach);
    p->has_growth_places |= reach >= 0;
    APPEND(p->first_size, p->n_growths, p->n_sizes);
    add_size_row(p, &(Size){.shortage = shortage});
    return p->n_growths++;
}

int problem_add_size(Problem *p, int growth, const Size *size)
{
    g_assert(growth == p->n_growths - 1);
    add_size_row(p, size);
    return p->n_sizes - 1 - p->first_size[growth];
}

void problem_debit(Problem *p, int growth, int budget)
{
    g_assert(growth == p->n_growths - 1 && budget >= 0 && budget < p->n_budgets);
    append_pair(&p->debited, growth, budget);
}

void problem_add_balance(Problem *p, int first, int second, int64_t target, int64_t weight)
{
    g_assert(MIN(first, second) >= 0 && MAX(first, second) < p->n_resources);
    APPEND(p->balance, p->n_balances, ((Balance){first, second, target, weight}));
    p->n_balances++;
}

void problem_set_evenness(Problem *p, int resource, int64_t weight)
{
    p->evenness[resource] = weight;
    p->has_evenness |= weight != 0;
}

void problem_set_transient(Problem *p, int resource)
{
    p->transient[resource] = true;
    p->has_transient = true;
}

void problem_set_machine_moves(Problem *p, const int32_t *cost, int64_t weight)
{
    g_free(p->machine_moves);
    p->machine_moves = g_memdup2(cost, sizeof *cost * (size_t)p->n_machines * (size_t)p->n_machines);
    p->machine_moves_weight = weight;
}

void problem_set_group_moves(Problem *p, int64_t weight)
{
    p->group_moves_weight = weight;
}

void problem_set_max_moves(Problem *p, int max_moves)
{
    p->max_moves = max_moves < 0 ? INT_MAX : max_moves;
}

/* the highest value of a level that any placement could have, roughly and in floating point */
static double worst_cost(const Problem *p)
{
    double worst = 0;
    g_autofree double *total = g_new0(double, p->n_resources);
    for (int i = 0; i < p->n_processes; i++) {
        for (int r = 0; r < p->n_resources; r++) {
            total[r] += (double)p->need[i * p->n_resources + r];
        }
        worst += (double)p->move_cost[i];
    }
    for (int s = 0; s < p->n_sizes; s++) {
        for (int r = 0; r < p->n_resources; r++) {
            total[r] += (double)p->add[s * p->n_resources + r];
        }
        worst += (double)p->shortage[s] + (double)p->size_cost[s];
    }
    for (int i = 0; i < p->n_machines * p->n_resources; i++) {
        double use = total[i % p->n_resources] + (double)p->base[i];
        double highest = MIN(use, 4.0 * (double)p->capacity[i] + (double)p->base[i]);
        worst += highest * (double)MAX(p->capacity_cost[i], p->safety_cost[i]);
    }
    for (int b = 0; b < p->n_balances; b++) {
        for (int m = 0; m < p->n_machines; m++) {
            worst += (double)p->balance[b].weight * (double)p->balance[b].target *
                     (double)p->capacity[m * p->n_resources + p->balance[b].first];
        }
    }
    return worst;
}

/* the mean use of a resource that is to be even, in hundredths of a percent */
static int64_t mean_use(const Problem *p, int r)
{
    double use = 0;
    double capacity = 0;
    for (int m = 0; m < p->n_machines; m++) {
        if (!p->closed[m]) {
            use += (double)p->base[m * p->n_resources + r];
            capacity += (double)p->capacity[m * p->n_resources + r];
        }
    }
    for (int i = 0; i < p->n_processes; i++) {
        if (!p->closed[p->home[i]]) {
            use += (double)p->need[i * p->n_resources + r];
        }
    }
    return capacity > 0 ? (int64_t)(use / capacity * 10000) : 0;
}

/* from the use at home: what may be held, and where use above safety is counted */
static void set_limits(Problem *p)
{
    int width = p->n_resources;
    p->limit = g_memdup2(p->base, sizeof(int64_t) * (size_t)(p->n_machines * width));
    for (int i = 0; i < p->n_processes; i++) {
        for (int r = 0; r < width; r++) {
            p->limit[p->home[i] * width + r] += p->need[i * width + r];
        }
    }
    p->safety_level = g_new(int, MAX(p->n_machines, 1));
    for (int m = 0; m < p->n_machines; m++) {
        bool over = false;
        for (int i = m * width; i < (m + 1) * width; i++) {
            over |= p->safety_cost[i] && p->limit[i] > p->safety[i];
            p->limit[i] = MAX(p->limit[i], p->capacity[i]);
        }
        p->safety_level[m] = over ? p->levels.over_safety : p->levels.newly_over_safety;
    }
}

/* whether a group can forbid or cost anything */
static bool is_rule(const Problem *p, int g)
{
    const Group *group = &p->group[g];
    bool several = p->members.first[g + 1] - p->members.first[g] > 1;
    return (several && (group->apart || group->together || group->same_location)) ||
           group->min_locations > 1 || p->needs.first[g + 1] > p->needs.first[g] ||
           p->needed_by.first[g + 1] > p->needed_by.first[g];
}

static bool counts_moves(const Problem *p, int g)
{
    return p->group[g].count_moves;
}

/* for each process, those of its groups that are wanted */
static Lists list_groups(const Problem *p, bool (*wanted)(const Problem *, int))
{
    Pairs pairs = {0};
    for (int i = 0; i < p->joined.n; i++) {
        if (wanted(p, p->joined.from[i])) {
            append_pair(&pairs, p->joined.to[i], p->joined.from[i]);
        }
    }
    Lists lists = problem_lists(&pairs, p->n_processes);
    free_pairs(&pairs);
    return lists;
}

/* how the rules stand with every process at home: what is broken there may only get better */
static void count_breaches_at_home(Problem *p)
{
    p->home_breach = g_new0(int64_t, MAX(p->n_groups, 1));
    p->needed_locations = g_new0(int, MAX(p->n_groups, 1));
    g_autoptr(Constraints) home = constraints_new(p, p->home);
    for (int g = 0; g < p->n_groups; g++) {
        p->home_breach[g] = home->breach[g];
        p->needed_locations[g] = MIN(p->group[g].min_locations, home->spread[g]);
    }
    p->home_lacking = home->lacking;
}

bool problem_finish(Problem *p, GError **error)
{
    g_assert(!p->finished && !(p->has_transient && p->n_growths));
    if (worst_cost(p) > 4e18) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "weights and loads exceed 64 bits");
        return false;
    }
    APPEND(p->first_size, p->n_growths, p->n_sizes);
    p->members = problem_lists(&p->joined, p->n_groups);
    for (int g = 0; g < p->n_groups; g++) {
        if (p->members.first[g + 1] - p->members.first[g] > UINT16_MAX) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "group %d has over 65535 members", g);
            return false;
        }
    }
    p->groups_of = problem_lists(&(Pairs){p->joined.n, p->joined.to, p->joined.from}, p->n_processes);
    p->needs = problem_lists(&p->depends, p->n_groups);
    p->needed_by = problem_lists(&(Pairs){p->depends.n, p->depends.to, p->depends.from}, p->n_groups);
    p->rules_of = list_groups(p, is_rule);
    p->counted_of = list_groups(p, counts_moves);
    p->budgets_of = problem_lists(&p->debited, p->n_growths);
    p->growths_of = problem_lists(&(Pairs){p->n_growths, p->grower, NULL}, p->n_processes);
    for (int r = 0; r < p->n_resources; r++) {
        p->mean_use[r] = mean_use(p, r);
    }
    set_limits(p);
    count_breaches_at_home(p);
    p->finished = true;
    return true;
}

int problem_n_machines(const Problem *p)
{
    return p->n_machines;
}

int problem_n_processes(const Problem *p)
{
    return p->n_processes;
}

int problem_n_growths(const Problem *p)
{
    return p->n_growths;
}

int problem_n_levels(const Problem *p)
{
    return p->n_levels;
}

Cost problem_cost(const Problem *p, const Placement *placement, int64_t *violations)
{
    g_autoptr(Assignment) assignment = assignment_new(p, placement);
    if (violations) {
        *violations = assignment->violations;
    }
    return assignment->cost;
}
