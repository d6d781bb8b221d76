/* SPDX-License-Identifier: MIT */
/*
 * From decisions to a plan.csv: rows in safe order with reason, effect and estimate, the figures of each
 * cluster before and after, and the one line that sums it up.
 */
#ifndef PLAN_COMPOSE_H
#define PLAN_COMPOSE_H

#include "plan/changeplan.h"
#include "plan/decisions.h"

/* puts the decisions' changes into order (those that cannot be ordered become unsolved) and composes the
 * plan; the caller frees it */
ChangePlan *compose_plan(const Situation *situation, Decisions *decisions);

/* the figures of a cluster as the model stands, and of all of them after the changes */
typedef struct ClusterFigures {
    guint hot_hosts, short_vms;
    double max_cpu_pct, max_memory_pct, sd_cpu, sd_memory; /* over usable hosts, percent and points */
} ClusterFigures;

ClusterFigures cluster_figures(const Model *model, guint cluster);

#endif
