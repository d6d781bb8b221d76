/* SPDX-License-Identifier: MIT */
/*
 * When each step of a plan would run: as soon as what comes before it has ended and there is room for one
 * more at once, in all and on both of its hosts. Migrations at once on a host share its network.
 */
#ifndef PLAN_SCHEDULE_H
#define PLAN_SCHEDULE_H

#include "plan/change.h"

/* seconds from the start of the first; NAN for a step that waits for what is not among them */
typedef struct StepTime {
    double start, end;
} StepTime;

/* fills times[n] for the first n changes of a list, with at most so many steps running at once in all and per
 * host; returns when the last of them ends */
double schedule_steps(const Model *start, const GArray *changes, guint n, guint parallel,
                      guint parallel_per_host, StepTime *times);

/* the same end alone: how long the steps take together */
double schedule_makespan(const Model *start, const GArray *changes, guint n, guint parallel,
                         guint parallel_per_host);

#endif
