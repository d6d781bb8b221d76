/* SPDX-License-Identifier: MIT */
#include "plan/threshold.h"

#include "collect/plural.h"
#include "plan/growth.h"
#include "plan/headroom.h"
#include "plan/power.h"
#include "plan/reasons.h"
#include "plan/unsolved.h"

#include <math.h>
#include <string.h>

typedef struct Threshold {
    const Situation *situation;
    Model *now; /* with every change decided so far */
    Decisions *decisions;
    gboolean further; /* relieving to relieve_to_pct, once no more can be made normal */
    GArray *before; /* Before: hosts as they were before each move of an advice; NULL where moves are made */
} Threshold;

/* a host that a move has changed, as it was */
typedef struct Before {
    guint host;
    ModelHost was;
} Before;

static const Host *host_row(const Threshold *t, guint host)
{
    return &t->now->snapshot->hosts[host];
}

static const Vm *vm_row(const Threshold *t, guint vm)
{
    return t->now->vms[vm].row;
}

/* ---- the worst first ---- */

static GArray *hot_hosts(const Situation *situation, const Model *model)
{
    GArray *hot = g_array_new(FALSE, FALSE, sizeof(Amiss));
    for (guint i = 0; i < model->snapshot->n_hosts; i++) {
        Amiss host = {i, model_excess(model, i, NULL), model->snapshot->hosts[i].id};
        if (model->hosts[i].source && host.much > 0 && situation_decides_host(situation, i))
            g_array_append_val(hot, host);
    }
    g_array_sort(hot, amiss_compare);
    return hot;
}

static GArray *short_vms(const Situation *situation, const Model *model)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(Amiss));
    for (guint i = 0; i < model->n_vms; i++) {
        const ModelVm *vm = &model->vms[i];
        Amiss one = {i, load_usage_pct(vm->demand[RESOURCE_MEMORY], vm->memory_mib * 1024),
                     model->vms[i].row->id};
        if (model_is_short(model, i) && situation_decides_vm(situation, i))
            g_array_append_val(found, one);
    }
    g_array_sort(found, amiss_compare);
    return found;
}

/* ---- which VM ---- */

typedef struct Candidate {
    guint vm;
    gboolean sensitive; /* to latency: it goes when no other can */
    gboolean added_to;  /* in the past */
    double use;         /* of the resource that is now most above its threshold */
    const char *id;
} Candidate;

static int compare_candidates(gconstpointer a, gconstpointer b)
{
    const Candidate *left = a, *right = b;
    if (left->sensitive != right->sensitive)
        return left->sensitive ? 1 : -1;
    if (left->added_to != right->added_to)
        return left->added_to ? 1 : -1;
    if (left->use != right->use)
        return left->use < right->use ? -1 : 1;
    return strcmp(left->id, right->id);
}

static gboolean was_added_to(const Threshold *t, guint vm)
{
    const VmPast *past = past_of_vm(t->situation->past, t->situation->start, vm);
    return past->memory_additions + past->cpu_additions > 0;
}

/* TRUE where the VM may be moved off its host by us, or, for advice, by those it is left to */
static gboolean is_candidate(const Threshold *t, guint vm, gboolean for_advice)
{
    const Legality *legality = t->situation->legality;
    return t->now->vms[vm].measured && legality_may_move(legality, vm, NULL) &&
           legality_left_to_drs(legality, vm, NULL) == for_advice;
}

/* what a host is relieved to, at first as published */
static double mark_pct(const Threshold *t, guint host, Resource resource)
{
    return t->further ? headroom_mark_pct(t->now, host, resource) : t->now->hosts[host].threshold[resource];
}

static double excess_over_mark(const Threshold *t, guint host, Resource *worst)
{
    return t->further ? headroom_excess(t->now, host, NULL, worst) : model_excess(t->now, host, worst);
}

static GArray *candidates(const Threshold *t, guint host, Resource worst, gboolean for_advice)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(Candidate));
    const ModelHost *at = &t->now->hosts[host];
    double mark = mark_pct(t, host, worst);
    double excess = at->demand[worst] - at->capacity[worst] * mark / 100;
    double least = t->now->policy->published_exact ? 0 : excess * t->now->policy->min_vm_pct / 100;
    for (guint i = 0; i < t->now->vms_on[host]->len; i++) {
        guint vm = g_array_index(t->now->vms_on[host], guint, i);
        double use = t->now->vms[vm].demand[worst];
        if (isnan(use) || use < least || !is_candidate(t, vm, for_advice))
            continue;
        gboolean sensitive =
            vm_row(t, vm)->latency_sensitivity == LATENCY_HIGH && !t->now->policy->published_exact;
        Candidate candidate = {vm, sensitive, was_added_to(t, vm), use, vm_row(t, vm)->id};
        g_array_append_val(found, candidate);
    }
    g_array_sort(found, compare_candidates);
    return found;
}

/* ---- where to ---- */

static double higher_share(const Threshold *t, guint vm, guint host)
{
    const double *demand = t->now->vms[vm].demand;
    return MAX(model_usage_pct(t->now, host, RESOURCE_CPU, demand[RESOURCE_CPU]),
               model_usage_pct(t->now, host, RESOURCE_HOST_MEMORY, demand[RESOURCE_HOST_MEMORY]));
}

/* the host whose higher share of CPU and memory is lowest after the move; -1: none. What only goes
 * for headroom leaves it there too */
static int best_target(const Threshold *t, guint vm)
{
    int best = -1;
    double lowest = INFINITY;
    for (guint host = 0; host < t->now->snapshot->n_hosts; host++) {
        if ((int)host == t->now->vms[vm].host || t->now->hosts[host].cluster != vm_row(t, vm)->cluster)
            continue;
        double share = higher_share(t, vm, host);
        gboolean better = share < lowest || (share == lowest &&
                                             strcmp(host_row(t, host)->id, host_row(t, (guint)best)->id) < 0);
        if (!better || !legality_allows_move(t->situation->legality, t->now, vm, host, LEGAL_TARGET, NULL) ||
            (t->further && headroom_excess(t->now, host, t->now->vms[vm].demand, NULL) > 0))
            continue;
        lowest = share;
        best = (int)host;
    }
    return best;
}

/* ---- relief ---- */

static char *relief_reason(const Threshold *t, guint vm, guint host, Resource worst, const char *drs)
{
    return g_strdup_printf(
        "relieves %s: %s at %.1f %% is above %g %%; %s is its least-used VM that can move%s%s",
        host_row(t, host)->name, resource_words[worst], model_usage_pct(t->now, host, worst, 0),
        mark_pct(t, host, worst), vm_row(t, vm)->name, drs ? "; left to you: " : "", drs ? drs : "");
}

static void remember(Threshold *t, guint host)
{
    Before before = {host, t->now->hosts[host]};
    g_array_append_val(t->before, before);
}

/* one move off the host; FALSE where there is none to make */
static gboolean relieve_once(Threshold *t, guint host, GArray *into)
{
    Resource worst = RESOURCE_CPU;
    excess_over_mark(t, host, &worst);
    g_autoptr(GArray) vms = candidates(t, host, worst, into == t->decisions->advice);
    for (guint i = 0; i < vms->len; i++) {
        guint vm = g_array_index(vms, Candidate, i).vm;
        int target = best_target(t, vm);
        if (target < 0)
            continue;
        const char *drs = NULL;
        legality_left_to_drs(t->situation->legality, vm, &drs);
        Change move = change_migration(t->now, vm, (guint)target);
        move.cause = CAUSE_HOT_HOST;
        move.reason = relief_reason(t, vm, host, worst, drs);
        g_array_append_val(into, move);
        if (t->before) {
            remember(t, host);
            remember(t, (guint)target);
        }
        change_apply(t->now, &move);
        return TRUE;
    }
    return FALSE;
}

static guint moves_off(const GArray *changes, guint host)
{
    guint moves = 0;
    for (guint i = 0; i < changes->len; i++) {
        const Change *change = &g_array_index(changes, Change, i);
        moves += change->action == ACTION_MIGRATE && change->from == (int)host;
    }
    return moves;
}

/* moves VMs off the host until it is at its mark, or a bound or the lack of a target ends it */
static void relieve_into(Threshold *t, guint host, GArray *into)
{
    const Policy *policy = t->now->policy;
    gboolean unbounded = policy->published_exact || policy->max_moves_per_host <= 0;
    while (excess_over_mark(t, host, NULL) > 0 &&
           (unbounded || moves_off(into, host) < policy->max_moves_per_host)) {
        gboolean used_up = policy->max_moves > 0 && into->len >= policy->max_moves;
        if (used_up || !relieve_once(t, host, into))
            return;
    }
}

static gboolean has_vms_left_to_drs(const Threshold *t, guint host)
{
    for (guint i = 0; i < t->now->vms_on[host]->len; i++)
        if (legality_left_to_drs(t->situation->legality, g_array_index(t->now->vms_on[host], guint, i), NULL))
            return TRUE;
    return FALSE;
}

/* Takes the last moves back, to the bit: a load taken off again differs by what rounding left. */
static void take_back(Threshold *t, const GArray *moves, guint first)
{
    for (guint i = moves->len; i-- > first;) {
        Change back = change_reversed(&g_array_index(moves, Change, i));
        change_apply(t->now, &back);
    }
    for (guint i = t->before->len; i-- > 0;) {
        const Before *before = &g_array_index(t->before, Before, i);
        t->now->hosts[before->host] = before->was;
    }
}

/* Advice is not done: what follows is decided as if it never were. */
static void advise_relief(Threshold *t, guint host)
{
    if (!has_vms_left_to_drs(t, host))
        return;
    guint first = t->decisions->advice->len;
    t->before = g_array_new(FALSE, FALSE, sizeof(Before));
    relieve_into(t, host, t->decisions->advice);
    take_back(t, t->decisions->advice, first);
    g_clear_pointer(&t->before, g_array_unref);
}

static void relieve(Threshold *t, guint host)
{
    gboolean excluded = model_is_excluded(t->now, host);
    if (!excluded)
        relieve_into(t, host, t->decisions->changes);
    if (model_excess(t->now, host, NULL) <= 0)
        return;
    unsolved_add_hot_host(t->decisions, t->situation, t->now, host);
    if (!excluded)
        advise_relief(t, host);
}

/* those that were hot and are no longer, down to relieve_to_pct */
static void relieve_further(Threshold *t, const GArray *hot)
{
    const Policy *policy = t->now->policy;
    t->further = TRUE;
    for (guint i = 0; i < hot->len && !policy->published_exact && headroom_is_wanted(policy); i++) {
        guint host = g_array_index(hot, Amiss, i).index;
        if (!model_is_excluded(t->now, host) && !model_is_hot(t->now, host))
            relieve_into(t, host, t->decisions->changes);
    }
}

/* ---- additions ---- */

static void add_memory(Threshold *t, guint vm)
{
    const Policy *policy = t->now->policy;
    double to = growth_legal_memory(t->now, vm, t->now->vms[vm].memory_mib + policy->memory_step_mib);
    Change addition = change_growth(t->now, ACTION_ADD_MEMORY, vm, to);
    g_auto(Obstacle) why = {0};
    if (!legality_allows(t->situation->legality, t->now, &addition, LEGAL_GROWTH, &why)) {
        unsolved_add_short_vm(t->decisions, t->now, vm, why.code, why.words);
        if (why.code == OBSTACLE_HOT_ADD_OFF)
            unsolved_advise_hot_add(t->decisions, t->now, vm, to);
        return;
    }
    addition.cause = CAUSE_SHORT_VM;
    addition.reason = reason_of_memory(t->now, &addition);
    decisions_make(t->decisions, t->now, &addition);
    if (load_usage_pct(t->now->vms[vm].demand[RESOURCE_MEMORY], to * 1024) > policy->short_pct)
        unsolved_add_short_vm(t->decisions, t->now, vm, OBSTACLE_STRATEGY,
                              "strategy=threshold makes one addition a plan");
}

/* ---- what it does not do ---- */

static void name_the_left_out(Threshold *t)
{
    const Model *now = t->now;
    for (guint i = 0; i < rules_count(t->situation->rules); i++) {
        const BoundRule *rule = rules_at(t->situation->rules, i);
        guint breaches = rule_breaches(rule, now);
        if (breaches > 0 && rule->mandatory && situation_decides_vm(t->situation, rule->vms[0]))
            decisions_add_unsolved_vm(
                t->decisions, rule->vms[0], OBSTACLE_STRATEGY,
                g_strdup_printf("the mandatory rule \"%s\" is broken by %u %s: strategy=threshold "
                                "repairs no rules",
                                rule->name, breaches, plural(breaches, "VM", "VMs")));
    }
    for (guint i = 0; i < now->snapshot->n_hosts; i++) {
        if (!situation_decides_host(t->situation, i))
            continue;
        if (now->hosts[i].state == STATE_HOT && !now->hosts[i].source)
            unsolved_add_hot_host(t->decisions, t->situation, now, i);
        guint left = model_is_to_empty(now, i) ? model_vms_to_leave(now, i) : 0;
        if (left > 0)
            decisions_add_unsolved_host(
                t->decisions, i, OBSTACLE_STRATEGY,
                g_strdup_printf("is to be emptied and holds %u running %s: strategy=threshold "
                                "evacuates nothing",
                                left, plural(left, "VM", "VMs")));
    }
}

Decisions *threshold_decide(const Situation *situation)
{
    Threshold t = {situation, model_copy(situation->start), decisions_new(), FALSE, NULL};
    g_autoptr(GArray) hot = hot_hosts(situation, t.now);
    for (guint i = 0; i < hot->len; i++)
        relieve(&t, g_array_index(hot, Amiss, i).index);
    g_autoptr(GArray) vms = short_vms(situation, t.now);
    for (guint i = 0; i < vms->len; i++)
        add_memory(&t, g_array_index(vms, Amiss, i).index);
    relieve_further(&t, hot);
    unsolved_add_overreserved_hosts(t.decisions, situation, t.now);
    name_the_left_out(&t);
    power_advise_wake(situation, t.now, t.decisions);
    t.decisions->stopped_by = g_strdup("done");
    model_free(t.now);
    return t.decisions;
}
