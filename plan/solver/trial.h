/* SPDX-License-Identifier: MIT */
#ifndef PLAN_SOLVER_TRIAL_H
#define PLAN_SOLVER_TRIAL_H

/*
 * What one move, swap or growth would change of a placement, in time proportional to the resources. The
 * assignment is as it was afterwards.
 */

#include "plan/solver/assignment.h"

/* whether a change keeps the hard limits; if so *delta is what it adds to the cost; machines must differ */
bool assignment_try_shift(Assignment *assignment, int process, int to, Cost *delta);
bool assignment_try_swap(Assignment *assignment, int process, int other, Cost *delta);
bool assignment_try_resize(Assignment *assignment, int growth, int size, Cost *delta);

#endif
