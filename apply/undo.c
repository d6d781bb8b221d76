/* SPDX-License-Identifier: MIT */
#include "apply/undo.h"

#include "collect/escape.h"

#include <math.h>
#include <string.h>

typedef struct Undoing {
    ChangePlan *plan;
    GHashTable *last;            /* id of a host or a VM -> number of the last step that touches it */
    guint steps, moves, returns; /* of the steps: migrations back, memory given again */
    guint additions, hosts;      /* what stays as it is */
} Undoing;

static const char *keep(Undoing *undoing, const char *text)
{
    return changeplan_string(undoing->plan, text);
}

static JournalLeaves state_of(GHashTable *states, double step)
{
    return (JournalLeaves)GPOINTER_TO_INT(g_hash_table_lookup(states, GSIZE_TO_POINTER((gsize)step)));
}

/* The numbers of the steps that were the last to touch any of these, which the step now is. */
static const char *touch(Undoing *undoing, double step, const char *const ids[], guint n_ids)
{
    g_autoptr(GString) after = g_string_new(NULL);
    double seen[3] = {0};
    for (guint i = 0; i < n_ids; i++) {
        gsize last = GPOINTER_TO_SIZE(g_hash_table_lookup(undoing->last, ids[i]));
        seen[i] = (double)last;
        gboolean twice = (i > 0 && seen[i] == seen[0]) || (i > 1 && seen[i] == seen[1]);
        if (last && !twice)
            g_string_append_printf(after, "%s%" G_GSIZE_FORMAT, after->len ? " " : "", last);
        g_hash_table_insert(undoing->last, (gpointer)ids[i], GSIZE_TO_POINTER((gsize)step));
    }
    return keep(undoing, after->str);
}

static PlanRow reverse(Undoing *undoing, const JournalRow *done)
{
    PlanRow row = plan_row_unknown();
    row.object_id = keep(undoing, done->object_id);
    row.object = keep(undoing, done->object);
    row.instance_uuid = keep(undoing, done->instance_uuid);
    row.cluster_id = keep(undoing, done->cluster_id);
    row.from_id = keep(undoing, done->to_id);
    row.from = keep(undoing, done->to);
    row.to_id = keep(undoing, done->from_id);
    row.to = keep(undoing, done->from);
    row.unit = keep(undoing, done->unit);
    return row;
}

/* What vSAN did with the host's data when it entered the mode last, as args: by this step's intent or, of a
 * host that left the mode, by an entry before it; "" where the journal does not tell. */
static const char *vsan_args(Undoing *undoing, const Journal *journal, guint index)
{
    const JournalRow *done = &g_array_index(journal->rows, JournalRow, index);
    g_autofree char *mode = journal_text_in(journal_intent_of(journal, index), "vsan_mode");
    while (!mode && done->action == ACTION_EXIT_MAINTENANCE && index-- > 0) {
        const JournalRow *row = &g_array_index(journal->rows, JournalRow, index);
        if (row->event == EVENT_INTENT && row->action == ACTION_ENTER_MAINTENANCE &&
            strcmp(row->object_id, done->object_id) == 0)
            mode = journal_text_in(row->detail, "vsan_mode");
    }
    g_autofree char *args = mode ? g_strdup_printf("vsan_mode=%s", mode) : g_strdup("");
    return keep(undoing, args);
}

/* Of a VM that did not run; "" for others. */
static const char *power_of(const char *intent)
{
    if (list_contains(intent, "power=off"))
        return "power=off";
    return list_contains(intent, "power=suspended") ? "power=suspended" : "";
}

/* A step that undoes one that is done; the way back is as long. */
static PlanRow step_back(Undoing *undoing, const JournalRow *done, int action, const char *intent)
{
    PlanRow row = reverse(undoing, done);
    g_autofree char *reason = g_strdup_printf("undoes step %.0f", done->step);
    row.kind = ROW_STEP;
    row.step = ++undoing->steps;
    row.approve = 1;
    row.action = action;
    row.reason = keep(undoing, reason);
    row.est_s = journal_number_in(intent, "est_s");
    return row;
}

static void undo_migration(Undoing *undoing, const Journal *journal, guint index)
{
    const JournalRow *done = &g_array_index(journal->rows, JournalRow, index);
    const char *intent = journal_intent_of(journal, index);
    PlanRow row = step_back(undoing, done, ACTION_MIGRATE, intent);
    row.args = power_of(intent);
    row.after = touch(undoing, row.step, (const char *const[]){row.object_id, row.from_id, row.to_id}, 3);
    undoing->moves++;
    changeplan_add(undoing->plan, &row);
}

static void advise_on_addition(Undoing *undoing, const JournalRow *done)
{
    PlanRow row = reverse(undoing, done);
    gboolean memory = done->action == ACTION_ADD_MEMORY;
    g_autofree char *reason =
        g_strdup_printf("step %.0f added %s, which can be taken back only while the VM is powered off%s",
                        done->step, memory ? "memory" : "CPUs",
                        memory ? ", or where it gives memory back while it runs (memory_hot_remove)" : "");
    row.kind = ROW_ADVICE;
    row.action = memory ? ACTION_RECLAIM_MEMORY : -1;
    row.reason = keep(undoing, reason);
    undoing->additions++;
    changeplan_add(undoing->plan, &row);
}

/* A host that stood as its step wanted it was brought there by somebody else, who has to say when it goes
 * back. */
static void advise_on_host(Undoing *undoing, const JournalRow *done, int action)
{
    PlanRow row = reverse(undoing, done);
    g_autofree char *reason =
        g_strdup_printf("step %.0f found it %s maintenance mode already: whoever brought it there decides",
                        done->step, done->action == ACTION_ENTER_MAINTENANCE ? "in" : "out of");
    row.kind = ROW_ADVICE;
    row.action = action;
    row.reason = keep(undoing, reason);
    undoing->hosts++;
    changeplan_add(undoing->plan, &row);
}

/* The VM was off, or could give memory back while it ran, and takes it as it did then. */
static void undo_reclaim(Undoing *undoing, const Journal *journal, guint index)
{
    const JournalRow *done = &g_array_index(journal->rows, JournalRow, index);
    const char *intent = journal_intent_of(journal, index);
    PlanRow row = step_back(undoing, done, ACTION_ADD_MEMORY, intent);
    row.args = power_of(intent);
    row.after = touch(undoing, row.step, &row.object_id, 1);
    undoing->returns++;
    changeplan_add(undoing->plan, &row);
}

static void undo_mode(Undoing *undoing, const Journal *journal, guint index)
{
    const JournalRow *done = &g_array_index(journal->rows, JournalRow, index);
    int action =
        done->action == ACTION_ENTER_MAINTENANCE ? ACTION_EXIT_MAINTENANCE : ACTION_ENTER_MAINTENANCE;
    if (journal_row_found_it_so(done)) {
        advise_on_host(undoing, done, action);
        return;
    }
    PlanRow row = step_back(undoing, done, action, journal_intent_of(journal, index));
    row.args = vsan_args(undoing, journal, index);
    row.after = touch(undoing, row.step, &row.object_id, 1);
    changeplan_add(undoing->plan, &row);
}

static gboolean fail_action(const Journal *journal, const JournalRow *row, GError **error)
{
    g_autofree char *object = escape_for_terminal(row->object);
    g_set_error(error, VMANGER_ERROR, 0,
                "%s: found %s of %s as step %.0f, row %.0f: expected %s, %s, %s, %s, %s or %s, "
                "of which it is known how they are undone",
                journal->path, row->action < 0 ? "no action" : action_names[row->action], object, row->step,
                row->seq, action_names[ACTION_MIGRATE], action_names[ACTION_ADD_MEMORY],
                action_names[ACTION_ADD_CPU], action_names[ACTION_RECLAIM_MEMORY],
                action_names[ACTION_ENTER_MAINTENANCE], action_names[ACTION_EXIT_MAINTENANCE]);
    return FALSE;
}

/* Each step of which the effect stands, once: by its last success. */
static gboolean undo_rows(Undoing *undoing, const Journal *journal, GHashTable *states, GError **error)
{
    for (guint i = journal->rows->len; i-- > 0;) {
        const JournalRow *row = &g_array_index(journal->rows, JournalRow, i);
        if (row->event != EVENT_SUCCEEDED || state_of(states, row->step) != LEAVES_DONE)
            continue;
        g_hash_table_remove(states, GSIZE_TO_POINTER((gsize)row->step));
        switch (row->action) {
        case ACTION_MIGRATE:
            undo_migration(undoing, journal, i);
            break;
        case ACTION_ADD_MEMORY:
        case ACTION_ADD_CPU:
            advise_on_addition(undoing, row);
            break;
        case ACTION_RECLAIM_MEMORY:
            undo_reclaim(undoing, journal, i);
            break;
        case ACTION_ENTER_MAINTENANCE:
        case ACTION_EXIT_MAINTENANCE:
            undo_mode(undoing, journal, i);
            break;
        default:
            return fail_action(journal, row, error);
        }
    }
    return TRUE;
}

/* The target of the journal's last run; "" where it names none. */
static const char *target_of(const Journal *journal)
{
    const char *target = "";
    for (guint i = 0; i < journal->rows->len; i++) {
        const JournalRow *row = &g_array_index(journal->rows, JournalRow, i);
        if (row->event == EVENT_RUN_STARTED)
            target = journal_row_target(row);
    }
    return target;
}

ChangePlan *undo_plan(const Journal *journal, GError **error)
{
    g_autoptr(GHashTable) states = journal_settled_steps(journal, error);
    if (!states)
        return NULL;
    g_autoptr(ChangePlan) plan = changeplan_new();
    g_autoptr(GHashTable) last = g_hash_table_new(g_str_hash, g_str_equal);
    Undoing undoing = {.plan = plan, .last = last};
    if (!undo_rows(&undoing, journal, states, error))
        return NULL;
    if (plan->rows->len == 0) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: found no step that succeeded: expected one to undo",
                    journal->path);
        return NULL;
    }
    const JournalRow *end = &g_array_index(journal->rows, JournalRow, journal->rows->len - 1);
    guint modes = undoing.steps - undoing.moves - undoing.returns;
    g_autofree char *back =
        modes ? g_strdup_printf(", hosts back to the mode they had %u", modes) : g_strdup("");
    g_autofree char *again = undoing.returns
                                 ? g_strdup_printf(", VMs given their memory again %u", undoing.returns)
                                 : g_strdup("");
    g_autofree char *hosts =
        undoing.hosts ? g_strdup_printf(", hosts that stay as they are %u", undoing.hosts) : g_strdup("");
    g_autofree char *summary =
        g_strdup_printf("undoes plan %s: migrations back %u, additions that stay %u%s%s%s", end->plan,
                        undoing.moves, undoing.additions, again, back, hosts);
    plan->source = changeplan_string(plan, target_of(journal));
    plan->source_id = changeplan_string(plan, end->source_id);
    plan->taken_at = end->time;
    plan->summary = changeplan_string(plan, summary);
    return g_steal_pointer(&plan);
}
