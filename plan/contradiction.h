/* SPDX-License-Identifier: MIT */
/*
 * Why no placement at all keeps a mandatory rule: other rules that ask the opposite, more VMs than hosts that
 * can run them, VMs that cannot move. What is between VMs and hosts bounds where a VM can run, and so do the
 * VMs that it is kept together with.
 */
#ifndef PLAN_CONTRADICTION_H
#define PLAN_CONTRADICTION_H

#include "plan/situation.h"

/* a clause such as `3 VMs, 2 hosts that can run them under "licence"`; NULL where none of the causes known is
 * seen. The caller frees it */
char *contradiction_words(const Situation *situation, const Model *end, const BoundRule *rule);

#endif
