/* SPDX-License-Identifier: MIT */
#include "plan/lent.h"

static gboolean is_addition(const LentChange *change)
{
    return !(change->to_mib < change->from_mib);
}

/* Journals may come in any order; within one second additions only rise, and others stand as they came. */
static int compare_changes(gconstpointer a, gconstpointer b)
{
    const LentChange *left = a, *right = b;
    if (left->time != right->time)
        return left->time < right->time ? -1 : 1;
    if (!is_addition(left) || !is_addition(right))
        return 0;
    return left->to_mib < right->to_mib ? -1 : left->to_mib > right->to_mib;
}

/* What a reclaim takes is what was added last. */
static void take_back(GArray *standing, double to_mib)
{
    while (standing->len > 0) {
        LentChange *last = &g_array_index(standing, LentChange, standing->len - 1);
        if (last->from_mib >= to_mib) {
            g_array_set_size(standing, standing->len - 1);
            continue;
        }
        if (last->to_mib > to_mib)
            last->to_mib = to_mib;
        return;
    }
}

GArray *lent_standing(const GArray *changes)
{
    GArray *standing = g_array_new(FALSE, FALSE, sizeof(LentChange));
    if (!changes)
        return standing;
    g_autoptr(GArray) sorted = g_array_copy((GArray *)changes);
    g_array_sort(sorted, compare_changes);
    for (guint i = 0; i < sorted->len; i++) {
        const LentChange *change = &g_array_index(sorted, LentChange, i);
        if (is_addition(change))
            g_array_append_val(standing, *change);
        else
            take_back(standing, change->to_mib);
    }
    return standing;
}

GArray *lent_sizes_before(const GArray *changes, double present_mib)
{
    GArray *sizes = g_array_new(FALSE, FALSE, sizeof(double));
    g_autoptr(GArray) standing = lent_standing(changes);
    double size = present_mib;
    for (guint i = standing->len; i-- > 0;) {
        const LentChange *addition = &g_array_index(standing, LentChange, i);
        if (addition->to_mib != size || !(addition->from_mib < size))
            break;
        size = addition->from_mib;
        g_array_prepend_val(sizes, size);
    }
    return sizes;
}
