/* SPDX-License-Identifier: MIT */
/*
 * Advice on VMs that are idle, larger than they need, or smaller: by the policy's [size NAME], from at least
 * a day of data. vmanger takes back itself only what it has lent (plan/giveback.h).
 */
#ifndef PLAN_SIZEADVICE_H
#define PLAN_SIZEADVICE_H

#include "plan/decisions.h"

/* adds it (SizeAdvice) to what has been decided; none for VMs whose size other rows are about, and none under
 * reclaim=off */
void sizeadvice_add(const Situation *situation, Decisions *decisions);

#endif
