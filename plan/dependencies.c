/* SPDX-License-Identifier: MIT */
#include "plan/dependencies.h"

#include <math.h>

static PlanRow *row_at(const ChangePlan *plan, gsize index)
{
    return &g_array_index(plan->rows, PlanRow, index);
}

/* the index of the row that holds the step, or -1 */
static gssize index_of_step(const ChangePlan *plan, double step)
{
    const PlanRow *row = changeplan_find_step(plan, step);
    return row ? row - row_at(plan, 0) : -1;
}

static void add_follower(Dependencies *dependencies, gsize before, guint row)
{
    if (!dependencies->followers[before])
        dependencies->followers[before] = g_array_new(FALSE, FALSE, sizeof(guint));
    g_array_append_val(dependencies->followers[before], row);
    dependencies->waiting[row]++;
}

Dependencies *dependencies_new(const ChangePlan *plan)
{
    Dependencies *dependencies = g_new0(Dependencies, 1);
    dependencies->n_rows = plan->rows->len;
    dependencies->waiting = g_new0(guint, dependencies->n_rows);
    dependencies->followers = g_new0(GArray *, dependencies->n_rows);
    for (guint i = 0; i < dependencies->n_rows; i++) {
        g_autoptr(GArray) after = plan_row_after(row_at(plan, i));
        for (guint j = 0; j < after->len; j++) {
            gssize before = index_of_step(plan, g_array_index(after, double, j));
            if (before >= 0)
                add_follower(dependencies, (gsize)before, i);
        }
    }
    return dependencies;
}

void dependencies_free(Dependencies *dependencies)
{
    if (!dependencies)
        return;
    for (guint i = 0; i < dependencies->n_rows; i++)
        g_clear_pointer(&dependencies->followers[i], g_array_unref);
    g_free(dependencies->followers);
    g_free(dependencies->waiting);
    g_free(dependencies);
}

/* Kahn's topological order; what stays in waiting is on or behind a cycle. */
static GArray *order(const ChangePlan *plan, Dependencies *dependencies)
{
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < dependencies->n_rows; i++)
        if (row_at(plan, i)->kind == ROW_STEP && dependencies->waiting[i] == 0)
            g_array_append_val(rows, i);
    for (guint at = 0; at < rows->len; at++) {
        const GArray *followers = dependencies->followers[g_array_index(rows, guint, at)];
        for (guint i = 0; followers && i < followers->len; i++) {
            guint next = g_array_index(followers, guint, i);
            if (--dependencies->waiting[next] == 0)
                g_array_append_val(rows, next);
        }
    }
    return rows;
}

GArray *dependencies_order(const ChangePlan *plan)
{
    g_autoptr(Dependencies) dependencies = dependencies_new(plan);
    return order(plan, dependencies);
}

/* a step that this one waits for and that waits itself: on or behind a cycle there always is one */
static guint waiting_before(const ChangePlan *plan, const Dependencies *left, guint row)
{
    g_autoptr(GArray) after = plan_row_after(row_at(plan, row));
    for (guint i = 0; i < after->len; i++) {
        gssize before = index_of_step(plan, g_array_index(after, double, i));
        if (before >= 0 && left->waiting[before] > 0)
            return (guint)before;
    }
    return row;
}

gboolean dependencies_check_order(const ChangePlan *plan, GError **error)
{
    g_autoptr(Dependencies) left = dependencies_new(plan);
    g_autoptr(GArray) ordered = order(plan, left);
    guint start = 0;
    while (start < left->n_rows && left->waiting[start] == 0)
        start++;
    if (start == left->n_rows)
        return TRUE;
    /* Going back as many times as there are rows ends on the cycle itself. */
    for (guint i = 0; i < left->n_rows; i++)
        start = waiting_before(plan, left, start);
    g_autoptr(GString) found = g_string_new(NULL);
    guint at = start;
    do {
        g_string_append_printf(found, "step %.0f after ", row_at(plan, at)->step);
        at = waiting_before(plan, left, at);
    } while (at != start);
    g_set_error(error, VMANGER_ERROR, 0,
                "%s:%" G_GUINT64_FORMAT ": after: found a cycle, %sstep %.0f: expected an order", plan->name,
                row_at(plan, start)->line, found->str, row_at(plan, start)->step);
    return FALSE;
}

/* the first step of `after` that is absent or not approved; NAN where there is none */
static double missing_before(const ChangePlan *plan, const PlanRow *row)
{
    g_autoptr(GArray) after = plan_row_after(row);
    for (guint i = 0; i < after->len; i++) {
        const PlanRow *before = changeplan_find_step(plan, g_array_index(after, double, i));
        if (!before || before->approve != 1)
            return g_array_index(after, double, i);
    }
    return NAN;
}

gboolean changeplan_check_dependencies(const ChangePlan *plan, GError **error)
{
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = row_at(plan, i);
        double missing = row->kind == ROW_STEP && row->approve == 1 ? missing_before(plan, row) : NAN;
        if (isnan(missing))
            continue;
        g_set_error(error, VMANGER_ERROR, 0,
                    "%s:%" G_GUINT64_FORMAT ": after: found approved step %.0f after step %.0f, which is %s: "
                    "expected both or neither (plan --check --without-dependents takes such steps out)",
                    plan->name, row->line, row->step, missing,
                    changeplan_find_step(plan, missing) ? "not approved" : "absent");
        return FALSE;
    }
    return TRUE;
}

guint changeplan_drop_dependents(ChangePlan *plan)
{
    g_autoptr(GArray) rows = dependencies_order(plan);
    guint dropped = 0;
    for (guint i = 0; i < rows->len; i++) {
        PlanRow *row = row_at(plan, g_array_index(rows, guint, i));
        if (row->approve != 1 || isnan(missing_before(plan, row)))
            continue;
        row->approve = 0;
        dropped++;
    }
    return dropped;
}
