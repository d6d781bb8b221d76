/* SPDX-License-Identifier: MIT */
/*
 * The clusters of a plan as a table, for a terminal: how each stands before and after the steps, a line each.
 */
#ifndef PLAN_SHOWTABLE_H
#define PLAN_SHOWTABLE_H

#include "collect/style.h"
#include "plan/changeplan.h"

/* appends the header and a line for each of the clusters (const PlanCluster *); names are escaped, and cut
 * where they are long */
void showtable_append(GString *out, const GPtrArray *clusters, const Style *style);

#endif
