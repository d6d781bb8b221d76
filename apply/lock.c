/* SPDX-License-Identifier: MIT */
#include "apply/lock.h"

#include "collect/csv.h"
#include "collect/digest.h"
#include "collect/escape.h"
#include "collect/table.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK "vmanger apply: "
#define MOST_HOLDER_BYTES 512
#define MOST_ID_CHARACTERS 64
#define PLACE_CHARACTERS 12
#define TRIES 10

struct Lock {
    int fd;
    char *path;
};

/* The first that all users may write, so that all meet: $XDG_RUNTIME_DIR and $TMPDIR may be each one's own.
 * Where containers share a directory, it is named to all of them. */
static const char *shared_directory(void)
{
    const char *named = g_getenv("VMANGER_LOCK_DIR");
    if (named && *named)
        return named;
    static const char *const candidates[] = {"/run/lock", "/tmp"};
    struct stat found;
    for (gsize i = 0; i < G_N_ELEMENTS(candidates); i++)
        if (lstat(candidates[i], &found) == 0 && S_ISDIR(found.st_mode) && (found.st_mode & S_ISVTX) &&
            (found.st_mode & S_IWOTH))
            return candidates[i];
    return "/tmp";
}

static char *path_of(const char *identity)
{
    g_autofree char *id = g_strndup(identity, MOST_ID_CHARACTERS);
    g_strcanon(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-", '_');
    return g_strdup_printf("%s/vmanger-%s.lock", shared_directory(), id);
}

static gboolean fail(const Lock *lock, const char *what, GError **error)
{
    g_set_error(error, VMANGER_ERROR, 0, "%s: the target's lock %s: %s", lock->path, what, g_strerror(errno));
    return FALSE;
}

char *lock_place(void)
{
    struct stat found = {0};
    g_autofree char *boot = NULL;
    if (!g_file_get_contents("/proc/sys/kernel/random/boot_id", &boot, NULL, NULL))
        boot = g_strdup(g_get_host_name());
    if (stat(shared_directory(), &found) != 0)
        errno = 0; /* the lock itself says why */
    g_autofree char *all = g_strdup_printf("%s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, boot,
                                           (guint64)found.st_dev, (guint64)found.st_ino);
    g_autofree char *digest = digest_of(all, strlen(all));
    return g_strndup(digest, PLACE_CHARACTERS);
}

/* Where others may write, a kernel may refuse O_CREAT on another user's file: it is opened first. No link is
 * followed, and no pipe waited for. */
static gboolean open_file(Lock *lock, GError **error)
{
    const int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
    for (int tries = 0; tries < TRIES; tries++) {
        lock->fd = open(lock->path, flags);
        if (lock->fd >= 0 || errno != ENOENT)
            break;
        lock->fd = open(lock->path, flags | O_CREAT | O_EXCL, 0666);
        if (lock->fd >= 0) {
            if (fchmod(lock->fd, 0666) == 0) /* whatever the umask: other users must write who they are */
                break;
            return fail(lock, "cannot be shared", error);
        }
        if (errno != EEXIST)
            break;
    }
    return lock->fd >= 0 || fail(lock, "cannot be opened", error);
}

/* What the holder wrote; NULL where the file holds something else, which is not ours to change. */
static char *read_holder(const Lock *lock)
{
    struct stat found;
    char text[MOST_HOLDER_BYTES + 1] = "";
    if (fstat(lock->fd, &found) != 0 || !S_ISREG(found.st_mode) || found.st_nlink != 1 ||
        found.st_size > MOST_HOLDER_BYTES)
        return NULL;
    ssize_t length = pread(lock->fd, text, MOST_HOLDER_BYTES, 0);
    if (length == 0)
        return g_strdup("");
    return length > 0 && g_str_has_prefix(text, MARK) ? g_strstrip(g_strdup(text + strlen(MARK))) : NULL;
}

/* Who could not be written down still holds the lock. */
static void write_holder(const Lock *lock, const char *plan)
{
    g_autofree char *since = table_format_time(g_get_real_time() / G_USEC_PER_SEC);
    g_autofree char *name = escape_for_terminal(plan);
    g_autofree char *text = g_strdup_printf(MARK "process %d of %s, plan %.*s, since %s\n", (int)getpid(),
                                            g_get_user_name(), MOST_HOLDER_BYTES / 2, name, since);
    gsize length = MIN(strlen(text), MOST_HOLDER_BYTES);
    if (ftruncate(lock->fd, 0) != 0 || pwrite(lock->fd, text, length, 0) != (ssize_t)length)
        errno = 0;
}

static gboolean refuse(const Lock *lock, const char *called, const char *holder, GError **error)
{
    g_autofree char *shown = escape_for_terminal(holder && *holder ? holder : "it does not say which");
    g_set_error(error, VMANGER_ERROR, 0,
                "another apply is at work on %s: %s: expected one at a time (lock %s)", called, shown,
                lock->path);
    return FALSE;
}

static gboolean take(Lock *lock, const char *called, const char *plan, GError **error)
{
    if (!open_file(lock, error))
        return FALSE;
    g_autofree char *holder = read_holder(lock);
    if (!holder) {
        g_set_error(error, VMANGER_ERROR, 0,
                    "%s: found something that is no lock of apply: expected nothing there; it stays as it is",
                    lock->path);
        return FALSE;
    }
    while (flock(lock->fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return refuse(lock, called, holder, error);
        if (errno != EINTR)
            return fail(lock, "cannot be taken", error);
    }
    write_holder(lock, plan);
    return TRUE;
}

Lock *lock_take(const char *identity, const char *called, const char *plan, GError **error)
{
    g_autoptr(Lock) lock = g_new0(Lock, 1);
    lock->fd = -1;
    lock->path = path_of(identity);
    return take(lock, called, plan, error) ? g_steal_pointer(&lock) : NULL;
}

/* The file stays: to remove it would part those who have it open from those who come later. */
void lock_free(Lock *lock)
{
    if (!lock)
        return;
    if (lock->fd >= 0)
        close(lock->fd);
    g_free(lock->path);
    g_free(lock);
}
