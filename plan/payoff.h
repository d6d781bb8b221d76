/* SPDX-License-Identifier: MIT */
/*
 * Whether moving VMs still pays, by what the moves of the last day brought.
 */
#ifndef PLAN_PAYOFF_H
#define PLAN_PAYOFF_H

#include "plan/situation.h"

/* a clause that says that it no longer does: of at least three migrations of the day before the snapshot,
 * half or more left hosts that are hot all the same. NULL where that is not so; the caller frees it */
char *payoff_words(const Situation *situation);

#endif
