/* SPDX-License-Identifier: MIT */
#include "collect/snapshothistory.h"

#include <string.h>

gboolean snapshot_has_history(const Snapshot *snapshot, const char *directory)
{
    g_autofree char *path = g_build_filename(directory, HISTORY_FILE, NULL);
    g_autofree char *stands = openpgp_path(path);
    return g_hash_table_contains(snapshot->sums, HISTORY_FILE) || g_file_test(stands, G_FILE_TEST_EXISTS);
}

static gboolean is_of(const History *history, const char *digest, const Snapshot *snapshot, const char *path,
                      GError **error)
{
    const char *amiss = digest                                                      ? "is an archive's"
                        : strcmp(history->source_id, snapshot->info.source_id) != 0 ? "is of another source"
                        : history->newest >= snapshot->info.taken_at ? "goes beyond the snapshot"
                                                                     : NULL;
    if (amiss)
        g_set_error(error, VMANGER_ERROR, 0,
                    "%s: %s: expected what was measured before the snapshot, of its source", path, amiss);
    return !amiss;
}

gboolean snapshot_history_take(History *history, const Snapshot *snapshot, const char *directory,
                               GError **error)
{
    if (!snapshot_has_history(snapshot, directory))
        return TRUE;
    g_autofree char *path = g_build_filename(directory, HISTORY_FILE, NULL), *digest = NULL, *sha256 = NULL;
    g_autoptr(History) own = history_read(path, &digest, &sha256, error);
    if (!own || !snapshot_check_sum(snapshot, HISTORY_FILE, path, sha256, error) ||
        !is_of(own, digest, snapshot, path, error))
        return FALSE;
    history_take_vms(history, g_steal_pointer(&own));
    return TRUE;
}
