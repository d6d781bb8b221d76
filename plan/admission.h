/* SPDX-License-Identifier: MIT */
/*
 * Whether more memory may be reserved for a VM: by vSphere HA's admission control in its cluster, and by the
 * resource pools that it is in. Both count what is reserved and what it takes to run VMs beside that, never
 * use ("vSphere HA Admission Control", vSphere Availability; "Resource Pool Admission Control", vSphere
 * Resource Management). Growth is refused where they refuse it; moves within a cluster change neither.
 *
 * All amounts are MiB. What hosts and VMs hold is the model's, whose overhead of a VM is an estimate; what a
 * pool holds is what the source says, where it does.
 */
#ifndef PLAN_ADMISSION_H
#define PLAN_ADMISSION_H

#include "plan/model.h"
#include "plan/obstacle.h"

/* what the cluster may still reserve: without end where HA or its admission control is off or keeps whole
 * hosts free, or where it counts slots, of which a VM may grow within its own */
double admission_cluster_room(const Model *now, guint cluster);

/* whether HA's admission control holds in the cluster as the model stands, for CPU and memory; TRUE where it
 * is off or keeps whole hosts free. DRS keeps to it where it empties hosts ("DRS Does Not Evacuate a Host
 * Requested to Enter Maintenance or Standby Mode", vSphere Resource Management) */
gboolean admission_is_kept(const Model *now, guint cluster);

/* what VMs directly in the pool may still reserve: what it has left and, where it is expandable, those above
 * it, within its limit. start is the model that the source's own figures are of */
double admission_pool_room(const Model *start, const Model *now, guint pool);

/* an upper bound on what all VMs in the pool and the expandable ones below it may still reserve together */
double admission_pool_bound(const Model *start, guint pool);

/* whether the cluster, or each pool from the VM's own upwards, lets so much more be reserved for the VM; why
 * (NULL: not asked for) is a clause of its own */
gboolean admission_by_cluster(const Model *now, guint vm, double more, Obstacle *why);
gboolean admission_by_pools(const Model *start, const Model *now, guint vm, double more, Obstacle *why);

#endif
