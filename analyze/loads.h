/* SPDX-License-Identifier: MIT */
/*
 * What each VM, host and cluster has, holds and asks for, resource by resource, from what was measured.
 *
 * A host's demand is its base (what it used beside its measured VMs: hypervisor, agents, VMs that the account
 * does not see) and the demands of its measured running VMs, as written: moving a VM takes its demand from
 * one host and gives it to the other, and with no step the sum is the assessment's.
 */
#ifndef ANALYZE_LOADS_H
#define ANALYZE_LOADS_H

#include "analyze/estimates.h"
#include "analyze/subject.h"

/* fills the loads of VMs and hosts but for their buffers and reasons; a VM that is not running has only its
 * size. Memory under host_memory=demand is what the guest touches and a quarter of what else it holds
 * ("Understanding Memory Resource Management in VMware vSphere 5.0": an idle page counts a quarter under the
 * default tax of 75 %) */
void loads_measure(Subject *subject, const Means *means, const Estimates *estimates, const Policy *policy);

/* sums the loads of usable hosts up to their clusters; needs the hosts' states. A sum of which a part is not
 * known is not known */
void loads_sum_clusters(Subject *subject, const Policy *policy);

#endif
