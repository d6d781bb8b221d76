/* SPDX-License-Identifier: MIT */
/*
 * strategy=threshold: the rule of the published vManger. Hot hosts, worst first, give their least-used VMs to
 * the target that stands best after the move, until they are normal; then short VMs get one step of memory
 * each while the buffer has room. It repairs no rules and evacuates nothing, and says so.
 */
#ifndef PLAN_THRESHOLD_H
#define PLAN_THRESHOLD_H

#include "plan/decisions.h"

/* decides for the whole snapshot; never fails: what cannot be done is unsolved */
Decisions *threshold_decide(const Situation *situation);

#endif
