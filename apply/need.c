/* SPDX-License-Identifier: MIT */
#include "apply/need.h"

#include "plan/cause.h"
#include "plan/growth.h"
#include "plan/room.h"

#include <string.h>

static gboolean has_cause(const PlanRow *step, Cause cause)
{
    return strcmp(step->cause, cause_names[cause]) == 0;
}

/* ---- one step ---- */

static gboolean is_in_breach(const Situation *situation, guint vm)
{
    const GArray *rules = rules_of_vm(situation->rules, vm);
    for (guint i = 0; rules && i < rules->len; i++)
        if (rule_breaches(rules_at(situation->rules, g_array_index(rules, guint, i)), situation->start) > 0)
            return TRUE;
    return FALSE;
}

/* what a migration is for, off the host where the VM is before all steps, also where it goes on from a
 * stopover; a step that repairs a rule may relieve a hot host as well */
static char *migration_gone(const Situation *situation, const PlanRow *step, guint vm)
{
    const Model *start = situation->start;
    guint from = (guint)start->vms[vm].host;
    const char *name = start->snapshot->hosts[from].name;
    gboolean hot = model_is_hot(start, from);
    if (has_cause(step, CAUSE_HOT_HOST) && !hot)
        return g_strdup_printf("%s is not hot any more", name);
    if ((has_cause(step, CAUSE_BROKEN_RULE) || has_cause(step, CAUSE_SHOULD_RULE)) && !hot &&
        !is_in_breach(situation, vm))
        return g_strdup_printf("no rule of %s is broken any more", step->object);
    if (has_cause(step, CAUSE_POWER) && !model_saves_power(start, (guint)start->hosts[from].cluster))
        return g_strdup_printf("%s has no power to save any more", step->cluster);
    g_autofree char *overreserved =
        has_cause(step, CAUSE_OVERRESERVED) ? room_words_of_overreserved(start, from) : g_strdup("");
    return overreserved ? NULL : g_strdup_printf("%s has enough for its reservations again", name);
}

/* a VM that is off needs nothing: its steps are done */
static char *growth_gone(const Situation *situation, const PlanRow *step, guint vm)
{
    const Model *start = situation->start;
    if (has_cause(step, CAUSE_SHORT_VM) && step->action == ACTION_ADD_MEMORY && !model_is_short(start, vm))
        return g_strdup_printf("%s is not short any more", step->object);
    if (step->action == ACTION_RECLAIM_MEMORY && model_is_short(start, vm))
        return g_strdup_printf("%s is short of memory now", step->object);
    if (has_cause(step, CAUSE_BUSY_VM) && step->action == ACTION_ADD_CPU &&
        growth_cpu_usage_pct(start, vm) <= start->policy->vm_cpu_pct)
        return g_strdup_printf("%s is not short of CPU any more", step->object);
    return NULL;
}

char *need_gone(const Situation *situation, const PlanRow *step)
{
    int vm = snapshot_find_vm(situation->start->snapshot, step->object_id);
    if (vm < 0 || !situation->start->vms[vm].running)
        return NULL;
    return step->action == ACTION_MIGRATE ? migration_gone(situation, step, (guint)vm)
                                          : growth_gone(situation, step, (guint)vm);
}

/* ---- a plan ---- */

/* TRUE for a migration that is made for the sake of steps that come after it */
static gboolean serves_others(const PlanRow *step)
{
    return step->action == ACTION_MIGRATE &&
           (has_cause(step, CAUSE_ROOM) || has_cause(step, CAUSE_DETOUR) || has_cause(step, CAUSE_SHORT_VM) ||
            has_cause(step, CAUSE_BUSY_VM));
}

static gboolean is_to_do(StepState state)
{
    return state == STEP_PENDING || state == STEP_OPEN || state == STEP_RUNNING;
}

/* TRUE for a step that others need, none of which is to be done */
static gboolean serves_nothing(const Progress *progress, guint row)
{
    const PlanRow *step = &g_array_index(progress->plan->rows, PlanRow, row);
    const GArray *followers = progress->dependencies->followers[row];
    for (guint i = 0; followers && i < followers->len; i++)
        if (is_to_do(progress->states[g_array_index(followers, guint, i)]))
            return FALSE;
    return followers && serves_others(step);
}

static void leave_out(Progress *progress, guint row, const char *why, GPtrArray *words)
{
    const PlanRow *step = &g_array_index(progress->plan->rows, PlanRow, row);
    progress->states[row] = STEP_NEEDLESS;
    g_ptr_array_add(words, g_strdup_printf("step %.0f, %s %s: %s", step->step, action_names[step->action],
                                           step->object, why));
}

/* TRUE for a step that keeps a rule which other steps would break: it is broken by no VM now */
static gboolean keeps_rule_for_others(const Situation *situation, const Progress *progress,
                                      const PlanRow *step)
{
    int vm = snapshot_find_vm(situation->start->snapshot, step->object_id);
    const GArray *rules = vm >= 0 ? rules_of_vm(situation->rules, (guint)vm) : NULL;
    for (guint i = 0; i < progress->plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(progress->plan->rows, PlanRow, i);
        int other = snapshot_find_vm(situation->start->snapshot, row->object_id);
        if (!is_to_do(progress->states[i]) || row->action != ACTION_MIGRATE || other < 0 || other == vm)
            continue;
        for (guint r = 0; rules && r < rules->len; r++)
            if (rule_names_vm(rules_at(situation->rules, g_array_index(rules, guint, r)), (guint)other))
                return TRUE;
    }
    return FALSE;
}

/* as need_gone, of a step among others */
static char *gone_in(const Situation *situation, const Progress *progress, guint row)
{
    const PlanRow *step = &g_array_index(progress->plan->rows, PlanRow, row);
    gboolean of_rule = has_cause(step, CAUSE_BROKEN_RULE) || has_cause(step, CAUSE_SHOULD_RULE);
    if (progress->states[row] != STEP_PENDING ||
        (of_rule && keeps_rule_for_others(situation, progress, step)))
        return NULL;
    return need_gone(situation, step);
}

void need_look(const Situation *situation, Progress *progress, GPtrArray *words)
{
    const ChangePlan *plan = progress->plan;
    g_autoptr(GArray) rows = dependencies_order(plan);
    for (guint i = 0; i < rows->len; i++) {
        guint row = g_array_index(rows, guint, i);
        g_autofree char *gone = gone_in(situation, progress, row);
        if (!gone)
            continue;
        leave_out(progress, row, gone, words);
        progress_skip_followers(progress, row, NULL);
    }
    for (guint i = rows->len; i-- > 0;) {
        guint row = g_array_index(rows, guint, i);
        if (progress->states[row] == STEP_PENDING && serves_nothing(progress, row))
            leave_out(progress, row, "what it makes room for is not done", words);
    }
}
