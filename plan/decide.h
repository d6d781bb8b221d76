/* SPDX-License-Identifier: MIT */
/*
 * One decision as a call: what the policy's strategy finds best to do, as a plan. Programs, explanations,
 * questions of what would be and replays of a history all decide by it.
 */
#ifndef PLAN_DECIDE_H
#define PLAN_DECIDE_H

#include "plan/changeplan.h"
#include "plan/situation.h"

/* the plan, not yet stamped or written; the error is of numbers beyond reason. The caller frees it */
ChangePlan *decide(const Situation *situation, GError **error);

#endif
