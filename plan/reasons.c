/* SPDX-License-Identifier: MIT */
#include "plan/reasons.h"

#include "analyze/buffer.h"
#include "plan/clusterproblem.h"
#include "plan/evacuation.h"
#include "plan/growth.h"
#include "plan/unsolved.h"

#include <math.h>
#include <string.h>

typedef struct Outcome {
    const Situation *situation;
    const Model *start;
    Model *end; /* with every change */
    Decisions *decisions;
} Outcome;

/* ---- why ---- */

static const BoundRule *repaired_rule(const Situation *situation, const Model *end, guint vm,
                                      gboolean mandatory)
{
    const GArray *own = rules_of_vm(situation->rules, vm);
    for (guint i = 0; own && i < own->len; i++) {
        const BoundRule *rule = rules_at(situation->rules, g_array_index(own, guint, i));
        if (rule->mandatory == mandatory && rule_breaches(rule, end) < rule_breaches(rule, situation->start))
            return rule;
    }
    return NULL;
}

static char *relief_words(const Model *start, const Model *end, guint host)
{
    Resource worst = RESOURCE_CPU;
    model_excess(start, host, &worst);
    return g_strdup_printf("relieves %s: %s at %.1f %% is above %g %%, %.1f %% when all is done",
                           start->snapshot->hosts[host].name, resource_words[worst],
                           model_usage_pct(start, host, worst, 0), start->hosts[host].threshold[worst],
                           model_usage_pct(end, host, worst, 0));
}

/* another change that needs the room which this one leaves on its host, or NULL */
static const Change *needs_room(const GArray *changes, const Change *leaving, int action)
{
    for (guint i = 0; i < changes->len; i++) {
        const Change *other = &g_array_index(changes, Change, i);
        if (other->action == action && other->to == leaving->from && other->vm != leaving->vm)
            return other;
    }
    return NULL;
}

static char *reason_of_move(const Situation *situation, const Model *end, const GArray *changes,
                            const Change *move)
{
    const Model *start = situation->start;
    const Snapshot *snapshot = start->snapshot;
    const char *from = snapshot->hosts[move->from].name;
    const BoundRule *rule = repaired_rule(situation, end, (guint)move->vm, TRUE);
    if (rule)
        return g_strdup_printf("repairs the mandatory rule \"%s\"", rule->name);
    if (model_is_to_empty(start, (guint)move->from))
        return g_strdup_printf("empties %s, which %s", from,
                               snapshot->hosts[move->from].mode == HOST_MODE_ENTERING
                                   ? "is entering maintenance mode"
                                   : "is named by evacuate");
    if (model_is_hot(start, (guint)move->from))
        return relief_words(start, end, (guint)move->from);
    const Change *growth = needs_room(changes, move, ACTION_ADD_MEMORY);
    if (growth)
        return g_strdup_printf("makes room on %s for %s, which is short of memory", from,
                               start->vms[growth->vm].row->name);
    if (start->vms[move->vm].state == STATE_SHORT &&
        end->vms[move->vm].memory_mib > start->vms[move->vm].memory_mib)
        return g_strdup_printf("%s is short of memory, and %s has no room to grow it",
                               start->vms[move->vm].row->name, from);
    if (end->vms[move->vm].vcpus > start->vms[move->vm].vcpus) {
        g_autofree char *threads = growth_threads_words(&snapshot->hosts[move->from]);
        return g_strdup_printf("%s needs %.0f vCPUs, and %s", start->vms[move->vm].row->name,
                               end->vms[move->vm].vcpus, threads);
    }
    rule = repaired_rule(situation, end, (guint)move->vm, FALSE);
    if (rule)
        return g_strdup_printf("follows the rule \"%s\"", rule->name);
    const Change *arrival = needs_room(changes, move, ACTION_MIGRATE);
    if (arrival)
        return g_strdup_printf("makes room on %s for %s", from, start->vms[arrival->vm].row->name);
    return g_strdup_printf("%s %s",
                           model_saves_power(start, (guint)start->hosts[move->from].cluster)
                               ? "saves power: empties"
                               : "evens out the load of",
                           from);
}

static char *reason_of_vcpus(const Model *start, const Change *change)
{
    double usage = growth_cpu_usage_pct(start, (guint)change->vm);
    return g_strdup_printf("%s uses %.1f %% of its %.0f vCPUs, above %g %%; %.1f %% of %.0f",
                           start->vms[change->vm].row->name, usage, change->was,
                           start->policy->vm_cpu_pct, usage * change->was / change->amount, change->amount);
}

char *reason_of_change(const Situation *situation, const Model *end, const GArray *changes,
                     const Change *change)
{
    if (change->action == ACTION_MIGRATE)
        return reason_of_move(situation, end, changes, change);
    return change->action == ACTION_ADD_CPU
               ? reason_of_vcpus(situation->start, change)
               : growth_memory_reason(situation->start, (guint)change->vm, change->was, change->amount);
}

/* ---- those first that help most ---- */

enum { HELP_REPAIR, HELP_EMPTYING, HELP_RELIEF, HELP_OTHER, HELP_GROWTH };

typedef struct Ranked {
    Change change;
    int help;
    double excess, share; /* of its host; of the VM in its host's worst resource */
    const char *id;
} Ranked;

static int compare_ranked(gconstpointer a, gconstpointer b)
{
    const Ranked *left = a, *right = b;
    if (left->help != right->help)
        return left->help - right->help;
    if (left->excess != right->excess)
        return left->excess > right->excess ? -1 : 1;
    if (left->share != right->share)
        return left->share > right->share ? -1 : 1;
    return strcmp(left->id, right->id);
}

static Ranked rank(const Situation *situation, const Model *end, const Change *change)
{
    const Model *start = situation->start;
    Resource worst = RESOURCE_CPU;
    Ranked ranked = {.change = *change, .help = HELP_OTHER, .id = start->vms[change->vm].row->id};
    ranked.excess = start->hosts[change->from].usable ? model_excess(start, (guint)change->from, &worst) : 0;
    double share =
        load_usage_pct(start->vms[change->vm].demand[worst], start->hosts[change->from].capacity[worst]);
    ranked.share = isnan(share) ? 0 : share;
    if (change->action != ACTION_MIGRATE)
        ranked.help = HELP_GROWTH;
    else if (repaired_rule(situation, end, (guint)change->vm, TRUE))
        ranked.help = HELP_REPAIR;
    else if (model_is_to_empty(start, (guint)change->from))
        ranked.help = HELP_EMPTYING;
    else if (ranked.excess > 0)
        ranked.help = HELP_RELIEF;
    if (ranked.excess <= 0)
        ranked.excess = 0;
    return ranked;
}

void reasons_order(const Situation *situation, GArray *changes)
{
    if (changes->len < 2)
        return;
    g_autoptr(GArray) ranked = g_array_new(FALSE, FALSE, sizeof(Ranked));
    g_autoptr(Model) end = model_copy(situation->start);
    for (guint i = 0; i < changes->len; i++)
        change_apply(end, &g_array_index(changes, Change, i));
    for (guint i = 0; i < changes->len; i++) {
        Ranked one = rank(situation, end, &g_array_index(changes, Change, i));
        g_array_append_val(ranked, one);
    }
    g_array_sort(ranked, compare_ranked);
    for (guint i = 0; i < changes->len; i++)
        g_array_index(changes, Change, i) = g_array_index(ranked, Ranked, i).change;
}

/* ---- what stays ---- */

static void name_hot_hosts(const Outcome *o)
{
    for (guint host = 0; host < o->start->snapshot->n_hosts; host++)
        if ((o->end->hosts[host].usable || o->end->hosts[host].state == STATE_HOT) &&
            !model_is_to_empty(o->start, host) && model_excess(o->end, host, NULL) > 0)
            decisions_add_unsolved(o->decisions, (int)host, -1,
                                   hindrance_of_hot_host(o->situation, o->end, host));
}

#define NO_TIME "max_duration_s leaves no time for more"

static char *why_short(const Outcome *o, guint vm, double to_mib)
{
    if (decisions_have_no_time(o->decisions, (int)vm, ACTION_ADD_MEMORY))
        return g_strdup(NO_TIME);
    if (model_is_to_empty(o->start, (guint)o->start->vms[vm].host))
        return g_strdup("its host is to be emptied first");
    char *why = growth_memory_obstacle(o->situation, o->end, vm, to_mib);
    if (!why)
        why = growth_cap_refusal(o->situation, vm, to_mib);
    return why ? why : g_strdup("no addition was found that its host and the buffer have room for");
}

static void name_short_vms(const Outcome *o)
{
    for (guint vm = 0; vm < o->start->n_vms; vm++) {
        const ModelVm *at = &o->end->vms[vm];
        double missing = growth_missing_memory(o->end, vm);
        double used = load_usage_pct(at->demand[RESOURCE_MEMORY], at->memory_mib * 1024);
        if (o->start->vms[vm].state != STATE_SHORT || missing <= 0 || used <= o->start->policy->short_pct)
            continue;
        double to = growth_legal_memory(o->end, vm, at->memory_mib + growth_wanted_memory(o->end, vm));
        g_autofree char *why = why_short(o, vm, to);
        growth_stays_short(o->decisions, o->end, vm, why);
        if (growth_hot_add_is_off(o->end, vm) && !at->system)
            growth_advise_hot_add(o->decisions, o->end, vm, to);
    }
}

/* VMs that would take more vCPUs and got none; those that take none are left as they are configured */
static void name_busy_vms(const Outcome *o)
{
    const Model *start = o->start;
    for (guint vm = 0; vm < start->n_vms; vm++) {
        if (!growth_wants_vcpus(start, vm) || o->end->vms[vm].vcpus > start->vms[vm].vcpus)
            continue;
        double to = growth_legal_vcpus(o->end, vm);
        g_autofree char *refusal = growth_cpu_refusal(o->situation, o->end, vm, to);
        if (refusal)
            continue;
        g_autofree char *why = decisions_have_no_time(o->decisions, (int)vm, ACTION_ADD_CPU)
                                   ? g_strdup(NO_TIME)
                                   : growth_cpu_obstacle(o->situation, o->end, vm, to);
        decisions_add_unsolved(
            o->decisions, -1, (int)vm,
            g_strdup_printf("stays short of CPU: it uses %.1f %% of its %.0f vCPUs; %s",
                            growth_cpu_usage_pct(start, vm), start->vms[vm].vcpus,
                            why ? why : "others took what the cluster's CPU buffer and its pools had left"));
    }
}

static void name_moves_without_time(const Outcome *o)
{
    for (guint i = 0; i < o->decisions->no_time->len; i++) {
        const Change *change = &g_array_index(o->decisions->no_time, Change, i);
        if (change->action == ACTION_MIGRATE)
            decisions_add_unsolved(
                o->decisions, -1, change->vm,
                g_strdup_printf("a move to %s would help, but max_duration_s leaves no time for it",
                                o->start->snapshot->hosts[change->to].name));
    }
}

/* the VMs of a broken rule and what keeps the first of them where it is */
static void name_broken_rules(const Outcome *o)
{
    for (guint i = 0; i < rules_count(o->situation->rules); i++) {
        const BoundRule *rule = rules_at(o->situation->rules, i);
        guint breaches = rule_breaches(rule, o->end);
        if (breaches == 0 || !rule->mandatory)
            continue;
        GString *words = g_string_new(NULL);
        g_string_append_printf(words, "the mandatory rule \"%s\" stays broken by %u %s:", rule->name,
                               breaches, plural(breaches, "VM", "VMs"));
        for (guint v = 0; v < rule->n_vms; v++) {
            const ModelVm *vm = &o->end->vms[rule->vms[v]];
            if (!vm->running)
                continue;
            g_autofree char *immovable = compatibility_immovable(o->situation->compatibility, rule->vms[v]);
            g_string_append_printf(words, " %s on %s%s%s%s;", o->start->vms[rule->vms[v]].row->name,
                                   o->start->snapshot->hosts[vm->host].name, immovable ? " (it " : "",
                                   immovable ? immovable : "", immovable ? ")" : "");
        }
        g_string_append(
            words, " no placement was found that repairs it without breaking another or overfilling a host");
        decisions_add_unsolved(o->decisions, -1, (int)rule->vms[0], g_string_free(words, FALSE));
    }
}

gboolean unsolved_wants_drs(const Situation *situation, const Model *end, guint cluster)
{
    for (guint host = 0; host < end->snapshot->n_hosts; host++) {
        if (end->hosts[host].cluster != (int)cluster)
            continue;
        gboolean hot = model_is_hot(end, host);
        gboolean full = model_is_to_empty(end, host) && model_vms_to_leave(end, host) > 0;
        for (guint i = 0; (hot || full) && i < end->vms_on[host]->len; i++) {
            const char *why = NULL;
            if (compatibility_left_to_drs(situation->compatibility,
                                          g_array_index(end->vms_on[host], guint, i), &why))
                return TRUE;
        }
    }
    return FALSE;
}

Model *unsolved_complete(const Situation *situation, Decisions *decisions)
{
    Outcome o = {situation, situation->start, model_copy(situation->start), decisions};
    for (guint i = 0; i < decisions->changes->len; i++)
        change_apply(o.end, &g_array_index(decisions->changes, Change, i));
    for (guint i = 0; i < decisions->changes->len; i++) {
        Change *change = &g_array_index(decisions->changes, Change, i);
        change->reason = reason_of_change(situation, o.end, decisions->changes, change);
    }
    reasons_order(situation, decisions->changes);
    evacuation_complete(situation, o.end, decisions);
    name_hot_hosts(&o);
    name_short_vms(&o);
    name_busy_vms(&o);
    name_moves_without_time(&o);
    name_broken_rules(&o);
    return o.end;
}
