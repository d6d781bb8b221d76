/* SPDX-License-Identifier: MIT */
/*
 * A plan tried on a model: what would go wrong if its approved steps were carried out, in any order that
 * `after` allows.
 */
#ifndef PLAN_VERIFY_H
#define PLAN_VERIFY_H

#include "plan/changeplan.h"
#include "plan/decisions.h"

/* adds to problems (char *) every approved step that the model contradicts (its object, where it is, its
 * size), the first that would take a host over its memory or reservations or break a mandatory rule, and,
 * where the plan was made under this very policy, growth that its budgets have no room for; nothing is added
 * where the plan is sound */
void verify_plan(const Situation *situation, const ChangePlan *plan, GPtrArray *problems);

/* the same of a plan that a person has edited, and more: that names and ids agree, that every growth is
 * within its budgets, and that no host ends hot, or hotter, by what it takes in, but for heat that the plan
 * itself had accepted. Where it is sound, the plan is composed anew for what is approved of it; notes (char
 * *) get the hosts that stay hot by what is not */
void verify_edited(const Situation *situation, ChangePlan *plan, GPtrArray *problems, GPtrArray *notes);

/* TRUE where the plan itself says that the host may stand so high: it is as edited by nobody, or says that
 * the host is hot, and its cluster's fullest host will stand no lower */
gboolean verify_foresees(const ChangePlan *plan, const char *cluster_id, const char *host_id,
                         Resource resource, double pct);

#endif
