/* SPDX-License-Identifier: MIT */
/*
 * Tasks of others on the objects of a plan: of a person, of DRS, of another apply that nothing else tells of.
 * What is found is what recentTask of each object still holds and Task.info says of it.
 */
#ifndef APPLY_FOREIGNTASKS_H
#define APPLY_FOREIGNTASKS_H

#include "collect/vcenter.h"
#include "plan/changeplan.h"

/* adds to warnings (char *) each task that is queued or runs on an object of an approved step, before a step
 * of ours is started. FALSE where the server could not be asked */
gboolean foreigntasks_check(Vcenter *vcenter, const ChangePlan *plan, GPtrArray *warnings, GError **error);

/* sets who (the caller frees it) to the words of a task that is queued or runs on the VM and is none of ours,
 * the keys of that table; else NULL. FALSE where the server could not be asked */
gboolean foreigntasks_on_vm(Vcenter *vcenter, const char *id, GHashTable *ours, char **who, GError **error);

#endif
