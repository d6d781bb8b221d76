/* SPDX-License-Identifier: MIT */
#ifndef PLAN_STATE_H
#define PLAN_STATE_H

/*
 * A placement under change: what each machine holds, what it costs, and what one move, swap or growth would
 * change, in time proportional to the resources.
 */

#include "plan/problem_data.h"
#include "plan/tally.h"

/* the level of a delta that holds what capacity at a price adds; no level of a problem */
enum { STATE_OVER = PROBLEM_LEVELS - 1 };

/* what a machine costs by its use */
typedef struct {
    int64_t over_capacity;
    int64_t over_safety;
    int64_t balance;
} Load;

typedef struct {
    const Problem *problem;
    int *machine;  /* [P] */
    int *size;     /* [growths] */
    int64_t *need; /* [P×R] at the sizes chosen */
    int64_t *use;  /* [M×R] */
    int64_t *held; /* [M×R] use and what transient resources hold for those that left */
    Load *load;    /* [M] */
    int **on;      /* [M] processes on a machine, in no order */
    int *n_on;     /* [M] */
    int *slot;     /* [P] index in on[machine] */
    int *leaving;  /* [M] processes of this home that are elsewhere */
    int *moved;    /* processes away from home, in no order */
    int n_moved;
    int *moved_slot;  /* [P] index in moved */
    int *group_moved; /* [G] members away from home */
    int *groups_with; /* [P + 1] groups that count moves, by members away */
    int most_moved;   /* the highest of group_moved */
    int64_t *spent;   /* [budgets] */
    Tally *tally;     /* rules */
    Cost cost;
    const int64_t
        *price;         /* [R] of a unit held above a limit while capacity is relaxed, NULL: hard; borrowed */
    int64_t *over;      /* [M] priced */
    int64_t violations; /* of hard limits, beyond those at home; 0: feasible */
} State;

/* count from nothing; free with state_free */
State *state_new(const Problem *problem, const Placement *placement);
void state_free(State *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(State, state_free)

/* let capacity be exceeded at this price per unit of each resource, or, with NULL, no longer */
void state_set_price(State *state, const int64_t *price);

/* whether a change keeps the hard limits; if so *delta is what it adds to the cost. The machines must differ.
 */
bool state_try_shift(State *state, int process, int to, Cost *delta);
bool state_try_swap(State *state, int process, int other, Cost *delta);
bool state_try_resize(State *state, int growth, int size, Cost *delta);

/* change it, feasible or not; cost and violations follow */
void state_shift(State *state, int process, int to);
void state_swap(State *state, int process, int other);
void state_resize(State *state, int growth, int size);

/* whether a process may be on a machine at all */
bool state_may(const Problem *problem, int process, int machine);

/* copy the placement out */
void state_save(const State *state, Placement *placement);
/* go to a placement by the fewest changes */
void state_restore(State *state, const Placement *placement);

#endif
