/* SPDX-License-Identifier: MIT */
/*
 * Which part hosts and VMs have, whatever their load: which hosts carry a cluster's load, and which VMs are
 * not ours to move or grow.
 */
#ifndef ANALYZE_ROLES_H
#define ANALYZE_ROLES_H

#include "analyze/assessment.h"
#include "analyze/policy.h"

/* TRUE where the host is connected, on, and in normal mode */
gboolean host_is_available(const Host *host);

/* TRUE for a host in quarantine (Proactive HA): connected and on, and degraded */
gboolean host_is_in_quarantine(const Host *host);

/* TRUE where the host carries load for its cluster: available, CPU and memory measured, not a dedicated
 * failover host */
gboolean host_is_usable(const Snapshot *snapshot, const Host *host, const Assessed *assessed);

/* TRUE for a host in quarantine that is measured: it is told where it is hot, and its VMs may leave, but it
 * takes none and its capacity is not counted on */
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

#endif
