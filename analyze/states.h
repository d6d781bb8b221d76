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

#include "analyze/loads.h"

/* TRUE where the host is connected, on, and in normal mode */
gboolean host_is_available(const Host *host);

/* TRUE where the host carries load for its cluster: available, CPU and memory measured, not a dedicated
 * failover host */
gboolean host_is_usable(const Snapshot *snapshot, const Host *host, const Assessed *assessed);

/* TRUE for a host in quarantine (Proactive HA) that is measured: it is told where it is hot, and its VMs may
 * leave, but it takes none and its capacity is not counted on */
gboolean host_is_relieved(const Snapshot *snapshot, const Host *host, const Assessed *assessed);

/* TRUE where the VM counts as load and is never a step: it has a role, or system_vms names it */
gboolean vm_is_system(const Policy *policy, const Vm *vm);

/* TRUE for a VM that instant clones are forked from: it is tied to its host, and its owner (Horizon) deletes
 * it there once InstantClone.Maintenance is set on the host ("Put an ESXi Host into Maintenance Mode with
 * Instant Clones", Horizon documentation) */
gboolean vm_is_clone_parent(const Vm *row);

/* TRUE for a VM that leaves a host by itself or its owner's doing, never by ours: one that vSphere runs for
 * itself (vCLS, an ESX agent), which it powers off or moves when the host enters maintenance mode, whoever
 * asked for the mode; and a parent of instant clones */
gboolean vm_is_agent(const Vm *row);

/* TRUE where a device that is passed through, or latency sensitivity, pins all of the VM's memory: all of it
 * counts as active then, whatever the guest needs, and the VM is never short */
gboolean vm_memory_is_pinned(const Vm *vm);

/* sets the states and reasons of hosts and VMs; needs their loads */
void states_decide(Subject *subject, const Policy *policy, Assessment *assessment);

/* sets the patterns and reasons of clusters; needs the clusters' loads */
void states_decide_clusters(Subject *subject, const Policy *policy, Assessment *assessment);

#endif
