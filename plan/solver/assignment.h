/* SPDX-License-Identifier: MIT */
#ifndef PLAN_SOLVER_ASSIGNMENT_H
#define PLAN_SOLVER_ASSIGNMENT_H

/*
 * A placement under change: what each machine holds, what it costs, and what one move, swap or growth would
 * change, in time proportional to the resources.
 */

#include "plan/solver/constraints.h"
#include "plan/solver/placement.h"
#include "plan/solver/problem_data.h"

/* the level of a delta that holds what capacity at a price adds; no level of a problem */
enum { ASSIGNMENT_OVER = COST_LEVELS - 1 };

/* what a machine costs by its use */
typedef struct {
    int64_t over_capacity;
    int64_t over_safety;
    int64_t balance;
} UseCost;

typedef struct {
    const Problem *problem;
    int *machine;      /* [P] */
    int *size;         /* [growths] */
    int64_t *need;     /* [P×R] at the sizes chosen */
    int64_t *use;      /* [M×R] */
    int64_t *held;     /* [M×R] use and what transient resources hold for those that left */
    UseCost *use_cost; /* [M] */
    int **on;          /* [M] processes on a machine, in no order */
    int *n_on;         /* [M] */
    int *slot;         /* [P] index in on[machine] */
    int *leaving;      /* [M] processes of this home that are elsewhere */
    int *moved;        /* processes away from home, in no order */
    int n_moved;
    int *moved_slot;          /* [P] index in moved */
    int *group_moved;         /* [G] members away from home */
    int *groups_with;         /* [P + 1] groups that count moves, by members away */
    int most_moved;           /* the highest of group_moved */
    int64_t *spent;           /* [budgets] */
    Constraints *constraints; /* rules */
    Cost cost;
    const int64_t
        *price;         /* [R] of a unit held above a limit while capacity is relaxed, NULL: hard; borrowed */
    int64_t *over;      /* [M] priced */
    int64_t violations; /* of hard limits, beyond those at home; 0: feasible */
} Assignment;

/* count from nothing; free with assignment_free */
Assignment *assignment_new(const Problem *problem, const Placement *placement);
void assignment_free(Assignment *assignment);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Assignment, assignment_free)

/* let capacity be exceeded at this price per unit of each resource, or, with NULL, no longer */
void assignment_set_price(Assignment *assignment, const int64_t *price);

/* whether a change keeps the hard limits; if so *delta is what it adds to the cost. The machines must differ.
 */
bool assignment_try_shift(Assignment *assignment, int process, int to, Cost *delta);
bool assignment_try_swap(Assignment *assignment, int process, int other, Cost *delta);
bool assignment_try_resize(Assignment *assignment, int growth, int size, Cost *delta);

/* change it, feasible or not; cost and violations follow */
void assignment_shift(Assignment *assignment, int process, int to);
void assignment_swap(Assignment *assignment, int process, int other);
void assignment_resize(Assignment *assignment, int growth, int size);

/* whether a process may be on a machine at all */
bool assignment_may(const Problem *problem, int process, int machine);

/* copy the placement out */
void assignment_save(const Assignment *assignment, Placement *placement);
/* go to a placement by the fewest changes */
void assignment_restore(Assignment *assignment, const Placement *placement);

#endif
