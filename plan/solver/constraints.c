/* SPDX-License-Identifier: MIT */
#include "plan/solver/constraints.h"

enum { SCANNED = 8 }; /* groups up to this size are counted by looking at each member */

static int group_size(const Problem *p, int g)
{
    return p->members.first[g + 1] - p->members.first[g];
}

static bool depends(const Problem *p, int g)
{
    return p->needs.first[g + 1] > p->needs.first[g] || p->needed_by.first[g + 1] > p->needed_by.first[g];
}

static void count_members(const Constraints *c, int g)
{
    const Problem *p = c->problem;
    for (int i = p->members.first[g]; i < p->members.first[g + 1]; i++) {
        int m = c->machine[p->members.item[i]];
        if (c->on_machine[g]) {
            c->on_machine[g][m]++;
        }
        if (c->in_location[g]) {
            c->in_location[g][p->location[m]]++;
        }
        if (c->in_neighbourhood[g]) {
            c->in_neighbourhood[g][p->neighbourhood[m]]++;
        }
    }
}

int constraints_count(const Constraints *c, int g, int m)
{
    if (c->on_machine[g]) {
        return c->on_machine[g][m];
    }
    const Problem *p = c->problem;
    int count = 0;
    for (int i = p->members.first[g]; i < p->members.first[g + 1]; i++) {
        count += c->machine[p->members.item[i]] == m;
    }
    return count;
}

/* members that are not on the machine where most are, when one moves from a to b (the same: none moves) */
static int scattered(const Constraints *c, int g, int a, int b)
{
    const Problem *p = c->problem;
    const uint16_t *count = c->on_machine[g];
    int most = a == b ? 0 : count[b] + 1;
    for (int i = p->members.first[g]; i < p->members.first[g + 1]; i++) {
        int m = c->machine[p->members.item[i]];
        most = MAX(most, count[m] - (a != b && m == a) + (a != b && m == b));
    }
    return group_size(p, g) - most;
}

/* the same for locations */
static int astray(const Constraints *c, int g, int a, int b)
{
    const Problem *p = c->problem;
    const uint16_t *count = c->in_location[g];
    int most = 0;
    for (int l = 0; l < p->n_locations; l++) {
        most = MAX(most, count[l] - (a != b && l == a) + (a != b && l == b));
    }
    return group_size(p, g) - most;
}

/* of a group kept apart, each machine once: at the first of its members that is listed */
static int64_t crowding_of(const Constraints *c, int g)
{
    const Problem *p = c->problem;
    int64_t crowding = 0;
    for (int i = p->members.first[g]; i < p->members.first[g + 1]; i++) {
        int m = c->machine[p->members.item[i]];
        int first = p->members.first[g];
        while (c->machine[p->members.item[first]] != m) {
            first++;
        }
        crowding += first == i ? group_crowding(constraints_count(c, g, m)) : 0;
    }
    return crowding;
}

static int64_t breach_of(const Constraints *c, int g)
{
    const Problem *p = c->problem;
    int64_t breach = 0;
    if (p->group[g].together) {
        breach += scattered(c, g, 0, 0) * BREACH_UNIT;
    }
    if (p->group[g].same_location) {
        breach += astray(c, g, 0, 0) * BREACH_UNIT;
    }
    return p->group[g].apart ? breach + crowding_of(c, g) : breach;
}

/* how much more a group is broken when one member goes from a to b */
static int64_t breach_delta(const Constraints *c, int g, int a, int b)
{
    const Problem *p = c->problem;
    int64_t delta = 0;
    if (p->group[g].apart) {
        int at_new = constraints_count(c, g, b);
        delta += group_crowding(at_new + 1) - group_crowding(at_new);
        if (c->breach[g]) {
            int at_old = constraints_count(c, g, a);
            delta += group_crowding(at_old - 1) - group_crowding(at_old);
        }
    }
    if (p->group[g].together) {
        delta += (scattered(c, g, a, b) - scattered(c, g, a, a)) * BREACH_UNIT;
    }
    int from = p->location[a];
    int to = p->location[b];
    if (p->group[g].same_location && from != to) {
        delta += (astray(c, g, from, to) - astray(c, g, from, from)) * BREACH_UNIT;
    }
    return delta;
}

static int spread_delta(const Constraints *c, int g, int a, int b)
{
    const uint16_t *count = c->in_location[g];
    int from = c->problem->location[a];
    int to = c->problem->location[b];
    return !count || from == to ? 0 : (count[to] == 0) - (count[from] == 1);
}

static int64_t lacking_of(const Constraints *c, int g, int n)
{
    const Problem *p = c->problem;
    int64_t lacking = 0;
    for (int i = p->needs.first[g]; i < p->needs.first[g + 1]; i++) {
        lacking += c->in_neighbourhood[p->needs.item[i]][n] ? 0 : c->in_neighbourhood[g][n];
    }
    return lacking;
}

Constraints *constraints_new(const Problem *p, const int *machine)
{
    Constraints *c = g_new0(Constraints, 1);
    c->problem = p;
    c->machine = machine;
    c->on_machine = g_new0(uint16_t *, p->n_groups);
    c->in_location = g_new0(uint16_t *, p->n_groups);
    c->in_neighbourhood = g_new0(uint16_t *, p->n_groups);
    c->breach = g_new0(int64_t, p->n_groups);
    c->spread = g_new0(int, p->n_groups);
    for (int g = 0; g < p->n_groups; g++) {
        const Group *group = &p->group[g];
        if (group->together || (group->apart && group_size(p, g) > SCANNED)) {
            c->on_machine[g] = g_new0(uint16_t, p->n_machines);
        }
        if (group->same_location || group->min_locations > 1) {
            c->in_location[g] = g_new0(uint16_t, p->n_locations);
        }
        if (depends(p, g)) {
            c->in_neighbourhood[g] = g_new0(uint16_t, p->n_neighbourhoods);
        }
        count_members(c, g);
        c->breach[g] = breach_of(c, g);
        for (int l = 0; c->in_location[g] && l < p->n_locations; l++) {
            c->spread[g] += c->in_location[g][l] > 0;
        }
    }
    for (int g = 0; g < p->n_groups; g++) {
        for (int n = 0; c->in_neighbourhood[g] && n < p->n_neighbourhoods; n++) {
            c->lacking += lacking_of(c, g, n);
        }
    }
    return c;
}

void constraints_free(Constraints *c)
{
    if (!c) {
        return;
    }
    for (int g = 0; g < c->problem->n_groups; g++) {
        g_free(c->on_machine[g]);
        g_free(c->in_location[g]);
        g_free(c->in_neighbourhood[g]);
    }
    g_free(c->on_machine);
    g_free(c->in_location);
    g_free(c->in_neighbourhood);
    g_free(c->breach);
    g_free(c->spread);
    g_free(c);
}

static bool shares(const Problem *p, int g, int process)
{
    for (int i = p->rules_of.first[process]; i < p->rules_of.first[process + 1]; i++) {
        if (p->rules_of.item[i] == g) {
            return true;
        }
    }
    return false;
}

/* the rules of one process's groups but dependencies; a group that it shares with the process which takes its
   place (or -1) does not change */
static bool try_groups(const Constraints *c, int mover, int to, int replaced, Cost *delta)
{
    const Problem *p = c->problem;
    int from = c->machine[mover];
    bool feasible = true;
    for (int i = p->rules_of.first[mover]; i < p->rules_of.first[mover + 1]; i++) {
        int g = p->rules_of.item[i];
        if (replaced >= 0 && shares(p, g, replaced)) {
            continue;
        }
        const Group *group = &p->group[g];
        int64_t breach = breach_delta(c, g, from, to);
        int spread = spread_delta(c, g, from, to);
        group_add_cost(group, delta, c->breach[g] + breach, 1);
        group_add_cost(group, delta, c->breach[g], -1);
        feasible &= !group->mandatory || breach <= 0 || c->breach[g] + breach <= p->home_breach[g];
        feasible &= spread >= 0 || c->spread[g] + spread >= p->needed_locations[g];
    }
    return feasible;
}

static void count_neighbours(Constraints *c, int process, int from, int to)
{
    const Problem *p = c->problem;
    for (int i = p->rules_of.first[process]; i < p->rules_of.first[process + 1]; i++) {
        uint16_t *count = c->in_neighbourhood[p->rules_of.item[i]];
        if (count) {
            count[from]--;
            count[to]++;
        }
    }
}

/* whether the counts, already changed, leave no one lacking because a process went between neighbourhoods */
static bool dependencies_hold(const Constraints *c, int process, int from, int to)
{
    const Problem *p = c->problem;
    for (int i = p->rules_of.first[process]; i < p->rules_of.first[process + 1]; i++) {
        int g = p->rules_of.item[i];
        if (!c->in_neighbourhood[g]) {
            continue;
        }
        for (int k = p->needs.first[g]; k < p->needs.first[g + 1]; k++) {
            if (!c->in_neighbourhood[p->needs.item[k]][to]) {
                return false;
            }
        }
        if (c->in_neighbourhood[g][from]) {
            continue;
        }
        for (int k = p->needed_by.first[g]; k < p->needed_by.first[g + 1]; k++) {
            if (c->in_neighbourhood[p->needed_by.item[k]][from]) {
                return false;
            }
        }
    }
    return true;
}

/* what lacks in a neighbourhood between a group and those it needs or that need it */
static int64_t lacking_around(const Constraints *c, int g, int n)
{
    const Problem *p = c->problem;
    int64_t lacking = lacking_of(c, g, n);
    for (int k = p->needed_by.first[g]; k < p->needed_by.first[g + 1]; k++) {
        int e = p->needed_by.item[k];
        lacking += c->in_neighbourhood[g][n] || e == g ? 0 : c->in_neighbourhood[e][n];
    }
    return lacking;
}

static void shift_neighbour(Constraints *c, int g, int from, int to)
{
    uint16_t *count = c->in_neighbourhood[g];
    if (count && from != to) {
        c->lacking -= lacking_around(c, g, from) + lacking_around(c, g, to);
        count[from]--;
        count[to]++;
        c->lacking += lacking_around(c, g, from) + lacking_around(c, g, to);
    }
}

/* the neighbours of a process's groups, counted as if it went from one machine to another */
static void shift_neighbours(Constraints *c, int process, int from, int to)
{
    const Problem *p = c->problem;
    for (int i = p->rules_of.first[process]; i < p->rules_of.first[process + 1]; i++) {
        shift_neighbour(c, p->rules_of.item[i], from, to);
    }
}

/* whether a process may go between two neighbourhoods, and another (or -1) the other way: no more may lack
   what they depend on than now or at home. Where none does at home, looking at what they leave and reach is
   enough. */
static bool dependencies_allow(Constraints *c, int process, int from, int to, int other)
{
    bool strict = !c->problem->home_lacking;
    void (*shift)(Constraints *, int, int, int) = strict ? count_neighbours : shift_neighbours;
    int64_t allowed = MAX(c->lacking, c->problem->home_lacking);
    shift(c, process, from, to);
    if (other >= 0) {
        shift(c, other, to, from);
    }
    bool allow = strict ? dependencies_hold(c, process, from, to) &&
                              (other < 0 || dependencies_hold(c, other, to, from))
                        : c->lacking <= allowed;
    if (other >= 0) {
        shift(c, other, from, to);
    }
    shift(c, process, to, from);
    return allow;
}

bool constraints_try_shift(Constraints *c, int process, int to, Cost *delta)
{
    const Problem *p = c->problem;
    bool feasible = try_groups(c, process, to, -1, delta);
    int before = p->neighbourhood[c->machine[process]];
    int after = p->neighbourhood[to];
    return feasible &&
           (!p->depends.n || before == after || dependencies_allow(c, process, before, after, -1));
}

bool constraints_try_swap(Constraints *c, int process, int other, Cost *delta)
{
    const Problem *p = c->problem;
    int from = c->machine[process];
    int to = c->machine[other];
    bool feasible = try_groups(c, process, to, other, delta);
    feasible = try_groups(c, other, from, process, delta) && feasible;
    int before = p->neighbourhood[from];
    int after = p->neighbourhood[to];
    return feasible &&
           (!p->depends.n || before == after || dependencies_allow(c, process, before, after, other));
}

void constraints_shift(Constraints *c, int process, int to)
{
    const Problem *p = c->problem;
    int from = c->machine[process];
    for (int i = p->rules_of.first[process]; i < p->rules_of.first[process + 1]; i++) {
        int g = p->rules_of.item[i];
        c->breach[g] += breach_delta(c, g, from, to);
        c->spread[g] += spread_delta(c, g, from, to);
        if (c->on_machine[g]) {
            c->on_machine[g][from]--;
            c->on_machine[g][to]++;
        }
        if (c->in_location[g]) {
            c->in_location[g][p->location[from]]--;
            c->in_location[g][p->location[to]]++;
        }
        shift_neighbour(c, g, p->neighbourhood[from], p->neighbourhood[to]);
    }
}

void constraints_add_cost(const Constraints *c, int process, Cost *cost, int64_t sign)
{
    const Problem *p = c->problem;
    for (int i = p->rules_of.first[process]; i < p->rules_of.first[process + 1]; i++) {
        const Group *group = &p->group[p->rules_of.item[i]];
        group_add_cost(group, cost, c->breach[p->rules_of.item[i]], sign);
    }
}

int64_t constraints_violation(const Constraints *c, int g)
{
    const Problem *p = c->problem;
    int64_t breach = p->group[g].mandatory ? MAX(0, c->breach[g] - p->home_breach[g]) : 0;
    return breach + MAX(0, p->needed_locations[g] - c->spread[g]);
}

int64_t constraints_lacking(const Constraints *c)
{
    return MAX(0, c->lacking - c->problem->home_lacking);
}
