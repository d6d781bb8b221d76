/* SPDX-License-Identifier: MIT */
/*
 * Whether heat is more than noise. Marginal heat of a host, between its threshold and urgent_pct, has to
 * last: in k of the last n windows (hot_after=k/n), or on the mean of all n. Until it does, the host is hot
 * only above urgent_pct. Urgent heat counts at once, whatever the estimate: what the host and its VMs used in
 * the newest window is then the least that they ask for. Windows are of the VMs that are on the host now,
 * wherever they were then.
 */
#ifndef ANALYZE_LASTING_H
#define ANALYZE_LASTING_H

#include "analyze/policy.h"
#include "analyze/subject.h"
#include "collect/history.h"

/* raises demands where heat is urgent and thresholds where it does not last; needs the loads of hosts and
 * VMs, and comes before their states */
void lasting_judge(Subject *subject, const History *history, const Policy *policy);

/* TRUE where a host is above the policy's threshold and not hot since that has not lasted */
gboolean lasting_is_awaited(const Load *load, Resource resource, const Policy *policy);

#endif
