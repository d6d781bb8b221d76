/* SPDX-License-Identifier: MIT */
#include "plan/solver/group.h"

int64_t group_crowding(int members)
{
    int64_t beyond = members - 1;
    return members < 2 ? 0 : beyond * BREACH_UNIT + members * beyond / 2;
}
