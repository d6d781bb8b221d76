/* SPDX-License-Identifier: MIT */
#include "collect/archive.h"

#include "collect/atomic.h"
#include "collect/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <unistd.h>

struct Archive {
    char *directory;
    char *next, *latest;
    int lock; /* the directory itself, held by flock */
};

Archive *archive_open(const char *directory, GError **error)
{
    g_autoptr(Archive) archive = g_new0(Archive, 1);
    archive->directory = g_strdup(directory);
    archive->lock = -1;
    if (g_mkdir_with_parents(directory, 0777) != 0 ||
        (archive->lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: cannot be made: %s", directory, g_strerror(errno));
        return NULL;
    }
    if (flock(archive->lock, LOCK_EX | LOCK_NB) != 0) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: another collect is at work there: expected one at a time",
                    directory);
        return NULL;
    }
    archive->next = g_build_filename(directory, ".next", NULL);
    atomic_directory_remove(archive->next);
    return g_steal_pointer(&archive);
}

const char *archive_next(const Archive *archive)
{
    return archive->next;
}

gboolean archive_commit(Archive *archive, gint64 taken_at, GError **error)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(taken_at);
    g_autofree char *name = g_date_time_format(time, "%Y-%m-%dT%H%M%SZ");
    archive->latest = g_build_filename(archive->directory, name, NULL);
    if (g_rename(archive->next, archive->latest) != 0) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: cannot be put in its place: %s", archive->latest,
                    g_strerror(errno));
        return FALSE;
    }
    g_autofree char *link = g_build_filename(archive->directory, "latest", NULL);
    return atomic_link(name, link, error);
}

const char *archive_latest(const Archive *archive)
{
    return archive->latest;
}

void archive_free(Archive *archive)
{
    if (!archive)
        return;
    if (archive->next)
        atomic_directory_remove(archive->next);
    if (archive->lock >= 0)
        close(archive->lock);
    g_free(archive->next);
    g_free(archive->latest);
    g_free(archive->directory);
    g_free(archive);
}
