/* SPDX-License-Identifier: MIT */
#include "plan/needs.h"

#include "plan/room.h"

#include <math.h>
#include <string.h>

#define MHZ_UNITS 1000.0

int64_t needs_units(int need, double amount)
{
    gboolean mhz = need == NEED_CPU || need == NEED_CPU_RESERVED || need == NEED_CPU_ROOM;
    return isnan(amount) ? 0 : llround(mhz ? amount * MHZ_UNITS : amount);
}

void needs_of_growth(const Model *model, int action, guint vm, double total, int64_t add[N_NEEDS])
{
    Change growth = change_growth(model, action, vm, total);
    Room room = room_taken_by(model, &growth);
    memset(add, 0, N_NEEDS * sizeof *add);
    add[NEED_MEMORY] = needs_units(NEED_MEMORY, room.of[ROOM_MEMORY]);
    add[NEED_MEMORY_ROOM] = add[NEED_MEMORY];
    add[NEED_MEMORY_RESERVED] = needs_units(NEED_MEMORY_RESERVED, room.of[ROOM_MEMORY_RESERVATION]);
}
