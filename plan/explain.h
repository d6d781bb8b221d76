/* SPDX-License-Identifier: MIT */
/*
 * Why a VM or a host is dealt with as it is, also why not: what `plan --explain` says.
 */
#ifndef PLAN_EXPLAIN_H
#define PLAN_EXPLAIN_H

#include "plan/changeplan.h"
#include "plan/decisions.h"

/* the explanation of an entity named by id, else by name, as the plan treats it; NULL and an error where
 * there is none, or a name fits several. The caller frees it */
char *explain(const Situation *situation, const ChangePlan *plan, const char *what, GError **error);

#endif
