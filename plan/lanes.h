/* SPDX-License-Identifier: MIT */
/*
 * Steps as lanes over time: a lane for each, from its start to its end, with a line from each step that it
 * waits for.
 */
#ifndef PLAN_LANES_H
#define PLAN_LANES_H

#include "analyze/html.h"
#include "plan/timetable.h"

/* those of a cluster's steps that run (StepTime, by the plan's rows), nothing where there are none; the first
 * of many */
void lanes_append(Html *html, const ChangePlan *plan, const GArray *spans, const char *cluster_id);

#endif
