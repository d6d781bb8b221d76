/* SPDX-License-Identifier: MIT */
/*
 * A plan as a page for the meeting in which somebody signs it: what is signed, what speaks against it, each
 * cluster's hosts before and after, what happens when, each step with its reason and what else was possible,
 * what stays unsolved, and what is new since another plan.
 */
#ifndef PLAN_REVIEW_H
#define PLAN_REVIEW_H

#include "analyze/page.h"
#include "plan/situation.h"

/* writes the page and puts it in its place. situation: what the plan was made of, or NULL; against: an
 * earlier plan, or NULL */
gboolean review_write(Page *page, const ChangePlan *plan, const Situation *situation,
                      const ChangePlan *against, GError **error);

#endif
