/* SPDX-License-Identifier: MIT */
/*
 * What a set of changes comes to: why each is made, which comes first, what can follow (powered-off
 * VMs, maintenance mode), and what stays unsolved and why.
 */
#ifndef PLAN_REASONS_H
#define PLAN_REASONS_H

#include "plan/decisions.h"

/* completes decisions whose changes are placements found by a search: reasons, order by help,
 * moves of powered-off VMs and maintenance mode of hosts that are emptied; then what stays unsolved,
 * and advice on hot-add. Returns the model with all changes made; the caller frees it */
Model *unsolved_complete(const Situation *situation, Decisions *decisions);

/* puts the changes of a placement, or of one cluster, into the order of what each helps: repairs, hosts to
 * empty, hot hosts by their excess, additions */
void reasons_order(const Situation *situation, GArray *changes);

/* why a change is made, among these others; the caller frees it */
char *reason_of_change(const Situation *situation, const Model *end, const GArray *changes,
                     const Change *change);

/* TRUE where a host of the cluster stays hot or full at the end, and VMs of the cluster are left to DRS */
gboolean unsolved_wants_drs(const Situation *situation, const Model *end, guint cluster);

#endif
