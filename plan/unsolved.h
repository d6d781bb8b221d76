/* SPDX-License-Identifier: MIT */
/*
 * What stays as it is, and which rules, VMs and hosts stand in the way.
 */
#ifndef PLAN_UNSOLVED_H
#define PLAN_UNSOLVED_H

#include "plan/decisions.h"

/* adds that a host stays hot, or becomes so, as the model stands, and what keeps its VMs there; or, in words
 * that are a sentence's end, what else does */
void unsolved_add_hot_host(Decisions *decisions, const Situation *situation, const Model *now, guint host);
void unsolved_add_hot_host_by(Decisions *decisions, const Model *start, const Model *now, guint host,
                              int code, const char *why);

/* adds that a host that is to be emptied still holds running VMs, and what keeps them there */
void unsolved_add_full_host(Decisions *decisions, const Situation *situation, const Model *now, guint host);

/* adds the hosts of which more is reserved than they have, as the model stands, and what keeps those VMs
 * there
 */
void unsolved_add_overreserved_hosts(Decisions *decisions, const Situation *situation, const Model *now);

/* adds that a VM stays short as the model stands, and why in words that are a sentence's end */
void unsolved_add_short_vm(Decisions *decisions, const Model *now, guint vm, int code, const char *why);

/* advises to enable memory hot-add for a VM that would then grow to a total */
void unsolved_advise_hot_add(Decisions *decisions, const Model *now, guint vm, double to_mib);

/* adds all that is left, given the model with all of the decisions' changes made: hosts that are hot or
 * over their reservations, short and busy VMs, moves that the window has no time for, broken rules; and
 * advice on hot-add */
void unsolved_add_all(Decisions *decisions, const Situation *situation, const Model *end);

/* TRUE where a host of the cluster stays hot or full at the end, and VMs of the cluster are left to DRS */
gboolean unsolved_is_left_to_drs(const Situation *situation, const Model *end, guint cluster);

#endif
