/* SPDX-License-Identifier: MIT */
#ifndef PLAN_SOLVER_CONSTRAINTS_H
#define PLAN_SOLVER_CONSTRAINTS_H

/*
 * How a placement stands with the rules of groups: who is in breach, in how many locations a group is, whose
 * dependency lacks; and what one move or one swap would change of it.
 */

#include "plan/solver/problem_data.h"

#include <glib.h>

typedef struct {
    const Problem *problem;
    const int *machine;     /* [P] the placement, borrowed: the caller changes it after constraints_shift */
    uint16_t **on_machine;  /* [G] members on each machine; NULL for small groups, which are scanned */
    uint16_t **in_location; /* [G] NULL where no rule asks */
    uint16_t **in_neighbourhood; /* [G] NULL where no dependency asks */
    int64_t *breach;             /* [G] in parts of BREACH_UNIT */
    int *spread;                 /* [G] locations in use, where counted */
    int64_t lacking; /* processes in a neighbourhood that lacks what they depend on, per dependency */
} Constraints;

/* count from nothing; free with constraints_free */
Constraints *constraints_new(const Problem *problem, const int *machine);
void constraints_free(Constraints *constraints);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Constraints, constraints_free)

/* whether the mandatory rules let a process go to a machine; what that costs is added to *delta either way */
bool constraints_try_shift(Constraints *constraints, int process, int to, Cost *delta);
/* the same for two processes that change places */
bool constraints_try_swap(Constraints *constraints, int process, int other, Cost *delta);
/* count a move, before machine[process] is changed */
void constraints_shift(Constraints *constraints, int process, int to);
/* add what the breaches of one process's groups cost, times sign */
void constraints_add_cost(const Constraints *constraints, int process, Cost *cost, int64_t sign);
/* by how much the mandatory rules of a group are broken beyond what they are at home */
int64_t constraints_violation(const Constraints *constraints, int group);
/* by how much more processes lack what they depend on than at home */
int64_t constraints_lacking(const Constraints *constraints);
/* members of a group on a machine */
int constraints_count(const Constraints *constraints, int group, int machine);

#endif
