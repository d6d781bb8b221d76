/* SPDX-License-Identifier: MIT */
#include "collect/snapshotreader.h"

#include "collect/escape.h"
#include "collect/format.h"
#include "collect/references.h"
#include "collect/sums.h"

#include <string.h>

#define NO_TABLE (-1) /* snapshot.csv: its one row is the snapshot's own */

/* Reads all rows of a file, each into row and from there into the snapshot's table of this number; lines
 * receives where each began. */
static gboolean read_rows(Snapshot *snapshot, const Table *table, int number, const char *directory,
                          gpointer row, GArray *lines, GError **error)
{
    g_autofree char *path = g_build_filename(directory, table->file, NULL);
    g_autoptr(CsvReader) csv = csv_reader_open(path, NULL, error);
    if (!csv)
        return FALSE;
    g_autoptr(GError) failure = NULL;
    if (!csv_reader_next(csv, &failure)) {
        if (failure)
            g_propagate_error(error, g_steal_pointer(&failure));
        else
            csv_reader_fail(csv, "header", "", "a header row", error);
        return FALSE;
    }
    g_autoptr(TableReader) reader = table_reader_new(table, csv, snapshot->strings, error);
    if (!reader)
        return FALSE;
    while (table_reader_next(reader, row, &failure)) {
        guint64 line = csv_reader_line(csv);
        g_array_append_val(lines, line);
        if (number != NO_TABLE)
            snapshot_add(snapshot, number, row);
    }
    if (failure) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    g_autofree char *sha256 = csv_reader_sha256(csv);
    return snapshot_check_sum(snapshot, table->file, path, sha256, error);
}

static void set_fault(GError **error, const char *directory, const Table *table, guint64 line,
                      const RowFault *fault)
{
    g_autofree char *found = escape_for_message(fault->found);
    g_set_error(error, VMANGER_ERROR, 0, "%s/%s:%" G_GUINT64_FORMAT ": %s: found %s: expected %s", directory,
                table->file, line, fault->column, found, fault->expected);
}

static gboolean info_is_right(const SnapshotInfo *info, guint n_rows, RowFault *fault)
{
    if (n_rows != 1)
        return row_blame(fault, "row", n_rows ? "a second one" : "", "one row");
    if (strcmp(info->format, SNAPSHOT_FORMAT) != 0)
        return row_blame(fault, "format", info->format, SNAPSHOT_FORMAT);
    if (!(info->window_s > 0))
        return row_blame(fault, "window_s", "0", "more than 0");
    return info->interval_s > 0 || row_blame(fault, "interval_s", "0", "more than 0");
}

static gboolean read_info(Snapshot *snapshot, const char *directory, GError **error)
{
    g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(guint64));
    if (!read_rows(snapshot, &snapshot_table, NO_TABLE, directory, &snapshot->info, lines, error))
        return FALSE;
    RowFault fault;
    if (info_is_right(&snapshot->info, lines->len, &fault))
        return TRUE;
    guint64 line = lines->len ? g_array_index(lines, guint64, lines->len - 1) : 1;
    set_fault(error, directory, &snapshot_table, line, &fault);
    return FALSE;
}

/* A source that tells no EVC modes has no file of them. */
static gboolean is_left_out(const Snapshot *snapshot, int table, const char *directory)
{
    g_autofree char *path = g_build_filename(directory, snapshot_tables[table]->file, NULL);
    return table == TABLE_EVC_MODES && !g_hash_table_contains(snapshot->sums, evc_modes_table.file) &&
           !g_file_test(path, G_FILE_TEST_EXISTS);
}

static gboolean read_table(Snapshot *snapshot, int table, const char *directory, GArray *lines,
                           GError **error)
{
    g_autofree gpointer row = g_malloc0(snapshot_rows(snapshot, table).size);
    return is_left_out(snapshot, table, directory) ||
           read_rows(snapshot, snapshot_tables[table], table, directory, row, lines, error);
}

static gboolean read_tables(Snapshot *snapshot, const char *directory, GArray *lines[N_TABLES],
                            GError **error)
{
    for (int table = 0; table < N_TABLES; table++)
        if (!read_table(snapshot, table, directory, lines[table], error))
            return FALSE;
    int table;
    guint index;
    RowFault fault;
    if (references_resolve(snapshot, &table, &index, &fault))
        return TRUE;
    set_fault(error, directory, snapshot_tables[table], g_array_index(lines[table], guint64, index), &fault);
    return FALSE;
}

static gboolean read_every_table(Snapshot *snapshot, const char *directory, GError **error)
{
    GArray *lines[N_TABLES];
    for (int i = 0; i < N_TABLES; i++)
        lines[i] = g_array_new(FALSE, FALSE, sizeof(guint64));
    gboolean ok = read_tables(snapshot, directory, lines, error);
    for (int i = 0; i < N_TABLES; i++)
        g_array_free(lines[i], TRUE);
    return ok;
}

static Snapshot *read_directory(const char *directory, SnapshotFlags flags, gboolean whole, GError **error)
{
    g_autoptr(Snapshot) snapshot = snapshot_new();
    g_autofree char *sums = g_build_filename(directory, SUMS_FILE, NULL);
    if (!g_file_test(directory, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: found no directory: expected a snapshot", directory);
        return NULL;
    }
    if (g_file_test(sums, G_FILE_TEST_EXISTS)) {
        if (!sums_read(sums, snapshot->sums, &snapshot->digest, error) ||
            !sums_name_every_file(snapshot->sums, directory, error))
            return NULL;
    } else if (!(flags & SNAPSHOT_UNSUMMED_OK)) {
        g_set_error(
            error, VMANGER_ERROR, 0,
            "%s: found no such file: expected the sums of a complete snapshot (collect %s -o NEW checks the "
            "tables and writes them)",
            sums, directory);
        return NULL;
    }
    gboolean ok =
        read_info(snapshot, directory, error) && (!whole || read_every_table(snapshot, directory, error));
    return ok ? g_steal_pointer(&snapshot) : NULL;
}

static Snapshot *read_or_blame(const char *directory, SnapshotFlags flags, gboolean whole, GError **error)
{
    Snapshot *snapshot = read_directory(directory, flags, whole, error);
    if (!snapshot)
        format_blame(directory, FORMAT_SNAPSHOT, error);
    return snapshot;
}

Snapshot *snapshot_read(const char *directory, SnapshotFlags flags, GError **error)
{
    return read_or_blame(directory, flags, TRUE, error);
}

Snapshot *snapshot_read_info(const char *directory, SnapshotFlags flags, GError **error)
{
    return read_or_blame(directory, flags, FALSE, error);
}
