/* SPDX-License-Identifier: MIT */
/*
 * Whether vSphere HA could restart each VM if its host failed: on one other host, with what is unreserved
 * there. A sum over the cluster does not tell: enough may be left in all, in fragments none of which holds
 * the VM ("vSphere HA Admission Control", vSphere Availability).
 *
 * The VMs of a lost host are given to the others, those that hold most memory first, each to the host on
 * which least memory is left then; those that find none cannot be restarted. A VM that has no CPU reserved is
 * restarted however much CPU others have reserved. Datastores, networks, hardware and mandatory rules between
 * VMs and hosts count, for HA heeds them; neither vMotion nor the CPU, for VMs start afresh; nor how much
 * hosts use. Dedicated failover hosts take part, hosts that are to be emptied do not.
 *
 * Only plan/legality asks this module.
 */
#ifndef PLAN_RESTART_H
#define PLAN_RESTART_H

#include "plan/change.h"
#include "plan/compatibility.h"
#include "plan/rules.h"

typedef struct Restart Restart;

/* of a model as the decision begins; looks at clusters whose policy and HA ask for it and in which something
 * is reserved. All three must outlive it; rules NULL: none bind */
Restart *restart_new(const Compatibility *compatibility, const RuleSet *rules, const Model *start);

void restart_free(Restart *restart);

/* a VM that HA could restart as the decision begins and no longer could as the model stands, with the change
 * made (NULL: without one) and for its sake; -1 where there is none. The cluster's VMs are looked at */
int restart_newly_lost(const Restart *restart, const Model *now, guint cluster, const Change *change);

/* the host on which HA would restart the VM as the decision begins; -1 where it could not, or nobody looks */
int restart_host(const Restart *restart, guint vm);

/* " If esx1 failed, no host could restart db1 (307200 MiB reserved), nor 2 more VMs. …", one sentence for
 * each host as the model stands, of what has no room; "" where HA could restart all but those that no other
 * host could ever run. The caller frees it */
char *restart_words(const Restart *restart, const Model *now);

#endif
