/* SPDX-License-Identifier: MIT */
/*
 * Why each change is made, and which comes first since it helps most.
 */
#ifndef PLAN_REASONS_H
#define PLAN_REASONS_H

#include "plan/decisions.h"

/* gives a change, one of these, its cause and reason; end is the model with all of them made */
void reasons_explain(const Situation *situation, const Model *end, const GArray *changes, Change *change);

/* why a short VM's memory grows, as the model stands before it, in words; the caller frees it */
char *reason_of_memory(const Model *now, const Change *growth);

/* puts the changes of a placement, or of one cluster, into the order of what each helps: repairs, hosts to
 * empty, hot hosts by their excess, what makes room or follows rules, additions, and last what only evens out
 */
void reasons_order(const Situation *situation, GArray *changes);

#endif
