/* SPDX-License-Identifier: MIT */
/*
 * What `after` says: which steps of a plan must have succeeded before which. Steps are meant by the index of
 * their row.
 */
#ifndef PLAN_DEPENDENCIES_H
#define PLAN_DEPENDENCIES_H

#include "plan/changeplan.h"

typedef struct Dependencies {
    guint n_rows;
    guint *waiting;     /* [n_rows]: how many steps of the plan each waits for */
    GArray **followers; /* [n_rows] of guint, ascending: the rows that wait for each; NULL for none */
} Dependencies;

/* only steps that are in the plan are counted, approved or not */
Dependencies *dependencies_new(const ChangePlan *plan);
void dependencies_free(Dependencies *dependencies);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Dependencies, dependencies_free)

/* the rows of all steps, each after all that it waits for; those on or behind a cycle are left out; free with
 * g_array_unref (of guint) */
GArray *dependencies_order(const ChangePlan *plan);

/* FALSE where steps wait for each other in a cycle: the error names it */
gboolean dependencies_check_order(const ChangePlan *plan, GError **error);

/* FALSE where an approved step comes after one that is absent or not approved: the error names both */
gboolean changeplan_check_dependencies(const ChangePlan *plan, GError **error);

/* sets `approve` to no for every approved step that depends, directly or not, on one absent or not approved;
 * how many */
guint changeplan_drop_dependents(ChangePlan *plan);

#endif
