/* SPDX-License-Identifier: MIT */
/*
 * How long ordered changes take together: steps run side by side, and migrations at once on a host share its
 * network.
 */
#ifndef PLAN_MAKESPAN_H
#define PLAN_MAKESPAN_H

#include "plan/change.h"

/* seconds from the first start to the last end of the first n changes of a list with their `after`, with at
 * most so many steps running at once in all and per host */
double makespan_seconds(const Model *start, const GArray *changes, guint n, guint parallel,
                        guint parallel_per_host);

#endif
