/* SPDX-License-Identifier: MIT */
#include "plan/comparison.h"

#include "plan/gather.h"

#include <string.h>

/* what makes rows the same; a VM may be moved twice, so the n-th of a plan is that of the other. The caller
 * frees it */
static char *key_of(const PlanRow *row, GHashTable *seen)
{
    g_autofree char *what = g_strdup_printf("%d %d %s %s %s", row->kind, row->action, row->cluster_id,
                                            row->object_id, gathered_count(row) > 1 ? row->cause : "");
    guint n = GPOINTER_TO_UINT(g_hash_table_lookup(seen, what));
    char *key = g_strdup_printf("%s %u", what, n);
    g_hash_table_insert(seen, g_steal_pointer(&what), GUINT_TO_POINTER(n + 1));
    return key;
}

static GHashTable *counts_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static gboolean is_changed(const PlanRow *before, const PlanRow *now)
{
    return strcmp(before->from_id, now->from_id) != 0 || strcmp(before->to_id, now->to_id) != 0 ||
           before->approve != now->approve || (*now->unit && strcmp(before->to, now->to) != 0) ||
           gathered_count(before) != gathered_count(now) ||
           (now->kind == ROW_UNSOLVED && strcmp(before->cause, now->cause) != 0);
}

static void add(Comparison *comparison, RowDifference how, const PlanRow *before, const PlanRow *now)
{
    const DifferentRow row = {how, before, now};
    g_array_append_val(comparison->rows, row);
}

Comparison *comparison_of(const ChangePlan *before, const ChangePlan *now)
{
    Comparison *comparison = g_new0(Comparison, 1);
    comparison->rows = g_array_new(FALSE, FALSE, sizeof(DifferentRow));
    g_autoptr(GHashTable) seen_before = counts_new(), seen = counts_new(), known = counts_new();
    for (guint i = 0; i < before->rows->len; i++) {
        PlanRow *row = &g_array_index(before->rows, PlanRow, i);
        g_hash_table_insert(known, key_of(row, seen_before), row);
    }
    g_autoptr(GHashTable) met = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < now->rows->len; i++) {
        const PlanRow *row = &g_array_index(now->rows, PlanRow, i);
        g_autofree char *key = key_of(row, seen);
        const PlanRow *twin = g_hash_table_lookup(known, key);
        g_hash_table_add(met, (gpointer)twin);
        if (!twin)
            add(comparison, ROW_ADDED, NULL, row);
        else if (is_changed(twin, row))
            add(comparison, ROW_CHANGED, twin, row);
        else
            comparison->same[row->kind]++;
    }
    for (guint i = 0; i < before->rows->len; i++) {
        const PlanRow *row = &g_array_index(before->rows, PlanRow, i);
        if (!g_hash_table_contains(met, row))
            add(comparison, ROW_GONE, row, NULL);
    }
    return comparison;
}

void comparison_free(Comparison *comparison)
{
    if (!comparison)
        return;
    g_array_unref(comparison->rows);
    g_free(comparison);
}
