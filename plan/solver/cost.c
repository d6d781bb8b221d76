/* SPDX-License-Identifier: MIT */
#include "plan/solver/cost.h"

int cost_compare(const Cost *a, const Cost *b)
{
    for (int l = 0; l < COST_LEVELS; l++) {
        if (a->level[l] != b->level[l]) {
            return a->level[l] < b->level[l] ? -1 : 1;
        }
    }
    return 0;
}
