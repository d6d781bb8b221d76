/* SPDX-License-Identifier: MIT */
/*
 * A snapshot's directory as a target: the directory stays as it is, the steps act on a copy of it in memory,
 * and finish writes that copy. Tables that no step changes are copied as bytes, series row by row.
 */
#include "analyze/evaluation.h"
#include "analyze/roles.h"
#include "apply/drift.h"
#include "apply/seriesafter.h"
#include "apply/target.h"
#include "collect/snapshothistory.h"
#include "collect/snapshotreader.h"
#include "collect/snapshotwriter.h"

#include <math.h>
#include <string.h>

typedef struct Directory {
    Target base;
    char *path, *output;
    const OpenPgp *keys; /* to whom the copy is encrypted; NULL: it is in the clear */
    Snapshot *snapshot;  /* of which finish makes the copy */
    Drift *drift;
    SeriesAfter *after;
    double *comes_back; /* [n_vms] the share of what was reclaimed from a VM that no limit holds back */
    GArray *ended;      /* double: numbers of steps that were started and not yet waited for */
    gboolean vms_changed, hosts_changed;
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

static const char *directory_source_id(Target *target)
{
    return directory_of(target)->snapshot->info.source_id;
}

static const char *directory_identity(Target *target)
{
    return directory_of(target)->snapshot->digest;
}

/* What is reclaimed by a limit stays so wherever the VM runs: 0 and 1 are nothing and all that comes back. */
static void note_what_comes_back(Directory *directory, const Subject *subject)
{
    const Snapshot *snapshot = directory->snapshot;
    for (guint i = 0; i < snapshot->n_vms; i++) {
        const Load *load = &subject->vms[i].loads[RESOURCE_HOST_MEMORY];
        if (load->reclaimed > 0 && !isnan(load->reclaimed_host))
            directory->comes_back[i] = CLAMP(load->reclaimed_host / load->reclaimed, 0, 1);
    }
}

static gboolean directory_view(Target *target, const Policy *policy, const Snapshot **snapshot,
                               Assessment **assessment, GError **error)
{
    Directory *directory = directory_of(target);
    *snapshot = directory->snapshot;
    if (!assessment)
        return TRUE;
    g_auto(Subject) subject = {0};
    g_autoptr(Assessment) assessed = evaluation_begin(policy);
    if (!evaluation_add(assessed, directory->snapshot, directory->path, policy, &subject, error))
        return FALSE;
    note_what_comes_back(directory, &subject);
    *assessment = g_steal_pointer(&assessed);
    return TRUE;
}

static gboolean directory_check(Target *target, const ChangePlan *plan, GPtrArray *refusals,
                                GPtrArray *problems, GPtrArray *warnings, GError **error)
{
    /* A file has no privileges and no checker: all that it can tell stands in its tables. */
    (void)target, (void)plan, (void)refusals, (void)problems, (void)warnings, (void)error;
    return TRUE;
}

static gboolean directory_recheck(Target *target, const PlanRow *step, char **problem, GError **error)
{
    (void)error;
    g_autoptr(GPtrArray) differences = g_ptr_array_new_with_free_func((GDestroyNotify)mismatch_free);
    drift_compare(directory_of(target)->drift, step, differences, NULL);
    if (differences->len == 0)
        return TRUE;
    const Mismatch *first = g_ptr_array_index(differences, 0);
    *problem = g_strdup_printf("%s: was %s, is %s", first->what, first->was, first->is);
    return TRUE;
}

static void do_step(Directory *directory, const PlanRow *step)
{
    Drift *drift = directory->drift;
    if (step_is_of_mode(step)) {
        drift_do(drift, step);
        directory->hosts_changed = directory->vms_changed = TRUE;
        return;
    }
    guint vm = (guint)snapshot_find_vm(directory->snapshot, step->object_id);
    guint from = (guint)drift->host[vm];
    double size_before = drift->memory_mib[vm];
    drift_do(drift, step);
    if (step->action == ACTION_MIGRATE)
        series_after_migrate(directory->after, vm, from, (guint)drift->host[vm], size_before * 1024,
                             directory->comes_back[vm]);
    else if (step->action == ACTION_ADD_MEMORY)
        series_after_add_memory(directory->after, vm, from, (drift->memory_mib[vm] - size_before) * 1024);
    else if (step->action == ACTION_RECLAIM_MEMORY)
        series_after_reclaim_memory(directory->after, vm, from, drift->memory_mib[vm] * 1024);
    directory->vms_changed = TRUE;
}

static gboolean directory_start(Target *target, const PlanRow *step, StepCall *call, GError **error)
{
    (void)call, (void)error;
    Directory *directory = directory_of(target);
    do_step(directory, step);
    g_array_append_val(directory->ended, step->step);
    return TRUE;
}

static gboolean directory_wait(Target *target, double timeout_s, StepEnd *end, char **progress,
                               GError **error)
{
    (void)timeout_s, (void)progress, (void)error;
    GArray *ended = directory_of(target)->ended;
    *end = (StepEnd){NAN, END_SUCCEEDED, NULL};
    if (ended->len > 0) {
        end->step = g_array_index(ended, double, 0);
        g_array_remove_index(ended, 0);
    }
    return TRUE;
}

/* What an earlier run did was done to its own copy, which went with it. */
static gboolean directory_settle(Target *target, const PlanRow *step, const char *task, const char *intent,
                                 StepEnd *end, GError **error)
{
    (void)target, (void)task, (void)intent, (void)error;
    *end = (StepEnd){step->step, END_NOT_STARTED, NULL};
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

/* A row of samples.csv that waits until what the steps make of it is known. */
typedef struct HeldRow {
    Series series;
    GArray *values; /* double */
} HeldRow;

static void held_row_clear(gpointer row)
{
    g_array_unref(((HeldRow *)row)->values);
}

/* What one pass over samples.csv works with. */
typedef struct SeriesCopy {
    Directory *directory;
    SeriesReader *reader;
    SnapshotWriter *writer;
    gint64 window_s;
    gboolean canonical; /* the columns stand as they are written: rows can be copied as bytes */
    gint64 start;       /* of which the texts are, as cells with both commas */
    char *old_start, *new_start;
    GArray *held; /* HeldRow */
    GString *out;
} SeriesCopy;

static void series_copy_clear(SeriesCopy *copy)
{
    series_reader_free(copy->reader);
    g_free(copy->old_start);
    g_free(copy->new_start);
    g_array_unref(copy->held);
    g_string_free(copy->out, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SeriesCopy, series_copy_clear)

/* the reader's present row must be the header's */
static gboolean is_canonical(const SeriesReader *reader)
{
    g_autoptr(GString) header = g_string_new(NULL);
    gsize length;
    const char *raw = series_reader_raw(reader, &length);
    table_append_header(&samples_table, header);
    return length == header->len && memcmp(raw, header->str, length) == 0;
}

static void flush_rows(SeriesCopy *copy)
{
    snapshot_writer_samples(copy->writer, copy->out->str, copy->out->len);
    g_string_truncate(copy->out, 0);
}

static void know_start(SeriesCopy *copy, gint64 start)
{
    if (copy->old_start && copy->start == start)
        return;
    g_autofree char *old = table_format_time(start);
    g_autofree char *new = table_format_time(start + copy->window_s);
    g_free(copy->old_start);
    g_free(copy->new_start);
    copy->start = start;
    copy->old_start = g_strdup_printf(",%s,", old);
    copy->new_start = g_strdup_printf(",%s,", new);
}

/* The row as it stands but for its start; without an instance, nothing before that cell can look like it. */
static void copy_row(SeriesCopy *copy, Series *series)
{
    gsize length;
    const char *raw = series_reader_raw(copy->reader, &length);
    know_start(copy, series->start);
    gsize cell = strlen(copy->old_start);
    const char *at = copy->canonical && !*series->instance && raw[length - 1] == '\n'
                         ? memmem(raw, length, copy->old_start, cell)
                         : NULL;
    if (at) {
        g_string_append_len(copy->out, raw, at - raw);
        g_string_append_len(copy->out, copy->new_start, (gssize)cell);
        g_string_append_len(copy->out, at + cell, (gssize)length - (at - raw) - (gssize)cell);
    } else {
        series->start += copy->window_s;
        table_append_row(&samples_table, series, copy->out);
    }
    flush_rows(copy);
}

static gboolean hold_row(SeriesCopy *copy, const Series *series, GError **error)
{
    Snapshot *snapshot = copy->directory->snapshot;
    HeldRow held = {*series, g_array_new(FALSE, FALSE, sizeof(double))};
    if (!series_reader_values(copy->reader, series, held.values, error)) {
        g_array_unref(held.values);
        return FALSE;
    }
    if (series->vm >= 0)
        series_after_learn(copy->directory->after, series, held.values);
    held.series.entity_id = series->vm >= 0 ? snapshot->vms[series->vm].id : snapshot->hosts[series->host].id;
    held.series.instance = snapshot_string(snapshot, series->instance);
    g_array_append_val(copy->held, held);
    return TRUE;
}

static void write_held_rows(SeriesCopy *copy)
{
    series_after_work_out(copy->directory->after);
    for (guint i = 0; i < copy->held->len; i++) {
        HeldRow *held = &g_array_index(copy->held, HeldRow, i);
        series_after_change(copy->directory->after, &held->series, held->values);
        held->series.start += copy->window_s;
        series_append_row(&held->series, (const double *)(void *)held->values->data, held->values->len,
                          copy->out);
        flush_rows(copy);
    }
}

/* One pass: rows that no step touches are copied at once, the others follow at the end. */
static gboolean copy_series(Directory *directory, SnapshotWriter *writer, GError **error)
{
    g_auto(SeriesCopy) copy = {
        .directory = directory,
        .reader = series_reader_open(directory->snapshot, directory->path, error),
        .writer = writer,
        .window_s = (gint64)directory->snapshot->info.window_s,
        .held = g_array_new(FALSE, FALSE, sizeof(HeldRow)),
        .out = g_string_new(NULL),
    };
    if (!copy.reader)
        return FALSE;
    g_array_set_clear_func(copy.held, held_row_clear);
    copy.canonical = is_canonical(copy.reader);
    g_autoptr(GError) failure = NULL;
    Series series;
    while (series_reader_next(copy.reader, &series, &failure)) {
        if (!series_after_concern(directory->after, &series))
            copy_row(&copy, &series);
        else if (!hold_row(&copy, &series, error))
            return FALSE;
    }
    if (failure) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    write_held_rows(&copy);
    return TRUE;
}

static gboolean copy_tables(Directory *directory, SnapshotWriter *writer, GError **error)
{
    const struct {
        const Table *table;
        gboolean changed;
    } tables[] = {{&clusters_table, FALSE},
                  {&pools_table, FALSE},
                  {&hosts_table, directory->hosts_changed},
                  {&vms_table, directory->vms_changed},
                  {&rules_table, FALSE}};
    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++)
        if (!tables[i].changed &&
            !snapshot_writer_copy(writer, directory->snapshot, tables[i].table, directory->path, error))
            return FALSE;
    /* VMs keep what they used before, wherever they are now. */
    return !snapshot_has_history(directory->snapshot, directory->path) ||
           snapshot_writer_copy(writer, directory->snapshot, &history_table, directory->path, error);
}

/* Past of what was rehearsed counts for a snapshot that says so, and for those made of it. */
static void note_rehearsal(Snapshot *snapshot, const char *plan)
{
    SnapshotInfo *info = &snapshot->info;
    g_autofree char *all = g_strconcat(info->rehearsal, *info->rehearsal ? " " : "", plan, NULL);
    info->rehearsal = snapshot_string(snapshot, all);
}

static void change_tables(Directory *directory)
{
    Snapshot *snapshot = directory->snapshot;
    const Drift *drift = directory->drift;
    for (guint i = 0; i < snapshot->n_vms; i++) {
        Vm *vm = &snapshot->vms[i];
        vm->host = drift->host[i];
        vm->host_id = snapshot->hosts[vm->host].id;
        vm->memory_mib = drift->memory_mib[i];
        vm->vcpus = drift->vcpus[i];
        /* as vSphere does with its own */
        gboolean entered = drift->mode[vm->host] == HOST_MODE_MAINTENANCE &&
                           snapshot->hosts[vm->host].mode != HOST_MODE_MAINTENANCE;
        if (entered && vm_is_agent(vm))
            vm->power = VM_POWER_OFF;
    }
    for (guint i = 0; i < snapshot->n_hosts; i++)
        snapshot->hosts[i].mode = drift->mode[i];
    snapshot->info.taken_at += (gint64)snapshot->info.window_s;
}

static gboolean directory_finish(Target *target, const ChangePlan *plan, GError **error)
{
    Directory *directory = directory_of(target);
    g_autoptr(SnapshotWriter) writer = snapshot_writer_new(directory->output, directory->keys, error);
    if (!writer || !copy_tables(directory, writer, error) || !copy_series(directory, writer, error))
        return FALSE;
    change_tables(directory);
    note_rehearsal(directory->snapshot, plan->plan);
    return snapshot_writer_commit(writer, directory->snapshot, NULL, error);
}

static void directory_free(Target *target)
{
    Directory *directory = directory_of(target);
    series_after_free(directory->after);
    g_free(directory->comes_back);
    drift_free(directory->drift);
    snapshot_free(directory->snapshot);
    g_clear_pointer(&directory->ended, g_array_unref);
    g_free(directory->path);
    g_free(directory->output);
    g_free(directory);
}

Target *target_directory_new(const char *directory, const char *output, const OpenPgp *keys, GError **error)
{
    static const TargetClass class = {
        .kind = JOURNAL_DIRECTORY,
        .called = "the directory",
        .trial = TRUE,
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
        .source_id = directory_source_id,
        .identity = directory_identity,
        .free = directory_free,
    };
    /* Made and removed again: that AFTER cannot be had is to be known before any step. */
    g_autoptr(SnapshotWriter) trial = output ? snapshot_writer_new(output, keys, error) : NULL;
    if (output && !trial)
        return NULL;
    g_autoptr(Snapshot) snapshot = snapshot_read(directory, SNAPSHOT_STRICT, error);
    if (!snapshot)
        return NULL;
    Directory *target = g_new0(Directory, 1);
    target->base.class = &class;
    target->path = g_strdup(directory);
    target->output = g_strdup(output);
    target->keys = keys;
    target->drift = drift_new(snapshot);
    target->after = series_after_new(snapshot);
    target->comes_back = g_new(double, snapshot->n_vms + 1);
    for (guint i = 0; i < snapshot->n_vms; i++) /* where no loads are looked at, its own limit is known */
        target->comes_back[i] = snapshot->vms[i].memory_limit_mib < snapshot->vms[i].memory_mib ? 0 : 1;
    target->snapshot = g_steal_pointer(&snapshot);
    target->ended = g_array_new(FALSE, FALSE, sizeof(double));
    return &target->base;
}
