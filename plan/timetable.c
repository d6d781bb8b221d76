/* SPDX-License-Identifier: MIT */
#include "plan/timetable.h"

#include <math.h>

static GArray *spans_unknown(guint n)
{
    GArray *spans = g_array_new(FALSE, FALSE, sizeof(StepTime));
    const StepTime unknown = {NAN, NAN};
    for (guint i = 0; i < n; i++)
        g_array_append_val(spans, unknown);
    return spans;
}

double timetable_end(const GArray *spans)
{
    double end = 0;
    for (guint i = 0; i < spans->len; i++)
        end = fmax(end, g_array_index(spans, StepTime, i).end);
    return end;
}

/* ---- of a plan alone ---- */

/* when the last of those ends that a row waits for */
static double start_of(const ChangePlan *plan, const GArray *spans, const PlanRow *row)
{
    double start = 0;
    g_autoptr(GArray) after = plan_row_after(row);
    for (guint i = 0; i < after->len; i++) {
        const PlanRow *before = changeplan_find_step(plan, g_array_index(after, double, i));
        if (!before)
            continue;
        gsize place = (gsize)(before - (const PlanRow *)(const void *)plan->rows->data);
        start = fmax(start, g_array_index(spans, StepTime, place).end);
    }
    return start;
}

static gint compare_steps(gconstpointer a, gconstpointer b, gpointer data)
{
    const GArray *rows = data;
    double left = g_array_index(rows, PlanRow, *(const guint *)a).step,
           right = g_array_index(rows, PlanRow, *(const guint *)b).step;
    return (left > right) - (left < right);
}

/* A step waits for steps of lower numbers, as plan writes them; one that waits for a higher starts at once.
 */
GArray *timetable_of_plan(const ChangePlan *plan)
{
    g_autoptr(GArray) steps = g_array_new(FALSE, FALSE, sizeof(guint));
    GArray *spans = spans_unknown(plan->rows->len);
    for (guint i = 0; i < plan->rows->len; i++)
        if (g_array_index(plan->rows, PlanRow, i).kind == ROW_STEP &&
            g_array_index(plan->rows, PlanRow, i).approve == 1)
            g_array_append_val(steps, i);
    g_array_sort_with_data(steps, compare_steps, plan->rows);
    for (guint i = 0; i < steps->len; i++) {
        guint place = g_array_index(steps, guint, i);
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, place);
        double start = start_of(plan, spans, row);
        g_array_index(spans, StepTime, place) =
            (StepTime){start, start + (isnan(row->est_s) ? 0 : row->est_s)};
    }
    return spans;
}
