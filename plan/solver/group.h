/* SPDX-License-Identifier: MIT */
#ifndef PLAN_SOLVER_GROUP_H
#define PLAN_SOLVER_GROUP_H

/*
 * What a rule asks of the processes of a group, and in what its breach is counted.
 */

#include "plan/solver/cost.h"

#include <stdbool.h>
#include <stdint.h>

/* How much a rule is broken is counted in these parts of one process. */
#define BREACH_UNIT 1048576

/* how much it breaks a rule that keeps processes apart that so many of them share a machine: a unit for each
 * beyond the first, and a part of one for each two that meet, so that of two placements with as many beyond
 * the first the more even one is the better (fewer than BREACH_UNIT may meet in all) */
int64_t group_crowding(int members);

/* What a rule asks of its members, any of: */
typedef struct {
    bool apart;         /* no two on one machine */
    bool together;      /* all on one machine */
    bool same_location; /* all in one location */
    int min_locations;  /* in at least so many locations; 0 or 1 any; always mandatory */
    bool mandatory;     /* breaches above those at home are infeasible; else they only cost */
    int level;          /* where breaches cost, by whole units */
    int64_t weight;     /* per part of BREACH_UNIT: apart, of the crowding of machines; together and
                           same_location, one unit for each that is not where most are */
    int even_level;     /* of apart, where what is beyond whole units costs: an uneven placement */
    int64_t even_weight;
    bool count_moves; /* the problem's group_move_weight looks at it */
} Group;

/* what a breach (parts of BREACH_UNIT) costs, times sign */
static inline void group_add_cost(const Group *group, Cost *cost, int64_t breach, int64_t sign)
{
    int64_t uneven = breach % BREACH_UNIT;
    cost->level[group->level] += sign * group->weight * (breach - uneven);
    cost->level[group->even_level] += sign * group->even_weight * uneven;
}

#endif
