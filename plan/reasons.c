/* SPDX-License-Identifier: MIT */
#include "plan/reasons.h"

#include "collect/plural.h"
#include "plan/growth.h"
#include "plan/room.h"

#include <math.h>
#include <string.h>

/* ---- why ---- */

static const BoundRule *repaired_rule(const Situation *situation, const Model *end, guint vm,
                                      gboolean mandatory)
{
    const GArray *own = rules_of_vm(situation->rules, vm);
    for (guint i = 0; own && i < own->len; i++) {
        const BoundRule *rule = rules_at(situation->rules, g_array_index(own, guint, i));
        if (rule->mandatory == mandatory && rule_breach(rule, end) < rule_breach(rule, situation->start))
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

/* a repair may cool its host too */
static char *words_of_repair(const Situation *situation, const Model *end, const BoundRule *rule, guint from)
{
    g_autofree char *relief =
        model_is_hot(situation->start, from) ? relief_words(situation->start, end, from) : NULL;
    return g_strdup_printf("repairs the mandatory rule \"%s\"%s%s", rule->name, relief ? "; " : "",
                           relief ? relief : "");
}

/* TRUE where two hosts differ less at the end than at the start, in CPU or in memory */
static gboolean evens_out(const Model *start, const Model *end, guint one, guint other)
{
    static const Resource looked_at[] = {RESOURCE_CPU, RESOURCE_HOST_MEMORY};
    for (guint i = 0; i < G_N_ELEMENTS(looked_at); i++) {
        Resource r = looked_at[i];
        double before = model_usage_pct(start, one, r, 0) - model_usage_pct(start, other, r, 0);
        double after = model_usage_pct(end, one, r, 0) - model_usage_pct(end, other, r, 0);
        if (fabs(after) < fabs(before))
            return TRUE;
    }
    return FALSE;
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

/* TRUE where the host that a VM leaves would stay normal with it but for the memory added there: else others
 * who come need the room, too */
static gboolean is_for_growth(const Model *end, const GArray *changes, const Change *leaving)
{
    double extra[N_RESOURCES];
    memcpy(extra, end->vms[leaving->vm].demand, sizeof extra);
    for (guint i = 0; i < changes->len; i++) {
        const Change *other = &g_array_index(changes, Change, i);
        if (other->action == ACTION_ADD_MEMORY && other->to == leaving->from)
            extra[RESOURCE_HOST_MEMORY] -= (other->amount - other->was) * 1024;
    }
    return model_stays_normal(end, (guint)leaving->from, extra);
}

/* gives the change its cause and, in words that are taken over, its reason */
static void give(Change *change, Cause cause, char *reason)
{
    change->cause = cause;
    change->reason = reason;
}

static void explain_move(const Situation *situation, const Model *end, const GArray *changes, Change *move)
{
    const Model *start = situation->start;
    const Snapshot *snapshot = start->snapshot;
    const ModelVm *vm = &start->vms[move->vm], *vm_end = &end->vms[move->vm];
    const char *from = snapshot->hosts[move->from].name;
    const BoundRule *repaired = repaired_rule(situation, end, (guint)move->vm, TRUE);
    const BoundRule *followed = repaired_rule(situation, end, (guint)move->vm, FALSE);
    const Change *growth = needs_room(changes, move, ACTION_ADD_MEMORY);
    const Change *arrival = needs_room(changes, move, ACTION_MIGRATE);
    g_autofree char *threads = growth_threads_words(&snapshot->hosts[move->from]);
    g_autofree char *overreserved = room_words_of_overreserved(start, (guint)move->from);
    const BoundRule *kept = rules_broken_by(situation->rules, end, (guint)move->vm, (guint)move->from, TRUE);
    if (repaired)
        give(move, CAUSE_BROKEN_RULE, words_of_repair(situation, end, repaired, (guint)move->from));
    else if (model_is_to_empty(start, (guint)move->from))
        give(move, CAUSE_EVACUATION,
             g_strdup_printf("empties %s, which %s%s", from,
                             snapshot->hosts[move->from].mode == HOST_MODE_ENTERING
                                 ? "is entering maintenance mode"
                                 : "is named by evacuate",
                             vm->measured ? ""
                                          : "; it was not measured: it counts with all of its memory, and "
                                            "--home takes it back only if it is measured then"));
    else if (model_is_hot(start, (guint)move->from))
        give(move, CAUSE_HOT_HOST, relief_words(start, end, (guint)move->from));
    else if (overreserved)
        give(move, CAUSE_OVERRESERVED, g_strdup_printf("relieves %s, which %s", from, overreserved));
    else if (growth && (!arrival || is_for_growth(end, changes, move)))
        give(move, CAUSE_SHORT_VM,
             g_strdup_printf("makes room on %s for %s, which is short of memory", from,
                             start->vms[growth->vm].row->name));
    else if (vm->state == STATE_SHORT && vm_end->memory_mib > vm->memory_mib)
        give(move, CAUSE_SHORT_VM,
             g_strdup_printf("%s is short of memory, and %s has no room to grow it", vm->row->name, from));
    else if (vm_end->vcpus > vm->vcpus)
        give(move, CAUSE_BUSY_VM,
             g_strdup_printf("%s needs %.0f vCPUs, and %s", vm->row->name, vm_end->vcpus, threads));
    else if (followed)
        give(move, CAUSE_SHOULD_RULE, g_strdup_printf("follows the rule \"%s\"", followed->name));
    else if (arrival)
        give(move, CAUSE_ROOM,
             g_strdup_printf("makes room on %s for %s", from, start->vms[arrival->vm].row->name));
    else if (model_saves_power(start, (guint)start->hosts[move->from].cluster))
        give(move, CAUSE_POWER, g_strdup_printf("saves power: empties %s", from));
    else if (kept && !evens_out(start, end, (guint)move->from, (guint)move->to))
        give(move, CAUSE_BROKEN_RULE,
             g_strdup_printf("keeps the mandatory rule \"%s\" as other VMs move", kept->name));
    else
        give(move, CAUSE_BALANCE, g_strdup_printf("evens out the load of %s", from));
}

/* What an addition leaves unreserved, of a VM that has all of its memory reserved; "" where it has not. */
static char *words_of_reservation(const Vm *row, const Change *growth)
{
    double reserved = row->memory_reservation_mib;
    if (row->memory_reservation_locked == 1 ||
        !(reserved > 0 && reserved >= growth->was && growth->amount > reserved))
        return g_strdup("");
    return g_strdup_printf("; the reservation stays at %.0f MiB: what is added beyond is not reserved",
                           reserved);
}

char *reason_of_memory(const Model *now, const Change *growth)
{
    const ModelVm *at = &now->vms[growth->vm];
    double used = at->demand[RESOURCE_MEMORY];
    g_autofree char *unreserved = words_of_reservation(at->row, growth);
    return g_strdup_printf("%s is short: its guest uses %.1f %% of %.0f MiB, above %g %%; %.1f %% after%s",
                           at->row->name, load_usage_pct(used, growth->was * 1024), growth->was,
                           now->policy->short_pct, load_usage_pct(used, growth->amount * 1024), unreserved);
}

static char *reason_of_vcpus(const Model *start, const Change *change)
{
    double usage = growth_cpu_usage_pct(start, (guint)change->vm);
    return g_strdup_printf("%s uses %.1f %% of its %.0f %s, above %g %%; %.1f %% of %.0f",
                           start->vms[change->vm].row->name, usage, change->was,
                           plural((guint)change->was, "vCPU", "vCPUs"), start->policy->vm_cpu_pct,
                           usage * change->was / change->amount, change->amount);
}

/* Rules that should hold give way to what matters more, but not unsaid. */
static void name_rules_against(const Situation *situation, const Model *end, Change *move)
{
    const GArray *own = rules_of_vm(situation->rules, (guint)move->vm);
    for (guint i = 0; own && i < own->len; i++) {
        const BoundRule *rule = rules_at(situation->rules, g_array_index(own, guint, i));
        gboolean by_others = rule_is_about_hosts(rule) && (!rule_forbids_host(rule, (guint)move->to) ||
                                                           rule_forbids_host(rule, (guint)move->from));
        if (rule->mandatory || by_others || rule_breach(rule, end) <= rule_breach(rule, situation->start))
            continue;
        g_autofree char *reason = move->reason;
        move->reason = g_strdup_printf("%s; against the rule \"%s\", which should hold", reason, rule->name);
    }
}

void reasons_explain(const Situation *situation, const Model *end, const GArray *changes, Change *change)
{
    if (change->action == ACTION_MIGRATE) {
        explain_move(situation, end, changes, change);
        name_rules_against(situation, end, change);
    } else if (change->action == ACTION_ADD_CPU)
        give(change, CAUSE_BUSY_VM, reason_of_vcpus(situation->start, change));
    else
        give(change, CAUSE_SHORT_VM, reason_of_memory(situation->start, change));
}

/* ---- those first that help most ---- */

enum { HELP_REPAIR, HELP_EMPTYING, HELP_RELIEF, HELP_OTHER, HELP_GROWTH, HELP_EVENNESS };

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

/* TRUE for a move without which the end would be as good but for balance: its VM neither grows nor comes to
 * follow a rule, and the host that it leaves would have room for it, and stay normal */
static gboolean only_evens_out(const Situation *situation, const Model *end, const Change *move)
{
    const ModelVm *vm = &situation->start->vms[move->vm], *vm_end = &end->vms[move->vm];
    if (vm_end->memory_mib > vm->memory_mib || vm_end->vcpus > vm->vcpus ||
        repaired_rule(situation, end, (guint)move->vm, FALSE) ||
        !model_stays_normal(end, (guint)move->from, vm_end->demand))
        return FALSE;
    Room held = room_held(end, (guint)move->from), back = room_of_vm(end, (guint)move->vm);
    return room_lacking(end, (guint)move->from, &held, &back) < 0;
}

static Ranked rank(const Situation *situation, const Model *end, const Change *change)
{
    const Model *start = situation->start;
    Resource worst = RESOURCE_CPU;
    Ranked ranked = {.change = *change, .help = HELP_OTHER, .id = start->vms[change->vm].row->id};
    ranked.excess = start->hosts[change->from].source ? model_excess(start, (guint)change->from, &worst) : 0;
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
    else if (only_evens_out(situation, end, change))
        ranked.help = HELP_EVENNESS;
    if (ranked.excess <= 0)
        ranked.excess = 0;
    return ranked;
}

void reasons_order(const Situation *situation, GArray *changes)
{
    if (changes->len < 2)
        return;
    g_autoptr(GArray) ranked = g_array_new(FALSE, FALSE, sizeof(Ranked));
    g_autoptr(Model) end = model_after(situation->start, changes);
    for (guint i = 0; i < changes->len; i++) {
        Ranked one = rank(situation, end, &g_array_index(changes, Change, i));
        g_array_append_val(ranked, one);
    }
    g_array_sort(ranked, compare_ranked);
    for (guint i = 0; i < changes->len; i++)
        g_array_index(changes, Change, i) = g_array_index(ranked, Ranked, i).change;
}
