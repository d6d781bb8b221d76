/* SPDX-License-Identifier: MIT */
/*
 * What only the hosts themselves can tell of steps before any of them is started: whether more than reading
 * is allowed there, what libvirt's own checks say of every migration, and whether a guest can come to the
 * size.
 */
#ifndef APPLY_LIBVIRTCHECK_H
#define APPLY_LIBVIRTCHECK_H

#include "analyze/policy.h"
#include "apply/hypervisors.h"
#include "apply/libvirtsize.h"

/* adds to refusals (Refusal) the approved steps that cannot be done, to warnings (char *) what else is at
 * work on their domains. FALSE where a host could not be asked */
gboolean libvirt_check(Hypervisors *hypervisors, const ChangePlan *plan, const Snapshot *snapshot,
                       const Policy *policy, GPtrArray *refusals, GPtrArray *warnings, GError **error);

/* the step as a resize of a domain on that host; the caller clears it */
Resize resize_of(const PlanRow *step, const LibvirtHost *host, const Vm *vm, const Policy *policy,
                 guint timeout_s);

#endif
