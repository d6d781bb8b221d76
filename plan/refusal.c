/* SPDX-License-Identifier: MIT */
#include "plan/refusal.h"

gboolean refusal_is_over(const Model *model, const VmPast *of_vm, int action, const char *host_id,
                         Obstacle *why, int host, const char *words)
{
    double cooldown_s = model->policy->refusal_cooldown_s;
    if (!of_vm || !of_vm->refusals || !(cooldown_s > 0))
        return TRUE;
    const PastRefusal *refusal =
        past_refusal(of_vm, (Action)action, host_id, model->snapshot->info.taken_at - (gint64)cooldown_s);
    if (!refusal)
        return TRUE;
    g_autofree char *time = table_format_time(refusal->time);
    return obstacle_set(why, OBSTACLE_REFUSED_BEFORE, host, "%s: %s, at %s (refusal_cooldown_s)", words,
                        refusal->fault, time);
}
