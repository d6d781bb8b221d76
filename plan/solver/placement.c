/* SPDX-License-Identifier: MIT */
#include "plan/solver/placement.h"

#include "plan/solver/problem_data.h"

#include <string.h>

Placement *placement_new(const Problem *p)
{
    Placement *placement = g_new(Placement, 1);
    placement->machine = g_new0(int, MAX(p->n_processes, 1));
    for (int i = 0; i < p->n_processes; i++) {
        placement->machine[i] = p->home[i];
    }
    placement->size = g_new0(int, MAX(p->n_growths, 1));
    return placement;
}

Placement *placement_copy(const Problem *p, const Placement *placement)
{
    Placement *copy = placement_new(p);
    memcpy(copy->machine, placement->machine, sizeof(int) * (size_t)p->n_processes);
    memcpy(copy->size, placement->size, sizeof(int) * (size_t)p->n_growths);
    return copy;
}

void placement_free(Placement *placement)
{
    if (placement) {
        g_free(placement->machine);
        g_free(placement->size);
        g_free(placement);
    }
}
