/* SPDX-License-Identifier: MIT */
/*
 * How a cluster stands on a model: what of it is hot or short, how full and how uneven its hosts are, and
 * whether it could bear the loss of the largest.
 */
#ifndef PLAN_CLUSTERSTATUS_H
#define PLAN_CLUSTERSTATUS_H

#include "plan/figures.h"
#include "plan/model.h"

/* as the model stands; hosts count while they are usable, their VMs always */
ClusterStatus cluster_status(const Model *model, guint cluster);

/* points: the deviations of its usable hosts' CPU and memory use, added */
double cluster_unevenness(const Model *model, guint cluster);

#endif
