/* SPDX-License-Identifier: MIT */
#ifndef PLAN_SOLVER_WALK_H
#define PLAN_SOLVER_WALK_H

/*
 * One walk through placements: simulated annealing (Kirkpatrick, Gelatt, Vecchi, 1983) over moves,
 * homecomings, swaps and growths. While it is warm, capacity may be exceeded at a price that rises for as
 * long as it is (strategic oscillation), since large processes find a place only when several small ones make
 * room. Ejections (Glover, 1996) do the same in one step: one process goes where it does not fit, others
 * leave, and all of it is accepted or none.
 */

#include "plan/solver/assignment.h"
#include "plan/solver/random.h"

/* how the levels of cost become the one number that a walk minimises, its energy; results are judged by the
 * levels themselves
 */
typedef struct {
    double weight[COST_LEVELS];
    int last; /* the rightmost level that changes: those left of it weigh more and more while a walk cools */
    double warm; /* first temperature */
    double cool; /* where capacity becomes hard, at most */
    double drop; /* the same as part of the first temperature, at most */
    double cold; /* last */
    double unit; /* a typical change of the last level that changes before that of moves; 0: there is none */
} Schedule;

/* which two processes swap */
typedef enum {
    SWAP_ANYWHERE,
    SWAP_HOME, /* one away from home, and one on its home machine */
    SWAP_FAMILIES
} SwapFamily;

/* what a family of swaps brought of late */
typedef struct {
    double tried;
    double gained; /* energy, by those that lowered it */
} SwapGain;

typedef struct {
    const Problem *problem;
    Assignment *assignment;
    Random random;
    Schedule schedule;
    const int *focus; /* processes that are picked most of the time, borrowed */
    int n_focus;
    double firmness;  /* how much more than by the schedule the levels before the last weigh */
    const Cost *goal; /* nothing can be better: stop there, borrowed */
    Placement *best;  /* the best feasible placement seen */
    Cost best_cost;
    int *touched; /* [P] processes that moved since `best` was written */
    int n_touched;
    bool all_touched;
    int64_t dearest;  /* while moves are squeezed: they may cost no more than this; else -1 */
    bool hard;        /* capacity never has a price */
    int ejects_every; /* changes between ejections; 0: none */
    SwapGain swaps[SWAP_FAMILIES];
    double home_share; /* of swaps that are SWAP_HOME, in walks with ejections */
    int64_t work;      /* changes evaluated */
} Walk;

/* from a feasible placement; free with walk_free */
Walk *walk_new(const Problem *problem, const Placement *start, uint64_t seed);
void walk_free(Walk *walk);

/* from now on also move processes that several others make way for; pays in long walks */
void walk_set_ejections(Walk *walk);
/* a schedule by the sizes of changes around the assignment */
Schedule walk_schedule(Walk *walk);
/* cool down once, from heat × warm on, for so much work (0: any), or until the monotonic time end_us (0:
 * none) */
void walk_anneal(Walk *walk, double heat, int64_t work, int64_t end_us);
/* from the best placement, with fewer or cheaper moves than there, look for one that is as good without them;
   heat × a typical change is warm; work and end_us as above */
void walk_squeeze(Walk *walk, double heat, int64_t work, int64_t end_us);
/* go on from another feasible placement */
void walk_go_to(Walk *walk, const Placement *placement);
/* bring the best placement seen to where no single change improves it, within a bound of work, and of time
   unless end_us is 0 */
void walk_polish(Walk *walk, int64_t end_us);

#endif
