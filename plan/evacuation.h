/* SPDX-License-Identifier: MIT */
/*
 * The end of an evacuation, once running VMs are placed: powered-off VMs are registered elsewhere where the
 * policy asks, and hosts that are empty then enter maintenance mode.
 */
#ifndef PLAN_EVACUATION_H
#define PLAN_EVACUATION_H

#include "plan/decisions.h"

/* FALSE and an error where the policy names a host to empty and to leave alone: what is then asked cannot be
 * done, and should not go unnoticed among other steps */
gboolean evacuation_check_policy(const Snapshot *snapshot, const Policy *policy, GError **error);

/* whether the evacuation of a host can begin at all: what vSAN would have to move may have no place to go,
 * which vCenter says only when all VMs have left. Hosts to empty before it are gone by then, but for those
 * given up ([n_hosts]) */
gboolean evacuation_may_begin(const Model *start, guint host, const gboolean *given_up, Obstacle *why);

/* adds that a host is not emptied, and that for this no VM leaves it: why it cannot be, in words that are a
 * clause, and how much memory would be lacking on the others, where that is it */
void evacuation_add_given_up(Decisions *decisions, const Model *start, guint host, int code, const char *why);

/* what becomes of each host that was to be emptied, given the model with all changes made: "esx1 is emptied
 * and enters maintenance mode. esx2 is not emptied. "; "" where none was. The caller frees it */
char *evacuation_verdict(const Situation *situation, const Model *end, const GArray *changes);

/* what follows "empty" of a host on which nothing but agents and parents of instant clones run; "" where
 * nothing does. Not owned */
const char *evacuation_words_of_agents(const Model *end, guint host);

/* adds to the decisions what is to become of hosts, given the model with all of their changes made; what
 * cannot be done becomes unsolved */
void evacuation_complete(const Situation *situation, Model *end, Decisions *decisions);

#endif
