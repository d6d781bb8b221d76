/* SPDX-License-Identifier: MIT */
/*
 * Whether a cluster could bear the loss of its largest host: the demand of all against what the others have
 * (the policy's ha_check, where HA is on). Hosts that are to be emptied are not counted on, nor those that
 * are not available; dedicated failover hosts are. The VMs of a host that is to be emptied count all the
 * same; those of one that is in quarantine, or does not respond, stay there unless it is the one that is
 * lost.
 */
#ifndef PLAN_FAILOVER_H
#define PLAN_FAILOVER_H

#include "plan/model.h"

/* TRUE where HA is on in the cluster and the policy asks */
gboolean failover_is_checked(const Model *model, guint cluster);

/* how it would stand after the loss, in MHz of CPU or KiB of host_memory */
typedef struct Failover {
    int lost;         /* the host: the one that has most, or that is outside; -1 where none is counted on */
    gboolean outside; /* it is one that is not available, and takes its VMs along */
    double demand, capacity; /* of what is left */
    double lack;             /* the one less the other, rounded: 0 or less, it fits */
} Failover;

Failover failover_of(const Model *model, guint cluster, Resource resource);

/* MHz of CPU, or KiB of host_memory, that the demand is above what the hosts have without the one that has
 * most, or if a host that is not available is lost with its VMs; 0 or less: it fits */
double failover_lack(const Model *model, guint cluster, Resource resource);

/* " Cluster A could not bear …": of the clusters that are checked, those that lack something, in a sentence
 * that begins with a space; "" where none does. The caller frees it */
char *failover_words(const Model *model);

#endif
