/* SPDX-License-Identifier: MIT */
/*
 * A plan as a person reads it, on a terminal: totals, clusters with something to do before and after, steps,
 * advice, what stays unsolved.
 */
#ifndef PLAN_SHOW_H
#define PLAN_SHOW_H

#include "collect/style.h"
#include "plan/changeplan.h"

/* takes out of a plan what is not to be shown: rows and figures of clusters other than those named
 * (NULL-terminated names or ids; NULL: none), and all but the rows of one kind (RowKind; -1: nothing). The
 * summary then counts what is left. FALSE and an error where a cluster is none of the plan's */
gboolean show_only(ChangePlan *plan, char *const *clusters, int kind, GError **error);

/* appends a line, safe for a terminal */
void show_line(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* appends one row: what is done, on a line, and below it why and with what effect; or that line alone */
void show_row(GString *out, const PlanRow *row);
void show_row_title(GString *out, const PlanRow *row);

/* appends what is done to whom: "migrate web (vm-1): esx1 -> esx2" */
void show_row_change(GString *out, const PlanRow *row);

/* the numbers (guint) of the steps that somebody took out of a whole plan, as far as it tells: by gaps in the
 * numbers, by what steps wait for, and by the number of steps that figures are of; free with g_array_unref */
GArray *show_removed_steps(const ChangePlan *plan);

/* a line of them; "" where there are none. The caller frees it */
char *show_removed(const ChangePlan *plan);

/* the text, with a line of removed steps, or ""; at most so many clusters, and rows of each kind (0: all). On
 * a terminal clusters are a table. The caller frees it */
char *show_plan(const ChangePlan *plan, const char *removed, guint most, const Style *style);

/* what one signs who signs the plan as it was read: the digest of its bytes, that of its policy, how much of
 * it is approved; the caller frees it. For a plan that nothing was taken out of */
char *show_signed(const ChangePlan *plan);

#endif
