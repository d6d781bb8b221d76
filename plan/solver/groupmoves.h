/* SPDX-License-Identifier: MIT */
#ifndef PLAN_SOLVER_GROUPMOVES_H
#define PLAN_SOLVER_GROUPMOVES_H

/*
 * How many members of each group are away from home, and how many of the group that has most away: what the
 * challenge calls the service move cost. Inline, as the terms of the cost.
 */

#include "plan/solver/problem_data.h"

#include <glib.h>

typedef struct {
    int *moved;       /* [G] members away from home */
    int *groups_with; /* [P + 1] groups that count moves, by members away */
    int most;         /* the highest of moved */
} GroupMoves;

/* count from nothing where processes are on these machines */
void groupmoves_init(GroupMoves *moves, const Problem *problem, const int *machine);
void groupmoves_clear(GroupMoves *moves);

/* count members of a process's groups away from home, change more; returns the change of the highest count */
static inline int groupmoves_count(GroupMoves *moves, const Problem *p, int process, int change)
{
    int before = moves->most;
    for (int i = p->counted_of.first[process]; i < p->counted_of.first[process + 1]; i++) {
        int g = p->counted_of.item[i];
        moves->groups_with[moves->moved[g]]--;
        moves->moved[g] += change;
        moves->groups_with[moves->moved[g]]++;
        moves->most = MAX(moves->most, moves->moved[g]);
    }
    while (moves->most && !moves->groups_with[moves->most]) {
        moves->most--;
    }
    return moves->most - before;
}

/* whether one process more or less away from home could change the highest count of a group */
static inline bool groupmoves_touch_most(const GroupMoves *moves, const Problem *p, int process, int away)
{
    for (int i = p->counted_of.first[process]; away && i < p->counted_of.first[process + 1]; i++) {
        if (moves->moved[p->counted_of.item[i]] >= moves->most - 1) {
            return true;
        }
    }
    return false;
}

#endif
