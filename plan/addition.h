/* SPDX-License-Identifier: MIT */
/*
 * Whether a VM may be given memory or vCPUs while it runs. "Where an addition would harm, it is not made, and
 * the reason is given."
 *
 * Only plan/legality asks this module; its obstacles are clauses of their own.
 */
#ifndef PLAN_ADDITION_H
#define PLAN_ADDITION_H

#include "plan/change.h"
#include "plan/obstacle.h"
#include "plan/past.h"

/* an addition that is asked about: change is of ACTION_ADD_MEMORY or ACTION_ADD_CPU */
typedef struct Addition {
    const Model *start, *now;
    const Past *past;
    const Change *change;
} Addition;

/* the VM itself: its settings, its state and its past, whatever its host */
gboolean addition_is_taken(const Addition *addition, Obstacle *why);

/* its host: thresholds; threads and reservations */
gboolean addition_keeps_normal(const Addition *addition, Obstacle *why);
gboolean addition_has_room(const Addition *addition, Obstacle *why);

/* its cluster's buffer and admission control, its pools' limits and reservations, and the policy's bounds */
gboolean addition_is_in_budget(const Addition *addition, Obstacle *why);

#endif
