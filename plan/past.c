/* SPDX-License-Identifier: MIT */
#include "plan/past.h"

#include "plan/change.h"

#include <math.h>
#include <string.h>

static void refusal_clear(gpointer data)
{
    PastRefusal *refusal = data;
    g_free(refusal->to_id);
    g_free(refusal->fault);
}

static void departure_clear(gpointer data)
{
    PastDeparture *departure = data;
    g_free(departure->host_id);
}

static void migration_clear(gpointer data)
{
    PastMigration *migration = data;
    g_free(migration->source_id);
    g_free(migration->from_id);
    g_free(migration->to_id);
}

static void vm_history_free(gpointer data)
{
    VmPast *vm = data;
    g_clear_pointer(&vm->refusals, g_array_unref);
    g_clear_pointer(&vm->memory, g_array_unref);
    g_clear_pointer(&vm->departures, g_array_unref);
    g_free(vm);
}

Past *past_new(void)
{
    Past *past = g_new0(Past, 1);
    past->vms = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, vm_history_free);
    past->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    past->migrations = g_array_new(FALSE, FALSE, sizeof(PastMigration));
    g_array_set_clear_func(past->migrations, migration_clear);
    past->foreign = g_ptr_array_new_with_free_func(g_free);
    return past;
}

void past_free(Past *past)
{
    if (!past)
        return;
    g_hash_table_destroy(past->vms);
    g_hash_table_destroy(past->seen);
    g_array_free(past->migrations, TRUE);
    g_ptr_array_unref(past->foreign);
    g_free(past);
}

static char *key_of(const char *source_id, const char *instance_uuid, const char *id)
{
    return g_strconcat(source_id, "\n", *instance_uuid ? "uuid " : "id ", *instance_uuid ? instance_uuid : id,
                       NULL);
}

static VmPast *vm_of(Past *past, const JournalRow *row)
{
    g_autofree char *key = key_of(row->source_id, row->instance_uuid, row->object_id);
    VmPast *vm = g_hash_table_lookup(past->vms, key);
    if (vm)
        return vm;
    vm = g_new0(VmPast, 1);
    vm->last_migration = -1;
    g_hash_table_insert(past->vms, g_steal_pointer(&key), vm);
    return vm;
}

/* The beginning of the step that succeeded in this row, in the same run: a step that an interrupted run left
 * open was watched by nobody. */
static void add_migration(Past *past, const Journal *journal, guint index, const VmPast *vm)
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
        if (end->time <= start)
            return;
        PastMigration migration = {.copy_mib = journal_number_in(row->detail, "copy_mib"),
                                   .est_s = journal_number_in(row->detail, "est_s"),
                                   .real_s = (double)(end->time - start),
                                   .start = start,
                                   .source_id = g_strdup(end->source_id),
                                   .from_id = g_strdup(end->from_id),
                                   .to_id = g_strdup(end->to_id),
                                   .vm = vm};
        g_array_append_val(past->migrations, migration);
        return;
    }
}

static gboolean is_about_vm(const JournalRow *row)
{
    return row->action == ACTION_MIGRATE || action_is_of_size(row->action);
}

/* What an addition meets on its VM's own host, it will meet there again: it is the VM's. */
static void add_refusal(VmPast *vm, const JournalRow *row, FaultScope scope, const char *fault)
{
    gboolean moves = row->action == ACTION_MIGRATE;
    PastRefusal refusal = {.time = row->time,
                           .action = row->action,
                           .to_id = g_strdup(moves ? row->to_id : ""),
                           .scope = scope == FAULT_OF_PAIR && !moves ? FAULT_OF_VM : scope,
                           .fault = g_strndup(fault, strcspn(fault, ":;"))};
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

static void add_change_of_memory(VmPast *vm, const JournalRow *row)
{
    LentChange change = {row->time, size_of(row->from), size_of(row->to)};
    if (!vm->memory)
        vm->memory = g_array_new(FALSE, FALSE, sizeof(LentChange));
    g_array_append_val(vm->memory, change);
    vm->memory_additions += row->action == ACTION_ADD_MEMORY;
}

static void add_departure(VmPast *vm, const JournalRow *row)
{
    PastDeparture departure = {row->time, g_strdup(row->from_id)};
    if (!vm->departures) {
        vm->departures = g_array_new(FALSE, FALSE, sizeof(PastDeparture));
        g_array_set_clear_func(vm->departures, departure_clear);
    }
    g_array_append_val(vm->departures, departure);
    vm->last_migration = MAX(vm->last_migration, row->time);
}

static void add_success(Past *past, const Journal *journal, guint index)
{
    const JournalRow *row = &g_array_index(journal->rows, JournalRow, index);
    VmPast *vm = vm_of(past, row);
    if (is_about_vm(row))
        add_refusal(vm, row, FAULT_UNKNOWN, "");
    if (row->action == ACTION_ADD_MEMORY || row->action == ACTION_RECLAIM_MEMORY)
        add_change_of_memory(vm, row);
    if (row->action == ACTION_ADD_CPU)
        vm->cpu_additions++;
    if (row->action == ACTION_MIGRATE) {
        add_departure(vm, row);
        add_migration(past, journal, index, vm);
    }
}

static void add_row(Past *past, const Journal *journal, guint index)
{
    const JournalRow *row = &g_array_index(journal->rows, JournalRow, index);
    const char *fault = "";
    FaultScope scope = row->event == EVENT_REFUSED || row->event == EVENT_FAILED
                           ? fault_scope(row->detail, &fault)
                           : FAULT_UNKNOWN;
    gboolean refused = (scope == FAULT_OF_VM || scope == FAULT_OF_PAIR) && is_about_vm(row);
    if ((row->event != EVENT_SUCCEEDED && !refused) ||
        !g_hash_table_add(past->seen, g_strdup_printf("%s\n%.0f", row->run, row->seq)))
        return;
    if (refused)
        add_refusal(vm_of(past, row), row, scope, fault);
    else
        add_success(past, journal, index);
}

void past_add(Past *past, const Journal *journal, const char *rehearsals)
{
    gboolean counts = TRUE, all = TRUE;
    for (guint i = 0; i < journal->rows->len; i++) {
        const JournalRow *row = &g_array_index(journal->rows, JournalRow, i);
        if (row->event == EVENT_RUN_STARTED)
            counts = !journal_target_is(journal_row_target(row), JOURNAL_DIRECTORY) ||
                     list_contains(rehearsals, row->plan);
        if (counts)
            add_row(past, journal, i);
        all = all && counts;
    }
    if (!all)
        g_ptr_array_add(past->foreign, g_strdup(journal->path));
}

Past *past_read(char *const *paths, const char *rehearsals, GError **error)
{
    g_autoptr(Past) past = past_new();
    for (; paths && *paths; paths++) {
        g_autoptr(Journal) journal = journal_read(*paths, error);
        if (!journal)
            return NULL;
        past_add(past, journal, rehearsals);
    }
    return g_steal_pointer(&past);
}

gboolean past_is_empty(const Past *past)
{
    return g_hash_table_size(past->seen) == 0;
}

const VmPast *past_find(const Past *past, const char *source_id, const char *instance_uuid, const char *id)
{
    static const VmPast nothing = {.last_migration = -1};
    g_autofree char *key = key_of(source_id, instance_uuid, id);
    const VmPast *vm = g_hash_table_lookup(past->vms, key);
    return vm ? vm : &nothing;
}

const VmPast *past_of_vm(const Past *past, const Model *model, guint vm)
{
    const Vm *row = model->vms[vm].row;
    return past_find(past, model->snapshot->info.source_id, row->instance_uuid, row->id);
}

GArray *past_sizes_before(const Past *past, const Model *model, guint vm)
{
    const GArray *memory = past ? past_of_vm(past, model, vm)->memory : NULL;
    return lent_sizes_before(model->vms[vm].shares_uuid ? NULL : memory, model->vms[vm].memory_mib);
}

/* TRUE where what is known later says that the refusal no longer holds. */
static gboolean is_over(const VmPast *vm, const PastRefusal *refusal)
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

const PastRefusal *past_refusal(const VmPast *vm, Action action, const char *host_id, gint64 since)
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

gint64 past_departure(const VmPast *vm, const char *host_id, gint64 since)
{
    gint64 last = -1;
    for (guint i = 0; vm->departures && i < vm->departures->len; i++) {
        const PastDeparture *departure = &g_array_index(vm->departures, PastDeparture, i);
        if (departure->time >= since && strcmp(departure->host_id, host_id) == 0)
            last = MAX(last, departure->time);
    }
    return last;
}

guint past_memory_additions_since(const VmPast *vm, gint64 time)
{
    g_autoptr(GArray) standing = lent_standing(vm->memory);
    guint n = 0;
    for (guint i = 0; i < standing->len; i++)
        n += g_array_index(standing, LentChange, i).time >= time;
    return n;
}

double past_memory_before(const Past *past, const Model *model, guint vm)
{
    g_autoptr(GArray) sizes = past_sizes_before(past, model, vm);
    return sizes->len ? g_array_index(sizes, double, 0) : model->vms[vm].memory_mib;
}
