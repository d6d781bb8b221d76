/* SPDX-License-Identifier: MIT */
#include "plan/threshold.h"

#include "plan/growth.h"

#include <math.h>
#include <string.h>

typedef struct Threshold {
    const Situation *situation;
    Model *now; /* with every change decided so far */
    Decisions *decisions;
} Threshold;

/* Why the VMs of a host that stays hot were not moved. */
typedef struct Hindrances {
    guint immovable, unmeasured, too_small, without_target, left_to_drs;
    char *example_immovable, *example_target;
    gboolean moves_used_up;
} Hindrances;

static const char *const resource_words[N_RESOURCES] = {"CPU", "memory", "memory", "disk throughput",
                                                        "network throughput"};

static void hindrances_clear(Hindrances *hindrances)
{
    g_free(hindrances->example_immovable);
    g_free(hindrances->example_target);
}

static const Host *host_row(const Threshold *t, guint host)
{
    return &t->now->snapshot->hosts[host];
}

static const Vm *vm_row(const Threshold *t, guint vm)
{
    return &t->now->snapshot->vms[vm];
}

/* ---- the hot hosts, worst first ---- */

typedef struct HotHost {
    guint host;
    double excess;
    const char *id;
} HotHost;

static int compare_hot(gconstpointer a, gconstpointer b)
{
    const HotHost *left = a, *right = b;
    if (left->excess != right->excess)
        return left->excess > right->excess ? -1 : 1;
    return strcmp(left->id, right->id);
}

static GArray *hot_hosts(const Model *model)
{
    GArray *hot = g_array_new(FALSE, FALSE, sizeof(HotHost));
    for (guint i = 0; i < model->snapshot->n_hosts; i++) {
        HotHost host = {i, model_excess(model, i, NULL), model->snapshot->hosts[i].id};
        if (model->hosts[i].usable && host.excess > 0)
            g_array_append_val(hot, host);
    }
    g_array_sort(hot, compare_hot);
    return hot;
}

/* ---- which VM ---- */

typedef struct Candidate {
    guint vm;
    gboolean added_to; /* by history */
    double use;        /* of the resource that is now most above its threshold */
    const char *id;
} Candidate;

static int compare_candidates(gconstpointer a, gconstpointer b)
{
    const Candidate *left = a, *right = b;
    if (left->added_to != right->added_to)
        return left->added_to ? 1 : -1;
    if (left->use != right->use)
        return left->use < right->use ? -1 : 1;
    return strcmp(left->id, right->id);
}

static gboolean was_added_to(const Threshold *t, guint vm)
{
    const Vm *row = vm_row(t, vm);
    const VmHistory *past =
        history_of(t->situation->history, t->now->snapshot->info.source_id, row->instance_uuid, row->id);
    return past->memory_additions + past->cpu_additions > 0;
}

/* TRUE where the VM may be moved off its host by us; else it is counted */
static gboolean is_candidate(const Threshold *t, guint vm, gboolean for_advice, Hindrances *hindrances)
{
    const char *drs = NULL;
    if (!t->now->vms[vm].measured) {
        hindrances->unmeasured++;
        return FALSE;
    }
    g_autofree char *immovable = compatibility_immovable(t->situation->compatibility, vm);
    if (immovable) {
        hindrances->immovable++;
        if (!hindrances->example_immovable)
            hindrances->example_immovable = g_strdup_printf("%s %s", vm_row(t, vm)->name, immovable);
        return FALSE;
    }
    if (compatibility_left_to_drs(t->situation->compatibility, vm, &drs) != for_advice) {
        hindrances->left_to_drs += !for_advice;
        return FALSE;
    }
    return TRUE;
}

static GArray *candidates(const Threshold *t, guint host, Resource worst, gboolean for_advice,
                          Hindrances *hindrances)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(Candidate));
    const ModelHost *at = &t->now->hosts[host];
    double excess = at->demand[worst] - at->capacity[worst] * at->threshold[worst] / 100;
    double least = t->now->policy->published_exact ? 0 : excess * t->now->policy->min_vm_pct / 100;
    for (guint i = 0; i < t->now->vms_on[host]->len; i++) {
        guint vm = g_array_index(t->now->vms_on[host], guint, i);
        if (!is_candidate(t, vm, for_advice, hindrances))
            continue;
        double use = t->now->vms[vm].demand[worst];
        if (isnan(use) || use < least) {
            hindrances->too_small++;
            continue;
        }
        Candidate candidate = {vm, was_added_to(t, vm), use, vm_row(t, vm)->id};
        g_array_append_val(found, candidate);
    }
    g_array_sort(found, compare_candidates);
    return found;
}

/* ---- where to ---- */

/* why a host is no target for the VM, in words after its name; NULL where it is one */
static char *target_obstacle(const Threshold *t, guint vm, guint host)
{
    const char *why = compatibility_obstacle(t->situation->compatibility, vm, host);
    if (why)
        return g_strdup(why);
    const ModelHost *at = &t->now->hosts[host];
    const Host *row = host_row(t, host);
    if (!model_stays_normal(t->now, host, t->now->vms[vm].demand))
        return g_strdup_printf(
            "would be hot (CPU %.1f %%, memory %.1f %%)",
            model_usage_pct(t->now, host, RESOURCE_CPU, t->now->vms[vm].demand[RESOURCE_CPU]),
            model_usage_pct(t->now, host, RESOURCE_HOST_MEMORY,
                            t->now->vms[vm].demand[RESOURCE_HOST_MEMORY]));
    double cpu = model_vm_cpu_reserved(t->now, vm), memory = model_vm_memory_reserved(t->now, vm);
    if ((cpu > 0 && at->cpu_reserved_mhz + cpu > row->cpu_mhz) ||
        (memory > 0 && (at->memory_reserved_mib + memory) * 1024 > row->memory_kib))
        return g_strdup("cannot back the VM's reservations");
    const BoundRule *rule = rules_broken_by(t->situation->rules, t->now, vm, host, TRUE);
    return rule ? g_strdup_printf("would break the mandatory rule \"%s\"", rule->name) : NULL;
}

static double higher_share(const Threshold *t, guint vm, guint host)
{
    const double *demand = t->now->vms[vm].demand;
    return MAX(model_usage_pct(t->now, host, RESOURCE_CPU, demand[RESOURCE_CPU]),
               model_usage_pct(t->now, host, RESOURCE_HOST_MEMORY, demand[RESOURCE_HOST_MEMORY]));
}

/* the host whose higher share of CPU and memory is lowest after the move; -1: none, and why receives an
 * example */
static int best_target(const Threshold *t, guint vm, char **why)
{
    int best = -1;
    double lowest = INFINITY;
    for (guint host = 0; host < t->now->snapshot->n_hosts; host++) {
        if ((int)host == t->now->vms[vm].host || t->now->hosts[host].cluster != vm_row(t, vm)->cluster)
            continue;
        g_autofree char *obstacle = target_obstacle(t, vm, host);
        if (obstacle) {
            if (!*why)
                *why = g_strdup_printf("%s %s", host_row(t, host)->name, obstacle);
            continue;
        }
        double share = higher_share(t, vm, host);
        if (share < lowest ||
            (share == lowest && strcmp(host_row(t, host)->id, host_row(t, (guint)best)->id) < 0)) {
            lowest = share;
            best = (int)host;
        }
    }
    return best;
}

/* ---- relief ---- */

static char *relief_reason(const Threshold *t, guint vm, guint host, Resource worst, const char *drs)
{
    return g_strdup_printf(
        "relieves %s: %s at %.1f %% is above %.0f %%; %s is its least-used VM that can move%s%s",
        host_row(t, host)->name, resource_words[worst], model_usage_pct(t->now, host, worst, 0),
        t->now->hosts[host].threshold[worst], vm_row(t, vm)->name, drs ? "; left to you: " : "",
        drs ? drs : "");
}

/* one move off the host; FALSE where there is none to make */
static gboolean relieve_once(Threshold *t, guint host, GArray *into, Hindrances *hindrances)
{
    gboolean for_advice = into == t->decisions->advice;
    Resource worst = RESOURCE_CPU;
    model_excess(t->now, host, &worst);
    Hindrances seen = {0};
    g_autoptr(GArray) vms = candidates(t, host, worst, for_advice, &seen);
    for (guint i = 0; i < vms->len; i++) {
        guint vm = g_array_index(vms, Candidate, i).vm;
        char *why = NULL;
        int target = best_target(t, vm, &why);
        if (target < 0) {
            seen.without_target++;
            if (!seen.example_target)
                seen.example_target =
                    g_strdup_printf("for %s: %s", vm_row(t, vm)->name, why ? why : "no other host");
            g_free(why);
            continue;
        }
        g_free(why);
        const char *drs = NULL;
        compatibility_left_to_drs(t->situation->compatibility, vm, &drs);
        Change move = {.action = ACTION_MIGRATE, .vm = (int)vm, .from = (int)host, .to = target};
        move.reason = relief_reason(t, vm, host, worst, drs);
        g_array_append_val(into, move);
        effect_apply(t->now, &move);
        hindrances_clear(&seen);
        return TRUE;
    }
    hindrances_clear(hindrances);
    *hindrances = seen;
    return FALSE;
}

static char *words_of_hindrances(const Threshold *t, guint host, const Hindrances *h)
{
    Resource worst = RESOURCE_CPU;
    model_excess(t->now, host, &worst);
    GString *words = g_string_new(NULL);
    g_string_append_printf(words, "stays hot: %s at %.1f %%, above %.0f %%", resource_words[worst],
                           model_usage_pct(t->now, host, worst, 0), t->now->hosts[host].threshold[worst]);
    if (h->moves_used_up)
        g_string_append_printf(words, "; max_moves_per_host=%.0f is used up",
                               t->now->policy->max_moves_per_host);
    if (h->without_target)
        g_string_append_printf(words, "; no target for %u of its VMs (%s)", h->without_target,
                               h->example_target);
    if (h->immovable)
        g_string_append_printf(words, "; %u of its VMs cannot move (%s)", h->immovable, h->example_immovable);
    if (h->left_to_drs)
        g_string_append_printf(words, "; %u of its VMs left to DRS", h->left_to_drs);
    if (h->unmeasured)
        g_string_append_printf(words, "; %u of its VMs not measured", h->unmeasured);
    if (h->too_small)
        g_string_append_printf(words, "; %u of its VMs too small to matter (min_vm_pct)", h->too_small);
    if (words->len && t->now->vms_on[host]->len == 0)
        g_string_append(words, "; no VM runs there: the load is the host's own");
    return g_string_free(words, FALSE);
}

static void relieve(Threshold *t, guint host)
{
    const Policy *policy = t->now->policy;
    Hindrances hindrances = {0};
    double most =
        policy->published_exact || policy->max_moves_per_host <= 0 ? INFINITY : policy->max_moves_per_host;
    guint moves = 0;
    if (policy_matches(policy->exclude_hosts, NULL, host_row(t, host)->name)) {
        decisions_add_unsolved(t->decisions, (int)host, -1,
                               g_strdup("stays hot: it is named by exclude_hosts"));
        return;
    }
    while (model_excess(t->now, host, NULL) > 0 && moves < most &&
           relieve_once(t, host, t->decisions->changes, &hindrances))
        moves++;
    if (model_excess(t->now, host, NULL) > 0) {
        hindrances.moves_used_up = moves >= most;
        decisions_add_unsolved(t->decisions, (int)host, -1, words_of_hindrances(t, host, &hindrances));
        if (hindrances.left_to_drs) {
            /* Advice is not done: what follows is decided as if it never were. */
            Model *real = t->now;
            t->now = model_copy(real);
            while (model_excess(t->now, host, NULL) > 0 && moves++ < most &&
                   relieve_once(t, host, t->decisions->advice, &hindrances))
                continue;
            model_free(t->now);
            t->now = real;
        }
    }
    hindrances_clear(&hindrances);
}

/* ---- additions ---- */

typedef struct ShortVm {
    guint vm;
    double usage;
    const char *id;
} ShortVm;

static int compare_short(gconstpointer a, gconstpointer b)
{
    const ShortVm *left = a, *right = b;
    if (left->usage != right->usage)
        return left->usage > right->usage ? -1 : 1;
    return strcmp(left->id, right->id);
}

static GArray *short_vms(const Model *model)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(ShortVm));
    for (guint i = 0; i < model->snapshot->n_vms; i++) {
        const ModelVm *vm = &model->vms[i];
        ShortVm at = {i, load_usage_pct(vm->demand[RESOURCE_MEMORY], vm->memory_mib * 1024),
                      model->snapshot->vms[i].id};
        if (vm->state == STATE_SHORT)
            g_array_append_val(found, at);
    }
    g_array_sort(found, compare_short);
    return found;
}

static void advise_hot_add(Threshold *t, guint vm, double to_mib)
{
    const ModelVm *at = &t->now->vms[vm];
    Change advice = {.action = ACTION_ADD_MEMORY,
                     .vm = (int)vm,
                     .from = at->host,
                     .to = at->host,
                     .was = at->memory_mib,
                     .amount = to_mib};
    advice.reason = g_strdup(
        "enable memory hot-add, then this addition can be made live: it takes a power cycle, in which "
        "the size can be raised at once");
    g_array_append_val(t->decisions->advice, advice);
}

static void add_memory(Threshold *t, const ShortVm *at)
{
    const Policy *policy = t->now->policy;
    const Vm *row = vm_row(t, at->vm);
    double was = t->now->vms[at->vm].memory_mib;
    double to = growth_legal_memory(t->now, at->vm, was + policy->memory_step_mib);
    guint past =
        history_of(t->situation->history, t->now->snapshot->info.source_id, row->instance_uuid, row->id)
            ->memory_additions;
    g_autofree char *why = past >= policy->memory_max_steps
                               ? g_strdup_printf("it was added to %u times already (memory_max_steps)", past)
                               : growth_memory_obstacle(t->situation, t->now, at->vm, to);
    if (why) {
        decisions_add_unsolved(
            t->decisions, -1, (int)at->vm,
            g_strdup_printf("stays short: its guest uses %.1f %% of %.0f MiB; %s", at->usage, was, why));
        if (growth_hot_add_is_off(t->now, at->vm) && !t->now->vms[at->vm].system)
            advise_hot_add(t, at->vm, to);
        return;
    }
    Change addition = {.action = ACTION_ADD_MEMORY,
                       .vm = (int)at->vm,
                       .from = t->now->vms[at->vm].host,
                       .to = t->now->vms[at->vm].host,
                       .was = was,
                       .amount = to};
    addition.reason = g_strdup_printf(
        "%s is short: its guest uses %.1f %% of %.0f MiB, above %.0f %%; %.1f %% after", row->name, at->usage,
        was, policy->short_pct, load_usage_pct(t->now->vms[at->vm].demand[RESOURCE_MEMORY], to * 1024));
    g_array_append_val(t->decisions->changes, addition);
    effect_apply(t->now, &addition);
}

/* ---- what it does not do ---- */

static void name_the_left_out(Threshold *t)
{
    const Model *now = t->now;
    for (guint i = 0; i < rules_count(t->situation->rules); i++) {
        const BoundRule *rule = rules_at(t->situation->rules, i);
        guint breaches = rule_breaches(rule, now);
        if (breaches > 0 && rule->mandatory)
            decisions_add_unsolved(
                t->decisions, -1, (int)rule->vms[0],
                g_strdup_printf("the mandatory rule \"%s\" is broken by %u VMs: strategy=threshold "
                                "repairs no rules",
                                rule->name, breaches));
    }
    for (guint i = 0; i < now->snapshot->n_hosts; i++) {
        const Host *host = &now->snapshot->hosts[i];
        gboolean empties =
            host->mode == HOST_MODE_ENTERING || policy_matches(now->policy->evacuate, NULL, host->name);
        if (empties && now->vms_on[i]->len > 0)
            decisions_add_unsolved(
                t->decisions, (int)i, -1,
                g_strdup_printf("is to be emptied and holds %u running VMs: strategy=threshold "
                                "evacuates nothing",
                                now->vms_on[i]->len));
    }
}

Decisions *threshold_decide(const Situation *situation)
{
    Threshold t = {situation, model_copy(situation->start), decisions_new()};
    g_autoptr(GArray) hot = hot_hosts(t.now);
    for (guint i = 0; i < hot->len; i++)
        relieve(&t, g_array_index(hot, HotHost, i).host);
    g_autoptr(GArray) vms = short_vms(t.now);
    for (guint i = 0; i < vms->len; i++)
        add_memory(&t, &g_array_index(vms, ShortVm, i));
    name_the_left_out(&t);
    t.decisions->stopped_by = g_strdup("done");
    model_free(t.now);
    return t.decisions;
}
