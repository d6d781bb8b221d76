/* SPDX-License-Identifier: MIT */
#include "plan/walk.h"

#include "plan/descent.h"

#include <math.h>
#include <string.h>

enum {
    POLISH_MIN = 200000, /* changes that a polish may evaluate */
    POLISH_PER_PROCESS = 40,
    SAMPLES = 5000,       /* changes looked at to set the guide */
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
    w->state = state_new(p, start);
    w->random = seed;
    w->best = placement_copy(p, start);
    w->best_cost = w->state->cost;
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
    state_free(w->state);
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

/* remember the state if it is feasible and the best so far */
static void note(Walk *w)
{
    State *s = w->state;
    if (s->violations || cost_compare(&s->cost, &w->best_cost) >= 0) {
        return;
    }
    for (int i = 0; i < w->n_touched; i++) {
        w->best->machine[w->touched[i]] = s->machine[w->touched[i]];
    }
    if (w->all_touched && w->problem->n_processes) {
        memcpy(w->best->machine, s->machine, sizeof(int) * (size_t)w->problem->n_processes);
    }
    for (int g = 0; g < w->problem->n_growths; g++) {
        w->best->size[g] = s->size[g];
    }
    w->best_cost = s->cost;
    w->n_touched = 0;
    w->all_touched = false;
}

void walk_go_to(Walk *w, const Placement *placement)
{
    state_restore(w->state, placement);
    w->all_touched = true;
    note(w);
}

/* whether some have left home, and as many as may */
static bool no_more_may_leave(const Walk *w)
{
    return w->state->n_moved && (w->dearest >= 0 || w->state->n_moved >= w->problem->max_moves);
}

static int pick_process(Walk *w)
{
    if (no_more_may_leave(w) && (random_bits(&w->random) & 1)) {
        return w->state->moved[random_below(&w->random, w->state->n_moved)];
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

Guide walk_measure(Walk *w)
{
    const Problem *p = w->problem;
    State *s = w->state;
    Guide guide = {.last = p->n_levels - 1};
    double sum[PROBLEM_LEVELS] = {0};
    double seen[PROBLEM_LEVELS] = {0};
    for (int i = 0; i < SAMPLES; i++) {
        Cost delta;
        int process = pick_process(w);
        int to = random_below(&w->random, p->n_machines);
        if (to == s->machine[process] || !state_try_shift(s, process, to, &delta)) {
            continue;
        }
        for (int l = 0; l < p->n_levels; l++) {
            sum[l] += fabs((double)delta.level[l]);
            seen[l] += delta.level[l] != 0;
        }
    }
    while (guide.last > 0 && !seen[guide.last]) {
        guide.last--;
    }
    double weight = 1;
    int n_seen = 0;
    for (int l = p->n_levels - 1; l >= 0; l--) {
        guide.weight[l] = seen[l] ? weight * seen[l] / sum[l] : weight;
        guide.unit = l < p->levels.move && !guide.unit && seen[l] ? weight : guide.unit;
        n_seen += seen[l] > 0;
        weight *= seen[l] > 0 ? STEP_BETWEEN_LEVELS : 1;
    }
    guide.warm = n_seen > 1 ? 0.05 * weight : 3;
    guide.drop = n_seen > 1 ? 1 : 0.01;
    guide.cool = n_seen > 1 ? 0.3 : 0.03;
    guide.cold = n_seen > 1 ? 0.02 : 3e-6;
    return guide;
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
    double weight[PROBLEM_LEVELS]; /* the guide's, and of what is held above limits */
} Mood;

/* what a change adds to the one number that the walk feels */
static double feel(const Walk *w, const Mood *mood, const Cost *delta)
{
    double felt = 0;
    int move = w->problem->levels.move;
    if (w->dearest >= 0 && delta->level[move] > 0 &&
        w->state->cost.level[move] + delta->level[move] > w->dearest) {
        return HUGE_VAL;
    }
    for (int l = 0; l < w->problem->n_levels; l++) {
        felt += mood->weight[l] * (double)delta->level[l];
    }
    if (w->state->price) {
        felt += mood->weight[STATE_OVER] * (double)delta->level[STATE_OVER];
    }
    return felt;
}

static bool accept(Walk *w, const Mood *mood, const Cost *delta)
{
    double felt = feel(w, mood, delta);
    return felt <= 0 || random_unit(&w->random) < exp(-felt / mood->temperature);
}

static void try_shift(Walk *w, const Mood *mood)
{
    Cost delta;
    int process = pick_process(w);
    int to = pick_machine(w, process);
    if (to != w->state->machine[process] && state_try_shift(w->state, process, to, &delta) &&
        accept(w, mood, &delta)) {
        state_shift(w->state, process, to);
        touch(w, process);
        note(w);
    }
}

static void try_swap(Walk *w, const Mood *mood)
{
    Cost delta;
    int process = pick_process(w);
    int other = random_below(&w->random, w->problem->n_processes);
    if (w->state->machine[other] != w->state->machine[process] &&
        state_try_swap(w->state, process, other, &delta) && accept(w, mood, &delta)) {
        state_swap(w->state, process, other);
        touch(w, process);
        touch(w, other);
        note(w);
    }
}

static void try_resize(Walk *w, const Mood *mood)
{
    const Problem *p = w->problem;
    Cost delta;
    int growth = random_below(&w->random, p->n_growths);
    int size = random_below(&w->random, p->first_size[growth + 1] - p->first_size[growth]);
    if (size != w->state->size[growth] && state_try_resize(w->state, growth, size, &delta) &&
        accept(w, mood, &delta)) {
        state_resize(w->state, growth, size);
        note(w);
    }
}

static void try_block(Walk *w)
{
    const Problem *p = w->problem;
    int process = pick_process(w);
    int first = p->groups_of.first[process];
    int n = p->groups_of.first[process + 1] - first;
    if (!n) {
        return;
    }
    int g = p->groups_of.item[first + random_below(&w->random, n)];
    int from = w->state->machine[process];
    int to = pick_machine(w, process);
    if (to != from && p->group[g].together && descent_try_block(w->state, g, from, to)) {
        w->all_touched = true;
        note(w);
    }
}

/* the machine of a few that costs most for its load */
static int pick_costly_machine(Walk *w)
{
    int picked = -1;
    int64_t most = -1;
    for (int i = 0; i < CONTENDERS; i++) {
        int m = random_below(&w->random, w->problem->n_machines);
        const Load *load = &w->state->load[m];
        if (load->over_capacity + load->over_safety > most) {
            most = load->over_capacity + load->over_safety;
            picked = m;
        }
    }
    return picked;
}

typedef struct {
    int process;
    int machine; /* where it was, or is to go */
    double felt;
} Shift;

/* of a few shifts off a crowded machine, to where the newcomer was, home or anywhere, the one that is felt to
   help most; felt as no less than `enough` if there is none */
static Shift find_ejection(Walk *w, const Mood *mood, const Shift *newcomer, int crowded, double enough)
{
    State *s = w->state;
    Shift best = {.felt = enough};
    int n = s->n_on[crowded];
    int offset = random_below(&w->random, n);
    for (int i = 0; i < MIN(n, EJECTION_LOOKS); i++) {
        int process = s->on[crowded][(i + offset) % n];
        int targets[] = {newcomer->machine, w->problem->home[process],
                         random_below(&w->random, w->problem->n_machines)};
        for (guint k = 0; k < G_N_ELEMENTS(targets) && process != newcomer->process; k++) {
            Cost delta;
            w->work++;
            if (targets[k] == crowded || !state_try_shift(s, process, targets[k], &delta)) {
                continue;
            }
            double felt = feel(w, mood, &delta);
            if (felt < best.felt) {
                best = (Shift){process, targets[k], felt};
            }
        }
    }
    return best;
}

/* shift a process even if it does not fit there, and tell how that is felt; whether it may be there at all */
static bool intrude(Walk *w, const Mood *mood, int process, int to, double *felt)
{
    State *s = w->state;
    Cost delta = {0};
    /* where capacity has a price, all other limits hold throughout */
    if (s->price ? !state_try_shift(s, process, to, &delta) : !state_may(w->problem, process, to)) {
        return false;
    }
    Cost before = s->cost;
    state_shift(s, process, to);
    for (int l = 0; l < w->problem->n_levels; l++) {
        delta.level[l] = s->cost.level[l] - before.level[l];
    }
    *felt = feel(w, mood, &delta);
    return true;
}

/* move a process off a machine that costs, and others out of its way, and accept or undo all of that at once
 */
static void try_ejection(Walk *w, const Mood *mood)
{
    State *s = w->state;
    int from = pick_costly_machine(w);
    int to = random_below(&w->random, w->problem->n_machines);
    double felt;
    if (to == from || !s->n_on[from]) {
        return;
    }
    Shift done[1 + EJECTIONS] = {{s->on[from][random_below(&w->random, s->n_on[from])], from, 0}};
    if (!intrude(w, mood, done[0].process, to, &felt)) {
        return;
    }
    double bearable = -mood->temperature * log(1 - random_unit(&w->random));
    bool broken = !s->price && s->violations;
    int n = 1;
    while ((felt > bearable || broken) && n <= EJECTIONS) {
        double enough = broken ? HUGE_VAL : 0;
        Shift out = find_ejection(w, mood, &done[0], to, enough);
        if (out.felt >= enough) {
            break;
        }
        state_shift(s, out.process, out.machine);
        felt += out.felt;
        done[n++] = (Shift){out.process, to, 0};
        broken = !s->price && s->violations;
    }
    if (felt > bearable || broken) {
        while (n) {
            n--;
            state_shift(s, done[n].process, done[n].machine);
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
    State *s = w->state;
    int kind = random_below(&w->random, 4);
    int process = kind ? s->on[home][random_below(&w->random, s->n_on[home])] : pick_process(w);
    int to = kind < 2 ? left : random_below(&w->random, w->problem->n_machines);
    return (Shift){process, to, 0};
}

/* one of a few moves that make good that a process came home, felt as `felt` so far; whether one was made */
static bool succeed(Walk *w, const Mood *mood, const Shift *back, double felt)
{
    State *s = w->state;
    double bearable = -mood->temperature * log(1 - random_unit(&w->random));
    for (int i = 0; i < SUCCESSORS; i++) {
        Shift next = pick_successor(w, s->machine[back->process], back->machine);
        int from = s->machine[next.process];
        Cost delta;
        w->work++;
        if (next.process == back->process || next.machine == from ||
            !state_try_shift(s, next.process, next.machine, &delta) ||
            felt + feel(w, mood, &delta) > bearable) {
            continue;
        }
        state_shift(s, next.process, next.machine);
        if (s->price || !s->violations) {
            touch(w, next.process);
            return true;
        }
        state_shift(s, next.process, from);
    }
    return false;
}

/* send one process home and move another instead, and accept or undo both at once */
static void try_handover(Walk *w, const Mood *mood)
{
    State *s = w->state;
    int process = s->moved[random_below(&w->random, s->n_moved)];
    Shift back = {process, s->machine[process], 0};
    double felt;
    if (!intrude(w, mood, process, w->problem->home[process], &felt)) {
        return;
    }
    if (succeed(w, mood, &back, felt)) {
        touch(w, process);
        note(w);
    } else {
        state_shift(s, process, back.machine);
    }
}

static void step(Walk *w, const Mood *mood)
{
    const Problem *p = w->problem;
    if (no_more_may_leave(w) && !random_below(&w->random, HANDOVER_EVERY)) {
        try_handover(w, mood);
        return;
    }
    if (w->ejects_every && !random_below(&w->random, w->ejects_every)) {
        try_ejection(w, mood);
        return;
    }
    int kind = random_below(&w->random, 32);
    if (kind < 14) {
        try_swap(w, mood);
    } else if (kind < 17 && p->n_growths) {
        try_resize(w, mood);
    } else if (kind < 18 && p->has_blocks) {
        try_block(w);
    } else {
        try_shift(w, mood);
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
static void cool_down(const Walk *w, Mood *mood, const Course *course, double done)
{
    const Guide *guide = &w->guide;
    mood->temperature = done < WARM_PART
                            ? between(course->warm, course->cool, done / WARM_PART)
                            : between(course->cool, course->cold, (done - WARM_PART) / (1 - WARM_PART));
    for (int l = 0; l < w->problem->n_levels; l++) {
        double firm = l < guide->last ? w->firmness * between(1, STIFFER, done) : 1;
        mood->weight[l] = guide->weight[l] * firm;
        if (w->dearest >= 0) {
            mood->weight[l] = l < w->problem->levels.move ? guide->weight[l] : 0;
        }
    }
}

/* raise the price of what is held above limits: steadily while warm, and more while something is */
static void raise_price(const Walk *w, Mood *mood, double done)
{
    for (; mood->priced < (int)(done * PRICE_STEPS); mood->priced++) {
        double part = (double)mood->priced / PRICE_STEPS;
        if (part < WARM_PART) {
            mood->weight[STATE_OVER] *= WARM_RISE;
        }
        if (part > EARLY_PART && w->state->violations) {
            double rise = part < WARM_PART ? OVER_RISE : LATE_RISE;
            mood->weight[STATE_OVER] *= rise;
            mood->raised *= rise;
        } else if (mood->raised > 1) {
            mood->weight[STATE_OVER] /= OVER_RISE;
            mood->raised /= OVER_RISE;
        }
    }
}

static void follow(Walk *w, const Course *course, int64_t work, int64_t end_us)
{
    Span span = {w->work, work, end_us ? g_get_monotonic_time() : 0, end_us};
    Mood mood = {.weight[STATE_OVER] = 2 * w->guide.weight[w->problem->levels.over_safety], .raised = 1};
    int64_t price[PROBLEM_RESOURCES];
    set_prices(w, price);
    state_set_price(w->state, w->hard ? NULL : price);
    double done = 0;
    while (done < 1 && cost_compare(&w->best_cost, w->goal) > 0) {
        cool_down(w, &mood, course, done);
        raise_price(w, &mood, done);
        if (w->state->price && done > WARM_PART && (!w->state->violations || done > LAST_CALL)) {
            state_set_price(w->state, NULL);
            if (w->state->violations) {
                walk_go_to(w, w->best);
            }
        }
        for (int i = 0; i < CLOCK_EVERY; i++) {
            step(w, &mood);
        }
        done = progress(w, &span);
    }
    state_set_price(w->state, NULL);
    walk_go_to(w, w->best);
}

void walk_anneal(Walk *w, double heat, int64_t work, int64_t end_us)
{
    const Guide *guide = &w->guide;
    double warm = guide->warm * heat;
    follow(w, &(Course){warm, MIN(warm * guide->drop, guide->cool), guide->cold}, work, end_us);
}

void walk_squeeze(Walk *w, double heat, int64_t work, int64_t end_us)
{
    State *s = w->state;
    double unit = w->guide.unit;
    w->dearest = w->best_cost.level[w->problem->levels.move] - 1;
    while (s->n_moved && s->cost.level[w->problem->levels.move] > w->dearest) {
        int process = s->moved[random_below(&w->random, s->n_moved)];
        state_shift(s, process, w->problem->home[process]);
        touch(w, process);
    }
    follow(w, &(Course){unit * heat, unit * MIN(heat, 0.03), unit * 1e-4}, work, end_us);
    w->dearest = -1;
}

void walk_polish(Walk *w, int64_t end_us)
{
    int64_t budget = POLISH_MIN + POLISH_PER_PROCESS * (int64_t)w->problem->n_processes;
    w->work += descent_polish(w->state, &w->random, budget, end_us);
    w->all_touched = true;
    note(w);
}
