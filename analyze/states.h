/* SPDX-License-Identifier: MIT */
/*
 * What the loads mean: the state of each host and VM and the pattern of each cluster, the first that holds,
 * with the reason on the resource that decided.
 *
 *   host     unavailable, hot, unknown, cold, normal
 *   VM       off, unknown, short, idle, normal
 *   cluster  saturated, load_balance, power_saving, balanced
 */
#ifndef ANALYZE_STATES_H
#define ANALYZE_STATES_H

#include "analyze/policy.h"
#include "analyze/subject.h"

/* sets the states and reasons of hosts and VMs; needs their loads */
void states_decide(Subject *subject, const Policy *policy, Assessment *assessment);

/* sets the patterns and reasons of clusters; needs the clusters' loads */
void states_decide_clusters(Subject *subject, const Policy *policy, Assessment *assessment);

#endif
