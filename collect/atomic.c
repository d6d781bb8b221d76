/* SPDX-License-Identifier: MIT */
#include "collect/atomic.h"

#include "collect/csv.h"
#include "collect/digest.h"
#include "collect/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define BUFFER_BYTES (256 * 1024)
#define LINK_TRIES 100
#define MEMORY_DIRECTORY "/dev/shm"
#define LEAST_MEMORY ((guint64)512 << 20) /* bytes free there: a container may have next to nothing */

static void set_failure(GError **error, const char *path, const char *what, int reason)
{
    g_set_error(error, VMANGER_ERROR, 0, "%s: %s: %s", path, what, g_strerror(reason));
}

/* ---- the directory that something appears in ---- */

typedef struct Place {
    int directory;   /* open: it is flushed at the end, and stays the same whatever becomes of its path */
    char *name;      /* in it */
    char *temporary; /* in it; NULL once in place */
} Place;

/* FALSE and errno where the directory cannot be opened */
static gboolean place_open(Place *place, const char *path)
{
    g_autofree char *directory = g_path_get_dirname(path);
    place->name = g_path_get_basename(path);
    place->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return place->directory >= 0;
}

static void place_clear(Place *place)
{
    if (place->temporary)
        temporary_remove(place->directory, place->temporary);
    if (place->directory >= 0)
        close(place->directory);
    g_free(place->temporary);
    g_free(place->name);
}

gboolean atomic_flush(int directory)
{
    return fsync(directory) == 0 || errno == EINVAL || errno == EOPNOTSUPP;
}

/* Renames; FALSE and errno where nothing is in place. */
static gboolean place_fill(Place *place)
{
    if (renameat(place->directory, place->temporary, place->directory, place->name) != 0)
        return FALSE;
    g_clear_pointer(&place->temporary, g_free);
    return TRUE;
}

static gboolean place_flush(const Place *place, const char *path, GError **error)
{
    if (atomic_flush(place->directory))
        return TRUE;
    g_set_error(error, VMANGER_ERROR, VMANGER_ERROR_STANDS,
                "%s: is in its place, but may be gone after a loss of power: its directory cannot be "
                "flushed: %s",
                path, g_strerror(errno));
    return FALSE;
}

/* ---- files ---- */

struct AtomicFile {
    char *path;
    Place place; /* without a temporary name: standard output, a device or pipe, in a directory half made, or
                    in place */
    int fd;
    gboolean lasts;      /* is flushed */
    const OpenPgp *keys; /* NULL: in the clear */
    GString *buffer;
    Digest *digest;
    int failure; /* errno of the first write that failed */
};

gboolean atomic_file_is_standard_output(const char *path)
{
    struct stat named, out;
    return strcmp(path, "-") == 0 || (stat(path, &named) == 0 && fstat(STDOUT_FILENO, &out) == 0 &&
                                      named.st_dev == out.st_dev && named.st_ino == out.st_ino);
}

static AtomicFile *file_new(const char *path, const OpenPgp *keys)
{
    AtomicFile *file = g_new0(AtomicFile, 1);
    file->path = g_strdup(path);
    file->keys = keys;
    file->place.directory = -1;
    file->fd = -1;
    file->buffer = g_string_sized_new(BUFFER_BYTES);
    file->digest = digest_new();
    return file;
}

/* the name that an encrypted file has, beside which nothing may stand that a reader would take for it; NULL
 * and an error where something does */
static char *encrypted_name(const char *path, GError **error)
{
    g_autofree char *plain = openpgp_plain_name(path);
    if (!g_file_test(plain, G_FILE_TEST_IS_REGULAR))
        return g_strconcat(plain, OPENPGP_SUFFIX, NULL);
    g_set_error(error, VMANGER_ERROR, 0,
                "%s: found a file in the clear: expected none beside %s" OPENPGP_SUFFIX
                ", for which it would be taken",
                plain, plain);
    return NULL;
}

AtomicFile *atomic_file_new(const char *path, const OpenPgp *keys, GError **error)
{
    if (atomic_file_is_standard_output(path)) {
        AtomicFile *out = file_new("standard output", keys);
        out->fd = STDOUT_FILENO;
        return out;
    }
    struct stat present;
    gboolean special = stat(path, &present) == 0 && !S_ISREG(present.st_mode);
    g_autofree char *named = keys && !special ? encrypted_name(path, error) : g_strdup(path);
    if (!named)
        return NULL;
    g_autoptr(AtomicFile) file = file_new(named, keys);
    gboolean exists = stat(named, &present) == 0;
    if (exists && S_ISDIR(present.st_mode)) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: found a directory: expected a file's name", named);
        return NULL;
    }
    if (exists && !S_ISREG(present.st_mode)) {
        file->fd = open(named, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        if (file->fd < 0)
            set_failure(error, named, "cannot be written", errno);
        return file->fd < 0 ? NULL : g_steal_pointer(&file);
    }
    char *real = realpath(named, NULL); /* a link stays: what it leads to is replaced */
    if (real) {
        g_free(file->path);
        file->path = g_strdup(real);
        free(real);
    }
    file->lasts = TRUE;
    if (place_open(&file->place, file->path))
        file->fd = temporary_begin(file->place.directory, file->place.name, TEMPORARY_FILE, 0666,
                                   &file->place.temporary);
    if (file->fd >= 0)
        return g_steal_pointer(&file);
    set_failure(error, named, "cannot be written", errno);
    return NULL;
}

static void write_out(AtomicFile *file)
{
    const char *at = file->buffer->str;
    gsize left = file->buffer->len;
    while (left > 0 && !file->failure) {
        ssize_t written = write(file->fd, at, left);
        if (written < 0 && errno != EINTR)
            file->failure = errno;
        if (written > 0) {
            at += written;
            left -= (gsize)written;
        }
    }
    g_string_truncate(file->buffer, 0);
}

void atomic_file_write(AtomicFile *file, const char *bytes, gsize length)
{
    digest_update(file->digest, bytes, length);
    g_string_append_len(file->buffer, bytes, (gssize)length);
    if (file->buffer->len >= BUFFER_BYTES && !file->keys)
        write_out(file);
}

void atomic_file_take(AtomicFile *file, GString *bytes)
{
    atomic_file_write(file, bytes->str, bytes->len);
    g_string_truncate(bytes, 0);
}

/* what was gathered, to whom it is for */
static gboolean encrypt_out(AtomicFile *file, GError **error)
{
    gboolean ok =
        openpgp_encrypt(file->keys, file->buffer->str, file->buffer->len, file->fd, file->path, error);
    explicit_bzero(file->buffer->str, file->buffer->len);
    g_string_truncate(file->buffer, 0);
    return ok;
}

/* files that last and were written, from any thread */
static int committed[2]; /* [encrypted] */

gboolean atomic_wrote_in_clear_alone(void)
{
    return g_atomic_int_get(&committed[FALSE]) && !g_atomic_int_get(&committed[TRUE]);
}

gboolean atomic_file_commit(AtomicFile *file, char **sha256, GError **error)
{
    if (file->keys && !encrypt_out(file, error))
        return FALSE;
    write_out(file);
    if (!file->failure &&
        ((file->lasts && fsync(file->fd) != 0) || (file->place.temporary && !place_fill(&file->place))))
        file->failure = errno;
    if (file->failure) {
        set_failure(error, file->path, "cannot be written", file->failure);
        return FALSE;
    }
    if (sha256)
        *sha256 = digest_hex(file->digest);
    if (file->lasts)
        g_atomic_int_inc(&committed[file->keys != NULL]);
    return file->place.directory < 0 || place_flush(&file->place, file->path, error);
}

void atomic_file_free(AtomicFile *file)
{
    if (!file)
        return;
    place_clear(&file->place); /* while the lock is held, which goes with the file */
    if (file->fd >= 0 && file->fd != STDOUT_FILENO)
        close(file->fd);
    g_string_free(file->buffer, TRUE);
    digest_free(file->digest);
    g_free(file->path);
    g_free(file);
}

/* ---- directories ---- */

struct AtomicDirectory {
    char *path;
    char *at; /* the path until it is in place */
    Place place;
    int fd;
};

static gboolean is_free(const char *path, GError **error)
{
    struct stat found;
    if (lstat(path, &found) != 0)
        return TRUE; /* where it cannot be made either, that says why */
    g_autoptr(GDir) present = S_ISDIR(found.st_mode) ? g_dir_open(path, 0, NULL) : NULL;
    if (present && !g_dir_read_name(present))
        return TRUE;
    g_set_error(error, VMANGER_ERROR, 0, "%s: found something there: expected a new or an empty directory",
                path);
    return FALSE;
}

static AtomicDirectory *directory_begin(const char *path, guint mode, GError **error)
{
    g_autoptr(AtomicDirectory) directory = g_new0(AtomicDirectory, 1);
    directory->place.directory = directory->fd = -1;
    directory->path = g_strdup(path);
    while (strlen(directory->path) > 1 && g_str_has_suffix(directory->path, "/"))
        directory->path[strlen(directory->path) - 1] = '\0';
    if (place_open(&directory->place, directory->path))
        directory->fd = temporary_begin(directory->place.directory, directory->place.name,
                                        TEMPORARY_DIRECTORY, mode, &directory->place.temporary);
    if (directory->fd < 0) {
        set_failure(error, path, "cannot be made", errno);
        return NULL;
    }
    g_autofree char *parent = g_path_get_dirname(directory->path);
    directory->at = g_build_filename(parent, directory->place.temporary, NULL);
    return g_steal_pointer(&directory);
}

AtomicDirectory *atomic_directory_new(const char *path, GError **error)
{
    return is_free(path, error) ? directory_begin(path, 0777, error) : NULL;
}

/* A file system in memory, so that what is written there in the clear gets to no disk, where there is one. */
static const char *scratch_place(void)
{
    struct statfs found;
    if (!g_getenv("TMPDIR") && statfs(MEMORY_DIRECTORY, &found) == 0 && found.f_type == TMPFS_MAGIC &&
        (guint64)found.f_bavail * (guint64)found.f_bsize >= LEAST_MEMORY &&
        access(MEMORY_DIRECTORY, W_OK) == 0)
        return MEMORY_DIRECTORY;
    return g_get_tmp_dir();
}

AtomicDirectory *atomic_directory_scratch(GError **error)
{
    g_autofree char *path = g_build_filename(scratch_place(), "scratch", NULL);
    return directory_begin(path, 0700, error);
}

const char *atomic_directory_path(const AtomicDirectory *directory)
{
    return directory->at;
}

AtomicFile *atomic_directory_file(AtomicDirectory *directory, const char *name, const OpenPgp *keys,
                                  GError **error)
{
    g_autofree char *file_name = g_strconcat(name, keys ? OPENPGP_SUFFIX : "", NULL);
    g_autofree char *path = g_build_filename(directory->path, file_name, NULL);
    g_autoptr(AtomicFile) file = file_new(path, keys);
    file->lasts = TRUE;
    file->fd = openat(directory->fd, file_name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file->fd >= 0)
        return g_steal_pointer(&file);
    set_failure(error, path, "cannot be written", errno);
    return NULL;
}

gboolean atomic_directory_commit(AtomicDirectory *directory, GError **error)
{
    if (!atomic_flush(directory->fd)) {
        set_failure(error, directory->path, "cannot be flushed", errno);
        return FALSE;
    }
    if (!place_fill(&directory->place)) {
        set_failure(error, directory->path, "cannot be put in its place", errno);
        return FALSE;
    }
    return place_flush(&directory->place, directory->path, error);
}

void atomic_directory_free(AtomicDirectory *directory)
{
    if (!directory)
        return;
    place_clear(&directory->place);
    if (directory->fd >= 0)
        close(directory->fd);
    g_free(directory->at);
    g_free(directory->path);
    g_free(directory);
}

/* A symbolic link cannot be changed: one of an unused name is made and takes its place. */
gboolean atomic_link(int directory, const char *target, const char *name)
{
    for (int tries = 0; tries < LINK_TRIES; tries++) {
        g_autofree char *temporary = temporary_name(name);
        if (symlinkat(target, directory, temporary) == 0) {
            if (renameat(directory, temporary, directory, name) == 0)
                return TRUE;
            int reason = errno;
            unlinkat(directory, temporary, 0);
            errno = reason;
            return FALSE;
        }
        if (errno != EEXIST && errno != EINTR)
            return FALSE;
    }
    return FALSE;
}
