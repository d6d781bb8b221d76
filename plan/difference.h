/* SPDX-License-Identifier: MIT */
/*
 * What two plans of one situation do not have in common: what the one does and the other does not, advises or
 * leaves unsolved, and how clusters stand after each.
 */
#ifndef PLAN_DIFFERENCE_H
#define PLAN_DIFFERENCE_H

#include "plan/changeplan.h"

/* rows of one object and action in the two plans, of which one may be NULL; else they are not alike
 * (plan/comparison.h) */
typedef struct RowPair {
    const PlanRow *before, *after;
} RowPair;

/* the figures of a cluster in the two plans */
typedef struct ClusterPair {
    const PlanCluster *before, *after;
} ClusterPair;

typedef struct Difference {
    GArray
        *rows[3];   /* by RowKind: RowPair, those of the second plan in its order, then those that are gone */
    guint alike[3]; /* by RowKind: how many rows are the same in both */
    GArray *clusters; /* ClusterPair, of those whose figures are not alike */
} Difference;

/* both plans must outlive it, and have no gathered rows */
Difference *difference_new(const ChangePlan *before, const ChangePlan *after);

void difference_free(Difference *difference);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Difference, difference_free)

/* the text that a person reads, safe for a terminal: the second plan is the one under what is assumed
 * (NULL-terminated, "KEY=VALUE"); at most so many rows of each kind (0: all). The caller frees it */
char *difference_text(const Difference *difference, char *const *assumed, guint most);

#define DIFFERENCE_SCHEMA "vmanger-difference-json-1"

/* the same as a JSON document (collect/json.h); the caller frees it */
char *difference_json(const Difference *difference, char *const *assumed);

#endif
