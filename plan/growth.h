/* SPDX-License-Identifier: MIT */
/*
 * Additions of memory and vCPUs: which sizes are legal for a VM, and where an addition would harm.
 */
#ifndef PLAN_GROWTH_H
#define PLAN_GROWTH_H

#include "plan/decisions.h"

/* the smallest legal total of at least so many MiB: a multiple of the VM's hot-add step */
double growth_legal_memory(const Model *model, guint vm, double at_least_mib);

/* MiB beyond which strategy=optimize never grows the VM: memory_max_growth_pct over the size that it had
 * before the first addition on record, or over its present one where somebody else has resized it since */
double growth_memory_cap(const Situation *situation, guint vm);

/* that a total is above it, in words; NULL where it is not. The caller frees it */
char *growth_cap_refusal(const Situation *situation, guint vm, double to_mib);

/* the largest legal total that a plan may give the VM: within that, its hot-add limit and its memory limit */
double growth_largest_memory(const Situation *situation, guint vm);

/* MiB that a short VM lacks to be normal: demand over short_pct, less its size; 0 or less where it lacks none
 */
double growth_missing_memory(const Model *model, guint vm);

/* MiB that a short VM is to be given: until its guest uses at most grow_to_pct, and no less than
 * memory_step_mib; 0 for one that is not short */
double growth_wanted_memory(const Model *model, guint vm);

/* TRUE where only a person can help, by changing the VM's hot-add setting: then advice tells what it takes */
gboolean growth_hot_add_is_off(const Model *model, guint vm);

/* why the VM itself does not take memory up to a total: its settings and its state, whatever its host; NULL
 * where it does. The caller frees it */
char *growth_memory_refusal(const Situation *situation, const Model *now, guint vm, double to_mib);

/* why growing the VM's memory to a total would harm or is not possible as the model stands, in words; NULL
 * where it can be done. The caller frees it */
char *growth_memory_obstacle(const Situation *situation, const Model *now, guint vm, double to_mib);

/* why a short VM's memory is grown from one total to another, in words; the caller frees it */
char *growth_memory_reason(const Model *now, guint vm, double was_mib, double to_mib);

/* adds that a VM stays short as the model stands, and why in words that are a sentence's end */
void growth_stays_short(Decisions *decisions, const Model *now, guint vm, const char *why);

/* advises to enable memory hot-add for a VM that would then grow to a total */
void growth_advise_hot_add(Decisions *decisions, const Model *now, guint vm, double to_mib);

/* percent of its vCPUs that the VM uses, as assessed; NAN where it is not measured */
double growth_cpu_usage_pct(const Model *model, guint vm);

/* TRUE where the VM uses more than vm_cpu_pct of its vCPUs, and is not left alone */
gboolean growth_wants_vcpus(const Model *model, guint vm);

/* the VM's vCPUs after one step: whole sockets */
double growth_legal_vcpus(const Model *model, guint vm);

/* the same as growth_memory_refusal and growth_memory_obstacle for a total of vCPUs */
char *growth_cpu_refusal(const Situation *situation, const Model *now, guint vm, double to_vcpus);
char *growth_cpu_obstacle(const Situation *situation, const Model *now, guint vm, double to_vcpus);

/* "HOST has 4 threads", or that nobody knows how many; the caller frees it */
char *growth_threads_words(const Host *host);

/* KiB that additions may take of a cluster: what its buffer has to give and, under ha_check=hard, what the
 * loss of its largest host leaves */
double growth_cluster_room(const Model *model, guint cluster);

#endif
