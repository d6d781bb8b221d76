/* SPDX-License-Identifier: MIT */
/*
 * Going home: once an evacuation's maintenance is done, its VMs back to the hosts that they were on before,
 * as far as that is still safe and keeps every rule, by the cluster as it is today. An undo leads back
 * through the states of an apply; this is decided anew.
 */
#ifndef PLAN_HOME_H
#define PLAN_HOME_H

#include "plan/changeplan.h"
#include "plan/journal.h"
#include "plan/situation.h"

/* The plan, not yet stamped or written: hosts that the journal's run brought into maintenance mode leave it,
 * and each VM that it moved to empty a host goes back, those that cost least first; VMs that rules keep
 * together go as one. What is left to DRS is advice; what stays says why. A journal of another source, of a
 * rehearsal that the snapshot is no result of, with steps of which the end is not known, or of no evacuation
 * is an error. The caller frees it */
ChangePlan *home_plan(const Situation *situation, const Journal *journal, GError **error);

#endif
