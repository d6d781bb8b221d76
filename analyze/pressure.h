/* SPDX-License-Identifier: MIT */
/*
 * What VMs ask of their hosts' memory, and whose doing it is where memory is reclaimed from one.
 *
 * A VM asks for what it holds and what was reclaimed from it, up to its size; a memory limit, its own or that
 * of a resource pool above it, is the most that any host ever gives ("vSphere Resource Management"): what a
 * limit holds back is asked of no host. A host reclaims only where it is itself short of free memory. A
 * balloon is let go when its cause has passed, swapped and compressed pages come back only as the guest
 * touches them: without a swap-in they are the past.
 */
#ifndef ANALYZE_PRESSURE_H
#define ANALYZE_PRESSURE_H

#include "analyze/estimates.h"
#include "analyze/subject.h"

/* fills host_memory of the running VMs that were measured: measured, reclaimed, reclaimed_host, demand and
 * pressure; needs their sizes and what was measured of the hosts */
void pressure_measure(Subject *subject, const Means *means, const Estimates *estimates, const Policy *policy);

/* KiB of free memory below which a host with so much memory may reclaim: it leaves the high state. Four times
 * Mem.MinFreePct's sliding scale (Epping, "What happens at which vSphere memory state?") */
double pressure_least_free(double memory_kib);

/* why the VM is under pressure, in words that are a sentence of their own: which limit holds it, or its host;
 * NULL where it is not. The caller frees it */
char *pressure_words(const Snapshot *snapshot, const Vm *vm, const Load *host_memory);

/* what a VM asks for under host_memory=demand of what it would hold: what its guest touches, and of the rest
 * a quarter (loads.h); an active_kib of NAN is not known, and all of it is asked for */
double pressure_touched(double held_kib, double active_kib);

#endif
