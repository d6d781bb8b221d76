/* SPDX-License-Identifier: MIT */
/*
 * What vmanger advises about hosts' power, which it does not switch: hosts that a cluster does not need may
 * stand by, hosts in standby that it needs should wake.
 */
#ifndef PLAN_POWER_H
#define PLAN_POWER_H

#include "plan/decisions.h"

/* advises standby mode for the hosts that are empty with all decisions made (end) and not needed, in clusters
 * that save power under power=standby; but for hosts_in_reserve, for what runs on hosts that may fail or are
 * not counted on, and, under ha_check=hard, for the loss of a host */
void power_advise_standby(const Situation *situation, const Model *end, Decisions *decisions);

/* advises to wake hosts in standby where their cluster is saturated, or a host of it stays hot though the
 * moves that are advised were made too */
void power_advise_wake(const Situation *situation, const Model *end, Decisions *decisions);

/* the clusters that would save power, and what keeps them from it, a line (char *) for each reason, safe for
 * a terminal. The caller frees the array */
GPtrArray *power_left_alone(const Model *start);

/* " power=standby has no host to empty or wake: CLUSTER: " and the first bound that holds there, of all
 * clusters that are decided about, those with the same one together; of a plan without rows about power. ""
 * where the policy does not ask. The caller frees it */
char *power_words_of_idle(const Situation *situation, const Model *end);

#endif
