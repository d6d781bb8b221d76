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

/* what a migration is for; a step that repairs a rule may relieve a hot host as well */
static char *migration_gone(const Situation *situation, const PlanRow *step, guint vm, guint from)
{
    const Model *start = situation->start;
    gboolean hot = model_is_hot(start, from);
    if (has_cause(step, CAUSE_HOT_HOST) && !hot)
        return g_strdup_printf("%s is not hot any more", step->from);
    if ((has_cause(step, CAUSE_BROKEN_RULE) || has_cause(step, CAUSE_SHOULD_RULE)) && !hot &&
        !is_in_breach(situation, vm))
        return g_strdup_printf("no rule of %s is broken any more", step->object);
    if (has_cause(step, CAUSE_POWER) && !model_saves_power(start, (guint)start->hosts[from].cluster))
        return g_strdup_printf("%s has no power to save any more", step->cluster);
    g_autofree char *overreserved =
        has_cause(step, CAUSE_OVERRESERVED) ? room_words_of_overreserved(start, from) : g_strdup("");
    return overreserved ? NULL : g_strdup_printf("%s has enough for its reservations again", step->from);
}

/* what a growth, or a migration that makes room for one of the VM itself, is for */
static char *growth_gone(const Situation *situation, const PlanRow *step, guint vm)
{
    const Model *start = situation->start;
    if (has_cause(step, CAUSE_SHORT_VM) && step->action == ACTION_ADD_MEMORY && !model_is_short(start, vm))
        return g_strdup_printf("%s is not short any more", step->object);
    if (has_cause(step, CAUSE_BUSY_VM) && step->action == ACTION_ADD_CPU &&
        growth_cpu_usage_pct(start, vm) <= start->policy->vm_cpu_pct)
        return g_strdup_printf("%s is not short of CPU any more", step->object);
    return NULL;
}

char *need_gone(const Situation *situation, const PlanRow *step)
{
    const Snapshot *snapshot = situation->start->snapshot;
    int vm = snapshot_find_vm(snapshot, step->object_id), from = snapshot_find_host(snapshot, step->from_id);
    if (vm < 0 || !situation->start->vms[vm].running)
        return NULL;
    if (step->action != ACTION_MIGRATE)
        return growth_gone(situation, step, (guint)vm);
    return from < 0 ? NULL : migration_gone(situation, step, (guint)vm, (guint)from);
}

/* ---- a plan ---- */

/* TRUE for a step that others need, none of which is to be done */
static gboolean serves_nothing(const Progress *progress, guint row)
{
    const PlanRow *step = &g_array_index(progress->plan->rows, PlanRow, row);
    const GArray *followers = progress->dependencies->followers[row];
    if (!followers || (!has_cause(step, CAUSE_ROOM) && !has_cause(step, CAUSE_DETOUR)))
        return FALSE;
    gboolean left_out = FALSE;
    for (guint i = 0; i < followers->len; i++) {
        StepState state = progress->states[g_array_index(followers, guint, i)];
        if (state != STEP_NONE && state != STEP_NEEDLESS && state != STEP_SKIPPED)
            return FALSE;
        left_out = left_out || state != STEP_NONE;
    }
    return left_out;
}

static void leave_out(Progress *progress, guint row, const char *why, GPtrArray *words)
{
    const PlanRow *step = &g_array_index(progress->plan->rows, PlanRow, row);
    progress->states[row] = STEP_NEEDLESS;
    g_ptr_array_add(words, g_strdup_printf("step %.0f, %s %s: %s", step->step, action_names[step->action],
                                           step->object, why));
}

void need_look(const Situation *situation, Progress *progress, GPtrArray *words)
{
    const ChangePlan *plan = progress->plan;
    g_autoptr(GArray) rows = dependencies_order(plan);
    for (guint i = 0; i < rows->len; i++) {
        guint row = g_array_index(rows, guint, i);
        g_autofree char *gone = progress->states[row] == STEP_PENDING
                                    ? need_gone(situation, &g_array_index(plan->rows, PlanRow, row))
                                    : NULL;
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
