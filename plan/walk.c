/* SPDX-License-Identifier: MIT */
#include "plan/walk.h"

#include <math.h>
#include <string.h>

enum {
    SAMPLES = 20000,   /* changes looked at to set the guide */
    CLOCK_EVERY = 1000 /* changes between looks at the clock and the temperature */
};

#include <stdio.h>
#include <stdlib.h>
static double knob(const char *n, double d)
{
    const char *v = getenv(n);
    return v ? atof(v) : d;
}
static const double STEP_BETWEEN_LEVELS =
    6; /* what a typical change of a level weighs in those of the next */

Walk *walk_new(const Problem *p, const Placement *start, uint64_t seed)
{
    Walk *w = g_new0(Walk, 1);
    w->problem = p;
    w->state = state_new(p, start);
    w->random = seed;
    w->best = placement_copy(p, start);
    w->best_cost = w->state->cost;
    w->touched = g_new(int, MAX(p->n_processes, 1));
    return w;
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

void walk_note(Walk *w)
{
    State *s = w->state;
    if (s->violations || cost_compare(&s->cost, &w->best_cost) >= 0) {
        return;
    }
    for (int i = 0; i < w->n_touched; i++) {
        w->best->machine[w->touched[i]] = s->machine[w->touched[i]];
    }
    if (w->all_touched) {
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
    walk_note(w);
}

static int pick_process(Walk *w)
{
    if (w->focus && random_below(&w->random, 8)) {
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

void walk_measure(Walk *w)
{
    const Problem *p = w->problem;
    State *s = w->state;
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
    double weight = 1;
    for (int l = p->n_levels - 1; l >= 0; l--) {
        w->guide.weight[l] = seen[l] ? weight * seen[l] / sum[l] : weight;
        weight *= seen[l] ? STEP_BETWEEN_LEVELS : 1;
    }
    w->guide.warm = weight / 2;
    w->guide.cold = w->guide.warm * 1e-6;
}

/* what a unit held above a limit costs the walk: as much as the resource that costs most, for the same share
   of a machine */
static void set_prices(const Walk *w, int64_t *price)
{
    const Problem *p = w->problem;
    double capacity[PROBLEM_RESOURCES] = {0};
    double dearest = 0;
    for (int m = 0; m < p->n_machines; m++) {
        for (int r = 0; r < p->n_resources; r++) {
            int64_t cell = (int64_t)m * p->n_resources + r;
            capacity[r] += (double)p->capacity[cell];
        }
    }
    for (int r = 0; r < p->n_resources; r++) {
        dearest = MAX(dearest, capacity[r] * (double)p->safety_cost[r]);
    }
    for (int r = 0; r < p->n_resources; r++) {
        price[r] = 1 + (int64_t)(dearest / MAX(capacity[r], 1));
    }
}

typedef struct {
    double temperature;
    double over_weight; /* of what is held above limits */
} Mood;

static bool accept(Walk *w, const Mood *mood, const Cost *delta)
{
    double felt = 0;
    for (int l = 0; l < w->problem->n_levels; l++) {
        felt += w->guide.weight[l] * (double)delta->level[l];
    }
    if (w->state->price) {
        felt += mood->over_weight * (double)delta->level[PROBLEM_LEVELS - 1];
    }
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
        walk_note(w);
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
        walk_note(w);
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
        walk_note(w);
    }
}

static int swap16 = 7;
static void step(Walk *w, const Mood *mood)
{
    unsigned kind = (unsigned)(random_bits(&w->random) >> 60);
    if (w->problem->n_growths && kind < 2) {
        try_resize(w, mood);
    } else if ((int)kind < swap16) {
        try_swap(w, mood);
    } else {
        try_shift(w, mood);
    }
    w->work++;
}

/* until how much of the whole progress is done: by work, and by the clock if there is one */
static double progress(const Walk *w, int64_t began_us, int64_t end_us, int64_t work_before, int64_t work)
{
    double done = work ? (double)(w->work - work_before) / (double)work : 0;
    if (end_us) {
        double span = (double)MAX(end_us - began_us, 1);
        done = MAX(done, (double)(g_get_monotonic_time() - began_us) / span);
    }
    return done;
}

void walk_anneal(Walk *w, double heat, int64_t work, int64_t end_us)
{
    int64_t price[PROBLEM_RESOURCES];
    int64_t began_us = end_us ? g_get_monotonic_time() : 0;
    int64_t work_before = w->work;
    double warm = w->guide.warm * heat;
    Mood mood = {warm, knob("K0", 2) * w->guide.weight[w->problem->levels.over_safety]};
    double rate = knob("RATE", 0.01);
    double WARM_PART = knob("WARM", 0.8), LAST_CALL = 0.95;
    int pr = 1;
    double cold = knob("COLD", 0.005);
    swap16 = (int)knob("SWAP16", 5);
    warm *= knob("T0", 8);
    set_prices(w, price);
    double adjusted = 0;
    w->state->price = price;
    for (double done = 0; done < 1; done = progress(w, began_us, end_us, work_before, work)) {
        if (w->state->price && done > WARM_PART && (!w->state->violations || done > LAST_CALL)) {
            w->state->price = NULL;
            if (w->state->violations) {
                walk_go_to(w, w->best);
            }
        }
        mood.temperature = done < WARM_PART
                               ? warm * pow(cold / warm, done / WARM_PART)
                               : cold * pow(w->guide.cold / cold, (done - WARM_PART) / (1 - WARM_PART));
        if (done * 20 > pr) {
            pr++;
            fprintf(stderr, "%2.0f%% T %.3g k %.3g cost %lld viol %lld best %lld work %lld\n", done * 100,
                    mood.temperature / w->guide.weight[0], mood.over_weight / w->guide.weight[0],
                    (long long)w->state->cost.level[0], (long long)w->state->violations,
                    (long long)w->best_cost.level[0], (long long)w->work);
        }
        while (adjusted < done * 1000) {
            adjusted += 1;
            double rr = adjusted > 800 ? 0.04 : rate;
            if (knob("GEO", 0) && adjusted < 800) {
                mood.over_weight *= pow(knob("GEO", 0), 1 / 800.0);
                continue;
            }
            mood.over_weight *= w->state->violations ? 1 + rr : 1 / (1 + rr);
        }
        for (int i = 0; i < CLOCK_EVERY; i++) {
            step(w, &mood);
        }
    }
    w->state->price = NULL;
}
