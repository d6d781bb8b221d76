/* SPDX-License-Identifier: MIT */
#include "plan/solver/groupmoves.h"

void groupmoves_init(GroupMoves *moves, const Problem *p, const int *machine)
{
    *moves = (GroupMoves){g_new0(int, p->n_groups), g_new0(int, p->n_processes + 1), 0};
    for (int g = 0; g < p->n_groups; g++) {
        for (int i = p->members.first[g]; i < p->members.first[g + 1]; i++) {
            int process = p->members.item[i];
            moves->moved[g] += p->group[g].count_moves && machine[process] != p->home[process];
        }
        moves->groups_with[moves->moved[g]] += p->group[g].count_moves;
        moves->most = MAX(moves->most, moves->moved[g]);
    }
}

void groupmoves_clear(GroupMoves *moves)
{
    g_free(moves->moved);
    g_free(moves->groups_with);
}
