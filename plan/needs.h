/* SPDX-License-Identifier: MIT */
/*
 * What VMs need of hosts, in the whole numbers of a placement problem.
 */
#ifndef PLAN_NEEDS_H
#define PLAN_NEEDS_H

#include "plan/change.h"

#include <stdint.h>

/* the problem's resources; those that a cluster does not measure are left without limits. The last two, what
 * a target must have left, are there only where that is not told by CPU and memory themselves */
enum {
    NEED_CPU,
    NEED_MEMORY,
    NEED_DISK,
    NEED_NET,
    NEED_CPU_RESERVED,
    NEED_MEMORY_RESERVED,
    NEED_CPU_ROOM,
    NEED_MEMORY_ROOM,
    N_NEEDS,
    N_NEEDS_WITHOUT_ROOM = NEED_CPU_ROOM
};

/* an amount of a need (MHz, KiB, KiB/s, MiB reserved) in its unit: CPU in thousandths of a MHz, as it is
 * written; 0 where it is not known */
int64_t needs_units(int need, double amount);

/* what a VM needs more when it has grown to a total (MiB, vCPUs) */
void needs_of_growth(const Model *model, int action, guint vm, double total, int64_t add[N_NEEDS]);

#endif
