/* SPDX-License-Identifier: MIT */
#include "plan/decide.h"

#include "plan/compose.h"
#include "plan/optimize.h"
#include "plan/threshold.h"

ChangePlan *decide(const Situation *situation, GError **error)
{
    g_autoptr(Decisions) decisions = situation->start->policy->strategy == STRATEGY_THRESHOLD
                                         ? threshold_decide(situation)
                                         : optimize_decide(situation, error);
    return decisions ? compose_plan(situation, decisions) : NULL;
}
