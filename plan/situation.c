/* SPDX-License-Identifier: MIT */
#include "plan/situation.h"

#include "plan/movetimes.h"

static void bind(Situation *situation, RuleSet *rules, gboolean guarded)
{
    situation->rules = rules;
    situation->legality = legality_new(situation->start, rules, situation->past, guarded);
}

static void unbind(Situation *situation)
{
    legality_free((Legality *)situation->legality);
    rules_free((RuleSet *)situation->rules);
}

/* What was lent counts in full, beside what VMs ask for: it is theirs for good, and asked for at another time
 * than this. */
static void limit_lending(Model *model, const Past *past)
{
    g_autofree double *lent_kib = g_new0(double, model->snapshot->n_clusters + 1);
    for (guint vm = 0; vm < model->n_vms; vm++) {
        const ModelVm *at = &model->vms[vm];
        if (at->running)
            lent_kib[at->row->cluster] += (at->memory_mib - past_memory_before(past, model, vm)) * 1024;
    }
    model_limit_lending(model, lent_kib);
}

Situation *situation_new(const Snapshot *snapshot, const Assessment *assessment, const Policy *policy,
                         const Past *past, GError **error)
{
    Model *model = model_new(snapshot, assessment, policy, error);
    if (!model)
        return NULL;
    g_auto(MoveTimes) times = move_times_of(past, policy);
    model_calibrate(model, times.setup_s, times.slope);
    for (guint vm = 0; vm < model->n_vms; vm++)
        model->vms[vm].copy_factor = move_times_factor(&times, past_of_vm(past, model, vm));
    if (policy->strategy == STRATEGY_OPTIMIZE)
        limit_lending(model, past);
    Situation *situation = g_new0(Situation, 1);
    situation->start = model;
    situation->past = past;
    bind(situation, rules_new(model), FALSE);
    return situation;
}

Situation *situation_giving_up(const Situation *situation, const gboolean *given_up, gboolean guarded)
{
    Situation *other = g_new0(Situation, 1);
    Model *model = model_copy(situation->start);
    for (guint host = 0; host < model->snapshot->n_hosts; host++)
        if (given_up[host])
            model_give_up(model, host);
    other->start = model;
    other->past = situation->past;
    other->threads = situation->threads;
    other->steps_alone = situation->steps_alone;
    other->search_work = situation->search_work;
    other->end_us = situation->end_us;
    other->clusters = situation->clusters;
    bind(other, rules_new(model), guarded);
    return other;
}

gboolean situation_decides(const Situation *situation, guint cluster)
{
    return !situation->clusters || situation->clusters[cluster];
}

gboolean situation_decides_host(const Situation *situation, guint host)
{
    return situation_decides(situation, (guint)situation->start->hosts[host].cluster);
}

gboolean situation_decides_vm(const Situation *situation, guint vm)
{
    return situation_decides(situation, (guint)situation->start->vms[vm].row->cluster);
}

void situation_drop_rules(Situation *situation)
{
    unbind(situation);
    bind(situation, rules_none(situation->start), FALSE);
}

void situation_free(Situation *situation)
{
    if (!situation)
        return;
    unbind(situation);
    model_free((Model *)situation->start);
    g_free(situation);
}
