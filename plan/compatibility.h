/* SPDX-License-Identifier: MIT */
/*
 * Which hosts a VM can run on, and whether it may be moved at all, by the inventory and the policy alone: no
 * loads, no rules between VMs. A fact that the whole snapshot lacks does not forbid; one that this object
 * lacks and others have does; but of networks only in an export: a vSphere knows a VM that has none.
 *
 * Only plan/legality asks this module.
 */
#ifndef PLAN_COMPATIBILITY_H
#define PLAN_COMPATIBILITY_H

#include "plan/change.h"
#include "plan/obstacle.h"
#include "plan/past.h"

typedef struct Compatibility Compatibility;

/* the facts of a model's snapshot, and what is known of the past (NULL: nothing); both must outlive them */
Compatibility *compatibility_new(const Model *model, const Past *past);

void compatibility_free(Compatibility *compatibility);

/* whether the VM may be moved at all */
gboolean compatibility_may_move(const Compatibility *compatibility, guint vm, Obstacle *why);

/* whether the VM, as the model stands now, can run on the host, or, where it does not run, be registered
 * there */
gboolean compatibility_fits(const Compatibility *compatibility, const Model *now, guint vm, guint host,
                            Obstacle *why);

/* whether the VM could be started afresh on the host, which takes neither vMotion nor the same CPU */
gboolean compatibility_could_restart(const Compatibility *compatibility, const Model *now, guint vm,
                                     guint host);

/* what that depends on of a VM: where two keys are equal, so are the answers for every host. The caller frees
 * it */
char *compatibility_restart_key(const Compatibility *compatibility, guint vm);

/* TRUE where the vCenter refused the move within refusal_cooldown_s, and it may be made all the same since
 * evacuate names the VM's host; why (NULL: not asked for) gets the fault and when */
gboolean compatibility_asks_again(const Compatibility *compatibility, guint vm, guint host, Obstacle *why);

/* TRUE where something is not done with the VM since the vCenter refused it within refusal_cooldown_s */
gboolean compatibility_was_refused(const Compatibility *compatibility, guint vm);

/* the VMs (guint) that fault tolerance keeps on other hosts than the VM; NULL where there are none */
const GArray *compatibility_partners(const Compatibility *compatibility, guint vm);

/* what compatibility_fits depends on of a VM: where two keys are equal, so are the answers for every host.
 * The caller frees it */
char *compatibility_key(const Compatibility *compatibility, guint vm);

/* what could not be checked for a move of the VM to the host since the whole snapshot lacks it: "vMotion,
 * networks", or ""; the caller frees it */
char *compatibility_unchecked(const Compatibility *compatibility, guint vm, guint host);

#endif
