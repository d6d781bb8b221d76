/* SPDX-License-Identifier: MIT */
/*
 * Memory that was lent and is no longer needed: steps that take it back, and advice where that cannot be done
 * while the VM runs.
 *
 * What a VM needs is judged by the rule of the Vertical Pod Autoscaler, whatever [size NAME] says: the 90th
 * percentile of its days' peaks and 15 %, and that a guest that touches so much is not short at its new size.
 * Whole additions are given back, the last one first. Less than a day of data takes nothing, and what a VM
 * was given less than a day ago, or given again as a reclaim was undone, it keeps: the advice says so.
 */
#ifndef PLAN_GIVEBACK_H
#define PLAN_GIVEBACK_H

#include "plan/decisions.h"

/* adds them to what has been decided, before it is put into order; nothing under reclaim=off */
void giveback_add(const Situation *situation, Decisions *decisions);

#endif
