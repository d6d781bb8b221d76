/* SPDX-License-Identifier: MIT */
#ifndef PLAN_SOLVER_BOUND_H
#define PLAN_SOLVER_BOUND_H

#include "plan/solver/problem.h"

/*
 * A lower bound of the cost, cheap and often reached: a placement that costs no more cannot be improved. Each
 * level is bounded given that those to its left are at their bounds: the moves are at least those that empty
 * hosts to empty and bring every machine below its safety capacity (per resource, a fractional knapsack
 * cover, and the fewest processes, largest first), and the cheapest growths that leave the least shortage.
 */
Cost bound_cost(const Problem *problem);

#endif
