/* SPDX-License-Identifier: MIT */
/*
 * A plan as a person reads it, on a terminal: clusters before and after, steps, advice, what stays unsolved,
 * counts.
 */
#ifndef PLAN_SHOW_H
#define PLAN_SHOW_H

#include "plan/changeplan.h"

/* the text, at most so many rows of each kind (0: all); the caller frees it */
char *show_plan(const ChangePlan *plan, guint most_rows);

#endif
