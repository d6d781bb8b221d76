/* SPDX-License-Identifier: MIT */
#include "apply/steplist.h"

#include "plan/show.h"

char *steplist_to_confirm(const Progress *progress)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < progress->plan->rows->len; i++)
        if (progress->states[i] == STEP_PENDING)
            show_row(text, &g_array_index(progress->plan->rows, PlanRow, i));
    return g_string_free(text, FALSE);
}

/* a plan that undoes another leads back to where rules were broken and hosts hot: they are not looked at */
static void append_checks(GString *text, const Target *target, const PlanRow *step, gboolean undoes,
                          const PreflightOptions *options)
{
    const char *own = step->action == ACTION_MIGRATE ? target->class->checks_of_migrations
                                                     : target->class->checks_of_others;
    g_string_append(text, "      checked: things stand as it states");
    g_string_append(text, options->without_loads ? ""
                          : undoes               ? "; room by the load now"
                                                 : "; rules, room and heat by the load now");
    g_string_append(text, options->recheck_need ? "; its reason still holds" : "");
    g_string_append_printf(text, "%s%s\n", own ? "; " : "", own ? own : "");
}

char *steplist_checked(const Progress *progress, const Target *target, const PreflightOptions *options)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < progress->plan->rows->len; i++) {
        const PlanRow *step = &g_array_index(progress->plan->rows, PlanRow, i);
        if (progress->states[i] != STEP_PENDING)
            continue;
        show_row_title(text, step);
        append_checks(text, target, step, !*progress->plan->snapshot, options);
    }
    return g_string_free(text, FALSE);
}
