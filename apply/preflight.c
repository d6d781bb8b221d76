/* SPDX-License-Identifier: MIT */
#include "apply/preflight.h"

#include "apply/need.h"
#include "collect/escape.h"
#include "plan/verify.h"

#include <math.h>
#include <string.h>

#define WIDEST_CELL 60  /* characters */
#define MOST_HASTE_S 60 /* by which a snapshot may come before its time */

static void preflight_init(Preflight *preflight)
{
    preflight->differences = g_ptr_array_new_with_free_func((GDestroyNotify)mismatch_free);
    preflight->renamed = g_ptr_array_new_with_free_func((GDestroyNotify)mismatch_free);
    preflight->needless = g_ptr_array_new_with_free_func(g_free);
    preflight->refusals = g_ptr_array_new_with_free_func((GDestroyNotify)refusal_free);
    preflight->problems = g_ptr_array_new_with_free_func(g_free);
    preflight->warnings = g_ptr_array_new_with_free_func(g_free);
}

void preflight_clear(Preflight *preflight)
{
    g_clear_pointer(&preflight->differences, g_ptr_array_unref);
    g_clear_pointer(&preflight->renamed, g_ptr_array_unref);
    g_clear_pointer(&preflight->needless, g_ptr_array_unref);
    g_clear_pointer(&preflight->refusals, g_ptr_array_unref);
    g_clear_pointer(&preflight->problems, g_ptr_array_unref);
    g_clear_pointer(&preflight->warnings, g_ptr_array_unref);
}

static void differ(Preflight *preflight, const char *what, const char *was, const char *is)
{
    g_ptr_array_add(preflight->differences, mismatch_new(NAN, what, was, is));
}

/* ---- the plan as a whole ---- */

/* A clock that was set back makes a plan younger than nothing: how old it is can then not be told. */
static void look_at_age(Preflight *preflight, Target *target, const ChangePlan *plan, double max_age_s)
{
    double age_s = (double)(target->class->now(target) - plan->taken_at);
    if (age_s < -MOST_HASTE_S)
        g_ptr_array_add(
            preflight->warnings,
            g_strdup_printf("the plan's snapshot was taken %.0f s from now by the target's clock, "
                            "which must have been set back: how old it is cannot be told",
                            -age_s));
    if (max_age_s <= 0 || fabs(age_s) <= max_age_s)
        return;
    g_autofree char *was = g_strdup_printf("at most %.0f s", max_age_s);
    g_autofree char *is = g_strdup_printf("%.0f s", age_s);
    differ(preflight, "age of the plan's snapshot", was, is);
}

/* The replay is by the policy of this run: of that of the plan only the digest is known. */
static void look_at_policy(Preflight *preflight, const ChangePlan *plan, const Policy *policy)
{
    g_autofree char *digest = policy_plan_digest(policy);
    if (*plan->policy && strcmp(plan->policy, digest) != 0)
        g_ptr_array_add(preflight->warnings,
                        g_strdup("the plan was made under another policy: its rules and thresholds are not "
                                 "those that hold here (--policy FILE)"));
}

static void look_at_whole(Preflight *preflight, Target *target, const ChangePlan *plan,
                          const Snapshot *snapshot, double max_age_s)
{
    if (strcmp(plan->source_id, snapshot->info.source_id) != 0)
        differ(preflight, "source_id", plan->source_id, snapshot->info.source_id);
    /* A target that begins from the original must be what the plan was made of. */
    if (target->class->redo && *plan->snapshot && g_strcmp0(plan->snapshot, snapshot->digest) != 0)
        differ(preflight, "snapshot", plan->snapshot, snapshot->digest);
    /* What a rehearsal did was never done at its source, though things may stand there as it left its copy.
     */
    if (!*plan->snapshot && journal_target_is(plan->source, JOURNAL_DIRECTORY) &&
        !journal_target_is(target->class->kind, JOURNAL_DIRECTORY))
        differ(preflight, "target", "the result of a rehearsal", target->class->called);
    look_at_age(preflight, target, plan, max_age_s);
}

/* ---- its steps ---- */

static gboolean is_to_do(const Target *target, const Progress *progress, guint row)
{
    StepState state = progress->states[row];
    return state == STEP_PENDING || (state == STEP_DONE && target->class->redo);
}

/* That somebody else had a host enter maintenance mode, where it runs nothing, or leave it, leaves the step
 * nothing to do.
 * A target that begins from the original is not looked at: there nobody else can have. */
static gboolean stands_as_wanted(const Target *target, const Snapshot *snapshot, const PlanRow *step)
{
    int host =
        step_is_of_mode(step) && !target->class->redo ? snapshot_find_host(snapshot, step->object_id) : -1;
    return host >= 0 && snapshot->hosts[host].mode == step_mode(step);
}

static void look_at_steps(Preflight *preflight, const Target *target, Progress *progress,
                          const Snapshot *snapshot)
{
    const ChangePlan *plan = progress->plan;
    g_autoptr(Drift) drift = drift_new(snapshot);
    g_autoptr(GArray) rows = dependencies_order(plan);
    for (guint i = 0; i < rows->len; i++) {
        guint row = g_array_index(rows, guint, i);
        const PlanRow *step = &g_array_index(plan->rows, PlanRow, row);
        guint before = preflight->differences->len;
        gboolean skipped = progress->states[row] == STEP_SKIPPED;
        if ((!is_to_do(target, progress, row) && !skipped) || stands_as_wanted(target, snapshot, step))
            continue;
        drift_compare(drift, step, preflight->differences, preflight->renamed);
        if (skipped)
            continue;
        if (preflight->differences->len == before) {
            drift_do(drift, step);
        } else if (progress->states[row] == STEP_PENDING) {
            progress->states[row] = STEP_STALE;
            progress_skip_followers(progress, row, NULL);
        }
    }
}

/* ---- what would go wrong ---- */

/* The plan for the replay: approved is what is to be done, and it waits for nothing that is done already. */
static ChangePlan *plan_to_do(const Target *target, const ChangePlan *plan, const Progress *progress)
{
    ChangePlan *to_do = changeplan_new();
    to_do->name = changeplan_string(to_do, plan->name);
    to_do->policy = changeplan_string(to_do, plan->policy);
    to_do->snapshot = changeplan_string(to_do, plan->snapshot);
    for (guint i = 0; i < plan->rows->len; i++) {
        if (!is_to_do(target, progress, i))
            continue;
        PlanRow row = g_array_index(plan->rows, PlanRow, i);
        g_autoptr(GArray) numbers = plan_row_after(&row);
        g_autoptr(GString) after = g_string_new(NULL);
        for (guint j = 0; j < numbers->len; j++) {
            const PlanRow *before = changeplan_find_step(plan, g_array_index(numbers, double, j));
            guint index = (guint)(before - &g_array_index(plan->rows, PlanRow, 0));
            if (is_to_do(target, progress, index))
                g_string_append_printf(after, "%s%.0f", after->len ? " " : "", before->step);
        }
        row.after = changeplan_string(to_do, after->str);
        changeplan_add(to_do, &row);
    }
    return to_do;
}

/* A host that takes something in may not end hot, but for heat that the plan itself foresaw: emptying a host
 * or mending a rule can be worth it. A plan that undoes another leads back to where hosts may have been hot:
 * of that it warns. */
static void look_at_host(Preflight *preflight, const ChangePlan *plan, const Model *start, const Model *end,
                         guint host)
{
    gboolean undoes = !*plan->snapshot;
    const Host *row = &end->snapshot->hosts[host];
    for (Resource resource = 0; resource < N_RESOURCES; resource++) {
        double before = model_usage_pct(start, host, resource, 0);
        double after = model_usage_pct(end, host, resource, 0);
        double threshold = end->hosts[host].threshold[resource];
        /* Of disk and network a plan promises nothing: what is not promised is not allowed. */
        gboolean foreseen =
            verify_foresees(plan, end->snapshot->clusters[row->cluster].id, row->id, resource, after);
        if (after > before && after > threshold && !foreseen)
            g_ptr_array_add(
                undoes ? preflight->warnings : preflight->problems,
                g_strdup_printf("%s (%s) would become hot: %s at %.1f %%, above %.0f %%; by its load "
                                "now it is at %.1f %%%s",
                                row->name, row->id, resource_words[resource], after, threshold, before,
                                undoes ? "" : " (--no-recheck-load)"));
    }
}

static void look_at_heat(Preflight *preflight, const ChangePlan *plan, const ChangePlan *to_do,
                         const Model *start)
{
    g_autoptr(Model) end = model_copy(start);
    g_autoptr(GArray) rows = dependencies_order(to_do);
    g_autofree gboolean *takes = g_new0(gboolean, start->snapshot->n_hosts);
    for (guint i = 0; i < rows->len; i++) {
        Change change;
        if (!change_of_row(end, to_do->name,
                           &g_array_index(to_do->rows, PlanRow, g_array_index(rows, guint, i)), &change,
                           NULL))
            return; /* the replay says so */
        change_apply(end, &change);
        if (change.vm >= 0)
            takes[change.to] = TRUE;
    }
    for (guint host = 0; host < start->snapshot->n_hosts; host++)
        if (takes[host])
            look_at_host(preflight, plan, start, end, host);
}

static void replay(Preflight *preflight, const ChangePlan *plan, const ChangePlan *to_do,
                   Situation *situation)
{
    /* An undo plan, of no snapshot, leads back to where things stood: also where a rule was broken there, or
     * a host was hot. */
    if (!*plan->snapshot)
        situation_drop_rules(situation);
    verify_plan(situation, to_do, preflight->problems);
    look_at_heat(preflight, plan, to_do, situation->start);
}

/* Steps that the target refuses are not done, nor are those after them. */
static void leave_out_refused(const Preflight *preflight, Progress *progress)
{
    const ChangePlan *plan = progress->plan;
    for (guint i = 0; i < preflight->refusals->len; i++) {
        const Refusal *refusal = g_ptr_array_index(preflight->refusals, i);
        const PlanRow *step = changeplan_find_step(plan, refusal->step);
        guint row = (guint)(step - &g_array_index(plan->rows, PlanRow, 0));
        progress->states[row] = STEP_REFUSED;
        progress_skip_followers(progress, row, NULL);
    }
}

gboolean preflight_look(Preflight *preflight, Target *target, const ChangePlan *plan, Progress *progress,
                        const Policy *policy, const PreflightOptions *options, GError **error)
{
    const Snapshot *snapshot = NULL;
    g_autoptr(Assessment) assessment = NULL;
    g_autoptr(Past) past = past_new();
    g_autoptr(Situation) situation = NULL;
    preflight_init(preflight);
    preflight->called = target->class->called;
    if (!target->class->view(target, policy, &snapshot, options->without_loads ? NULL : &assessment, error))
        return FALSE;
    look_at_whole(preflight, target, plan, snapshot, options->max_age_s);
    look_at_policy(preflight, plan, policy);
    look_at_steps(preflight, target, progress, snapshot);
    if (assessment && !(situation = situation_new(snapshot, assessment, policy, past, error)))
        return FALSE;
    if (situation && options->recheck_need)
        need_look(situation, progress, preflight->needless);
    g_autoptr(ChangePlan) to_do = plan_to_do(target, plan, progress);
    /* What else would go wrong in a world that is another one is of no interest. */
    if (!preflight_allows(preflight, options, NULL))
        return TRUE;
    if (!target->class->check(target, to_do, preflight->refusals, preflight->problems, preflight->warnings,
                              error))
        return FALSE;
    if (options->skip_refused && preflight->refusals->len > 0) {
        leave_out_refused(preflight, progress);
        if (situation && options->recheck_need) /* what made room for them */
            need_look(situation, progress, preflight->needless);
        g_clear_pointer(&to_do, changeplan_free);
        to_do = plan_to_do(target, plan, progress);
    }
    if (situation)
        replay(preflight, plan, to_do, situation);
    return TRUE;
}

gboolean preflight_allows(const Preflight *preflight, const PreflightOptions *options, GError **error)
{
    guint of_plan = 0;
    for (guint i = 0; i < preflight->differences->len; i++) {
        const Mismatch *difference = g_ptr_array_index(preflight->differences, i);
        of_plan += isnan(difference->step);
    }
    if (preflight->differences->len > 0 && (of_plan > 0 || !options->skip_stale)) {
        g_set_error(error, VMANGER_ERROR, 0,
                    "refused: nothing was changed; no longer as the plan states: %u%s",
                    preflight->differences->len,
                    of_plan ? "" : " (--skip-stale leaves such steps and those after them out)");
        return FALSE;
    }
    guint refused = options->skip_refused ? 0 : preflight->refusals->len;
    if (preflight->problems->len + refused > 0) {
        g_autofree char *way_out =
            refused ? g_strdup_printf(
                          " (--skip-refused leaves out the steps that %s refuses, and those after them)",
                          preflight->called)
                    : g_strdup("");
        g_set_error(error, VMANGER_ERROR, 0, "refused: nothing was changed; problems found: %u%s",
                    preflight->problems->len + refused, way_out);
        return FALSE;
    }
    return TRUE;
}

/* ---- for people ---- */

/* Printable, cut to the widest cell, and padded to the width. */
static void append_cell(GString *text, const char *cell, glong width)
{
    g_autofree char *shown = escape_for_terminal(cell);
    glong length = g_utf8_strlen(shown, -1);
    if (length > WIDEST_CELL) {
        *g_utf8_offset_to_pointer(shown, WIDEST_CELL - 1) = '\0';
        g_string_append_printf(text, "%s…  ", shown);
        length = WIDEST_CELL;
    } else {
        g_string_append_printf(text, "%s  ", shown);
    }
    for (; length < width; length++)
        g_string_append_c(text, ' ');
}

static glong width_of(const char *cell, glong least)
{
    g_autofree char *shown = escape_for_terminal(cell);
    return MAX(least, MIN(g_utf8_strlen(shown, -1), WIDEST_CELL));
}

/* the name of what a difference is about; "" where that is the plan */
static const char *object_of(const Mismatch *difference, const ChangePlan *plan)
{
    const PlanRow *step = isnan(difference->step) ? NULL : changeplan_find_step(plan, difference->step);
    return step ? step->object : "";
}

static void append_differences(GString *text, const char *title, const GPtrArray *differences,
                               const ChangePlan *plan)
{
    glong object = strlen("object"), what = strlen("what"), was = strlen("was");
    for (guint i = 0; i < differences->len; i++) {
        const Mismatch *difference = g_ptr_array_index(differences, i);
        object = width_of(object_of(difference, plan), object);
        what = width_of(difference->what, what);
        was = width_of(difference->was, was);
    }
    if (differences->len == 0)
        return;
    g_string_append_printf(text, "%s:\n    step  ", title);
    append_cell(text, "object", object);
    append_cell(text, "what", what);
    append_cell(text, "was", was);
    g_string_append(text, "is\n");
    for (guint i = 0; i < differences->len; i++) {
        const Mismatch *difference = g_ptr_array_index(differences, i);
        if (isnan(difference->step))
            g_string_append(text, "    plan  ");
        else
            g_string_append_printf(text, "  %6.0f  ", difference->step);
        append_cell(text, object_of(difference, plan), object);
        append_cell(text, difference->what, what);
        append_cell(text, difference->was, was);
        append_cell(text, difference->is, 0);
        g_string_truncate(text, text->len - 2);
        g_string_append_c(text, '\n');
    }
}

static void append_lines(GString *text, const char *title, const GPtrArray *lines)
{
    if (lines->len > 0)
        g_string_append_printf(text, "%s:\n", title);
    for (guint i = 0; i < lines->len; i++) {
        g_autofree char *shown = escape_for_terminal(g_ptr_array_index(lines, i));
        g_string_append_printf(text, "  %s\n", shown);
    }
}

static char *refusal_text(const Refusal *refusal, const ChangePlan *plan)
{
    const PlanRow *step = changeplan_find_step(plan, refusal->step);
    gboolean moves = step->action == ACTION_MIGRATE;
    return g_strdup_printf("step %.0f, %s%s%s: %s", step->step, step->object, moves ? " to " : "",
                           moves ? step->to : "", refusal->fault);
}

char *preflight_text(const Preflight *preflight, const ChangePlan *plan, const PreflightOptions *options)
{
    GString *text = g_string_new(NULL);
    g_autofree char *title = options->skip_refused
                                 ? g_strdup_printf("Left out, as %s refuses it", preflight->called)
                                 : g_strdup_printf("Refused by %s", preflight->called);
    g_autoptr(GPtrArray) refused = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < preflight->refusals->len; i++)
        g_ptr_array_add(refused, refusal_text(g_ptr_array_index(preflight->refusals, i), plan));
    append_differences(text, "Not as the plan states", preflight->differences, plan);
    append_differences(text, "Of another name", preflight->renamed, plan);
    append_lines(text, title, refused);
    append_lines(text, "Left out, as the reason is gone", preflight->needless);
    append_lines(text, "Problems", preflight->problems);
    return g_string_free(text, FALSE);
}
