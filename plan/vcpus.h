/* SPDX-License-Identifier: MIT */
/*
 * Who gets vCPUs of a placement's VMs. Whether a host is hot in the end is known only when all moves are, and
 * a hot host's VMs get none; so what the search gave is given again when it is done.
 */
#ifndef PLAN_VCPUS_H
#define PLAN_VCPUS_H

#include "plan/clusterproblem.h"

/* gives vCPUs anew: to the VMs that use most of theirs first, while the cluster's CPU buffer and the pools
 * above have room, on hosts that are normal with all the placement's moves and additions of memory made.
 * start is the model that the problem was made from; refused ([growing]) are growths that are not given again
 */
void vcpus_assign(const ClusterProblem *problem, const Model *start, const gboolean *refused,
                  Placement *placement);

#endif
