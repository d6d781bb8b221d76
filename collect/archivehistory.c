/* SPDX-License-Identifier: MIT */
#include "collect/archivehistory.h"

#include "collect/archive.h"
#include "collect/snapshothistory.h"
#include "collect/snapshotreader.h"

#include <string.h>

#define MIN_SAMPLES_PCT 60                /* of a window that is kept: the policy's default */
#define FORGET_S (10 * (gint64)24 * 3600) /* a VM that was not measured for so long */

/* why the history is not of the archive whose newest snapshot this is; NULL: it is */
static const char *misfit(const History *history, const char *digest, const Snapshot *newest)
{
    const SnapshotInfo *info = &newest->info;
    if (strcmp(history->source_id, info->source_id) != 0)
        return "is of another source";
    if (history->newest > info->taken_at)
        return "goes beyond the newest snapshot";
    return !digest || (history->newest == info->taken_at && strcmp(digest, newest->digest) != 0)
               ? "is of another snapshot than the newest"
               : NULL;
}

History *archive_history_read(const char *directory, const Snapshot *newest, char **warning)
{
    g_autofree char *path = g_build_filename(directory, HISTORY_FILE, NULL), *digest = NULL;
    g_autofree char *stands = openpgp_path(path);
    g_autoptr(GError) error = NULL;
    *warning = NULL;
    if (!g_file_test(stands, G_FILE_TEST_EXISTS))
        return NULL;
    g_autoptr(History) history = history_read(path, &digest, NULL, &error);
    const char *amiss = history ? misfit(history, digest, newest) : NULL;
    if (history && !amiss)
        return g_steal_pointer(&history);
    *warning = history ? g_strdup_printf("%s: %s: the history is taken from the snapshots", path, amiss)
                       : g_strdup_printf("%s: the history is taken from the snapshots", error->message);
    return NULL;
}

static gboolean add(History *history, const char *path, GError **error)
{
    g_autoptr(Snapshot) snapshot = snapshot_read(path, SNAPSHOT_STRICT, error);
    if (!snapshot)
        return FALSE;
    if (history->source_id && strcmp(history->source_id, snapshot->info.source_id) != 0)
        return TRUE; /* an archive of several sources: the newest one's is followed */
    g_autoptr(Means) means = means_read(snapshot, path, MIN_SAMPLES_PCT, error);
    return means && snapshot_history_take(history, snapshot, path, error) &&
           history_add(history, snapshot, means, error);
}

gboolean archive_history_update(const char *directory, const OpenPgp *keys, char **warning, GError **error)
{
    g_auto(GStrv) names = archive_names(directory, ARCHIVE_HISTORY_S, error);
    if (!names)
        return FALSE;
    g_autofree char *newest_path = g_build_filename(directory, names[g_strv_length(names) - 1], NULL);
    g_autofree char *path = g_build_filename(directory, HISTORY_FILE, NULL);
    g_autoptr(Snapshot) newest = snapshot_read_info(newest_path, SNAPSHOT_STRICT, error);
    if (!newest)
        return FALSE;
    g_autoptr(History) history = archive_history_read(directory, newest, warning);
    if (!history) {
        history = history_new();
        history->source_id = g_strdup(newest->info.source_id);
    }
    for (guint i = 0; names[i]; i++) {
        g_autofree char *one = g_build_filename(directory, names[i], NULL);
        if (archive_time_of(names[i]) > history->newest && !add(history, one, error))
            return FALSE;
    }
    return history_write(history, path, newest->digest, FORGET_S, keys, error);
}
