/* SPDX-License-Identifier: MIT */
/*
 * A plan as a person reads it, on a terminal: totals, clusters with something to do before and after, steps,
 * advice, what stays unsolved.
 */
#ifndef PLAN_SHOW_H
#define PLAN_SHOW_H

#include "plan/changeplan.h"

/* takes out of a plan what is not to be shown: rows and figures of clusters other than those named
 * (NULL-terminated names or ids; NULL: none), and rows of other kinds than one (RowKind; -1: none). FALSE and
 * an error where a cluster is none of the plan's */
gboolean show_only(ChangePlan *plan, char *const *clusters, int kind, GError **error);

/* the text, at most so many clusters, and rows of each kind (0: all); the caller frees it */
char *show_plan(const ChangePlan *plan, guint most);

#endif
