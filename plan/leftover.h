/* SPDX-License-Identifier: MIT */
/*
 * What changes leave undone, to choose between two lists of them.
 */
#ifndef PLAN_LEFTOVER_H
#define PLAN_LEFTOVER_H

#include "plan/situation.h"

/* TRUE where the one list of Change leaves less undone than the other: VMs in breach of mandatory rules, then
 * VMs on hosts to empty, points of heat, MiB missing to short VMs, VMs in breach of should-rules */
gboolean leaves_less(const Situation *situation, const GArray *one, const GArray *other);

#endif
