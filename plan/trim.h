/* SPDX-License-Identifier: MIT */
/*
 * The last pass: takes out, cheapest gain first, each step whose removal leaves no more hosts hot, VMs short
 * or rules broken, and gives up less than min_gain points of relief, and of balance in all; then moves that
 * hold each other, in pairs and in groups, that bring less than that together.
 */
#ifndef PLAN_TRIM_H
#define PLAN_TRIM_H

#include "plan/clusterproblem.h"

/* trims a placement in place; start is the model that the problem was made from */
void trim_placement(const ClusterProblem *problem, const Model *start, Placement *placement);

#endif
