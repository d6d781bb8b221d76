/* SPDX-License-Identifier: MIT */
/*
 * Safe order. No step, nor any set of steps that may run together, takes a host over its memory (a mover
 * counted in full on both hosts; a host already over may only go down) nor over its CPU or memory
 * reservations, nor breaks a mandatory rule that held before (but for keep-together rules, whose VMs can only
 * move one by one). Nor does a move heat a host for a while, where departures that come before it in the list
 * keep the host normal if it waits for them.
 */
#ifndef PLAN_SEQUENCE_H
#define PLAN_SEQUENCE_H

#include "plan/situation.h"

/* puts the changes (Change; those first that help most) into an order in which each is safe, and gives each
 * the fewest `after` it finds that keep it so; a cycle is broken by a detour through a third host, which adds
 * a change. What cannot be ordered is moved to blocked, a list as changes */
void sequence_order(const Situation *situation, GArray *changes, GArray *blocked);

/* what a list of changes with their `after` would violate, in words with the index of the change at fault;
 * NULL where it is safe. The caller frees it */
char *sequence_violation(const Situation *situation, const GArray *changes, guint *at);

/* the same, but for heat that only lasts until others have left: for a list that is carried out under other
 * loads than it was made for */
char *sequence_danger(const Situation *situation, const GArray *changes, guint *at);

/* gives each change what its `after` lacks for the list to be safe as it stands; what no wait mends is told
 * as by sequence_violation */
char *sequence_complete(const Situation *situation, GArray *changes, guint *at);

#endif
