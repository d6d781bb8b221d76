/* SPDX-License-Identifier: MIT */
#ifndef PLAN_SOLVER_REACH_H
#define PLAN_SOLVER_REACH_H

/*
 * Where a process may be, whoever else is there. Inline, as the terms of the cost.
 */

#include "plan/solver/problem_data.h"

/* whether a process may be on a machine at all: home always */
static inline bool reach_allows(const Problem *p, int process, int m)
{
    if (!p->has_places || p->home[process] == m) {
        return true;
    }
    int reach = p->reach[process];
    return !p->pinned[process] && !p->closed[m] &&
           (reach < 0 || p->reach_allowed[(size_t)reach * (size_t)p->n_machines + (size_t)m]);
}

/* whether it may be there while it is grown */
static inline bool reach_allows_growth(const Problem *p, int growth, int m)
{
    int reach = p->growth_reach[growth];
    return reach < 0 || p->reach_allowed[(size_t)reach * (size_t)p->n_machines + (size_t)m];
}

#endif
