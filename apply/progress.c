/* SPDX-License-Identifier: MIT */
#include "apply/progress.h"

#include "collect/escape.h"

#include <string.h>

static void begin(Progress *progress)
{
    for (guint i = 0; i < progress->plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(progress->plan->rows, PlanRow, i);
        gboolean approved = row->kind == ROW_STEP && row->approve == 1;
        progress->states[i] = approved ? STEP_PENDING : STEP_NONE;
        progress->tasks[i] = progress->intents[i] = "";
    }
}

static void follow(Progress *progress, const PlanRow *row, const JournalRow *event)
{
    guint index = (guint)(row - &g_array_index(progress->plan->rows, PlanRow, 0));
    StepState *state = &progress->states[index];
    switch (journal_row_leaves(event)) {
    case LEAVES_OPEN:
        *state = STEP_OPEN;
        if (event->event == EVENT_INTENT) {
            progress->tasks[index] = "";
            progress->intents[index] = event->detail;
        } else if (*event->task) {
            progress->tasks[index] = event->task;
        }
        break;
    case LEAVES_DONE:
        *state = STEP_DONE;
        break;
    case LEAVES_UNDONE:
        *state = STEP_PENDING;
        break;
    case LEAVES_AS_IT_WAS:
        break;
    }
}

/* In the order of their last success. */
static void list_done(Progress *progress, const Journal *journal)
{
    g_autoptr(GHashTable) listed = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (guint i = journal->rows->len; i-- > 0;) {
        const JournalRow *event = &g_array_index(journal->rows, JournalRow, i);
        if (event->event != EVENT_SUCCEEDED || !(event->step >= 1))
            continue;
        const PlanRow *row = changeplan_find_step(progress->plan, event->step);
        guint index = (guint)(row - &g_array_index(progress->plan->rows, PlanRow, 0));
        if (progress->states[index] == STEP_DONE && g_hash_table_add(listed, GUINT_TO_POINTER(index)))
            g_array_prepend_val(progress->done, index);
    }
}

static gboolean follow_journal(Progress *progress, const Journal *journal, GError **error)
{
    const ChangePlan *plan = progress->plan;
    for (guint i = 0; i < journal->rows->len; i++) {
        const JournalRow *event = &g_array_index(journal->rows, JournalRow, i);
        const PlanRow *row = event->step >= 1 ? changeplan_find_step(plan, event->step) : NULL;
        if (strcmp(event->plan, plan->plan) != 0) {
            g_set_error(
                error, VMANGER_ERROR, 0,
                "%s: found the journal of plan %s: expected the journal of plan %s, or a new file (--journal FILE)",
                journal->path, event->plan, plan->plan);
            return FALSE;
        }
        if (event->step >= 1 && !row) {
            g_set_error(error, VMANGER_ERROR, 0,
                        "%s: found no step %.0f, which %s has begun: expected its row", plan->name,
                        event->step, journal->path);
            return FALSE;
        }
        if (row)
            follow(progress, row, event);
    }
    list_done(progress, journal);
    return TRUE;
}

Progress *progress_new(const ChangePlan *plan, const Journal *journal, GError **error)
{
    g_autoptr(Progress) progress = g_new0(Progress, 1);
    progress->plan = plan;
    progress->states = g_new0(StepState, plan->rows->len);
    progress->tasks = g_new0(const char *, plan->rows->len);
    progress->intents = g_new0(const char *, plan->rows->len);
    progress->because = g_new0(guint, plan->rows->len);
    progress->done = g_array_new(FALSE, FALSE, sizeof(guint));
    progress->dependencies = dependencies_new(plan);
    begin(progress);
    return !journal || follow_journal(progress, journal, error) ? g_steal_pointer(&progress) : NULL;
}

void progress_free(Progress *progress)
{
    if (!progress)
        return;
    g_free(progress->states);
    g_free(progress->tasks);
    g_free(progress->intents);
    g_free(progress->because);
    dependencies_free(progress->dependencies);
    g_array_free(progress->done, TRUE);
    g_free(progress);
}

/* ---- clusters ---- */

static gboolean is_called(const PlanRow *row, const char *cluster)
{
    return strcmp(row->cluster_id, cluster) == 0 || strcmp(row->cluster, cluster) == 0;
}

static gboolean is_chosen(const PlanRow *row, char *const *clusters)
{
    while (*clusters && !is_called(row, *clusters))
        clusters++;
    return *clusters != NULL;
}

/* What a cluster's name or id was meant to be: the error lists those of the steps. */
static gboolean fail_cluster(const ChangePlan *plan, const char *cluster, GError **error)
{
    g_autoptr(GString) names = g_string_new(NULL);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind == ROW_STEP && g_hash_table_add(seen, (gpointer)row->cluster_id))
            g_string_append_printf(names, "%s%s (%s)", names->len ? ", " : "", row->cluster, row->cluster_id);
    }
    g_autofree char *found = escape_for_message(cluster);
    g_autofree char *expected = escape_for_terminal(names->str);
    g_set_error(error, VMANGER_ERROR, 0, "--cluster: found %s: expected one cluster of the plan's steps: %s",
                found, expected);
    return FALSE;
}

static gboolean check_cluster(const ChangePlan *plan, const char *cluster, GError **error)
{
    const char *id = NULL;
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind != ROW_STEP || !is_called(row, cluster))
            continue;
        if (id && strcmp(id, row->cluster_id) != 0)
            return fail_cluster(plan, cluster, error);
        id = row->cluster_id;
    }
    return id || fail_cluster(plan, cluster, error);
}

/* Only a step of a cluster that was not chosen can stand in its way. */
static gboolean check_before(const Progress *progress, const PlanRow *row, GError **error)
{
    g_autoptr(GArray) numbers = plan_row_after(row);
    for (guint i = 0; i < numbers->len; i++) {
        const PlanRow *before = changeplan_find_step(progress->plan, g_array_index(numbers, double, i));
        guint index = (guint)(before - &g_array_index(progress->plan->rows, PlanRow, 0));
        if (progress->states[index] != STEP_APART)
            continue;
        g_autofree char *cluster = escape_for_terminal(before->cluster);
        g_set_error(error, VMANGER_ERROR, 0,
                    "%s:%" G_GUINT64_FORMAT
                    ": after: found step %.0f after step %.0f of the cluster %s (%s): expected "
                    "--cluster to name that too",
                    progress->plan->name, row->line, row->step, before->step, cluster, before->cluster_id);
        return FALSE;
    }
    return TRUE;
}

gboolean progress_choose(Progress *progress, char *const *clusters, GError **error)
{
    const ChangePlan *plan = progress->plan;
    for (char *const *cluster = clusters; *cluster; cluster++)
        if (!check_cluster(plan, *cluster, error))
            return FALSE;
    for (guint i = 0; i < plan->rows->len; i++)
        if (progress->states[i] == STEP_PENDING &&
            !is_chosen(&g_array_index(plan->rows, PlanRow, i), clusters))
            progress->states[i] = STEP_APART;
    for (guint i = 0; i < plan->rows->len; i++)
        if (progress->states[i] == STEP_PENDING &&
            !check_before(progress, &g_array_index(plan->rows, PlanRow, i), error))
            return FALSE;
    return TRUE;
}

/* ---- what is left out ---- */

void progress_skip_followers(Progress *progress, guint row, GArray *skipped)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(guint));
    g_array_append_val(rows, row);
    for (guint at = 0; at < rows->len; at++) {
        const GArray *followers = progress->dependencies->followers[g_array_index(rows, guint, at)];
        for (guint i = 0; followers && i < followers->len; i++) {
            guint follower = g_array_index(followers, guint, i);
            if (progress->states[follower] != STEP_PENDING)
                continue;
            progress->states[follower] = STEP_SKIPPED;
            progress->because[follower] = row;
            g_array_append_val(rows, follower);
        }
    }
    if (skipped)
        g_array_append_vals(skipped, &g_array_index(rows, guint, 1), rows->len - 1);
}

guint progress_count(const Progress *progress, StepState state)
{
    guint count = 0;
    for (guint i = 0; i < progress->plan->rows->len; i++)
        count += progress->states[i] == state;
    return count;
}
