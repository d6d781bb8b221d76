/* SPDX-License-Identifier: MIT */
/*
 * For LD_PRELOAD: counts the calls that write, flush, rename, make and open files, and lets the FAULT_AT-th
 * (from 1) fail as FAULT says: an errno's name; "short", a write of half the bytes; "kill", SIGKILL before
 * the call. With FAULT_STAYS every later call fails, too, after "short" as on a full disk. FAULT_COUNT names
 * a file that receives how many calls there were. Standard streams, and what the system's own libraries open,
 * do not count.
 *
 * Where FAULT_JOURNAL names apply's journal, points are counted instead: before each of those calls; of the
 * journal also half way through a write and after each call; before and after each request is sent, and when
 * its answer is there. At the FAULT_AT-th of them comes SIGKILL, at the FAULT_TERM_AT-th SIGTERM.
 * FAULT_POINT is a pattern as of fnmatch(3) for the names of those that FAULT_AT counts. FAULT_TRACE names a
 * file that receives the name of each point as it is passed: "write intent migrate before", "send
 * RelocateVM_Task after".
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef enum { WORKS, FAILS, SHORT } Fate;

static atomic_int calls, points, matches;

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("FAULT_COUNT");
    int fd =
        path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (fd >= 0 && dprintf(fd, "%d\n", atomic_load(&calls)) > 0)
        close(fd);
}

static int errno_of(const char *name)
{
    return strcmp(name, "EIO") == 0 ? EIO : strcmp(name, "EINTR") == 0 ? EINTR : ENOSPC;
}

/* ---- points ---- */

static void trace(const char *name)
{
    static atomic_int trace_fd = -1;
    const char *path = getenv("FAULT_TRACE");
    if (path && atomic_load(&trace_fd) < 0)
        atomic_store(&trace_fd, (int)syscall(SYS_openat, AT_FDCWD, path,
                                             O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (path)
        dprintf(atomic_load(&trace_fd), "%s\n", name);
}

static int number_in(const char *variable)
{
    const char *value = getenv(variable);
    return value ? (int)strtol(value, NULL, 10) : 0;
}

/* TRUE at the point that FAULT_AT means */
static int is_last(const char *name, int nth)
{
    const char *pattern = getenv("FAULT_POINT");
    if (pattern && fnmatch(pattern, name, 0) != 0)
        return 0;
    return number_in("FAULT_AT") == (pattern ? atomic_fetch_add(&matches, 1) + 1 : nth);
}

static int are_points_counted(void)
{
    return getenv("FAULT_JOURNAL") != NULL;
}

/* TRUE where the process is killed half way, once half of its bytes are written */
static int pass(const char *what, const char *of, const char *where)
{
    char name[160];
    (void)snprintf(name, sizeof name, "%s %s %s", what, of, where);
    trace(name);
    int nth = atomic_fetch_add(&points, 1) + 1, last = is_last(name, nth);
    if (nth == number_in("FAULT_TERM_AT"))
        kill(getpid(), SIGTERM);
    if (last && strcmp(where, "half") != 0)
        kill(getpid(), SIGKILL);
    return last;
}

/* what the journal's last row says of itself: its event and action; of its header "event action" */
static char last_row[64] = "nothing";

static void read_row(const char *bytes, size_t length)
{
    enum { EVENT = 9 };
    size_t start = 0, end;
    for (int cell = 0; cell < EVENT && start < length; start++)
        cell += bytes[start] == ',';
    for (end = start; end < length && bytes[end] != ','; end++)
        ;
    for (end = end + 1; end < length && bytes[end] != ','; end++)
        ;
    (void)snprintf(last_row, sizeof last_row, "%.*s", end < length ? (int)(end - start) : 0, bytes + start);
    char *comma = strchr(last_row, ',');
    if (comma)
        *comma = comma[1] ? ' ' : '\0';
}

static int is_journal(int fd)
{
    struct stat open_file, journal;
    const char *path = getenv("FAULT_JOURNAL");
    return path && fstat(fd, &open_file) == 0 && stat(path, &journal) == 0 &&
           open_file.st_dev == journal.st_dev && open_file.st_ino == journal.st_ino;
}

static ssize_t write_journal(int fd, const void *bytes, size_t length)
{
    read_row(bytes, length);
    pass("write", last_row, "before");
    if (pass("write", last_row, "half") && syscall(SYS_write, fd, bytes, length / 2) >= 0)
        kill(getpid(), SIGKILL);
    ssize_t written = syscall(SYS_write, fd, bytes, length);
    pass("write", last_row, "after");
    return written;
}

static int flush_journal(long number, int fd)
{
    pass("flush", last_row, "before");
    int result = (int)syscall(number, fd);
    pass("flush", last_row, "after");
    return result;
}

/* ---- calls ---- */

static Fate fate_of_next(int is_write)
{
    if (are_points_counted()) {
        pass("file", is_write ? "write" : "call", "before");
        return WORKS;
    }
    const char *at = getenv("FAULT_AT"), *fault = getenv("FAULT");
    int call = atomic_fetch_add(&calls, 1) + 1, nth = at ? (int)strtol(at, NULL, 10) : 0;
    if (!fault || call < nth || (call > nth && !getenv("FAULT_STAYS")))
        return WORKS;
    if (strcmp(fault, "kill") == 0)
        kill(getpid(), SIGKILL);
    if (strcmp(fault, "short") == 0 && call == nth)
        return is_write ? SHORT : WORKS;
    errno = errno_of(fault);
    return FAILS;
}

static int is_of_system(const char *path)
{
    static const char *const roots[] = {"/proc/", "/sys/", "/dev/", "/usr/", "/etc/", "/lib/", "/run/"};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        if (strncmp(path, roots[i], strlen(roots[i])) == 0)
            return 1;
    return 0;
}

static int is_file(int fd)
{
    struct stat found;
    return fd > STDERR_FILENO && fstat(fd, &found) == 0 && (S_ISREG(found.st_mode) || S_ISDIR(found.st_mode));
}

static Fate fate_of_path(const char *path)
{
    return is_of_system(path) ? WORKS : fate_of_next(0);
}

static Fate fate_of_file(int fd, int is_write)
{
    return is_file(fd) ? fate_of_next(is_write) : WORKS;
}

static mode_t mode_of(int flags, va_list arguments)
{
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? (mode_t)va_arg(arguments, int) : 0;
}

/* A full disk lets files be opened that are there: of later calls, once one has failed, only those that make
 * fail. */
static int open_at(int directory, const char *path, int flags, mode_t mode)
{
    Fate fate = fate_of_path(path);
    int spares = fate == FAILS && errno == ENOSPC && getenv("FAULT_STAYS") && !(flags & O_CREAT);
    return fate == FAILS && !spares ? -1 : (int)syscall(SYS_openat, directory, path, flags, mode);
}

/* ---- in place of the C library's ---- */

int shim_open(const char *path, int flags, ...) __asm__("open");
int shim_open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_at(AT_FDCWD, path, flags, mode);
}

int shim_open64(const char *path, int flags, ...) __asm__("open64");
int shim_open64(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_at(AT_FDCWD, path, flags, mode);
}

int shim_openat(int directory, const char *path, int flags, ...) __asm__("openat");
int shim_openat(int directory, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_at(directory, path, flags, mode);
}

int shim_openat64(int directory, const char *path, int flags, ...) __asm__("openat64");
int shim_openat64(int directory, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_at(directory, path, flags, mode);
}

FILE *shim_fopen(const char *path, const char *mode) __asm__("fopen");
FILE *shim_fopen(const char *path, const char *mode)
{
    FILE *(*real)(const char *, const char *);
    void *symbol = dlsym(RTLD_NEXT, "fopen");
    memcpy(&real, &symbol, sizeof real);
    Fate fate = fate_of_path(path);
    int spares = fate == FAILS && errno == ENOSPC && getenv("FAULT_STAYS") && *mode == 'r';
    return fate == FAILS && !spares ? NULL : real(path, mode);
}

ssize_t shim_write(int fd, const void *bytes, size_t length) __asm__("write");
ssize_t shim_write(int fd, const void *bytes, size_t length)
{
    if (is_journal(fd))
        return write_journal(fd, bytes, length);
    Fate fate = fate_of_file(fd, 1);
    return fate == FAILS ? -1 : syscall(SYS_write, fd, bytes, fate == SHORT ? length / 2 : length);
}

int shim_fsync(int fd) __asm__("fsync");
int shim_fsync(int fd)
{
    if (is_journal(fd))
        return flush_journal(SYS_fsync, fd);
    return fate_of_file(fd, 0) == FAILS ? -1 : (int)syscall(SYS_fsync, fd);
}

int shim_fdatasync(int fd) __asm__("fdatasync");
int shim_fdatasync(int fd)
{
    if (is_journal(fd))
        return flush_journal(SYS_fdatasync, fd);
    return fate_of_file(fd, 0) == FAILS ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int shim_ftruncate(int fd, off_t length) __asm__("ftruncate");
int shim_ftruncate(int fd, off_t length)
{
    return fate_of_file(fd, 0) == FAILS ? -1 : (int)syscall(SYS_ftruncate, fd, length);
}

int shim_rename(const char *from, const char *to) __asm__("rename");
int shim_rename(const char *from, const char *to)
{
    return fate_of_path(to) == FAILS ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int shim_renameat(int from_at, const char *from, int to_at, const char *to) __asm__("renameat");
int shim_renameat(int from_at, const char *from, int to_at, const char *to)
{
    return fate_of_path(to) == FAILS ? -1 : (int)syscall(SYS_renameat2, from_at, from, to_at, to, 0);
}

int shim_renameat2(int from_at, const char *from, int to_at, const char *to,
                   unsigned flags) __asm__("renameat2");
int shim_renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags)
{
    return fate_of_path(to) == FAILS ? -1 : (int)syscall(SYS_renameat2, from_at, from, to_at, to, flags);
}

int shim_mkdirat(int directory, const char *path, mode_t mode) __asm__("mkdirat");
int shim_mkdirat(int directory, const char *path, mode_t mode)
{
    return fate_of_path(path) == FAILS ? -1 : (int)syscall(SYS_mkdirat, directory, path, mode);
}

int shim_mkdir(const char *path, mode_t mode) __asm__("mkdir");
int shim_mkdir(const char *path, mode_t mode)
{
    return fate_of_path(path) == FAILS ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int shim_symlinkat(const char *target, int directory, const char *path) __asm__("symlinkat");
int shim_symlinkat(const char *target, int directory, const char *path)
{
    return fate_of_path(path) == FAILS ? -1 : (int)syscall(SYS_symlinkat, target, directory, path);
}

/* ---- in place of libssl's and libcurl's: requests in the clear, and answers that are whole ---- */

static char last_method[64] = "nothing";

static void read_request(const char *bytes, size_t length)
{
    static const char body[] = "<soapenv:Body><";
    const char *at = memmem(bytes, length, body, strlen(body));
    const char *start = at ? at + strlen(body) : bytes, *end = start;
    while (end < bytes + length && *end != ' ' && *end != '>')
        end++;
    (void)snprintf(last_method, sizeof last_method, "%.*s", (int)(end - start), start);
}

int shim_ssl_write(void *connection, const void *bytes, int length) __asm__("SSL_write");
int shim_ssl_write(void *connection, const void *bytes, int length)
{
    int (*real)(void *, const void *, int);
    void *symbol = dlsym(RTLD_NEXT, "SSL_write");
    memcpy(&real, &symbol, sizeof real);
    if (!are_points_counted())
        return real(connection, bytes, length);
    read_request(bytes, (size_t)length);
    pass("send", last_method, "before");
    int written = real(connection, bytes, length);
    pass("send", last_method, "after");
    return written;
}

void *shim_info_read(void *multi, int *left) __asm__("curl_multi_info_read");
void *shim_info_read(void *multi, int *left)
{
    void *(*real)(void *, int *);
    void *symbol = dlsym(RTLD_NEXT, "curl_multi_info_read");
    memcpy(&real, &symbol, sizeof real);
    void *message = real(multi, left);
    if (message && are_points_counted())
        pass("answer", last_method, "whole");
    return message;
}
