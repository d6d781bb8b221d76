/* SPDX-License-Identifier: MIT */
/*
 * Of a review: how the clusters with something to do stand before and after, and what happens there when.
 */
#ifndef PLAN_REVIEWCLUSTERS_H
#define PLAN_REVIEWCLUSTERS_H

#include "plan/reviewrows.h"

/* a section for each cluster that has rows, and a word about the others */
void review_clusters(Html *html, const Review *review);

/* whether the clusters could bear the loss of their largest host once all is done */
void review_failover(Html *html, const Review *review);

#endif
