/* SPDX-License-Identifier: MIT */
#include "collect/snapshotwriter.h"

#include "collect/atomic.h"
#include "collect/historyfile.h"
#include "collect/samples.h"
#include "collect/sums.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define COPY_BYTES (256 * 1024)

struct SnapshotWriter {
    AtomicDirectory *directory;
    const OpenPgp *keys; /* to whom tables are encrypted; NULL: they are in the clear */
    AtomicFile *samples;
    AtomicFile *history; /* NULL: the snapshot has none */
    GHashTable *sums;    /* file name to hex, of what has been written */
};

static gboolean end_file(SnapshotWriter *writer, AtomicFile *file, const char *name, GError **error)
{
    char *sha256 = NULL;
    if (!atomic_file_commit(file, &sha256, error))
        return FALSE;
    g_hash_table_insert(writer->sums, g_strdup(name), sha256);
    return TRUE;
}

SnapshotWriter *snapshot_writer_new(const char *path, const OpenPgp *keys, GError **error)
{
    g_autoptr(SnapshotWriter) writer = g_new0(SnapshotWriter, 1);
    writer->sums = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    writer->keys = keys;
    writer->directory = atomic_directory_new(path, error);
    if (!writer->directory)
        return NULL;
    writer->samples = atomic_directory_file(writer->directory, samples_table.file, keys, error);
    if (!writer->samples)
        return NULL;
    g_autoptr(GString) header = g_string_new(NULL);
    table_append_header(&samples_table, header);
    atomic_file_take(writer->samples, header);
    return g_steal_pointer(&writer);
}

void snapshot_writer_free(SnapshotWriter *writer)
{
    if (!writer)
        return;
    g_clear_pointer(&writer->samples, atomic_file_free);
    g_clear_pointer(&writer->history, atomic_file_free);
    atomic_directory_free(writer->directory);
    g_hash_table_destroy(writer->sums);
    g_free(writer);
}

void snapshot_writer_samples(SnapshotWriter *writer, const char *rows, gsize length)
{
    atomic_file_write(writer->samples, rows, length);
}

gboolean snapshot_writer_history(SnapshotWriter *writer, const char *text, gsize length, GError **error)
{
    if (!writer->history)
        writer->history = atomic_directory_file(writer->directory, HISTORY_FILE, writer->keys, error);
    if (writer->history)
        atomic_file_write(writer->history, text, length);
    return writer->history != NULL;
}

void snapshot_writer_drop_history(SnapshotWriter *writer)
{
    g_clear_pointer(&writer->history, atomic_file_free);
}

static gboolean copy_plain(AtomicFile *file, const char *path, GError **error)
{
    FILE *source = fopen(path, "re");
    g_autofree char *bytes = g_malloc(COPY_BYTES);
    gsize length;
    while (source && (length = fread(bytes, 1, COPY_BYTES, source)) > 0)
        atomic_file_write(file, bytes, length);
    gboolean ok = source && !ferror(source);
    if (!ok)
        g_set_error(error, VMANGER_ERROR, 0, "%s: cannot be read: %s", path, g_strerror(errno));
    if (source)
        fclose(source);
    return ok;
}

static gboolean copy_into(AtomicFile *file, const char *path, GError **error)
{
    g_autofree char *stands = openpgp_path(path);
    if (!openpgp_is_encrypted(stands))
        return copy_plain(file, path, error);
    gsize length;
    char *bytes = openpgp_decrypt(stands, &length, error);
    if (!bytes)
        return FALSE;
    atomic_file_write(file, bytes, length);
    openpgp_wipe(bytes, length);
    return TRUE;
}

gboolean snapshot_writer_copy(SnapshotWriter *writer, const Snapshot *snapshot, const Table *table,
                              const char *directory, GError **error)
{
    g_autofree char *path = g_build_filename(directory, table->file, NULL);
    g_autoptr(AtomicFile) file = atomic_directory_file(writer->directory, table->file, writer->keys, error);
    if (!file)
        return FALSE;
    return copy_into(file, path, error) && end_file(writer, file, table->file, error) &&
           snapshot_check_sum(snapshot, table->file, path, g_hash_table_lookup(writer->sums, table->file),
                              error);
}

static gboolean write_table(SnapshotWriter *writer, const Table *table, Rows rows, GError **error)
{
    if (g_hash_table_contains(writer->sums, table->file))
        return TRUE;
    g_autoptr(AtomicFile) file = atomic_directory_file(writer->directory, table->file, writer->keys, error);
    if (!file)
        return FALSE;
    g_autoptr(GString) text = g_string_new(NULL);
    table_append_header(table, text);
    for (guint i = 0; i < rows.n; i++) {
        table_append_row(table, rows.rows + i * rows.size, text);
        atomic_file_take(file, text);
    }
    atomic_file_take(file, text);
    return end_file(writer, file, table->file, error);
}

static gboolean write_sums(SnapshotWriter *writer, char **digest, GError **error)
{
    g_autoptr(AtomicFile) file = atomic_directory_file(writer->directory, SUMS_FILE, NULL, error);
    if (!file)
        return FALSE;
    g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(writer->sums), (GCompareFunc)strcmp);
    g_autoptr(GString) text = g_string_new(NULL);
    for (GList *name = names; name; name = name->next)
        g_string_append_printf(text, "%s  %s\n", (char *)g_hash_table_lookup(writer->sums, name->data),
                               (char *)name->data);
    atomic_file_take(file, text);
    return atomic_file_commit(file, digest, error);
}

gboolean snapshot_writer_commit(SnapshotWriter *writer, const Snapshot *snapshot, char **digest,
                                GError **error)
{
    Rows info = {(char *)&snapshot->info, 1, sizeof(SnapshotInfo)};
    if (!write_table(writer, &snapshot_table, info, error))
        return FALSE;
    for (int table = 0; table < N_TABLES; table++)
        if ((table != TABLE_EVC_MODES || snapshot->n_evc_modes > 0) &&
            !write_table(writer, snapshot_tables[table], snapshot_rows(snapshot, table), error))
            return FALSE;
    return end_file(writer, writer->samples, samples_table.file, error) &&
           (!writer->history || end_file(writer, writer->history, HISTORY_FILE, error)) &&
           write_sums(writer, digest, error) && atomic_directory_commit(writer->directory, error);
}
