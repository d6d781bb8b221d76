/* SPDX-License-Identifier: MIT */
/*
 * How much memory and how many vCPUs: which totals a VM can have, and which it should be given. Whether it
 * may be given them says plan/legality.
 */
#ifndef PLAN_GROWTH_H
#define PLAN_GROWTH_H

#include "plan/obstacle.h"
#include "plan/past.h"

/* the smallest legal total of at least so many MiB: a multiple of the VM's hot-add step */
double growth_legal_memory(const Model *model, guint vm, double at_least_mib);

/* MiB up to which the VM takes memory while it runs: as it says, else 16 times its size, and 3 GiB for a
 * Linux guest that starts below that */
double growth_hot_add_limit(const Vm *row);

/* MiB beyond which strategy=optimize never grows the VM: memory_max_growth_pct over that size, or over its
 * present one where somebody else has resized it since */
double growth_memory_cap(const Model *start, const Past *past, guint vm);

/* the largest legal total that a plan may give the VM: within that, its hot-add limit and its memory limit */
double growth_largest_memory(const Model *start, const Past *past, guint vm);

/* MiB that a short VM lacks to be normal: demand over short_pct, less its size; 0 or less where it lacks none
 */
double growth_missing_memory(const Model *model, guint vm);

/* MiB that a short VM is to be given: until its guest uses at most grow_to_pct, and no less than
 * memory_step_mib; 0 for one that is not short */
double growth_wanted_memory(const Model *model, guint vm);

/* TRUE for VMs that are load and nobody's business: system VMs, those of exclude_vms, and those that are not
 * connected */
gboolean growth_is_left_alone(const Model *model, guint vm);

/* TRUE where memory hot-add is off, or not known to be on, of a VM that is not left alone: a power cycle
 * could change that */
gboolean growth_hot_add_is_off(const Model *model, guint vm);

/* TRUE where the VM must never grow: forbid_growth names it, or it shares a disk controller, as a node of a
 * failover cluster does (vSphere supports no hot-add there); why (NULL: not asked for) is a clause of its own
 */
gboolean growth_is_forbidden(const Model *model, guint vm, Obstacle *why);

/* KiB that could be added and the others still bear the loss of the largest host, where ha_check=hard asks
 * for that; and what additions may take of a cluster: that, what its buffer has to give, and what it
 * may lend */
double growth_failover_room(const Model *model, guint cluster);
double growth_cluster_room(const Model *model, guint cluster);

/* percent of its vCPUs that the VM uses, as assessed; NAN where it is not measured */
double growth_cpu_usage_pct(const Model *model, guint vm);

/* TRUE where the VM uses more than vm_cpu_pct of its vCPUs, and is not left alone */
gboolean growth_wants_vcpus(const Model *model, guint vm);

/* the most vCPUs that the VM takes while it runs: it does not cross 128, has at most 128 sockets, and what
 * its hardware version has ("Change CPU Hot Plug Settings" and "CPU Limitations", vSphere Virtual Machine
 * Administration) */
double growth_most_vcpus(const Vm *row);

/* the VM's vCPUs after one step: whole sockets */
double growth_legal_vcpus(const Model *model, guint vm);

/* "HOST has 4 threads", or that nobody knows how many; the caller frees it */
char *growth_threads_words(const Host *host);

#endif
