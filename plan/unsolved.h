/* SPDX-License-Identifier: MIT */
/*
 * Why something stays as it is: the rules, VMs and hosts that stand in the way, in words, as a model stands.
 */
#ifndef PLAN_UNSOLVED_H
#define PLAN_UNSOLVED_H

#include "plan/decisions.h"

/* the word for one, or for any other number */
const char *plural(guint n, const char *one, const char *many);

/* why a host is no target for a VM, as words after the host's name: its inventory, its thresholds, the VM's
 * reservations, a mandatory rule; NULL where it is one. The caller frees it */
char *hindrance_of_target(const Situation *situation, const Model *now, guint vm, guint host);

/* "stays hot: …; " and a reason. The caller frees it */
char *hindrance_by(const Model *now, guint host, const char *why);

/* "stays hot: …": what keeps the VMs of a hot host there. The caller frees it */
char *hindrance_of_hot_host(const Situation *situation, const Model *now, guint host);

/* what keeps the running VMs of a host that is to be emptied there. The caller frees it */
char *hindrance_of_full_host(const Situation *situation, const Model *now, guint host);

#endif
