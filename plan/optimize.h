/* SPDX-License-Identifier: MIT */
/*
 * strategy=optimize: the best placement that the search finds, cluster by cluster and in threads, on the
 * levels of clusterproblem.h; then what brings too little is taken out again, and the rest put into an order
 * that is safe. It starts from the better of today's placement and threshold's result, so it is never worse
 * than either in the levels' order.
 */
#ifndef PLAN_OPTIMIZE_H
#define PLAN_OPTIMIZE_H

#include "plan/decisions.h"

/* decides for the whole snapshot; the error is of numbers beyond reason */
Decisions *optimize_decide(const Situation *situation, GError **error);

#endif
