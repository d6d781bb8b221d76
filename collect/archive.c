/* SPDX-License-Identifier: MIT */
#include "collect/archive.h"

#include "collect/atomic.h"
#include "collect/csv.h"
#include "collect/historyfile.h"
#include "collect/samples.h"
#include "collect/sums.h"
#include "collect/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEXT ".next"
#define LATEST "latest"

struct Archive {
    char *directory;
    char *next, *latest, *before;
    int lock;           /* the directory itself, held by flock */
    gboolean next_ours; /* what is at DIR/.next, if anything, is this run's */
};

static gboolean fail(const Archive *archive, const char *name, const char *what, GError **error)
{
    g_set_error(error, VMANGER_ERROR, 0, "%s/%s: %s: %s", archive->directory, name, what, g_strerror(errno));
    return FALSE;
}

/* ---- reading ---- */

#define NAME_FORMAT "%Y-%m-%dT%H%M%SZ"

static char *name_of(gint64 taken_at)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(taken_at);
    return g_date_time_format(time, NAME_FORMAT);
}

/* FALSE where it is not the name of a snapshot of an archive */
static gboolean parse_name(const char *name, gint64 *taken_at)
{
    static const char shape[] = "dddd-dd-ddTddddddZ";
    for (gsize i = 0; i < sizeof shape; i++)
        if (shape[i] == 'd' ? !g_ascii_isdigit(name[i]) : name[i] != shape[i])
            return FALSE;
    g_autofree char *time = g_strdup_printf("%.13s:%.2s:%.3s", name, name + 13, name + 15);
    return table_parse_time(time, taken_at);
}

gint64 archive_time_of(const char *name)
{
    gint64 taken_at = -1;
    return parse_name(name, &taken_at) ? taken_at : -1;
}

gboolean archive_is(const char *directory)
{
    g_autofree char *latest = g_build_filename(directory, LATEST, NULL);
    g_autofree char *sums = g_build_filename(directory, SUMS_FILE, NULL);
    return g_file_test(latest, G_FILE_TEST_IS_SYMLINK) && !g_file_test(sums, G_FILE_TEST_EXISTS);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **archive_names(const char *directory, gint64 seconds, GError **error)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    g_auto(GStrv) all = fd >= 0 ? temporary_names(fd) : NULL;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    gint64 newest = -1, taken_at;
    if (fd >= 0)
        close(fd);
    for (guint i = 0; all && all[i]; i++)
        if (parse_name(all[i], &taken_at))
            newest = MAX(newest, taken_at);
    if (newest < 0) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: found no snapshot: expected those of an archive",
                    directory);
        return NULL;
    }
    for (guint i = 0; all[i]; i++)
        if (parse_name(all[i], &taken_at) && taken_at >= newest - seconds)
            g_ptr_array_add(names, g_strdup(all[i]));
    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

/* ---- what a killed run left ---- */

static gboolean is_part_of_snapshot(const char *name)
{
    gboolean known = strcmp(name, SUMS_FILE) == 0 || strcmp(name, snapshot_table.file) == 0 ||
                     strcmp(name, samples_table.file) == 0 || strcmp(name, HISTORY_FILE) == 0;
    for (int table = 0; !known && table < N_TABLES; table++)
        known = strcmp(name, snapshot_tables[table]->file) == 0;
    return known;
}

/* TRUE where the directory is ours and holds nothing but what a snapshot is made of. */
static gboolean is_left_by_collect(int fd)
{
    struct stat found;
    g_auto(GStrv) names = temporary_names(fd);
    gboolean ours = names && fstat(fd, &found) == 0 && found.st_uid == geteuid();
    for (guint i = 0; ours && names[i]; i++)
        ours = is_part_of_snapshot(names[i]);
    return ours;
}

static gboolean clear_next(Archive *archive, GError **error)
{
    int fd = openat(archive->lock, NEXT, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return TRUE;
    if (fd < 0 && errno != ENOTDIR && errno != ELOOP)
        return fail(archive, NEXT, "cannot be looked at", error);
    gboolean left = fd >= 0 && is_left_by_collect(fd);
    if (fd >= 0)
        close(fd);
    if (!left) {
        g_set_error(error, VMANGER_ERROR, 0,
                    "%s/" NEXT
                    ": found something that is not a snapshot of a collect that was killed: expected "
                    "nothing, the next snapshot is made there",
                    archive->directory);
        return FALSE;
    }
    return temporary_remove(archive->lock, NEXT) || fail(archive, NEXT, "cannot be removed", error);
}

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
    archive->next = g_build_filename(directory, NEXT, NULL);
    if (!clear_next(archive, error))
        return NULL;
    temporary_remove_links(archive->lock, LATEST);
    archive->next_ours = TRUE;
    archive->before = g_build_filename(directory, LATEST, NULL);
    return g_steal_pointer(&archive);
}

const char *archive_before(const Archive *archive)
{
    return g_file_test(archive->before, G_FILE_TEST_IS_SYMLINK) ? archive->before : NULL;
}

const char *archive_next(const Archive *archive)
{
    return archive->next;
}

/* ---- the end ---- */

/* TRUE where both are snapshots of the same digest: one that was killed before latest was moved is made
 * again. */
static gboolean is_same(const char *a, const char *b)
{
    g_autofree char *sums_a = g_build_filename(a, SUMS_FILE, NULL), *text_a = NULL;
    g_autofree char *sums_b = g_build_filename(b, SUMS_FILE, NULL), *text_b = NULL;
    return g_file_get_contents(sums_a, &text_a, NULL, NULL) &&
           g_file_get_contents(sums_b, &text_b, NULL, NULL) && strcmp(text_a, text_b) == 0;
}

/* Gives the snapshot its name, unless it is there already; is_new tells. */
static gboolean place(const Archive *archive, const char *name, gboolean *is_new, GError **error)
{
    *is_new = renameat2(archive->lock, NEXT, archive->lock, name, RENAME_NOREPLACE) == 0;
    if (!*is_new && errno == EINVAL) /* a file system that cannot: over an empty directory at most */
        *is_new = renameat(archive->lock, NEXT, archive->lock, name) == 0;
    if (*is_new || ((errno == EEXIST || errno == ENOTEMPTY) && is_same(archive->next, archive->latest)))
        return TRUE;
    if (errno != EEXIST && errno != ENOTEMPTY)
        return fail(archive, name, "cannot be put in its place", error);
    g_set_error(error, VMANGER_ERROR, 0,
                "%s: found something else of that time there: expected nothing, or the same snapshot",
                archive->latest);
    return FALSE;
}

/* Where the link stays as it was, so does all else, if that can be had. */
static gboolean link_latest(const Archive *archive, const char *name, gboolean is_new, GError **error)
{
    if (atomic_link(archive->lock, name, LATEST))
        return TRUE;
    int reason = errno;
    if (!is_new || renameat(archive->lock, name, archive->lock, NEXT) == 0) {
        errno = reason;
        return fail(archive, LATEST, "cannot be pointed to the snapshot", error);
    }
    g_set_error(error, VMANGER_ERROR, VMANGER_ERROR_STANDS,
                "%s: is in its place, but %s/" LATEST " cannot be pointed to it: %s", archive->latest,
                archive->directory, g_strerror(reason));
    return FALSE;
}

gboolean archive_commit(Archive *archive, gint64 taken_at, GError **error)
{
    g_autofree char *name = name_of(taken_at);
    gboolean is_new = FALSE;
    archive->latest = g_build_filename(archive->directory, name, NULL);
    if (!place(archive, name, &is_new, error) || !link_latest(archive, name, is_new, error))
        return FALSE;
    if (atomic_flush(archive->lock))
        return TRUE;
    g_set_error(
        error, VMANGER_ERROR, VMANGER_ERROR_STANDS,
        "%s: is in its place, but may be gone after a loss of power: its directory cannot be flushed: %s",
        archive->latest, g_strerror(errno));
    return FALSE;
}

const char *archive_latest(const Archive *archive)
{
    return archive->latest;
}

void archive_free(Archive *archive)
{
    if (!archive)
        return;
    if (archive->next_ours)
        temporary_remove(archive->lock, NEXT);
    if (archive->lock >= 0)
        close(archive->lock);
    g_free(archive->next);
    g_free(archive->latest);
    g_free(archive->before);
    g_free(archive->directory);
    g_free(archive);
}
