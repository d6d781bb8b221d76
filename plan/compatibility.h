/* SPDX-License-Identifier: MIT */
/*
 * Which hosts a VM can run on, and whether it may be moved at all, by the inventory alone: no loads, no rules
 * between VMs. A fact that the whole snapshot lacks does not forbid; one that this object lacks and others
 * have does; but of networks only in an export: a vSphere knows a VM that has none.
 */
#ifndef PLAN_COMPATIBILITY_H
#define PLAN_COMPATIBILITY_H

#include "plan/model.h"

typedef struct Compatibility Compatibility;

/* the facts of a model's snapshot; the model must outlive them */
Compatibility *compatibility_new(const Model *model);

void compatibility_free(Compatibility *compatibility);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Compatibility, compatibility_free)

/* why the VM is never moved, in words that follow "it"; NULL where it may be. The caller frees it */
char *compatibility_immovable(const Compatibility *compatibility, guint vm);

/* TRUE where the VM is left to DRS: the cluster is fully automated, or the VM has an override that the policy
 * respects */
gboolean compatibility_left_to_drs(const Compatibility *compatibility, guint vm, const char **why);

/* why the VM cannot run on the host, or, where it does not run, be registered there: in words that follow the
 * host's name; NULL where it can */
const char *compatibility_obstacle(const Compatibility *compatibility, guint vm, guint host);

/* what could not be checked for a move of the VM since the whole snapshot lacks it: "vMotion, networks", or
 * ""
 */
const char *compatibility_unchecked(const Compatibility *compatibility, guint vm);

#endif
