/* SPDX-License-Identifier: MIT */
#ifndef PLAN_TRIAL_H
#define PLAN_TRIAL_H

/*
 * A placement whose cost is known after every single change, in time proportional to the resources:
 * problem_cost counts from nothing.
 */

#include "plan/problem.h"

typedef struct Trial Trial;

/* starts from a placement, which is copied; free with trial_free */
Trial *trial_new(const Problem *problem, const Placement *placement);
void trial_free(Trial *trial);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trial, trial_free)

/* change it, feasible or not */
void trial_shift(Trial *trial, int process, int machine);
void trial_resize(Trial *trial, int growth, int size);

int trial_size(const Trial *trial, int growth);

/* as problem_cost */
Cost trial_cost(const Trial *trial, int64_t *violations);

/* copies the placement out */
void trial_save(const Trial *trial, Placement *placement);

#endif
