/* SPDX-License-Identifier: MIT */
#include "plan/state.h"

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
static Load load_of(const Problem *p, int m, const int64_t *use)
{
    int width = p->n_resources;
    const int64_t *safety = row(p->safety, m, width);
    const int64_t *safety_cost = row(p->safety_cost, m, width);
    const int64_t *capacity = row(p->capacity, m, width);
    Load load = {0, 0, 0};
    for (int r = 0; r < width; r++) {
        load.over_safety += safety_cost[r] * MAX(0, use[r] - safety[r]);
    }
    if (p->has_capacity_cost) {
        const int64_t *capacity_cost = row(p->capacity_cost, m, width);
        for (int r = 0; r < width; r++) {
            load.over_capacity += capacity_cost[r] * MAX(0, use[r] - capacity[r]);
        }
    }
    for (int b = 0; b < p->n_balances; b++) {
        const Balance *balance = &p->balance[b];
        int64_t first = capacity[balance->first] - use[balance->first];
        int64_t second = capacity[balance->second] - use[balance->second];
        load.balance += balance->weight * MAX(0, balance->target * first - second);
    }
    if (p->has_evenness) {
        load.balance += evenness(p, m, use);
    }
    return load;
}

static void add_load(const Problem *p, Cost *cost, int m, Load load, int64_t sign)
{
    cost->level[p->levels.over_capacity] += sign * load.over_capacity;
    cost->level[p->safety_level[m]] += sign * load.over_safety;
    cost->level[p->levels.balance] += sign * load.balance;
}

/* what a machine's load would cost more with `change` added to its use */
static void add_load_delta(const State *s, Cost *delta, int m, const int64_t *change, int64_t sign)
{
    const Problem *p = s->problem;
    const int64_t *use = row(s->use, m, p->n_resources);
    int64_t next[PROBLEM_RESOURCES];
    for (int r = 0; r < p->n_resources; r++) {
        next[r] = use[r] + sign * change[r];
    }
    Load load = load_of(p, m, next);
    load.over_capacity -= s->load[m].over_capacity;
    load.over_safety -= s->load[m].over_safety;
    load.balance -= s->load[m].balance;
    add_load(p, delta, m, load, 1);
}

/* what a machine would hold above its limits, priced, when one process goes and another comes (-1: none) */
static int64_t over_limit(const State *s, int m, int going, int coming)
{
    const Problem *p = s->problem;
    int width = p->n_resources;
    const int64_t *limit = row(p->limit, m, width);
    int64_t held[PROBLEM_RESOURCES];
    memcpy(held, row(s->held, m, width), sizeof *held * (size_t)width);
    if (going >= 0) {
        const int64_t *need = row(s->need, going, width);
        bool keeps = p->home[going] == m;
        for (int r = 0; r < width; r++) {
            held[r] -= keeps && p->transient[r] ? 0 : need[r];
        }
    }
    if (coming >= 0) {
        const int64_t *need = row(s->need, coming, width);
        bool has = p->home[coming] == m;
        for (int r = 0; r < width; r++) {
            held[r] += has && p->transient[r] ? 0 : need[r];
        }
    }
    int64_t over = 0;
    for (int r = 0; r < width; r++) {
        over += s->price[r] * MAX(0, held[r] - limit[r]);
    }
    return over;
}

bool state_may(const Problem *p, int process, int m)
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
static int count_moved(State *s, int process, int change)
{
    const Problem *p = s->problem;
    int before = s->most_moved;
    for (int i = p->counted_of.first[process]; i < p->counted_of.first[process + 1]; i++) {
        int g = p->counted_of.item[i];
        s->groups_with[s->group_moved[g]]--;
        s->group_moved[g] += change;
        s->groups_with[s->group_moved[g]]++;
        s->most_moved = MAX(s->most_moved, s->group_moved[g]);
    }
    while (s->most_moved && !s->groups_with[s->most_moved]) {
        s->most_moved--;
    }
    return s->most_moved - before;
}

/* +1 when a process would leave home by going to a machine, -1 when it would come home */
static int away_delta(const State *s, int process, int to)
{
    int home = s->problem->home[process];
    return (to != home) - (s->machine[process] != home);
}

/* whether one process more or less away from home could change the highest count of a group */
static bool touches_most(const State *s, int process, int away)
{
    const Problem *p = s->problem;
    for (int i = p->counted_of.first[process]; away && i < p->counted_of.first[process + 1]; i++) {
        if (s->group_moved[p->counted_of.item[i]] >= s->most_moved - 1) {
            return true;
        }
    }
    return false;
}

/* what leaving home (+1), coming home (-1) or neither (0) of one or two processes adds for the group moved
 * most */
static void add_group_moves(State *s, Cost *delta, int process, int away, int other, int other_away)
{
    const Problem *p = s->problem;
    if (!p->group_moves_weight || (!touches_most(s, process, away) && !touches_most(s, other, other_away))) {
        return;
    }
    int change = count_moved(s, process, away) + count_moved(s, other, other_away);
    delta->level[p->levels.move] += p->group_moves_weight * change;
    count_moved(s, other, -other_away);
    count_moved(s, process, -away);
}

/* whether a process fits the machine it would go to */
static bool fits(const State *s, int process, int to)
{
    const Problem *p = s->problem;
    int width = p->n_resources;
    const int64_t *need = row(s->need, process, width);
    const int64_t *held = row(s->held, to, width);
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
static bool fits_instead(const State *s, int m, int going, int coming)
{
    const Problem *p = s->problem;
    int width = p->n_resources;
    const int64_t *out = row(s->need, going, width);
    const int64_t *in = row(s->need, coming, width);
    const int64_t *held = row(s->held, m, width);
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

static bool may_leave(const State *s, int process)
{
    const Problem *p = s->problem;
    return s->leaving[p->home[process]] < p->max_leaving[p->home[process]];
}

static bool may_be_grown(const Problem *p, int growth, int m)
{
    int reach = p->growth_reach[growth];
    return reach < 0 || p->reach_allowed[(size_t)reach * (size_t)p->n_machines + (size_t)m];
}

/* growths of a process that are grown and may not be on a machine */
static int misgrown(const State *s, int process, int m)
{
    const Problem *p = s->problem;
    int n = 0;
    for (int i = p->growths_of.first[process]; p->has_growth_places && i < p->growths_of.first[process + 1];
         i++) {
        int growth = p->growths_of.item[i];
        n += s->size[growth] && !may_be_grown(p, growth, m);
    }
    return n;
}

bool state_try_shift(State *s, int process, int to, Cost *delta)
{
    const Problem *p = s->problem;
    if ((!s->price && !fits(s, process, to)) || !state_may(p, process, to) || misgrown(s, process, to)) {
        return false;
    }
    int away = away_delta(s, process, to);
    if (away > 0 && (s->n_moved >= p->max_moves || !may_leave(s, process))) {
        return false;
    }
    *delta = (Cost){0};
    if (!tally_try_shift(s->tally, process, to, delta)) {
        return false;
    }
    int from = s->machine[process];
    const int64_t *need = row(s->need, process, p->n_resources);
    add_load_delta(s, delta, from, need, -1);
    add_load_delta(s, delta, to, need, 1);
    if (s->price) {
        delta->level[STATE_OVER] =
            over_limit(s, from, process, -1) + over_limit(s, to, -1, process) - s->over[from] - s->over[to];
    }
    add_presence(p, delta, process, from, -1);
    add_presence(p, delta, process, to, 1);
    if (p->has_on_cost) {
        delta->level[p->levels.on] -= s->n_on[from] == 1 ? p->on_cost[from] : 0;
        delta->level[p->levels.on] += s->n_on[to] == 0 ? p->on_cost[to] : 0;
    }
    add_group_moves(s, delta, process, away, process, 0);
    return true;
}

bool state_try_swap(State *s, int process, int other, Cost *delta)
{
    const Problem *p = s->problem;
    int from = s->machine[process];
    int to = s->machine[other];
    if ((!s->price && (!fits_instead(s, to, other, process) || !fits_instead(s, from, process, other))) ||
        !state_may(p, process, to) || !state_may(p, other, from) || misgrown(s, process, to) ||
        misgrown(s, other, from)) {
        return false;
    }
    int away = away_delta(s, process, to);
    int other_away = away_delta(s, other, from);
    if ((away > 0 && !may_leave(s, process)) || (other_away > 0 && !may_leave(s, other)) ||
        (away + other_away > 0 && s->n_moved + away + other_away > p->max_moves)) {
        return false;
    }
    if (away > 0 && other_away > 0 && p->home[process] == p->home[other]) {
        return false;
    }
    *delta = (Cost){0};
    if (!tally_try_swap(s->tally, process, other, delta)) {
        return false;
    }
    int64_t change[PROBLEM_RESOURCES];
    const int64_t *out = row(s->need, process, p->n_resources);
    const int64_t *in = row(s->need, other, p->n_resources);
    for (int r = 0; r < p->n_resources; r++) {
        change[r] = in[r] - out[r];
    }
    add_load_delta(s, delta, from, change, 1);
    add_load_delta(s, delta, to, change, -1);
    if (s->price) {
        delta->level[STATE_OVER] = over_limit(s, from, process, other) + over_limit(s, to, other, process) -
                                   s->over[from] - s->over[to];
    }
    add_presence(p, delta, process, from, -1);
    add_presence(p, delta, process, to, 1);
    add_presence(p, delta, other, to, -1);
    add_presence(p, delta, other, from, 1);
    add_group_moves(s, delta, process, away, other, other_away);
    return true;
}

static int size_row(const State *s, int growth, int size)
{
    return s->problem->first_size[growth] + size;
}

static void add_growth(const Problem *p, Cost *cost, int size, int64_t sign)
{
    cost->level[p->levels.shortage] += sign * p->shortage[size];
    cost->level[p->levels.move] += sign * p->size_cost[size];
}

bool state_try_resize(State *s, int growth, int size, Cost *delta)
{
    const Problem *p = s->problem;
    int before = size_row(s, growth, s->size[growth]);
    int after = size_row(s, growth, size);
    int m = s->machine[p->grower[growth]];
    if (size && !may_be_grown(p, growth, m)) {
        return false;
    }
    int64_t change[PROBLEM_RESOURCES];
    for (int r = 0; r < p->n_resources; r++) {
        change[r] = row(p->add, after, p->n_resources)[r] - row(p->add, before, p->n_resources)[r];
        int64_t held = row(s->held, m, p->n_resources)[r] + change[r];
        if (change[r] > 0 && held > row(p->limit, m, p->n_resources)[r]) {
            return false;
        }
    }
    int64_t debit = p->debit[after] - p->debit[before];
    for (int i = p->budgets_of.first[growth]; debit > 0 && i < p->budgets_of.first[growth + 1]; i++) {
        int budget = p->budgets_of.item[i];
        if (s->spent[budget] + debit > p->room[budget]) {
            return false;
        }
    }
    *delta = (Cost){0};
    add_load_delta(s, delta, m, change, 1);
    add_growth(p, delta, before, -1);
    add_growth(p, delta, after, 1);
    return true;
}

static int64_t machine_violations(const State *s, int m)
{
    const Problem *p = s->problem;
    int64_t over = 0;
    for (int r = 0; r < p->n_resources; r++) {
        over += MAX(0, row(s->held, m, p->n_resources)[r] - row(p->limit, m, p->n_resources)[r]);
    }
    return over;
}

static int64_t violated_rules(const State *s, int process)
{
    const Problem *p = s->problem;
    int64_t violations = 0;
    for (int i = p->rules_of.first[process]; i < p->rules_of.first[process + 1]; i++) {
        violations += tally_violation(s->tally, p->rules_of.item[i]);
    }
    return violations;
}

/* what moves of one process between two machines can change of the violations */
static int64_t violations_around(const State *s, int process, int a, int b)
{
    const Problem *p = s->problem;
    int home = p->home[process];
    return machine_violations(s, a) + machine_violations(s, b) + violated_rules(s, process) +
           tally_lacking(s->tally) + MAX(0, s->leaving[home] - p->max_leaving[home]) +
           MAX(0, s->n_moved - p->max_moves) + !state_may(p, process, s->machine[process]) +
           misgrown(s, process, s->machine[process]);
}

static void leave(State *s, int process)
{
    int m = s->machine[process];
    int last = s->on[m][--s->n_on[m]];
    s->on[m][s->slot[process]] = last;
    s->slot[last] = s->slot[process];
}

static void arrive(State *s, int process, int m)
{
    int n = s->n_on[m]++;
    if ((n & (n - 1)) == 0) {
        s->on[m] = g_renew(int, s->on[m], n ? 2 * n : 1);
    }
    s->on[m][n] = process;
    s->slot[process] = n;
    s->machine[process] = m;
}

static void set_moved(State *s, int process)
{
    s->moved_slot[process] = s->n_moved;
    s->moved[s->n_moved++] = process;
}

static void clear_moved(State *s, int process)
{
    int last = s->moved[--s->n_moved];
    s->moved[s->moved_slot[process]] = last;
    s->moved_slot[last] = s->moved_slot[process];
}

static void set_load(State *s, int m)
{
    const Problem *p = s->problem;
    add_load(p, &s->cost, m, s->load[m], -1);
    s->load[m] = load_of(p, m, row(s->use, m, p->n_resources));
    add_load(p, &s->cost, m, s->load[m], 1);
}

/* move what a process needs between two machines */
static void carry(State *s, int process, int from, int to)
{
    const Problem *p = s->problem;
    int width = p->n_resources;
    int home = p->home[process];
    const int64_t *need = row(s->need, process, width);
    for (int r = 0; r < width; r++) {
        s->use[from * width + r] -= need[r];
        s->use[to * width + r] += need[r];
        s->held[from * width + r] -= p->transient[r] && from == home ? 0 : need[r];
        s->held[to * width + r] += p->transient[r] && to == home ? 0 : need[r];
    }
    set_load(s, from);
    set_load(s, to);
    if (s->price) {
        s->over[from] = over_limit(s, from, -1, -1);
        s->over[to] = over_limit(s, to, -1, -1);
    }
}

void state_shift(State *s, int process, int to)
{
    const Problem *p = s->problem;
    int from = s->machine[process];
    int away = away_delta(s, process, to);
    s->violations -= violations_around(s, process, from, to);
    Cost *cost = &s->cost;
    tally_add_cost(s->tally, process, cost, -1);
    tally_shift(s->tally, process, to);
    add_presence(p, cost, process, from, -1);
    add_presence(p, cost, process, to, 1);
    cost->level[p->levels.on] -= s->n_on[from] == 1 ? p->on_cost[from] : 0;
    cost->level[p->levels.on] += s->n_on[to] == 0 ? p->on_cost[to] : 0;
    if (away) {
        cost->level[p->levels.move] += p->group_moves_weight * count_moved(s, process, away);
        s->leaving[p->home[process]] += away;
        (away > 0 ? set_moved : clear_moved)(s, process);
    }
    leave(s, process);
    arrive(s, process, to);
    tally_add_cost(s->tally, process, cost, 1);
    carry(s, process, from, to);
    s->violations += violations_around(s, process, from, to);
}

void state_swap(State *s, int process, int other)
{
    int from = s->machine[process];
    int to = s->machine[other];
    state_shift(s, process, to);
    state_shift(s, other, from);
}

/* by how much the budgets of a growth are exceeded */
static int64_t overspent(const State *s, int growth)
{
    const Problem *p = s->problem;
    int64_t over = 0;
    for (int i = p->budgets_of.first[growth]; i < p->budgets_of.first[growth + 1]; i++) {
        int budget = p->budgets_of.item[i];
        over += MAX(0, s->spent[budget] - p->room[budget]);
    }
    return over;
}

void state_resize(State *s, int growth, int size)
{
    const Problem *p = s->problem;
    int width = p->n_resources;
    int before = size_row(s, growth, s->size[growth]);
    int after = size_row(s, growth, size);
    int process = p->grower[growth];
    int m = s->machine[process];
    s->violations -= machine_violations(s, m) + overspent(s, growth) + misgrown(s, process, m);
    for (int r = 0; r < width; r++) {
        int64_t change = row(p->add, after, width)[r] - row(p->add, before, width)[r];
        s->need[process * width + r] += change;
        s->use[m * width + r] += change;
        s->held[m * width + r] += change;
    }
    for (int i = p->budgets_of.first[growth]; i < p->budgets_of.first[growth + 1]; i++) {
        s->spent[p->budgets_of.item[i]] += p->debit[after] - p->debit[before];
    }
    s->size[growth] = size;
    add_growth(p, &s->cost, before, -1);
    add_growth(p, &s->cost, after, 1);
    set_load(s, m);
    s->violations += machine_violations(s, m) + overspent(s, growth) + misgrown(s, process, m);
}

void state_set_price(State *s, const int64_t *price)
{
    s->price = price;
    for (int m = 0; price && m < s->problem->n_machines; m++) {
        s->over[m] = over_limit(s, m, -1, -1);
    }
}

static State *state_alloc(const Problem *p, const Placement *placement)
{
    State *s = g_new0(State, 1);
    size_t cells = (size_t)p->n_machines * (size_t)p->n_resources;
    s->problem = p;
    s->machine = g_memdup2(placement->machine, sizeof(int) * (size_t)p->n_processes);
    s->size = g_memdup2(placement->size, sizeof(int) * (size_t)p->n_growths);
    s->need = g_memdup2(p->need, sizeof(int64_t) * (size_t)p->n_processes * (size_t)p->n_resources);
    s->use = g_memdup2(p->base, sizeof(int64_t) * cells);
    s->held = g_memdup2(p->base, sizeof(int64_t) * cells);
    s->load = g_new0(Load, p->n_machines);
    s->on = g_new0(int *, p->n_machines);
    s->n_on = g_new0(int, p->n_machines);
    s->slot = g_new0(int, p->n_processes);
    s->moved = g_new0(int, p->n_processes);
    s->moved_slot = g_new0(int, p->n_processes);
    s->over = g_new0(int64_t, p->n_machines);
    s->leaving = g_new0(int, p->n_machines);
    s->group_moved = g_new0(int, p->n_groups);
    s->groups_with = g_new0(int, p->n_processes + 1);
    s->spent = g_new0(int64_t, p->n_budgets);
    return s;
}

static void count_growths(State *s)
{
    const Problem *p = s->problem;
    for (int g = 0; g < p->n_growths; g++) {
        int size = size_row(s, g, s->size[g]);
        for (int r = 0; r < p->n_resources; r++) {
            s->need[p->grower[g] * p->n_resources + r] += row(p->add, size, p->n_resources)[r];
        }
        for (int i = p->budgets_of.first[g]; i < p->budgets_of.first[g + 1]; i++) {
            s->spent[p->budgets_of.item[i]] += p->debit[size];
        }
        add_growth(p, &s->cost, size, 1);
    }
}

static void count_process(State *s, int process)
{
    const Problem *p = s->problem;
    int home = p->home[process];
    int m = s->machine[process];
    for (int r = 0; r < p->n_resources; r++) {
        int64_t need = row(s->need, process, p->n_resources)[r];
        s->use[m * p->n_resources + r] += need;
        s->held[m * p->n_resources + r] += need;
        s->held[home * p->n_resources + r] += m != home && p->transient[r] ? need : 0;
    }
    arrive(s, process, m);
    add_presence(p, &s->cost, process, m, 1);
    s->leaving[home] += m != home;
    if (m != home) {
        set_moved(s, process);
    }
    s->violations += !state_may(p, process, m) + misgrown(s, process, m);
}

static void count_groups(State *s)
{
    const Problem *p = s->problem;
    for (int g = 0; g < p->n_groups; g++) {
        for (int i = p->members.first[g]; i < p->members.first[g + 1]; i++) {
            int process = p->members.item[i];
            s->group_moved[g] += p->group[g].count_moves && s->machine[process] != p->home[process];
        }
        s->groups_with[s->group_moved[g]] += p->group[g].count_moves;
        s->most_moved = MAX(s->most_moved, s->group_moved[g]);
        s->cost.level[p->group[g].level] += p->group[g].weight * s->tally->breach[g];
        s->violations += tally_violation(s->tally, g);
    }
    s->cost.level[p->levels.move] += p->group_moves_weight * s->most_moved;
    s->violations += tally_lacking(s->tally) + MAX(0, s->n_moved - p->max_moves);
}

static void count_machines(State *s)
{
    const Problem *p = s->problem;
    for (int m = 0; m < p->n_machines; m++) {
        s->load[m] = load_of(p, m, row(s->use, m, p->n_resources));
        add_load(p, &s->cost, m, s->load[m], 1);
        s->cost.level[p->levels.on] += s->n_on[m] ? p->on_cost[m] : 0;
        s->violations += machine_violations(s, m) + MAX(0, s->leaving[m] - p->max_leaving[m]);
    }
}

State *state_new(const Problem *p, const Placement *placement)
{
    State *s = state_alloc(p, placement);
    s->tally = tally_new(p, s->machine);
    count_growths(s);
    for (int i = 0; i < p->n_processes; i++) {
        count_process(s, i);
    }
    count_groups(s);
    count_machines(s);
    for (int b = 0; b < p->n_budgets; b++) {
        s->violations += MAX(0, s->spent[b] - p->room[b]);
    }
    return s;
}

void state_free(State *s)
{
    if (!s) {
        return;
    }
    for (int m = 0; m < s->problem->n_machines; m++) {
        g_free(s->on[m]);
    }
    tally_free(s->tally);
    g_free(s->machine);
    g_free(s->size);
    g_free(s->need);
    g_free(s->use);
    g_free(s->held);
    g_free(s->load);
    g_free(s->on);
    g_free(s->n_on);
    g_free(s->slot);
    g_free(s->moved);
    g_free(s->moved_slot);
    g_free(s->over);
    g_free(s->leaving);
    g_free(s->group_moved);
    g_free(s->groups_with);
    g_free(s->spent);
    g_free(s);
}

void state_save(const State *s, Placement *placement)
{
    if (s->problem->n_processes) {
        memcpy(placement->machine, s->machine, sizeof(int) * (size_t)s->problem->n_processes);
    }
    if (s->problem->n_growths) {
        memcpy(placement->size, s->size, sizeof(int) * (size_t)s->problem->n_growths);
    }
}

void state_restore(State *s, const Placement *placement)
{
    for (int g = 0; g < s->problem->n_growths; g++) {
        if (s->size[g] != placement->size[g]) {
            state_resize(s, g, placement->size[g]);
        }
    }
    for (int i = 0; i < s->problem->n_processes; i++) {
        if (s->machine[i] != placement->machine[i]) {
            state_shift(s, i, placement->machine[i]);
        }
    }
}
