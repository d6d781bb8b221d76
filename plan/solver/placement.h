/* SPDX-License-Identifier: MIT */
#ifndef PLAN_SOLVER_PLACEMENT_H
#define PLAN_SOLVER_PLACEMENT_H

/*
 * A decision: the machine of each process and the size of each growth.
 */

#include <glib.h>

typedef struct Problem Problem;

/* plain arrays that the caller may write */
typedef struct {
    int *machine;
    int *size;
} Placement;

/* everything at home, nothing grown; free with placement_free */
Placement *placement_new(const Problem *problem);
Placement *placement_copy(const Problem *problem, const Placement *placement);
void placement_free(Placement *placement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Placement, placement_free)

#endif
