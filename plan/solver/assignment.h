/* SPDX-License-Identifier: MIT */
#ifndef PLAN_SOLVER_ASSIGNMENT_H
#define PLAN_SOLVER_ASSIGNMENT_H

/*
 * A placement under change: what each machine holds and what it costs, kept up move by move. What a change
 * would bring, plan/solver/trial.h says.
 */

#include "plan/solver/constraints.h"
#include "plan/solver/groupmoves.h"
#include "plan/solver/placement.h"
#include "plan/solver/problem_data.h"
#include "plan/solver/reach.h"
#include "plan/solver/terms.h"

/* the level of a delta that holds what capacity at a price adds; no level of a problem */
enum { ASSIGNMENT_OVER = COST_LEVELS - 1 };

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
    int *moved_slot; /* [P] index in moved */
    GroupMoves group_moves;
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

/* change it, feasible or not; cost and violations follow */
void assignment_shift(Assignment *assignment, int process, int to);
void assignment_swap(Assignment *assignment, int process, int other);
void assignment_resize(Assignment *assignment, int growth, int size);

/* by how much a machine holds more than it may */
int64_t assignment_exceeded(const Assignment *assignment, int machine);

/* copy the placement out */
void assignment_save(const Assignment *assignment, Placement *placement);
/* go to a placement by the fewest changes */
void assignment_restore(Assignment *assignment, const Placement *placement);

/* +1 when a process would leave home by going to a machine, -1 when it would come home */
static inline int assignment_away(const Assignment *a, int process, int to)
{
    int home = a->problem->home[process];
    return (to != home) - (a->machine[process] != home);
}

/* growths of a process that are grown and may not be on a machine */
static inline int assignment_misgrown(const Assignment *a, int process, int m)
{
    const Problem *p = a->problem;
    int n = 0;
    for (int i = p->growths_of.first[process]; p->has_growth_places && i < p->growths_of.first[process + 1];
         i++) {
        int growth = p->growths_of.item[i];
        n += a->size[growth] && !reach_allows_growth(p, growth, m);
    }
    return n;
}

#endif
