/* SPDX-License-Identifier: MIT */
#include "analyze/chronicle.h"

#include "collect/archive.h"
#include "collect/archivehistory.h"
#include "collect/snapshotreader.h"

#include <string.h>

static void dated_clear(gpointer data)
{
    g_free(((Dated *)data)->directory);
}

static void chronicle_free(gpointer data)
{
    Chronicle *chronicle = data;
    g_free(chronicle->source_id);
    g_array_unref(chronicle->snapshots);
    history_free(chronicle->history);
    g_free(chronicle->warning);
    g_free(chronicle);
}

static Chronicle *chronicle_of(GPtrArray *chronicles, const char *source_id)
{
    for (guint i = 0; i < chronicles->len; i++) {
        Chronicle *chronicle = chronicles->pdata[i];
        if (strcmp(chronicle->source_id, source_id) == 0)
            return chronicle;
    }
    Chronicle *chronicle = g_new0(Chronicle, 1);
    chronicle->source_id = g_strdup(source_id);
    chronicle->snapshots = g_array_new(FALSE, FALSE, sizeof(Dated));
    g_array_set_clear_func(chronicle->snapshots, dated_clear);
    g_ptr_array_add(chronicles, chronicle);
    return chronicle;
}

/* Puts the snapshot in its place by time. */
static gboolean place(Chronicle *chronicle, const char *directory, gint64 taken_at, GError **error)
{
    guint at = chronicle->snapshots->len;
    while (at > 0 && g_array_index(chronicle->snapshots, Dated, at - 1).taken_at > taken_at)
        at--;
    const Dated *before = at > 0 ? &g_array_index(chronicle->snapshots, Dated, at - 1) : NULL;
    if (before && before->taken_at == taken_at) {
        g_autofree char *time = table_format_time(taken_at);
        g_set_error(
            error, VMANGER_ERROR, 0,
            "%s: found a second snapshot of source %s of %s (%s is the first): expected each of a time of "
            "its own",
            directory, chronicle->source_id, time, before->directory);
        return FALSE;
    }
    Dated dated = {g_strdup(directory), taken_at};
    g_array_insert_val(chronicle->snapshots, at, dated);
    return TRUE;
}

static gboolean add(GPtrArray *chronicles, const char *directory, gboolean alone, GError **error)
{
    g_autoptr(Snapshot) snapshot = snapshot_read_info(directory, SNAPSHOT_STRICT, error);
    if (!snapshot)
        return FALSE;
    Chronicle *chronicle = chronicle_of(chronicles, snapshot->info.source_id);
    if (!place(chronicle, directory, snapshot->info.taken_at, error))
        return FALSE;
    if (alone || !*snapshot->info.rehearsal)
        return TRUE;
    g_set_error(
        error, VMANGER_ERROR, 0,
        "%s: found the result of a rehearsal: expected snapshots that were measured, as several are one "
        "history",
        directory);
    return FALSE;
}

/* Takes the history that the archive keeps, of the source of the snapshot that is its newest; FALSE where it
 * keeps none that fits. */
static gboolean take_history(GPtrArray *chronicles, const char *directory, const char *newest)
{
    g_autofree char *path = g_build_filename(directory, newest, NULL);
    g_autoptr(Snapshot) snapshot = snapshot_read_info(path, SNAPSHOT_STRICT, NULL);
    if (!snapshot)
        return FALSE; /* reading it again will tell */
    Chronicle *chronicle = chronicle_of(chronicles, snapshot->info.source_id);
    if (chronicle->snapshots->len > 0 || chronicle->history)
        return FALSE;
    chronicle->history = archive_history_read(directory, snapshot, &chronicle->warning);
    return chronicle->history != NULL;
}

static gboolean add_archive(GPtrArray *chronicles, const char *directory, gboolean by_history, GError **error)
{
    g_auto(GStrv) names = archive_names(directory, ARCHIVE_HISTORY_S, error);
    if (!names)
        return FALSE;
    guint last = g_strv_length(names) - 1;
    gint64 known = -1;
    if (by_history && take_history(chronicles, directory, names[last]))
        known = ((const Chronicle *)chronicles->pdata[chronicles->len - 1])->history->newest;
    for (guint i = 0; i <= last; i++) {
        g_autofree char *path = g_build_filename(directory, names[i], NULL);
        if ((i == last || archive_time_of(names[i]) > known) && !add(chronicles, path, FALSE, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean all_are_archives(char *const *directories)
{
    while (*directories && archive_is(*directories))
        directories++;
    return !*directories;
}

GPtrArray *chronicles_read(char *const *directories, GError **error)
{
    g_autoptr(GPtrArray) chronicles = g_ptr_array_new_with_free_func(chronicle_free);
    gboolean by_history = all_are_archives(directories);
    for (char *const *directory = directories; *directory; directory++) {
        gboolean ok = archive_is(*directory) ? add_archive(chronicles, *directory, by_history, error)
                                             : add(chronicles, *directory, !directories[1], error);
        if (!ok)
            return NULL;
    }
    return g_steal_pointer(&chronicles);
}
