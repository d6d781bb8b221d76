/* SPDX-License-Identifier: MIT */
/*
 * A snapshot's directory as a target: the directory stays as it is, the steps act on a copy of it in memory,
 * and finish writes that copy. Tables that no step changes are copied as bytes, series row by row.
 */
#include "analyze/assess.h"
#include "apply/effects.h"
#include "apply/placement.h"
#include "apply/target.h"

#include <math.h>
#include <string.h>

typedef struct Directory {
    Target base;
    char *path, *output;
    Snapshot *snapshot; /* of which finish makes the copy */
    Placement *placement;
    Effects *effects;
    GArray *ended; /* double: numbers of steps that were started and not yet waited for */
    gboolean changed;
} Directory;

static Directory *directory_of(Target *target)
{
    return (Directory *)target;
}

static gint64 directory_now(Target *target)
{
    return directory_of(target)->snapshot->info.taken_at;
}

static const char *directory_account(Target *target)
{
    (void)target;
    return "";
}

static gboolean directory_view(Target *target, const Policy *policy, Snapshot **snapshot,
                               Assessment **assessment, GError **error)
{
    const char *path = directory_of(target)->path;
    g_autoptr(Snapshot) seen = snapshot_read(path, SNAPSHOT_STRICT, error);
    if (!seen)
        return FALSE;
    if (assessment) {
        g_auto(Subject) subject = {0};
        g_autoptr(Assessment) assessed = assess_begin(policy);
        if (!assess_add(assessed, seen, path, policy, &subject, error))
            return FALSE;
        *assessment = g_steal_pointer(&assessed);
    }
    *snapshot = g_steal_pointer(&seen);
    return TRUE;
}

static gboolean directory_check(Target *target, const ChangePlan *plan, GPtrArray *problems,
                                GPtrArray *warnings, GError **error)
{
    /* A file has no privileges and no checker: all that it can tell stands in its tables. */
    (void)target, (void)plan, (void)problems, (void)warnings, (void)error;
    return TRUE;
}

static gboolean directory_recheck(Target *target, const PlanRow *step, char **problem, GError **error)
{
    (void)error;
    g_autoptr(GPtrArray) differences = g_ptr_array_new_with_free_func((GDestroyNotify)difference_free);
    placement_compare(directory_of(target)->placement, step, differences, NULL);
    if (differences->len == 0)
        return TRUE;
    const Difference *first = g_ptr_array_index(differences, 0);
    *problem = g_strdup_printf("%s: was %s, is %s", first->what, first->was, first->is);
    return TRUE;
}

static void do_step(Directory *directory, const PlanRow *step)
{
    Placement *placement = directory->placement;
    guint vm = (guint)snapshot_find_vm(directory->snapshot, step->object_id);
    guint from = (guint)placement->host[vm];
    double size_before = placement->memory_mib[vm];
    placement_do(placement, step);
    if (step->action == ACTION_MIGRATE)
        effects_migrate(directory->effects, vm, from, (guint)placement->host[vm], size_before * 1024);
    else if (step->action == ACTION_ADD_MEMORY)
        effects_add_memory(directory->effects, vm, from, (placement->memory_mib[vm] - size_before) * 1024);
    directory->changed = TRUE;
}

static gboolean directory_start(Target *target, const PlanRow *step, char **task, GError **error)
{
    (void)error;
    Directory *directory = directory_of(target);
    do_step(directory, step);
    g_array_append_val(directory->ended, step->step);
    *task = NULL;
    return TRUE;
}

static gboolean directory_wait(Target *target, double timeout_s, StepEnd *end, char **progress,
                               GError **error)
{
    (void)timeout_s, (void)progress, (void)error;
    GArray *ended = directory_of(target)->ended;
    *end = (StepEnd){NAN, OUTCOME_SUCCEEDED, NULL};
    if (ended->len > 0) {
        end->step = g_array_index(ended, double, 0);
        g_array_remove_index(ended, 0);
    }
    return TRUE;
}

/* What an earlier run did was done to its own copy, which went with it. */
static gboolean directory_settle(Target *target, const PlanRow *step, const char *task, StepEnd *end,
                                 GError **error)
{
    (void)target, (void)task, (void)error;
    *end = (StepEnd){step->step, OUTCOME_NOT_STARTED, NULL};
    return TRUE;
}

static gboolean directory_redo(Target *target, const PlanRow *step, GError **error)
{
    g_autofree char *problem = NULL;
    directory_recheck(target, step, &problem, error);
    if (problem) {
        g_set_error(error, VMANGER_ERROR, 0, "step %.0f succeeded in an earlier run, but not here: %s",
                    step->step, problem);
        return FALSE;
    }
    do_step(directory_of(target), step);
    return TRUE;
}

/* ---- the copy ---- */

/* Reads the series that the effects need. */
static gboolean learn_series(Directory *directory, GError **error)
{
    g_autoptr(SeriesReader) reader = series_reader_open(directory->snapshot, directory->path, error);
    if (!reader)
        return FALSE;
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(double));
    g_autoptr(GError) failure = NULL;
    Series series;
    while (series_reader_next(reader, &series, &failure)) {
        if (!effects_needs(directory->effects, &series))
            continue;
        if (!series_reader_values(reader, &series, values, error))
            return FALSE;
        effects_learn(directory->effects, &series, values);
    }
    if (!failure)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean copy_series(Directory *directory, SnapshotWriter *writer, GError **error)
{
    g_autoptr(SeriesReader) reader = series_reader_open(directory->snapshot, directory->path, error);
    if (!reader)
        return FALSE;
    gint64 window_s = (gint64)directory->snapshot->info.window_s;
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(double));
    g_autoptr(GString) row = g_string_new(NULL);
    g_autoptr(GError) failure = NULL;
    Series series;
    while (series_reader_next(reader, &series, &failure)) {
        if (effects_touch(directory->effects, &series)) {
            if (!series_reader_values(reader, &series, values, error))
                return FALSE;
            effects_change(directory->effects, &series, values);
            series.start += window_s;
            series_append_row(&series, (const double *)(void *)values->data, values->len, row);
        } else {
            series.start += window_s;
            table_append_row(&samples_table, &series, row);
        }
        snapshot_writer_samples(writer, row->str, row->len);
        g_string_truncate(row, 0);
    }
    if (!failure)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean copy_tables(Directory *directory, SnapshotWriter *writer, GError **error)
{
    static const Table *const unchanged[] = {&clusters_table, &pools_table, &hosts_table, &rules_table};
    for (gsize i = 0; i < G_N_ELEMENTS(unchanged); i++)
        if (!snapshot_writer_copy(writer, directory->snapshot, unchanged[i], directory->path, error))
            return FALSE;
    return directory->changed ||
           snapshot_writer_copy(writer, directory->snapshot, &vms_table, directory->path, error);
}

static void change_tables(Directory *directory)
{
    Snapshot *snapshot = directory->snapshot;
    const Placement *placement = directory->placement;
    for (guint i = 0; i < snapshot->n_vms; i++) {
        Vm *vm = &snapshot->vms[i];
        vm->host = placement->host[i];
        vm->host_id = snapshot->hosts[vm->host].id;
        vm->memory_mib = placement->memory_mib[i];
        vm->vcpus = placement->vcpus[i];
    }
    snapshot->info.taken_at += (gint64)snapshot->info.window_s;
}

static gboolean directory_finish(Target *target, GError **error)
{
    Directory *directory = directory_of(target);
    g_autoptr(SnapshotWriter) writer = snapshot_writer_new(directory->output, error);
    if (!writer || (directory->changed && !learn_series(directory, error)))
        return FALSE;
    effects_work_out(directory->effects);
    if (!copy_tables(directory, writer, error) || !copy_series(directory, writer, error))
        return FALSE;
    change_tables(directory);
    return snapshot_writer_commit(writer, directory->snapshot, NULL, error);
}

static void directory_free(Target *target)
{
    Directory *directory = directory_of(target);
    effects_free(directory->effects);
    placement_free(directory->placement);
    snapshot_free(directory->snapshot);
    g_clear_pointer(&directory->ended, g_array_unref);
    g_free(directory->path);
    g_free(directory->output);
    g_free(directory);
}

Target *target_directory_new(const char *directory, const char *output, GError **error)
{
    static const TargetClass class = {
        .kind = "directory",
        .view = directory_view,
        .check = directory_check,
        .recheck = directory_recheck,
        .start = directory_start,
        .wait = directory_wait,
        .settle = directory_settle,
        .redo = directory_redo,
        .finish = directory_finish,
        .now = directory_now,
        .account = directory_account,
        .free = directory_free,
    };
    /* Made and removed again: that AFTER cannot be had is to be known before any step. */
    g_autoptr(SnapshotWriter) trial = output ? snapshot_writer_new(output, error) : NULL;
    if (output && !trial)
        return NULL;
    g_autoptr(Snapshot) snapshot = snapshot_read(directory, SNAPSHOT_STRICT, error);
    if (!snapshot)
        return NULL;
    Directory *target = g_new0(Directory, 1);
    target->base.class = &class;
    target->path = g_strdup(directory);
    target->output = g_strdup(output);
    target->placement = placement_new(snapshot);
    target->effects = effects_new(snapshot);
    target->snapshot = g_steal_pointer(&snapshot);
    target->ended = g_array_new(FALSE, FALSE, sizeof(double));
    return &target->base;
}
