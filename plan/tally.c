/* SPDX-License-Identifier: MIT */
#include "plan/tally.h"

enum { SCANNED = 8 }; /* groups up to this size are counted by looking at each member */

static int group_size(const Problem *p, int g)
{
    return p->members.first[g + 1] - p->members.first[g];
}

static bool depends(const Problem *p, int g)
{
    return p->needs.first[g + 1] > p->needs.first[g] || p->needed_by.first[g + 1] > p->needed_by.first[g];
}

static void count_members(const Tally *t, int g)
{
    const Problem *p = t->problem;
    for (int i = p->members.first[g]; i < p->members.first[g + 1]; i++) {
        int m = t->machine[p->members.item[i]];
        if (t->on_machine[g]) {
            t->on_machine[g][m]++;
        }
        if (t->in_location[g]) {
            t->in_location[g][p->location[m]]++;
        }
        if (t->in_neighbourhood[g]) {
            t->in_neighbourhood[g][p->neighbourhood[m]]++;
        }
    }
}

int tally_count(const Tally *t, int g, int m)
{
    if (t->on_machine[g]) {
        return t->on_machine[g][m];
    }
    const Problem *p = t->problem;
    int count = 0;
    for (int i = p->members.first[g]; i < p->members.first[g + 1]; i++) {
        count += t->machine[p->members.item[i]] == m;
    }
    return count;
}

/* members that are not on the machine where most are, when one moves from a to b (the same: none moves) */
static int scattered(const Tally *t, int g, int a, int b)
{
    const Problem *p = t->problem;
    const uint16_t *count = t->on_machine[g];
    int most = a == b ? 0 : count[b] + 1;
    for (int i = p->members.first[g]; i < p->members.first[g + 1]; i++) {
        int m = t->machine[p->members.item[i]];
        most = MAX(most, count[m] - (a != b && m == a) + (a != b && m == b));
    }
    return group_size(p, g) - most;
}

/* the same for locations */
static int astray(const Tally *t, int g, int a, int b)
{
    const Problem *p = t->problem;
    const uint16_t *count = t->in_location[g];
    int most = 0;
    for (int l = 0; l < p->n_locations; l++) {
        most = MAX(most, count[l] - (a != b && l == a) + (a != b && l == b));
    }
    return group_size(p, g) - most;
}

static int64_t breach_of(const Tally *t, int g)
{
    const Problem *p = t->problem;
    int64_t breach = 0;
    for (int i = p->members.first[g]; p->group[g].apart && i < p->members.first[g + 1]; i++) {
        breach += tally_count(t, g, t->machine[p->members.item[i]]) > 1;
    }
    if (p->group[g].together) {
        breach += scattered(t, g, 0, 0);
    }
    if (p->group[g].same_location) {
        breach += astray(t, g, 0, 0);
    }
    return breach;
}

/* how many more are in breach of a group when one member goes from a to b */
static int64_t breach_delta(const Tally *t, int g, int a, int b)
{
    const Problem *p = t->problem;
    int64_t delta = 0;
    if (p->group[g].apart) {
        int at_new = tally_count(t, g, b);
        delta += at_new > 1 ? 1 : 2 * at_new;
        if (t->breach[g]) {
            int at_old = tally_count(t, g, a);
            delta -= at_old > 2 ? 1 : 2 * (at_old - 1);
        }
    }
    if (p->group[g].together) {
        delta += scattered(t, g, a, b) - scattered(t, g, a, a);
    }
    int from = p->location[a];
    int to = p->location[b];
    if (p->group[g].same_location && from != to) {
        delta += astray(t, g, from, to) - astray(t, g, from, from);
    }
    return delta;
}

static int spread_delta(const Tally *t, int g, int a, int b)
{
    const uint16_t *count = t->in_location[g];
    int from = t->problem->location[a];
    int to = t->problem->location[b];
    return !count || from == to ? 0 : (count[to] == 0) - (count[from] == 1);
}

static int64_t lacking_of(const Tally *t, int g, int n)
{
    const Problem *p = t->problem;
    int64_t lacking = 0;
    for (int i = p->needs.first[g]; i < p->needs.first[g + 1]; i++) {
        lacking += t->in_neighbourhood[p->needs.item[i]][n] ? 0 : t->in_neighbourhood[g][n];
    }
    return lacking;
}

Tally *tally_new(const Problem *p, const int *machine)
{
    Tally *t = g_new0(Tally, 1);
    t->problem = p;
    t->machine = machine;
    t->on_machine = g_new0(uint16_t *, p->n_groups);
    t->in_location = g_new0(uint16_t *, p->n_groups);
    t->in_neighbourhood = g_new0(uint16_t *, p->n_groups);
    t->breach = g_new0(int64_t, p->n_groups);
    t->spread = g_new0(int, p->n_groups);
    for (int g = 0; g < p->n_groups; g++) {
        const Group *group = &p->group[g];
        if (group->together || (group->apart && group_size(p, g) > SCANNED)) {
            t->on_machine[g] = g_new0(uint16_t, p->n_machines);
        }
        if (group->same_location || group->min_locations > 1) {
            t->in_location[g] = g_new0(uint16_t, p->n_locations);
        }
        if (depends(p, g)) {
            t->in_neighbourhood[g] = g_new0(uint16_t, p->n_neighbourhoods);
        }
        count_members(t, g);
        t->breach[g] = breach_of(t, g);
        for (int l = 0; t->in_location[g] && l < p->n_locations; l++) {
            t->spread[g] += t->in_location[g][l] > 0;
        }
    }
    for (int g = 0; g < p->n_groups; g++) {
        for (int n = 0; t->in_neighbourhood[g] && n < p->n_neighbourhoods; n++) {
            t->lacking += lacking_of(t, g, n);
        }
    }
    return t;
}

void tally_free(Tally *t)
{
    for (int g = 0; g < t->problem->n_groups; g++) {
        g_free(t->on_machine[g]);
        g_free(t->in_location[g]);
        g_free(t->in_neighbourhood[g]);
    }
    g_free(t->on_machine);
    g_free(t->in_location);
    g_free(t->in_neighbourhood);
    g_free(t->breach);
    g_free(t->spread);
    g_free(t);
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
static bool try_groups(const Tally *t, int mover, int to, int replaced, Cost *delta)
{
    const Problem *p = t->problem;
    int from = t->machine[mover];
    bool feasible = true;
    for (int i = p->rules_of.first[mover]; i < p->rules_of.first[mover + 1]; i++) {
        int g = p->rules_of.item[i];
        if (replaced >= 0 && shares(p, g, replaced)) {
            continue;
        }
        const Group *group = &p->group[g];
        int64_t breach = breach_delta(t, g, from, to);
        int spread = spread_delta(t, g, from, to);
        delta->level[group->level] += group->weight * breach;
        feasible &= !group->mandatory || breach <= 0 || t->breach[g] + breach <= p->home_breach[g];
        feasible &= spread >= 0 || t->spread[g] + spread >= p->needed_locations[g];
    }
    return feasible;
}

static void count_neighbours(const Tally *t, int process, int from, int to)
{
    const Problem *p = t->problem;
    for (int i = p->rules_of.first[process]; i < p->rules_of.first[process + 1]; i++) {
        uint16_t *count = t->in_neighbourhood[p->rules_of.item[i]];
        if (count) {
            count[from]--;
            count[to]++;
        }
    }
}

/* whether the counts, already changed, leave no one lacking because a process went between neighbourhoods */
static bool dependencies_hold(const Tally *t, int process, int from, int to)
{
    const Problem *p = t->problem;
    for (int i = p->rules_of.first[process]; i < p->rules_of.first[process + 1]; i++) {
        int g = p->rules_of.item[i];
        if (!t->in_neighbourhood[g]) {
            continue;
        }
        for (int k = p->needs.first[g]; k < p->needs.first[g + 1]; k++) {
            if (!t->in_neighbourhood[p->needs.item[k]][to]) {
                return false;
            }
        }
        if (t->in_neighbourhood[g][from]) {
            continue;
        }
        for (int k = p->needed_by.first[g]; k < p->needed_by.first[g + 1]; k++) {
            if (t->in_neighbourhood[p->needed_by.item[k]][from]) {
                return false;
            }
        }
    }
    return true;
}

bool tally_try_shift(Tally *t, int process, int to, Cost *delta)
{
    const Problem *p = t->problem;
    bool feasible = try_groups(t, process, to, -1, delta);
    int before = p->neighbourhood[t->machine[process]];
    int after = p->neighbourhood[to];
    if (feasible && p->depends.n && before != after) {
        count_neighbours(t, process, before, after);
        feasible = dependencies_hold(t, process, before, after);
        count_neighbours(t, process, after, before);
    }
    return feasible;
}

bool tally_try_swap(Tally *t, int process, int other, Cost *delta)
{
    const Problem *p = t->problem;
    int from = t->machine[process];
    int to = t->machine[other];
    bool feasible = try_groups(t, process, to, other, delta);
    feasible = try_groups(t, other, from, process, delta) && feasible;
    int before = p->neighbourhood[from];
    int after = p->neighbourhood[to];
    if (feasible && p->depends.n && before != after) {
        count_neighbours(t, process, before, after);
        count_neighbours(t, other, after, before);
        feasible = dependencies_hold(t, process, before, after) && dependencies_hold(t, other, after, before);
        count_neighbours(t, other, before, after);
        count_neighbours(t, process, after, before);
    }
    return feasible;
}

/* what lacks in a neighbourhood between a group and those it needs or that need it */
static int64_t lacking_around(const Tally *t, int g, int n)
{
    const Problem *p = t->problem;
    int64_t lacking = lacking_of(t, g, n);
    for (int k = p->needed_by.first[g]; k < p->needed_by.first[g + 1]; k++) {
        int e = p->needed_by.item[k];
        lacking += t->in_neighbourhood[g][n] || e == g ? 0 : t->in_neighbourhood[e][n];
    }
    return lacking;
}

static void shift_neighbour(Tally *t, int g, int from, int to)
{
    uint16_t *count = t->in_neighbourhood[g];
    if (count && from != to) {
        t->lacking -= lacking_around(t, g, from) + lacking_around(t, g, to);
        count[from]--;
        count[to]++;
        t->lacking += lacking_around(t, g, from) + lacking_around(t, g, to);
    }
}

void tally_shift(Tally *t, int process, int to)
{
    const Problem *p = t->problem;
    int from = t->machine[process];
    for (int i = p->rules_of.first[process]; i < p->rules_of.first[process + 1]; i++) {
        int g = p->rules_of.item[i];
        t->breach[g] += breach_delta(t, g, from, to);
        t->spread[g] += spread_delta(t, g, from, to);
        if (t->on_machine[g]) {
            t->on_machine[g][from]--;
            t->on_machine[g][to]++;
        }
        if (t->in_location[g]) {
            t->in_location[g][p->location[from]]--;
            t->in_location[g][p->location[to]]++;
        }
        shift_neighbour(t, g, p->neighbourhood[from], p->neighbourhood[to]);
    }
}

void tally_add_cost(const Tally *t, int process, Cost *cost, int64_t sign)
{
    const Problem *p = t->problem;
    for (int i = p->rules_of.first[process]; i < p->rules_of.first[process + 1]; i++) {
        const Group *group = &p->group[p->rules_of.item[i]];
        cost->level[group->level] += sign * group->weight * t->breach[p->rules_of.item[i]];
    }
}

int64_t tally_violation(const Tally *t, int g)
{
    const Problem *p = t->problem;
    int64_t breach = p->group[g].mandatory ? MAX(0, t->breach[g] - p->home_breach[g]) : 0;
    return breach + MAX(0, p->needed_locations[g] - t->spread[g]);
}

int64_t tally_lacking(const Tally *t)
{
    return MAX(0, t->lacking - t->problem->home_lacking);
}
