/* SPDX-License-Identifier: MIT */
/*
 * What the vCenter refused within refusal_cooldown_s is not asked of it again.
 */
#ifndef PLAN_REFUSAL_H
#define PLAN_REFUSAL_H

#include "plan/obstacle.h"
#include "plan/past.h"

/* TRUE where something that was refused the VM is not asked for again now. of_vm as below */
gboolean refusal_stands(const Model *model, const VmPast *of_vm);

/* TRUE where nothing of the VM's past speaks against the action, on a host of this id where it is a migration
 * ("": on every host); why (NULL: not asked for) gets the fault and when, after the words given. of_vm NULL:
 * nothing is known of the past */
gboolean refusal_is_over(const Model *model, const VmPast *of_vm, int action, const char *host_id,
                         Obstacle *why, int host, const char *words);

#endif
