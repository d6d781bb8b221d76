/* SPDX-License-Identifier: MIT */
/*
 * Of a review: steps, advice and what stays unsolved, and what differs from another plan.
 */
#ifndef PLAN_REVIEWROWS_H
#define PLAN_REVIEWROWS_H

#include "analyze/html.h"
#include "plan/comparison.h"
#include "plan/planned.h"

/* what is reviewed */
typedef struct Review {
    const ChangePlan *plan;    /* as read or written: its digests are known */
    const Planned *planned;    /* NULL: nothing but the plan is known */
    const ChangePlan *against; /* NULL: no other plan is compared with */
    const GArray *spans;       /* StepTime, when each row of the plan runs */
    double seconds;            /* until the last of them ends */
} Review;

void review_steps(Html *html, const Review *review);
void review_advice(Html *html, const Review *review);

/* by cause, counted, then row by row */
void review_unsolved(Html *html, const Review *review);

void review_difference(Html *html, const Review *review);

/* how many items rows of a kind stand for */
guint review_count(const ChangePlan *plan, int kind);

/* "21 s", "12 min", "3.4 h"; the caller frees it */
char *review_duration(double seconds);

#endif
