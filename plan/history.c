/* SPDX-License-Identifier: MIT */
#include "plan/history.h"

#include <math.h>
#include <string.h>

#define BITS_PER_MIB (8.0 * 1024 * 1024)

static void refusal_clear(gpointer data)
{
    PastRefusal *refusal = data;
    g_free(refusal->to_id);
    g_free(refusal->fault);
}

static void vm_history_free(gpointer data)
{
    VmHistory *vm = data;
    g_clear_pointer(&vm->refusals, g_array_unref);
    g_clear_pointer(&vm->memory, g_array_unref);
    g_free(vm);
}

History *history_new(void)
{
    History *history = g_new0(History, 1);
    history->vms = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, vm_history_free);
    history->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    history->migrations = g_array_new(FALSE, FALSE, sizeof(PastMigration));
    history->foreign = g_ptr_array_new_with_free_func(g_free);
    return history;
}

void history_free(History *history)
{
    if (!history)
        return;
    g_hash_table_destroy(history->vms);
    g_hash_table_destroy(history->seen);
    g_array_free(history->migrations, TRUE);
    g_ptr_array_unref(history->foreign);
    g_free(history);
}

static char *key_of(const char *source_id, const char *instance_uuid, const char *id)
{
    return g_strconcat(source_id, "\n", *instance_uuid ? "uuid " : "id ", *instance_uuid ? instance_uuid : id,
                       NULL);
}

static VmHistory *vm_of(History *history, const JournalRow *row)
{
    g_autofree char *key = key_of(row->source_id, row->instance_uuid, row->object_id);
    VmHistory *vm = g_hash_table_lookup(history->vms, key);
    if (vm)
        return vm;
    vm = g_new0(VmHistory, 1);
    vm->last_migration = -1;
    g_hash_table_insert(history->vms, g_steal_pointer(&key), vm);
    return vm;
}

/* The beginning of the step that succeeded in this row, in the same run: a step that an interrupted run left
 * open was watched by nobody. */
static void add_migration(History *history, const Journal *journal, guint index)
{
    const JournalRow *end = &g_array_index(journal->rows, JournalRow, index);
    gint64 start = -1;
    for (guint i = index; i-- > 0;) {
        const JournalRow *row = &g_array_index(journal->rows, JournalRow, i);
        if (strcmp(row->run, end->run) != 0 || row->event == EVENT_RUN_STARTED)
            return;
        if (row->step != end->step)
            continue;
        if (start < 0)
            start = row->time;
        if (row->event != EVENT_INTENT)
            continue;
        PastMigration migration = {journal_number_in(row->detail, "copy_mib"),
                                   journal_number_in(row->detail, "est_s"), (double)(end->time - start)};
        if (migration.real_s > 0)
            g_array_append_val(history->migrations, migration);
        return;
    }
}

static gboolean is_about_vm(const JournalRow *row)
{
    return row->action == ACTION_MIGRATE || row->action == ACTION_ADD_MEMORY || row->action == ACTION_ADD_CPU;
}

/* What an addition meets on its VM's own host, it will meet there again: it is the VM's. */
static void add_refusal(VmHistory *vm, const JournalRow *row, FaultScope scope, const char *fault)
{
    gboolean moves = row->action == ACTION_MIGRATE;
    PastRefusal refusal = {.time = row->time,
                           .action = row->action,
                           .to_id = g_strdup(moves ? row->to_id : ""),
                           .scope = scope == FAULT_OF_PAIR && !moves ? FAULT_OF_VM : scope,
                           .fault = g_strndup(fault, strcspn(fault, ":"))};
    if (!vm->refusals) {
        vm->refusals = g_array_new(FALSE, FALSE, sizeof(PastRefusal));
        g_array_set_clear_func(vm->refusals, refusal_clear);
    }
    g_array_append_val(vm->refusals, refusal);
}

static double size_of(const char *text)
{
    double mib;
    return table_parse_number(text, FALSE, FALSE, &mib) ? mib : NAN;
}

static void add_memory_addition(VmHistory *vm, const JournalRow *row)
{
    PastAddition addition = {row->time, size_of(row->from), size_of(row->to)};
    if (!vm->memory)
        vm->memory = g_array_new(FALSE, FALSE, sizeof(PastAddition));
    g_array_append_val(vm->memory, addition);
    vm->memory_additions++;
}

static void add_success(History *history, const Journal *journal, guint index)
{
    const JournalRow *row = &g_array_index(journal->rows, JournalRow, index);
    VmHistory *vm = vm_of(history, row);
    if (is_about_vm(row))
        add_refusal(vm, row, FAULT_UNKNOWN, "");
    if (row->action == ACTION_ADD_MEMORY)
        add_memory_addition(vm, row);
    if (row->action == ACTION_ADD_CPU)
        vm->cpu_additions++;
    if (row->action == ACTION_MIGRATE) {
        vm->last_migration = MAX(vm->last_migration, row->time);
        add_migration(history, journal, index);
    }
}

static void add_row(History *history, const Journal *journal, guint index)
{
    const JournalRow *row = &g_array_index(journal->rows, JournalRow, index);
    const char *fault = "";
    FaultScope scope = row->event == EVENT_REFUSED || row->event == EVENT_FAILED
                           ? fault_scope(row->detail, &fault)
                           : FAULT_UNKNOWN;
    gboolean refused = (scope == FAULT_OF_VM || scope == FAULT_OF_PAIR) && is_about_vm(row);
    if ((row->event != EVENT_SUCCEEDED && !refused) ||
        !g_hash_table_add(history->seen, g_strdup_printf("%s\n%.0f", row->run, row->seq)))
        return;
    if (refused)
        add_refusal(vm_of(history, row), row, scope, fault);
    else
        add_success(history, journal, index);
}

void history_add(History *history, const Journal *journal, const char *rehearsals)
{
    gboolean counts = TRUE, all = TRUE;
    for (guint i = 0; i < journal->rows->len; i++) {
        const JournalRow *row = &g_array_index(journal->rows, JournalRow, i);
        if (row->event == EVENT_RUN_STARTED)
            counts = !journal_target_is(journal_row_target(row), JOURNAL_DIRECTORY) ||
                     list_contains(rehearsals, row->plan);
        if (counts)
            add_row(history, journal, i);
        all = all && counts;
    }
    if (!all)
        g_ptr_array_add(history->foreign, g_strdup(journal->path));
}

History *history_read(char *const *paths, const char *rehearsals, GError **error)
{
    g_autoptr(History) history = history_new();
    for (; paths && *paths; paths++) {
        g_autoptr(Journal) journal = journal_read(*paths, error);
        if (!journal)
            return NULL;
        history_add(history, journal, rehearsals);
    }
    return g_steal_pointer(&history);
}

const VmHistory *history_of(const History *history, const char *source_id, const char *instance_uuid,
                            const char *id)
{
    static const VmHistory nothing = {.last_migration = -1};
    g_autofree char *key = key_of(source_id, instance_uuid, id);
    const VmHistory *vm = g_hash_table_lookup(history->vms, key);
    return vm ? vm : &nothing;
}

const VmHistory *history_of_vm(const History *history, const Model *model, guint vm)
{
    const Vm *row = model->vms[vm].row;
    return history_of(history, model->snapshot->info.source_id, row->instance_uuid, row->id);
}

/* TRUE where what is known later says that the refusal no longer holds. */
static gboolean is_over(const VmHistory *vm, const PastRefusal *refusal)
{
    for (guint i = 0; i < vm->refusals->len; i++) {
        const PastRefusal *other = &g_array_index(vm->refusals, PastRefusal, i);
        if (other->scope == FAULT_UNKNOWN && other->time >= refusal->time &&
            other->action == refusal->action &&
            (refusal->scope == FAULT_OF_VM || strcmp(other->to_id, refusal->to_id) == 0))
            return TRUE;
    }
    return FALSE;
}

const PastRefusal *history_refusal(const VmHistory *vm, Action action, const char *host_id, gint64 since)
{
    const PastRefusal *latest = NULL;
    for (guint i = 0; vm->refusals && i < vm->refusals->len; i++) {
        const PastRefusal *refusal = &g_array_index(vm->refusals, PastRefusal, i);
        gboolean concerns = refusal->scope == FAULT_OF_VM ||
                            (refusal->scope == FAULT_OF_PAIR && strcmp(refusal->to_id, host_id) == 0);
        if (concerns && refusal->action == (int)action && refusal->time >= since &&
            (!latest || refusal->time >= latest->time) && !is_over(vm, refusal))
            latest = refusal;
    }
    return latest;
}

guint history_memory_additions_since(const VmHistory *vm, gint64 time)
{
    guint n = 0;
    for (guint i = 0; vm->memory && i < vm->memory->len; i++)
        n += g_array_index(vm->memory, PastAddition, i).time >= time;
    return n;
}

/* Journals may come in any order; within one second sizes only rise. */
static int compare_additions(gconstpointer a, gconstpointer b)
{
    const PastAddition *left = a, *right = b;
    if (left->time != right->time)
        return left->time < right->time ? -1 : 1;
    return left->to_mib < right->to_mib ? -1 : left->to_mib > right->to_mib;
}

double history_memory_before(const VmHistory *vm, double present_mib)
{
    double size = present_mib;
    if (!vm->memory)
        return size;
    g_autoptr(GArray) additions = g_array_copy(vm->memory);
    g_array_sort(additions, compare_additions);
    for (guint i = additions->len; i-- > 0;) {
        const PastAddition *addition = &g_array_index(additions, PastAddition, i);
        if (addition->to_mib != size || !(addition->from_mib < size))
            break;
        size = addition->from_mib;
    }
    return size;
}

static int compare_double(gconstpointer a, gconstpointer b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static void note_errors(const History *history, MoveTimes *times)
{
    g_autoptr(GArray) errors = g_array_new(FALSE, FALSE, sizeof(double));
    for (guint i = 0; i < history->migrations->len; i++) {
        const PastMigration *past = &g_array_index(history->migrations, PastMigration, i);
        double error_pct = fabs(past->est_s - past->real_s) / past->real_s * 100;
        if (!isnan(error_pct))
            g_array_append_val(errors, error_pct);
    }
    g_array_sort(errors, compare_double);
    times->n = errors->len;
    times->error_pct = errors->len ? g_array_index(errors, double, errors->len / 2) : NAN;
}

MoveTimes history_move_times(const History *history, const Policy *policy)
{
    MoveTimes times = {0, NAN, policy->migration_setup_s, 1};
    double n = 0, x = 0, y = 0, xx = 0, xy = 0;
    note_errors(history, &times);
    for (guint i = 0; i < history->migrations->len; i++) {
        const PastMigration *past = &g_array_index(history->migrations, PastMigration, i);
        double copy_s = past->copy_mib * BITS_PER_MIB / (policy->vmotion_mbps * 1e6);
        if (isnan(copy_s))
            continue;
        n++;
        x += copy_s;
        y += past->real_s;
        xx += copy_s * copy_s;
        xy += copy_s * past->real_s;
    }
    double spread = n * xx - x * x;
    if (n < 3 || spread <= 0)
        return times;
    /* Neither can be negative in the world, whatever noise makes of the line. */
    times.slope = MAX(0, (n * xy - x * y) / spread);
    times.setup_s = MAX(0, (y - times.slope * x) / n);
    return times;
}
