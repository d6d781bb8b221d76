/* SPDX-License-Identifier: MIT */
/*
 * From decisions to a plan.csv: rows in safe order with reason, effect and estimate, the figures of each
 * cluster before and after, and the one line that sums it up.
 */
#ifndef PLAN_COMPOSE_H
#define PLAN_COMPOSE_H

#include "plan/changeplan.h"
#include "plan/decisions.h"

/* puts the decisions' changes into order (those that cannot be ordered become unsolved) and composes the
 * plan; the caller frees it */
ChangePlan *compose_plan(const Situation *situation, Decisions *decisions);

/* composes a plan that a person has edited anew: effect, est_s, after and args of the rows (PlanRow *) that
 * the changes, with their after, are of, and the figures and the summary; what is not among them keeps its
 * text */
void compose_again(const Situation *situation, ChangePlan *plan, GArray *changes, const GArray *rows);

#endif
