/* SPDX-License-Identifier: MIT */
#ifndef PLAN_WALK_H
#define PLAN_WALK_H

/*
 * One walk through placements: simulated annealing (Kirkpatrick, Gelatt, Vecchi, 1983) over moves,
 * homecomings, swaps and growths. While it is warm, capacity may be exceeded at a price that rises for as
 * long as it is (strategic oscillation), since large processes find a place only when several small ones make
 * room.
 */

#include "plan/random.h"
#include "plan/state.h"

/* how the levels of cost become the one number that a walk feels; results are judged by the levels themselves
 */
typedef struct {
    double weight[PROBLEM_LEVELS];
    double warm; /* first temperature */
    double cold; /* last */
} Guide;

typedef struct {
    const Problem *problem;
    State *state;
    Random random;
    Guide guide;
    const int *focus; /* processes that are picked most of the time, borrowed; NULL all alike */
    int n_focus;
    Placement *best; /* the best feasible placement seen */
    Cost best_cost;
    int *touched; /* [P] processes that moved since `best` was written */
    int n_touched;
    bool all_touched;
    int64_t work; /* changes evaluated */
} Walk;

/* from a feasible placement; free with walk_free */
Walk *walk_new(const Problem *problem, const Placement *start, uint64_t seed);
void walk_free(Walk *walk);

/* set guide and temperatures by the sizes of changes around the state */
void walk_measure(Walk *walk);
/* cool down once, from `heat` (1: warm, below: less) on, for so much work, or until the monotonic time end_us
   when it is not 0 */
void walk_anneal(Walk *walk, double heat, int64_t work, int64_t end_us);
/* go on from another placement */
void walk_go_to(Walk *walk, const Placement *placement);
/* remember the state if it is feasible and the best so far */
void walk_note(Walk *walk);

#endif
