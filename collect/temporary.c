/* SPDX-License-Identifier: MIT */
#include "collect/temporary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK ".vmanger-"
#define RANDOM_LETTERS 6
#define TRIES 100
#define MOST_DEPTH 4 /* of directories in one that is removed: we make two */

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

char *temporary_name(const char *name)
{
    char random[RANDOM_LETTERS + 1] = "";
    for (int i = 0; i < RANDOM_LETTERS; i++)
        random[i] = letters[g_random_int_range(0, (gint32)strlen(letters))];
    return g_strdup_printf(".%s" MARK "%s", name, random);
}

static gboolean is_of(const char *found, const char *name)
{
    gsize length = strlen(name), mark = strlen(MARK);
    return found[0] == '.' && strncmp(found + 1, name, length) == 0 &&
           strncmp(found + 1 + length, MARK, mark) == 0 &&
           strspn(found + 1 + length + mark, letters) == RANDOM_LETTERS &&
           strlen(found) == 1 + length + mark + RANDOM_LETTERS;
}

/* ---- removing ---- */

static gboolean remove_at(int parent, const char *name, guint depth);

static int is_no_dots(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

char **temporary_names(int directory)
{
    struct dirent **entries = NULL;
    int n = scandirat(directory, ".", &entries, is_no_dots, alphasort);
    if (n < 0)
        return NULL;
    char **names = g_new0(char *, (gsize)n + 1);
    for (int i = 0; i < n; i++) {
        names[i] = g_strdup(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return names;
}

static gboolean empty_directory(int parent, const char *name, guint depth)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return FALSE;
    g_auto(GStrv) names = temporary_names(fd);
    gboolean ok = names != NULL;
    for (guint i = 0; ok && names[i]; i++)
        ok = remove_at(fd, names[i], depth);
    close(fd);
    return ok;
}

static gboolean remove_at(int parent, const char *name, guint depth)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return TRUE;
    if (errno != EISDIR && errno != EPERM)
        return FALSE;
    return depth < MOST_DEPTH && empty_directory(parent, name, depth + 1) &&
           unlinkat(parent, name, AT_REMOVEDIR) == 0;
}

gboolean temporary_remove(int parent, const char *name)
{
    return remove_at(parent, name, 0);
}

/* ---- what killed runs left ---- */

static gboolean is_still(int parent, const char *name, int fd)
{
    struct stat opened, named;
    return fstat(fd, &opened) == 0 && fstatat(parent, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/* The lock tells whether its maker lives; while we hold it, nobody else takes it for abandoned. */
static void remove_abandoned(int parent, const char *name)
{
    struct stat found;
    int fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &found) == 0 && (S_ISREG(found.st_mode) || S_ISDIR(found.st_mode)) &&
        found.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0 && is_still(parent, name, fd))
        temporary_remove(parent, name);
    close(fd);
}

static void remove_all_abandoned(int parent, const char *name)
{
    g_auto(GStrv) names = temporary_names(parent);
    for (guint i = 0; names && names[i]; i++)
        if (is_of(names[i], name))
            remove_abandoned(parent, names[i]);
}

void temporary_remove_links(int parent, const char *name)
{
    struct stat found;
    g_auto(GStrv) names = temporary_names(parent);
    for (guint i = 0; names && names[i]; i++)
        if (is_of(names[i], name) && fstatat(parent, names[i], &found, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISLNK(found.st_mode) && found.st_uid == geteuid())
            unlinkat(parent, names[i], 0);
}

/* ---- beginning ---- */

static int make(int parent, const char *name, TemporaryKind kind, guint mode)
{
    if (kind == TEMPORARY_FILE)
        return openat(parent, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
    if (mkdirat(parent, name, (mode_t)mode) != 0)
        return -1;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        int reason = errno;
        unlinkat(parent, name, AT_REMOVEDIR);
        errno = reason;
    }
    return fd;
}

/* A file system without locks leaves it unlocked, and its debris, which then cannot be told, in place. */
static void lock(int fd)
{
    while (flock(fd, LOCK_EX) != 0 && errno == EINTR)
        ;
}

int temporary_begin(int parent, const char *name, TemporaryKind kind, guint mode, char **made)
{
    remove_all_abandoned(parent, name);
    for (int tries = 0; tries < TRIES; tries++) {
        g_autofree char *candidate = temporary_name(name);
        int fd = make(parent, candidate, kind, mode);
        if (fd < 0 && errno != EEXIST && errno != EINTR)
            return -1;
        if (fd < 0)
            continue;
        lock(fd);
        if (is_still(parent, candidate,
                     fd)) { /* else another run took it for abandoned before it was locked */
            *made = g_steal_pointer(&candidate);
            return fd;
        }
        close(fd);
    }
    errno = EEXIST;
    return -1;
}
