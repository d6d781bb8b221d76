/* SPDX-License-Identifier: MIT */
/*
 * Whether memory may be taken back from a VM: while it is off, or while it runs where its source says that it
 * can give memory back (memory_hot_remove).
 *
 * Only plan/legality asks this module; its obstacles are clauses of their own.
 */
#ifndef PLAN_RECLAIM_H
#define PLAN_RECLAIM_H

#include "plan/change.h"
#include "plan/obstacle.h"
#include "plan/past.h"

/* TRUE where the VM can give memory back as it is now: off, or running where that can be done */
gboolean reclaim_is_possible_now(const Model *now, guint vm);

/* the VM itself: its settings, its state and its past; change is of ACTION_RECLAIM_MEMORY */
gboolean reclaim_is_taken(const Model *start, const Model *now, const Past *past, const Change *change,
                          Obstacle *why);

/* the past shows that what is taken was lent to it */
gboolean reclaim_is_of_what_was_lent(const Model *now, const Past *past, const Change *change, Obstacle *why);

#endif
