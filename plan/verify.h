/* SPDX-License-Identifier: MIT */
/*
 * A plan tried on a model: what would go wrong if its approved steps were carried out, in any order that
 * `after` allows.
 */
#ifndef PLAN_VERIFY_H
#define PLAN_VERIFY_H

#include "plan/changeplan.h"
#include "plan/decisions.h"

/* adds to problems (char *) every approved step that the model contradicts (its object, where it is, its
 * size), and the first that would take a host over its memory or reservations or break a mandatory rule;
 * nothing is added where the plan is sound */
void verify_plan(const Situation *situation, const ChangePlan *plan, GPtrArray *problems);

#endif
