/* SPDX-License-Identifier: MIT */
/*
 * plan.csv: a plan as people review, edit and sign it.
 *
 * Digests: each row's `check` is made over that row alone, `#rows` lists those of all rows that the plan was
 * made with, and `#plan`, which names the plan, is made over the `#` rows. So approvals and deleted rows keep
 * the plan's identity, a changed or foreign row or header shows, and plans that differ in few rows differ in
 * few lines.
 */
#ifndef PLAN_PLANFILE_H
#define PLAN_PLANFILE_H

#include "collect/openpgp.h"
#include "plan/changeplan.h"

#define CHANGEPLAN_FORMAT "vmanger-plan-2"

typedef enum {
    CHANGEPLAN_AS_MADE, /* every digest must hold: what apply takes */
    CHANGEPLAN_EDITED   /* digests are not looked at: what plan --check takes, to verify and restamp */
} ChangePlanTrust;

/* reads a plan ("-": standard input). Duplicate steps, an `after` that names no number, and a cycle are
 * errors; a step that `after` names may be absent: see plan/dependencies.h */
ChangePlan *changeplan_read(const char *path, ChangePlanTrust trust, GError **error);

/* reads a plan from bytes, which errors call name */
ChangePlan *changeplan_read_bytes(const char *bytes, gsize length, const char *name, ChangePlanTrust trust,
                                  GError **error);

/* stamps the digests and writes the plan whole or not at all ("-": standard output) */
gboolean changeplan_write(ChangePlan *plan, const char *path, const OpenPgp *keys, GError **error);

#endif
