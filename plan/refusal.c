/* SPDX-License-Identifier: MIT */
#include "plan/refusal.h"

/* NULL where there is none within refusal_cooldown_s */
static const PastRefusal *latest(const Model *model, const VmPast *of_vm, int action, const char *host_id)
{
    double cooldown_s = model->policy->refusal_cooldown_s;
    return of_vm && of_vm->refusals && cooldown_s > 0
               ? past_refusal(of_vm, (Action)action, host_id,
                              model->snapshot->info.taken_at - (gint64)cooldown_s)
               : NULL;
}

gboolean refusal_stands(const Model *model, const VmPast *of_vm)
{
    for (guint i = 0; of_vm && of_vm->refusals && i < of_vm->refusals->len; i++) {
        const PastRefusal *refusal = &g_array_index(of_vm->refusals, PastRefusal, i);
        if (latest(model, of_vm, refusal->action, refusal->to_id))
            return TRUE;
    }
    return FALSE;
}

gboolean refusal_is_over(const Model *model, const VmPast *of_vm, int action, const char *host_id,
                         Obstacle *why, int host, const char *words)
{
    const PastRefusal *refusal = latest(model, of_vm, action, host_id);
    if (!refusal)
        return TRUE;
    g_autofree char *time = table_format_time(refusal->time);
    return obstacle_set(why, OBSTACLE_REFUSED_BEFORE, host, "%s: %s, at %s (refusal_cooldown_s)", words,
                        refusal->fault, time);
}
