/* SPDX-License-Identifier: MIT */
#include "plan/showplans.h"

#include "analyze/fleet.h"
#include "collect/escape.h"
#include "collect/plural.h"
#include "plan/gather.h"
#include "plan/planfile.h"
#include "plan/timetable.h"

#include <stdlib.h>
#include <string.h>

#define NAME_WIDTH 24

typedef struct Shown {
    char *name, *unread; /* why it could not be read; NULL: it was */
    guint steps, approved, advice, unsolved;
    double seconds; /* until all of its steps are done */
} Shown;

static void shown_free(gpointer data)
{
    Shown *shown = data;
    g_free(shown->name);
    g_free(shown->unread);
    g_free(shown);
}

static void count(Shown *shown, const ChangePlan *plan)
{
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        shown->steps += row->kind == ROW_STEP;
        shown->approved += row->kind == ROW_STEP && row->approve == 1;
        shown->advice += row->kind == ROW_ADVICE ? gathered_count(row) : 0;
        shown->unsolved += row->kind == ROW_UNSOLVED ? gathered_count(row) : 0;
    }
    g_autoptr(GArray) spans = timetable_of_plan(plan);
    shown->seconds = timetable_end(spans);
}

static Shown *shown_new(const char *path)
{
    Shown *shown = g_new0(Shown, 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(ChangePlan) plan = changeplan_read(path, CHANGEPLAN_AS_MADE, &error);
    shown->name = fleet_site_name(path, "plan");
    if (plan)
        count(shown, plan);
    else
        shown->unread = g_strdup(error->message);
    return shown;
}

/* those that cannot be read, then those with most unsolved, then those with most steps, then by name */
static int worst_first(const void *a, const void *b)
{
    const Shown *left = *(Shown *const *)a, *right = *(Shown *const *)b;
    if (!left->unread != !right->unread)
        return left->unread ? -1 : 1;
    if (left->unsolved != right->unsolved)
        return left->unsolved > right->unsolved ? -1 : 1;
    if (left->steps != right->steps)
        return left->steps > right->steps ? -1 : 1;
    return strcmp(left->name, right->name);
}

static void append(GString *out, const Shown *shown, const Style *style)
{
    gsize from = out->len;
    g_string_append(out, shown->unread || shown->unsolved ? "  ! " : shown->steps ? "  + " : "    ");
    style_append_name(out, shown->name, NAME_WIDTH);
    if (shown->unread) {
        style_paint(out, from, out->len - from, style, STYLE_BAD);
        g_autofree char *why = escape_for_terminal(shown->unread);
        g_string_append_printf(out, " %s\n", why);
        return;
    }
    g_string_append_printf(out, " %u unsolved, %u of %u steps approved", shown->unsolved, shown->approved,
                           shown->steps);
    if (shown->steps)
        g_string_append_printf(out, ", about %.0f s", shown->seconds);
    g_string_append_printf(out, ", %u advised\n", shown->advice);
}

ShownPlans show_plans(char *const *paths, guint most, const Style *style)
{
    ShownPlans shown = {NULL, 0, 0, 0};
    g_autoptr(GPtrArray) plans = g_ptr_array_new_with_free_func(shown_free);
    GString *out = g_string_new(NULL);
    guint steps = 0, advice = 0;
    for (char *const *path = paths; *path; path++)
        g_ptr_array_add(plans, shown_new(*path));
    qsort(plans->pdata, plans->len, sizeof *plans->pdata, worst_first);
    for (guint i = 0; i < plans->len; i++) {
        const Shown *plan = plans->pdata[i];
        shown.unread += plan->unread != NULL;
        shown.steps += plan->approved;
        shown.unsolved += plan->unsolved;
        steps += plan->steps;
        advice += plan->advice;
        if (!most || i < most || plan->unread)
            append(out, plan, style);
    }
    if (most && plans->len > most)
        g_string_append_printf(out, "  and %u more (--verbose shows all)\n",
                               plans->len - MAX(most, shown.unread));
    plural_append(out, plans->len, "plan", "plans");
    if (shown.unread)
        g_string_append_printf(out, " (%u cannot be read)", shown.unread);
    g_string_append_printf(out, ": %u unsolved, %u of %u steps approved, %u advised.\n", shown.unsolved,
                           shown.steps, steps, advice);
    shown.text = g_string_free(out, FALSE);
    return shown;
}

void shown_plans_clear(ShownPlans *shown)
{
    g_free(shown->text);
}
