/* SPDX-License-Identifier: MIT */
#include "plan/solver/walk.h"

#include "plan/solver/chain.h"
#include "plan/solver/descent.h"
#include "plan/solver/reach.h"
#include "plan/solver/trial.h"

#include <math.h>
#include <string.h>

enum {
    POLISH_MIN = 200000, /* changes that a polish may evaluate */
    POLISH_PER_PROCESS = 40,
    SAMPLES = 5000,       /* changes looked at to set the schedule */
    PRICE_STEPS = 1000,   /* steps of the price of capacity in a walk */
    CLOCK_EVERY = 1000,   /* changes between looks at the clock and the temperature */
    EJECTION_MOST = 1000, /* changes between ejections, which cost as much as hundreds */
    EJECTION_LEAST = 100,
    /* the same for each process that a machine has: few large ones need more of them */
    EJECTION_PER_PROCESS = 25,
    EJECTIONS = 8,       /* processes that make way for one, at most */
    HANDOVER_EVERY = 8,  /* changes between handovers, where no process more may leave its home */
    SUCCESSORS = 4,      /* changes looked at in each to make good for the one that came home */
    EJECTION_LOOKS = 16, /* processes looked at for each */
    CONTENDERS = 8       /* machines of which the one that costs most gives a process away */
};

static const double FORGET = 0.99;     /* of what families of swaps gained, after each look at the clock */
static const double LEAST_SHARE = 0.1; /* of swaps, that bring one home */
static const double MOST_SHARE = 0.6;
static const double WARM_PART = 0.8;   /* of a walk: capacity has a price */
static const double LAST_CALL = 0.95;  /* then it is hard, or the walk goes back to its best */
static const double EARLY_PART = 0.3;  /* from here, the price also rises while something is over a limit */
static const double WARM_RISE = 1.005; /* of the price of capacity, for each thousandth of a walk */
static const double OVER_RISE = 1.015; /* the same, while something is over a limit */
static const double LATE_RISE = 1.04;  /* the same, after the warm part */
static const double STIFFER = 40;      /* by how much the levels before the last gain weight */
/* what a typical change of a level weighs in those of the next */
static const double STEP_BETWEEN_LEVELS = 2;

Walk *walk_new(const Problem *p, const Placement *start, uint64_t seed)
{
    Walk *w = g_new0(Walk, 1);
    w->problem = p;
    w->assignment = assignment_new(p, start);
    w->random = seed;
    w->best = placement_copy(p, start);
    w->best_cost = w->assignment->cost;
    w->touched = g_new(int, MAX(p->n_processes, 1));
    w->dearest = -1;
    return w;
}

void walk_set_ejections(Walk *w)
{
    const Problem *p = w->problem;
    w->ejects_every =
        CLAMP(EJECTION_PER_PROCESS * p->n_processes / p->n_machines, EJECTION_LEAST, EJECTION_MOST);
}

void walk_free(Walk *w)
{
    assignment_free(w->assignment);
    placement_free(w->best);
    g_free(w->touched);
    g_free(w);
}

static void touch(Walk *w, int process)
{
    if (w->n_touched == w->problem->n_processes) {
        w->all_touched = true;
    } else {
        w->touched[w->n_touched++] = process;
    }
}

/* remember the assignment if it is feasible and the best so far */
static void note(Walk *w)
{
    Assignment *a = w->assignment;
    if (a->violations || cost_compare(&a->cost, &w->best_cost) >= 0) {
        return;
    }
    for (int i = 0; i < w->n_touched; i++) {
        w->best->machine[w->touched[i]] = a->machine[w->touched[i]];
    }
    if (w->all_touched && w->problem->n_processes) {
        memcpy(w->best->machine, a->machine, sizeof(int) * (size_t)w->problem->n_processes);
    }
    for (int g = 0; g < w->problem->n_growths; g++) {
        w->best->size[g] = a->size[g];
    }
    w->best_cost = a->cost;
    w->n_touched = 0;
    w->all_touched = false;
}

void walk_go_to(Walk *w, const Placement *placement)
{
    assignment_restore(w->assignment, placement);
    w->all_touched = true;
    note(w);
}

/* whether some have left home, and as many as may */
static bool no_more_may_leave(const Walk *w)
{
    return w->assignment->n_moved && (w->dearest >= 0 || w->assignment->n_moved >= w->problem->max_moves);
}

static int pick_process(Walk *w)
{
    if (no_more_may_leave(w) && (random_bits(&w->random) & 1)) {
        return w->assignment->moved[random_below(&w->random, w->assignment->n_moved)];
    }
    if (w->n_focus < w->problem->n_processes && random_below(&w->random, 8)) {
        return w->focus[random_below(&w->random, w->n_focus)];
    }
    return random_below(&w->random, w->problem->n_processes);
}

static int pick_machine(Walk *w, int process)
{
    if (random_bits(&w->random) & 1) {
        return w->problem->home[process];
    }
    return random_below(&w->random, w->problem->n_machines);
}

/* what a change of one process, or of those that go with it, would cost; FALSE where rules forbid it */
static bool sample(Walk *w, int process, int to, Cost *delta)
{
    Assignment *a = w->assignment;
    if (assignment_try_shift(a, process, to, delta)) {
        return true;
    }
    Chain chain = {.cost = a->cost, .violations = a->violations};
    bool may =
        w->problem->has_blocks && chain_add(&chain, a, process, to) && chain_delta(&chain, a, true, delta);
    chain_undo(&chain, a);
    return may;
}

Schedule walk_schedule(Walk *w)
{
    const Problem *p = w->problem;
    Assignment *a = w->assignment;
    Schedule schedule = {.last = p->n_levels - 1};
    double sum[COST_LEVELS] = {0};
    double seen[COST_LEVELS] = {0};
    for (int i = 0; i < SAMPLES; i++) {
        Cost delta;
        int process = pick_process(w);
        int to = random_below(&w->random, p->n_machines);
        if (to == a->machine[process] || !sample(w, process, to, &delta)) {
            continue;
        }
        for (int l = 0; l < p->n_levels; l++) {
            sum[l] += fabs((double)delta.level[l]);
            seen[l] += delta.level[l] != 0;
        }
    }
    while (schedule.last > 0 && !seen[schedule.last]) {
        schedule.last--;
    }
    double weight = 1;
    int n_seen = 0;
    for (int l = p->n_levels - 1; l >= 0; l--) {
        schedule.weight[l] = seen[l] ? weight * seen[l] / sum[l] : weight;
        schedule.unit = l < p->levels.move && !schedule.unit && seen[l] ? weight : schedule.unit;
        n_seen += seen[l] > 0;
        weight *= seen[l] > 0 ? STEP_BETWEEN_LEVELS : 1;
    }
    schedule.warm = n_seen > 1 ? 0.05 * weight : 3;
    schedule.drop = n_seen > 1 ? 1 : 0.01;
    schedule.cool = n_seen > 1 ? 0.3 : 0.03;
    schedule.cold = n_seen > 1 ? 0.02 : 3e-6;
    return schedule;
}

/* what a unit held above a limit costs the walk: as much as the resource that costs most, for the same share
   of what all processes need */
static void set_prices(const Walk *w, int64_t *price)
{
    const Problem *p = w->problem;
    double needed[PROBLEM_RESOURCES] = {0};
    double dearest = 0;
    for (int i = 0; i < p->n_processes * p->n_resources; i++) {
        needed[i % p->n_resources] += (double)p->need[i];
    }
    for (int i = 0; i < p->n_machines * p->n_resources; i++) {
        dearest = MAX(dearest, needed[i % p->n_resources] * (double)p->safety_cost[i]);
    }
    for (int r = 0; r < p->n_resources; r++) {
        price[r] = 1 + (int64_t)(dearest / MAX(needed[r], 1));
    }
}

typedef struct {
    int priced;    /* steps that the price of capacity has seen */
    double raised; /* by how much the price is above its steady course */
    double temperature;
    double weight[COST_LEVELS]; /* the schedule's, and of what is held above limits */
} Cooling;

/* what a change adds to the one number that the walk minimises */
static double energy_of(const Walk *w, const Cooling *cooling, const Cost *delta)
{
    double energy = 0;
    int move = w->problem->levels.move;
    if (w->dearest >= 0 && delta->level[move] > 0 &&
        w->assignment->cost.level[move] + delta->level[move] > w->dearest) {
        return HUGE_VAL;
    }
    for (int l = 0; l < w->problem->n_levels; l++) {
        energy += cooling->weight[l] * (double)delta->level[l];
    }
    if (w->assignment->price) {
        energy += cooling->weight[ASSIGNMENT_OVER] * (double)delta->level[ASSIGNMENT_OVER];
    }
    return energy;
}

static bool accept(Walk *w, const Cooling *cooling, const Cost *delta)
{
    double energy = energy_of(w, cooling, delta);
    return energy <= 0 || random_unit(&w->random) < exp(-energy / cooling->temperature);
}

static void try_shift(Walk *w, const Cooling *cooling)
{
    Cost delta;
    int process = pick_process(w);
    int to = pick_machine(w, process);
    if (to != w->assignment->machine[process] && assignment_try_shift(w->assignment, process, to, &delta) &&
        accept(w, cooling, &delta)) {
        assignment_shift(w->assignment, process, to);
        touch(w, process);
        note(w);
    }
}

/* the two of a swap: anywhere, or one away from home and one on its home machine */
static void pick_pair(Walk *w, SwapFamily family, int *process, int *other)
{
    const Assignment *a = w->assignment;
    if (family == SWAP_HOME) {
        *process = a->moved[random_below(&w->random, a->n_moved)];
        int home = w->problem->home[*process];
        if (a->n_on[home]) {
            *other = a->on[home][random_below(&w->random, a->n_on[home])];
            return;
        }
    } else {
        *process = pick_process(w);
    }
    *other = random_below(&w->random, w->problem->n_processes);
}

static void try_swap(Walk *w, const Cooling *cooling)
{
    Cost delta;
    int process;
    int other;
    bool home = w->ejects_every && w->assignment->n_moved && random_unit(&w->random) < w->home_share;
    SwapFamily family = home ? SWAP_HOME : SWAP_ANYWHERE;
    pick_pair(w, family, &process, &other);
    w->swaps[family].tried++;
    if (w->assignment->machine[other] != w->assignment->machine[process] &&
        assignment_try_swap(w->assignment, process, other, &delta) && accept(w, cooling, &delta)) {
        w->swaps[family].gained += MAX(0, -energy_of(w, cooling, &delta));
        assignment_swap(w->assignment, process, other);
        touch(w, process);
        touch(w, other);
        note(w);
    }
}

/* by what each family gained a try of late; neither is ever given up */
static void share_swaps(Walk *w)
{
    double rate[SWAP_FAMILIES];
    for (int f = 0; f < SWAP_FAMILIES; f++) {
        rate[f] = w->swaps[f].gained / MAX(w->swaps[f].tried, 1);
        w->swaps[f].gained *= FORGET;
        w->swaps[f].tried *= FORGET;
    }
    double both = rate[SWAP_HOME] + rate[SWAP_ANYWHERE];
    w->home_share = both > 0 ? CLAMP(rate[SWAP_HOME] / both, LEAST_SHARE, MOST_SHARE) : LEAST_SHARE;
}

static void try_resize(Walk *w, const Cooling *cooling)
{
    const Problem *p = w->problem;
    Cost delta;
    int growth = random_below(&w->random, p->n_growths);
    int size = random_below(&w->random, p->first_size[growth + 1] - p->first_size[growth]);
    if (size != w->assignment->size[growth] && assignment_try_resize(w->assignment, growth, size, &delta) &&
        accept(w, cooling, &delta)) {
        assignment_resize(w->assignment, growth, size);
        note(w);
    }
}

/* move what rules keep together as one, and what is then in its way, in its turn as one, there or back */
static void try_blocks(Walk *w, const Cooling *cooling)
{
    Assignment *a = w->assignment;
    int process = pick_process(w);
    int back = a->machine[process];
    int to = pick_machine(w, process);
    double bearable = -cooling->temperature * log(1 - random_unit(&w->random));
    bool borne = false;
    Chain chain;
    chain_begin(&chain, a);
    for (int link = 0; link < CHAIN_MOST && !borne && chain_add(&chain, a, process, to); link++) {
        Cost delta;
        borne = chain_delta(&chain, a, a->price, &delta) && energy_of(w, cooling, &delta) <= bearable;
        process = a->on[to][random_below(&w->random, a->n_on[to])];
        if (!borne && chain_has(&chain, process)) {
            break;
        }
        to = random_bits(&w->random) & 1 ? back : pick_machine(w, process);
    }
    w->work += chain.n;
    if (!borne) {
        chain_undo(&chain, a);
        return;
    }
    for (int i = 0; i < chain.n; i++) {
        touch(w, chain.process[i]);
    }
    note(w);
}

/* the machine of a few that costs most for its use */
static int pick_costly_machine(Walk *w)
{
    int picked = -1;
    int64_t most = -1;
    for (int i = 0; i < CONTENDERS; i++) {
        int m = random_below(&w->random, w->problem->n_machines);
        const UseCost *cost = &w->assignment->use_cost[m];
        if (cost->over_capacity + cost->over_safety > most) {
            most = cost->over_capacity + cost->over_safety;
            picked = m;
        }
    }
    return picked;
}

typedef struct {
    int process;
    int machine; /* where it was, or is to go */
    double energy;
} Shift;

/* of a few shifts off a crowded machine, to where the newcomer was, home or anywhere, the one that lowers
   the energy most; no less than `enough` if there is none */
static Shift find_ejection(Walk *w, const Cooling *cooling, const Shift *newcomer, int crowded, double enough)
{
    Assignment *a = w->assignment;
    Shift best = {.energy = enough};
    int n = a->n_on[crowded];
    int offset = random_below(&w->random, n);
    for (int i = 0; i < MIN(n, EJECTION_LOOKS); i++) {
        int process = a->on[crowded][(i + offset) % n];
        int targets[] = {newcomer->machine, w->problem->home[process],
                         random_below(&w->random, w->problem->n_machines)};
        for (guint k = 0; k < G_N_ELEMENTS(targets) && process != newcomer->process; k++) {
            Cost delta;
            w->work++;
            if (targets[k] == crowded || !assignment_try_shift(a, process, targets[k], &delta)) {
                continue;
            }
            double energy = energy_of(w, cooling, &delta);
            if (energy < best.energy) {
                best = (Shift){process, targets[k], energy};
            }
        }
    }
    return best;
}

/* shift a process even if it does not fit there, and tell by how much the energy rises; whether it may be
 * there at all */
static bool intrude(Walk *w, const Cooling *cooling, int process, int to, double *energy)
{
    Assignment *a = w->assignment;
    Cost delta = {0};
    /* where capacity has a price, all other limits hold throughout */
    if (a->price ? !assignment_try_shift(a, process, to, &delta) : !reach_allows(w->problem, process, to)) {
        return false;
    }
    Cost before = a->cost;
    assignment_shift(a, process, to);
    for (int l = 0; l < w->problem->n_levels; l++) {
        delta.level[l] = a->cost.level[l] - before.level[l];
    }
    *energy = energy_of(w, cooling, &delta);
    return true;
}

/* move a process off a machine that costs, and others out of its way, and accept or undo all of that at once
 */
static void try_ejection(Walk *w, const Cooling *cooling)
{
    Assignment *a = w->assignment;
    int from = pick_costly_machine(w);
    int to = random_below(&w->random, w->problem->n_machines);
    double energy;
    if (to == from || !a->n_on[from]) {
        return;
    }
    Shift done[1 + EJECTIONS] = {{a->on[from][random_below(&w->random, a->n_on[from])], from, 0}};
    if (!intrude(w, cooling, done[0].process, to, &energy)) {
        return;
    }
    double bearable = -cooling->temperature * log(1 - random_unit(&w->random));
    bool broken = !a->price && a->violations;
    int n = 1;
    while ((energy > bearable || broken) && n <= EJECTIONS) {
        double enough = broken ? HUGE_VAL : 0;
        Shift out = find_ejection(w, cooling, &done[0], to, enough);
        if (out.energy >= enough) {
            break;
        }
        assignment_shift(a, out.process, out.machine);
        energy += out.energy;
        done[n++] = (Shift){out.process, to, 0};
        broken = !a->price && a->violations;
    }
    if (energy > bearable || broken) {
        while (n) {
            n--;
            assignment_shift(a, done[n].process, done[n].machine);
        }
        return;
    }
    while (n) {
        touch(w, done[--n].process);
    }
    note(w);
}

/* who may move when another comes home: mostly one from that home, and to where that one was, or anywhere */
static Shift pick_successor(Walk *w, int home, int left)
{
    Assignment *a = w->assignment;
    int kind = random_below(&w->random, 4);
    int process = kind ? a->on[home][random_below(&w->random, a->n_on[home])] : pick_process(w);
    int to = kind < 2 ? left : random_below(&w->random, w->problem->n_machines);
    return (Shift){process, to, 0};
}

/* one of a few moves that make good that a process came home, which added `energy`; whether one was made */
static bool succeed(Walk *w, const Cooling *cooling, const Shift *back, double energy)
{
    Assignment *a = w->assignment;
    double bearable = -cooling->temperature * log(1 - random_unit(&w->random));
    for (int i = 0; i < SUCCESSORS; i++) {
        Shift next = pick_successor(w, a->machine[back->process], back->machine);
        int from = a->machine[next.process];
        Cost delta;
        w->work++;
        if (next.process == back->process || next.machine == from ||
            !assignment_try_shift(a, next.process, next.machine, &delta) ||
            energy + energy_of(w, cooling, &delta) > bearable) {
            continue;
        }
        assignment_shift(a, next.process, next.machine);
        if (a->price || !a->violations) {
            touch(w, next.process);
            return true;
        }
        assignment_shift(a, next.process, from);
    }
    return false;
}

/* send one process home and move another instead, and accept or undo both at once */
static void try_handover(Walk *w, const Cooling *cooling)
{
    Assignment *a = w->assignment;
    int process = a->moved[random_below(&w->random, a->n_moved)];
    Shift back = {process, a->machine[process], 0};
    double energy;
    if (!intrude(w, cooling, process, w->problem->home[process], &energy)) {
        return;
    }
    if (succeed(w, cooling, &back, energy)) {
        touch(w, process);
        note(w);
    } else {
        assignment_shift(a, process, back.machine);
    }
}

static void step(Walk *w, const Cooling *cooling)
{
    const Problem *p = w->problem;
    if (no_more_may_leave(w) && !random_below(&w->random, HANDOVER_EVERY)) {
        try_handover(w, cooling);
        return;
    }
    if (w->ejects_every && !random_below(&w->random, w->ejects_every)) {
        try_ejection(w, cooling);
        return;
    }
    int kind = random_below(&w->random, 32);
    if (kind < 14) {
        try_swap(w, cooling);
    } else if (kind < 17 && p->n_growths) {
        try_resize(w, cooling);
    } else if (kind < 18 && p->has_blocks) {
        try_blocks(w, cooling);
    } else {
        try_shift(w, cooling);
    }
    w->work++;
}

typedef struct {
    int64_t work_before;
    int64_t work; /* 0: any */
    int64_t began_us;
    int64_t end_us; /* 0: no clock */
} Span;

/* how much of a span is over, from 0 to 1 or more */
static double progress(const Walk *w, const Span *span)
{
    double done = span->work ? (double)(w->work - span->work_before) / (double)span->work : 0;
    if (span->end_us) {
        double all = (double)MAX(span->end_us - span->began_us, 1);
        done = MAX(done, (double)(g_get_monotonic_time() - span->began_us) / all);
    }
    return done;
}

static double between(double from, double to, double part)
{
    return from * pow(to / from, part);
}

/* warm to cool while capacity has a price, then to cold */
typedef struct {
    double warm;
    double cool;
    double cold;
} Course;

/* the temperature, and how much more the levels weigh that come before the last */
static void cool_down(const Walk *w, Cooling *cooling, const Course *course, double done)
{
    const Schedule *schedule = &w->schedule;
    cooling->temperature = done < WARM_PART
                               ? between(course->warm, course->cool, done / WARM_PART)
                               : between(course->cool, course->cold, (done - WARM_PART) / (1 - WARM_PART));
    for (int l = 0; l < w->problem->n_levels; l++) {
        double firm = l < schedule->last ? w->firmness * between(1, STIFFER, done) : 1;
        cooling->weight[l] = schedule->weight[l] * firm;
        if (w->dearest >= 0) {
            cooling->weight[l] = l < w->problem->levels.move ? schedule->weight[l] : 0;
        }
    }
}

/* raise the price of what is held above limits: steadily while warm, and more while something is */
static void raise_price(const Walk *w, Cooling *cooling, double done)
{
    for (; cooling->priced < (int)(done * PRICE_STEPS); cooling->priced++) {
        double part = (double)cooling->priced / PRICE_STEPS;
        if (part < WARM_PART) {
            cooling->weight[ASSIGNMENT_OVER] *= WARM_RISE;
        }
        if (part > EARLY_PART && w->assignment->violations) {
            double rise = part < WARM_PART ? OVER_RISE : LATE_RISE;
            cooling->weight[ASSIGNMENT_OVER] *= rise;
            cooling->raised *= rise;
        } else if (cooling->raised > 1) {
            cooling->weight[ASSIGNMENT_OVER] /= OVER_RISE;
            cooling->raised /= OVER_RISE;
        }
    }
}

static void follow(Walk *w, const Course *course, int64_t work, int64_t end_us)
{
    Span span = {w->work, work, end_us ? g_get_monotonic_time() : 0, end_us};
    Cooling cooling = {.weight[ASSIGNMENT_OVER] = 2 * w->schedule.weight[w->problem->levels.over_safety],
                       .raised = 1};
    int64_t price[PROBLEM_RESOURCES];
    set_prices(w, price);
    assignment_set_price(w->assignment, w->hard ? NULL : price);
    double done = 0;
    while (done < 1 && cost_compare(&w->best_cost, w->goal) > 0) {
        cool_down(w, &cooling, course, done);
        raise_price(w, &cooling, done);
        if (w->assignment->price && done > WARM_PART && (!w->assignment->violations || done > LAST_CALL)) {
            assignment_set_price(w->assignment, NULL);
            if (w->assignment->violations) {
                walk_go_to(w, w->best);
            }
        }
        for (int i = 0; i < CLOCK_EVERY; i++) {
            step(w, &cooling);
        }
        share_swaps(w);
        done = progress(w, &span);
    }
    assignment_set_price(w->assignment, NULL);
    walk_go_to(w, w->best);
}

void walk_anneal(Walk *w, double heat, int64_t work, int64_t end_us)
{
    const Schedule *schedule = &w->schedule;
    double warm = schedule->warm * heat;
    follow(w, &(Course){warm, MIN(warm * schedule->drop, schedule->cool), schedule->cold}, work, end_us);
}

void walk_squeeze(Walk *w, double heat, int64_t work, int64_t end_us)
{
    Assignment *a = w->assignment;
    double unit = w->schedule.unit;
    w->dearest = w->best_cost.level[w->problem->levels.move] - 1;
    while (a->n_moved && a->cost.level[w->problem->levels.move] > w->dearest) {
        int process = a->moved[random_below(&w->random, a->n_moved)];
        assignment_shift(a, process, w->problem->home[process]);
        touch(w, process);
    }
    follow(w, &(Course){unit * heat, unit * MIN(heat, 0.03), unit * 1e-4}, work, end_us);
    w->dearest = -1;
}

void walk_polish(Walk *w, int64_t end_us)
{
    int64_t budget = POLISH_MIN + POLISH_PER_PROCESS * (int64_t)w->problem->n_processes;
    w->work += descent_polish(w->assignment, &w->random, budget, end_us);
    w->all_touched = true;
    note(w);
}
