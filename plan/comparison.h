/* SPDX-License-Identifier: MIT */
/*
 * What a plan says that an earlier one did not, and the other way round. Rows are the same that are about the
 * same object and do the same with it, or, unsolved, that something is amiss with the same.
 */
#ifndef PLAN_COMPARISON_H
#define PLAN_COMPARISON_H

#include "plan/changeplan.h"

typedef enum { ROW_ADDED, ROW_CHANGED, ROW_GONE } RowDifference;

/* a row that differs */
typedef struct DifferentRow {
    RowDifference how;
    const PlanRow *before, *now; /* NULL: of a row that was added, of one that is gone */
} DifferentRow;

typedef struct Comparison {
    GArray *rows;                 /* DifferentRow: those of the plan in its order, then those that are gone */
    guint same[ROW_UNSOLVED + 1]; /* by RowKind: how many rows are in both */
} Comparison;

/* steps and advice are changed where they lead elsewhere, or are approved or no longer so; unsolved rows
 * where something else stands in the way. Both plans must outlive it */
Comparison *comparison_of(const ChangePlan *before, const ChangePlan *now);

void comparison_free(Comparison *comparison);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Comparison, comparison_free)

#endif
