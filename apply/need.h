/* SPDX-License-Identifier: MIT */
/*
 * Whether what a step is for still holds: a hot host may have cooled down since the plan was made, a VM may
 * be short no more, a rule may be kept again.
 */
#ifndef APPLY_NEED_H
#define APPLY_NEED_H

#include "apply/progress.h"
#include "plan/situation.h"

/* a clause that says why the step's cause is gone, as things stand in the situation; NULL where it still
 * holds, or nothing tells (an evacuation, balance). The caller frees it */
char *need_gone(const Situation *situation, const PlanRow *step);

/* of pending steps whose cause is gone makes STEP_NEEDLESS, and of those after them STEP_SKIPPED; a step that
 * only makes room for others is needless where all of these are left out. Each of the first kind joins words
 * (char *) */
void need_look(const Situation *situation, Progress *progress, GPtrArray *words);

#endif
