/* SPDX-License-Identifier: MIT */
#include "plan/leftover.h"

#include "plan/growth.h"
#include "plan/rules.h"

enum { LEFT_BROKEN, LEFT_TO_EMPTY, LEFT_HOT, LEFT_SHORT, LEFT_SHOULD, N_LEFT };

/* what changes leave undone, the worst first: VMs in breach of mandatory rules, VMs on hosts to empty, points
 * of heat, MiB missing to short VMs, VMs in breach of should-rules */
typedef struct Left {
    double of[N_LEFT];
} Left;

static Left left_by(const Situation *situation, const GArray *changes)
{
    g_autoptr(Model) end = model_after(situation->start, changes);
    Left left = {{0}};
    for (guint i = 0; i < rules_count(situation->rules); i++)
        left.of[rules_at(situation->rules, i)->mandatory ? LEFT_BROKEN : LEFT_SHOULD] +=
            (double)rule_breach(rules_at(situation->rules, i), end);
    for (guint host = 0; host < end->snapshot->n_hosts; host++) {
        if (model_is_to_empty(end, host))
            left.of[LEFT_TO_EMPTY] += model_vms_to_leave(end, host);
        else if (end->hosts[host].source)
            left.of[LEFT_HOT] += MAX(0, model_excess(end, host, NULL));
    }
    for (guint vm = 0; vm < end->n_vms; vm++)
        if (model_is_short(end, vm))
            left.of[LEFT_SHORT] += MAX(0, growth_missing_memory(end, vm));
    return left;
}

gboolean leaves_less(const Situation *situation, const GArray *one, const GArray *other)
{
    Left a = left_by(situation, one), b = left_by(situation, other);
    for (guint i = 0; i < G_N_ELEMENTS(a.of); i++)
        if (a.of[i] != b.of[i])
            return a.of[i] < b.of[i];
    return FALSE;
}
