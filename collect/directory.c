/* SPDX-License-Identifier: MIT */
/*
 * A snapshot's directory as a source: every table is read, checked and written anew, canonically. A snapshot
 * made by hand or by script gets its SHA256SUMS; one that is canonical already keeps its digest.
 */
#include "collect/samples.h"
#include "collect/snapshothistory.h"
#include "collect/snapshotreader.h"
#include "collect/snapshotwriter.h"
#include "collect/source.h"

static gboolean copy_series(const Snapshot *snapshot, const char *directory, SnapshotWriter *writer,
                            GError **error)
{
    g_autoptr(SeriesReader) reader = series_reader_open(snapshot, directory, error);
    if (!reader)
        return FALSE;
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(double));
    g_autoptr(GString) row = g_string_new(NULL);
    g_autoptr(GError) failure = NULL;
    Series series;
    while (series_reader_next(reader, &series, &failure) &&
           series_reader_values(reader, &series, values, &failure)) {
        series_append_row(&series, (const double *)(void *)values->data, values->len, row);
        snapshot_writer_samples(writer, row->str, row->len);
        g_string_truncate(row, 0);
    }
    if (!failure)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/* What is right is copied as it stands: it is written by nobody but collect. */
static gboolean copy_history(const Snapshot *snapshot, const char *directory, SnapshotWriter *writer,
                             GError **error)
{
    g_autoptr(History) history = history_new();
    return !snapshot_has_history(snapshot, directory) ||
           (snapshot_history_take(history, snapshot, directory, error) &&
            snapshot_writer_copy(writer, snapshot, &history_table, directory, error));
}

gboolean collect_from_directory(const CollectRequest *request, CollectResult *result, GError **error)
{
    result->warnings = g_ptr_array_new_with_free_func(g_free);
    result->snapshot = snapshot_read(request->source, SNAPSHOT_UNSUMMED_OK, error);
    if (!result->snapshot)
        return FALSE;
    if (!*result->snapshot->info.tool)
        result->snapshot->info.tool = "vmanger " VMANGER_VERSION;
    g_autoptr(SnapshotWriter) writer = snapshot_writer_new(request->output, request->keys, error);
    return writer && copy_series(result->snapshot, request->source, writer, error) &&
           copy_history(result->snapshot, request->source, writer, error) &&
           snapshot_writer_commit(writer, result->snapshot, &result->digest, error);
}
