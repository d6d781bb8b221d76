/* SPDX-License-Identifier: MIT */
#include "collect/atomic.h"

#include "collect/csv.h"
#include "collect/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_BYTES (256 * 1024)

struct AtomicFile {
    char *path;
    char *temporary; /* NULL: standard output, a device or pipe, or already in place */
    int fd;
    GString *buffer;
    Digest *digest;
    int failure; /* errno of the first write that failed */
};

static void set_failure(GError **error, const char *path, const char *what, int reason)
{
    g_set_error(error, VMANGER_ERROR, 0, "%s: %s: %s", path, what, g_strerror(reason));
}

static char *beside(const char *path)
{
    g_autofree char *directory = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *temporary = g_strdup_printf(".%s.XXXXXX", name);
    return g_build_filename(directory, temporary, NULL);
}

static gboolean flush_directory(const char *path, GError **error)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) {
        set_failure(error, path, "cannot be flushed", errno);
        if (fd >= 0)
            close(fd);
        return FALSE;
    }
    close(fd);
    return TRUE;
}

gboolean atomic_flush_parent(const char *path, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(path);
    return flush_directory(directory, error);
}

gboolean atomic_file_is_standard_output(const char *path)
{
    struct stat named, out;
    return strcmp(path, "-") == 0 || (stat(path, &named) == 0 && fstat(STDOUT_FILENO, &out) == 0 &&
                                      named.st_dev == out.st_dev && named.st_ino == out.st_ino);
}

AtomicFile *atomic_file_new(const char *path, GError **error)
{
    g_autoptr(AtomicFile) file = g_new0(AtomicFile, 1);
    file->path = g_strdup(path);
    file->fd = -1;
    file->buffer = g_string_sized_new(BUFFER_BYTES);
    file->digest = digest_new();
    if (atomic_file_is_standard_output(path)) {
        file->fd = STDOUT_FILENO;
        g_free(file->path);
        file->path = g_strdup("standard output");
        return g_steal_pointer(&file);
    }
    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: found a directory: expected a file's name", path);
        return NULL;
    }
    struct stat present;
    if (stat(path, &present) == 0 && !S_ISREG(present.st_mode)) {
        file->fd = open(path, O_WRONLY | O_CLOEXEC);
        if (file->fd < 0)
            set_failure(error, path, "cannot be written", errno);
        return file->fd < 0 ? NULL : g_steal_pointer(&file);
    }
    char *real = realpath(path, NULL); /* a link stays: what it leads to is replaced */
    if (real) {
        g_free(file->path);
        file->path = g_strdup(real);
        free(real);
    }
    g_autofree char *temporary = beside(file->path);
    file->fd = g_mkstemp_full(temporary, O_RDWR | O_CLOEXEC, 0666);
    if (file->fd < 0) {
        set_failure(error, path, "cannot be written", errno);
        return NULL;
    }
    file->temporary = g_steal_pointer(&temporary);
    return g_steal_pointer(&file);
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
    if (file->buffer->len >= BUFFER_BYTES)
        write_out(file);
}

void atomic_file_take(AtomicFile *file, GString *bytes)
{
    atomic_file_write(file, bytes->str, bytes->len);
    g_string_truncate(bytes, 0);
}

gboolean atomic_file_commit(AtomicFile *file, char **sha256, GError **error)
{
    write_out(file);
    if (!file->failure && file->temporary) {
        if (fsync(file->fd) != 0 || g_rename(file->temporary, file->path) != 0)
            file->failure = errno;
    }
    if (file->failure) {
        set_failure(error, file->path, "cannot be written", file->failure);
        return FALSE;
    }
    if (file->temporary) {
        g_clear_pointer(&file->temporary, g_free);
        if (!atomic_flush_parent(file->path, error))
            return FALSE;
    }
    if (sha256)
        *sha256 = digest_hex(file->digest);
    return TRUE;
}

void atomic_file_free(AtomicFile *file)
{
    if (!file)
        return;
    if (file->temporary)
        g_unlink(file->temporary);
    if (file->fd >= 0 && file->fd != STDOUT_FILENO)
        close(file->fd);
    g_string_free(file->buffer, TRUE);
    digest_free(file->digest);
    g_free(file->temporary);
    g_free(file->path);
    g_free(file);
}

struct AtomicDirectory {
    char *path;
    char *temporary; /* NULL once in place */
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

AtomicDirectory *atomic_directory_new(const char *path, GError **error)
{
    if (!is_free(path, error))
        return NULL;
    g_autoptr(AtomicDirectory) directory = g_new0(AtomicDirectory, 1);
    directory->path = g_strdup(path);
    while (strlen(directory->path) > 1 && g_str_has_suffix(directory->path, "/"))
        directory->path[strlen(directory->path) - 1] = '\0';
    g_autofree char *temporary = beside(directory->path);
    if (!g_mkdtemp_full(temporary, 0777)) {
        set_failure(error, path, "cannot be made", errno);
        return NULL;
    }
    directory->temporary = g_steal_pointer(&temporary);
    return g_steal_pointer(&directory);
}

const char *atomic_directory_path(const AtomicDirectory *directory)
{
    return directory->temporary;
}

gboolean atomic_directory_commit(AtomicDirectory *directory, GError **error)
{
    if (!flush_directory(directory->temporary, error))
        return FALSE;
    if (g_rename(directory->temporary, directory->path) != 0) {
        set_failure(error, directory->path, "cannot be put in its place", errno);
        return FALSE;
    }
    g_clear_pointer(&directory->temporary, g_free);
    return atomic_flush_parent(directory->path, error);
}

void atomic_directory_remove(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name;
    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_unlink(file);
    }
    g_rmdir(path);
}

void atomic_directory_free(AtomicDirectory *directory)
{
    if (!directory)
        return;
    if (directory->temporary)
        atomic_directory_remove(directory->temporary);
    g_free(directory->temporary);
    g_free(directory->path);
    g_free(directory);
}

gboolean atomic_link(const char *target, const char *path, GError **error)
{
    /* A symbolic link cannot be changed: one of an unused name is made and takes its place. */
    g_autofree char *temporary = beside(path);
    for (int tries = 0; tries < 100; tries++) {
        char *random_part = temporary + strlen(temporary) - strlen("XXXXXX");
        g_snprintf(random_part, sizeof "XXXXXX", "%06u", g_random_int_range(0, 1000000));
        if (symlink(target, temporary) == 0) {
            if (g_rename(temporary, path) == 0)
                return atomic_flush_parent(path, error);
            g_unlink(temporary);
            break;
        }
        if (errno != EEXIST)
            break;
    }
    set_failure(error, path, "cannot be linked", errno);
    return FALSE;
}
