/* SPDX-License-Identifier: MIT */
/*
 * What is left to give: a cluster's buffer, less what HA holds back; a VM's, bounded by every limited
 * resource pool above it. plan debits the same limits.
 */
#ifndef ANALYZE_BUFFER_H
#define ANALYZE_BUFFER_H

#include "analyze/policy.h"
#include "analyze/subject.h"

/* ---- HA ---- */

/* what HA's admission control holds back, from the capacities of the cluster's usable hosts (in any unit): 0
 * where HA or admission control is off or not known, or where failover hosts stand by (they are not usable);
 * by percent, that share of the sum; by slots, the ha_failures largest. A number that the source did not give
 * counts as one host ("Admission Control", vSphere Availability) */
double buffer_ha_share(const Cluster *cluster, Resource resource, const double *capacities, guint n);

/* the capacity of a cluster's usable hosts */
typedef struct Capacity {
    double usable, largest_host, ha_share;
} Capacity;

Capacity buffer_capacity(const Subject *subject, guint cluster, Resource resource);

/* ---- resource pools ---- */

/* a pool's own limit in MHz or KiB; INFINITY where it has none or none is known */
double pool_limit(const Pool *pool, Resource resource);

/* what a running VM takes of the buffer, MHz or KiB: its demand (its size where it was not measured), or
 * under buffer=unallocated its size. 0 where it is not running */
double buffer_amount(const Vm *vm, const Load *load, const Policy *policy);

/* sums of what VMs (by index in vms.csv) take, over each pool and the pools below it, into sums by index in
 * pools.csv */
void pool_sums(const Snapshot *snapshot, const double *vm_amounts, double *sums);

/* adds an amount to a pool's sum and to those of every pool above it */
void pool_debit(const Snapshot *snapshot, int pool, double amount, double *sums);

/* ---- the assessment ---- */

/* fills the buffers of clusters, and of the VMs to which a pool's limit leaves less than the cluster's; needs
 * the clusters' loads */
void buffer_fill(Subject *subject, const Policy *policy);

#endif
