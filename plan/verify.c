/* SPDX-License-Identifier: MIT */
#include "plan/verify.h"

#include "plan/sequence.h"

#include <string.h>

typedef struct Verification {
    const Situation *situation;
    const ChangePlan *plan;
    GPtrArray *problems;
    GArray *changes;   /* Change of each approved step, in an order that `after` allows */
    GArray *rows;      /* const PlanRow * of each */
    GHashTable *place; /* step number -> index in changes + 1 */
} Verification;

G_GNUC_PRINTF(3, 4)
static void add_problem(const Verification *verification, const PlanRow *row, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(verification->problems,
                    g_strdup_printf("%s:%" G_GUINT64_FORMAT ": step %.0f (%s %s): %s",
                                    verification->plan->name, row->line, row->step,
                                    row->action >= 0 ? action_names[row->action] : "", row->object, text));
}

/* what the model contradicts of a row, by itself */
static gboolean agrees(const Verification *verification, const Model *now, const PlanRow *row,
                       const Change *change)
{
    if (change->vm < 0)
        return TRUE;
    const Vm *vm = now->vms[change->vm].row;
    const ModelVm *at = &now->vms[change->vm];
    if (*row->instance_uuid && *vm->instance_uuid && strcmp(row->instance_uuid, vm->instance_uuid) != 0) {
        add_problem(verification, row, "found instance UUID %s: expected %s", vm->instance_uuid,
                    row->instance_uuid);
        return FALSE;
    }
    if (change->action == ACTION_MIGRATE && change->from != at->host) {
        add_problem(verification, row, "found it on %s: expected it on %s",
                    now->snapshot->hosts[at->host].name, row->from);
        return FALSE;
    }
    double size = change->action == ACTION_ADD_MEMORY ? at->memory_mib : at->vcpus;
    if (change->action != ACTION_MIGRATE && change->was != size) {
        add_problem(verification, row, "found %.0f %s: expected %s", size, row->unit, row->from);
        return FALSE;
    }
    g_auto(Obstacle) why = {0};
    if (legality_allows(verification->situation->legality, now, change, LEGAL_SUBJECT, &why))
        return TRUE;
    add_problem(verification, row, "%s%s", change->action == ACTION_MIGRATE ? "it " : "", why.words);
    return FALSE;
}

static gboolean take_row(Verification *verification, Model *now, const PlanRow *row)
{
    g_autoptr(GError) error = NULL;
    Change change;
    if (!change_of_row(now, verification->plan->name, row, &change, &error)) {
        g_ptr_array_add(verification->problems, g_strdup(error->message));
        return FALSE;
    }
    if (!agrees(verification, now, row, &change))
        return FALSE;
    change.after = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GArray) after = plan_row_after(row);
    for (guint i = 0; i < after->len; i++) {
        double step = g_array_index(after, double, i);
        guint place =
            GPOINTER_TO_UINT(g_hash_table_lookup(verification->place, GUINT_TO_POINTER((guint)step))) - 1;
        g_array_append_val(change.after, place);
    }
    g_array_append_val(verification->changes, change);
    g_array_append_val(verification->rows, row);
    g_hash_table_insert(verification->place, GUINT_TO_POINTER((guint)row->step),
                        GUINT_TO_POINTER(verification->changes->len));
    change_apply(now, &change);
    return TRUE;
}

static gboolean is_ready(const Verification *verification, const PlanRow *row)
{
    g_autoptr(GArray) after = plan_row_after(row);
    for (guint i = 0; i < after->len; i++)
        if (!g_hash_table_contains(verification->place,
                                   GUINT_TO_POINTER((guint)g_array_index(after, double, i))))
            return FALSE;
    return TRUE;
}

/* Rows in file order, each when all that it comes after are in; FALSE where one is contradicted. */
static gboolean take_rows(Verification *verification, Model *now)
{
    g_autoptr(GPtrArray) left = g_ptr_array_new();
    for (guint i = 0; i < verification->plan->rows->len; i++) {
        PlanRow *row = &g_array_index(verification->plan->rows, PlanRow, i);
        if (row->kind == ROW_STEP && row->approve == 1)
            g_ptr_array_add(left, row);
    }
    gboolean sound = TRUE, progress = TRUE;
    while (left->len > 0 && progress) {
        progress = FALSE;
        for (guint i = 0; i < left->len;) {
            const PlanRow *row = g_ptr_array_index(left, i);
            if (!is_ready(verification, row)) {
                i++;
                continue;
            }
            sound &= take_row(verification, now, row);
            g_ptr_array_remove_index(left, i);
            progress = TRUE;
        }
    }
    for (guint i = 0; i < left->len && sound; i++)
        add_problem(verification, g_ptr_array_index(left, i),
                    "a step that it comes after is absent or not approved");
    return sound && left->len == 0;
}

void verify_plan(const Situation *situation, const ChangePlan *plan, GPtrArray *problems)
{
    g_autoptr(GArray) changes = change_list_new();
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(const PlanRow *));
    g_autoptr(GHashTable) place = g_hash_table_new(NULL, NULL);
    g_autoptr(Model) now = model_copy(situation->start);
    Verification verification = {situation, plan, problems, changes, rows, place};
    if (!take_rows(&verification, now))
        return;
    guint at = 0;
    g_autofree char *violation = sequence_violation(situation, changes, &at);
    if (violation)
        add_problem(&verification, g_array_index(rows, const PlanRow *, at), "%s", violation);
}
