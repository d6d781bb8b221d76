/* SPDX-License-Identifier: MIT */
#include "apply/sshkeygen.h"

#include "collect/csv.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* how ssh-keygen finds what is handed to it: numbers that it has no other use for */
enum { FD_SIGNATURE = 10, FD_ALLOWED, FD_REVOKED };
#define FD_ALLOWED_PATH "/dev/fd/11"

/* The bytes as a file without a name, read from its begin; -1 where there is no memory for it. */
static int memory_file(GBytes *bytes)
{
    gsize length, done = 0;
    const char *at = g_bytes_get_data(bytes, &length);
    int fd = memfd_create("vmanger", MFD_CLOEXEC);
    while (fd >= 0 && done < length) {
        ssize_t written = write(fd, at + done, length - done);
        if (written < 0 && errno != EINTR)
            break;
        done += written > 0 ? (gsize)written : 0;
    }
    if (fd >= 0 && done == length && lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Hands the bytes to the child as its descriptor; the arguments say so. */
static gboolean hand_over(GSubprocessLauncher *launcher, GBytes *bytes, const char *option, int child_fd,
                          GPtrArray *arguments)
{
    int fd = bytes ? memory_file(bytes) : -1;
    if (!bytes)
        return TRUE;
    if (fd < 0)
        return FALSE;
    g_subprocess_launcher_take_fd(launcher, fd, child_fd);
    g_ptr_array_add(arguments, g_strdup(option));
    g_ptr_array_add(arguments, g_strdup_printf("/dev/fd/%d", child_fd));
    return TRUE;
}

/* Never the whole of ours: a password may be there. */
static void set_environment(GSubprocessLauncher *launcher, gboolean signs)
{
    static const char *const kept[] = {"HOME",
                                       "SSH_AUTH_SOCK",
                                       "SSH_ASKPASS",
                                       "SSH_ASKPASS_REQUIRE",
                                       "SSH_SK_PROVIDER",
                                       "DISPLAY",
                                       "WAYLAND_DISPLAY",
                                       "XDG_RUNTIME_DIR",
                                       "TERM"};
    char *none[] = {NULL};
    g_subprocess_launcher_set_environ(launcher, none);
    g_subprocess_launcher_setenv(launcher, "PATH", "/usr/bin:/bin", TRUE);
    g_subprocess_launcher_setenv(launcher, "LC_ALL", "C", TRUE);
    for (guint i = 0; signs && i < G_N_ELEMENTS(kept); i++)
        if (g_getenv(kept[i]))
            g_subprocess_launcher_setenv(launcher, kept[i], g_getenv(kept[i]), TRUE);
}

static GSubprocess *spawn(const SshKeygen *run, GError **error)
{
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
    g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(arguments, g_strdup(run->program));
    g_ptr_array_add(arguments, g_strdup("-Y"));
    for (guint i = 0; run->arguments[i]; i++)
        g_ptr_array_add(arguments, g_strdup(run->arguments[i]));
    int input = memory_file(run->input);
    if (input >= 0)
        g_subprocess_launcher_take_stdin_fd(launcher, input);
    if (input < 0 || !hand_over(launcher, run->signature, "-s", FD_SIGNATURE, arguments) ||
        !hand_over(launcher, run->allowed_signers, "-f", FD_ALLOWED, arguments) ||
        !hand_over(launcher, run->revoked_keys, "-r", FD_REVOKED, arguments)) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: no memory to hand files over: %s", run->program,
                    g_strerror(errno));
        return NULL;
    }
    g_ptr_array_add(arguments, NULL);
    set_environment(launcher, run->signs);
    return g_subprocess_launcher_spawnv(launcher, (const char *const *)arguments->pdata, error);
}

static char *text_of(GBytes *bytes)
{
    gsize length = 0;
    const char *data = bytes ? g_bytes_get_data(bytes, &length) : NULL;
    return g_utf8_make_valid(data ? data : "", (gssize)length);
}

/* Its words on one line, with the name that the person knows for what it knows as a number. */
static char *words_of(const SshKeygen *run, GBytes *heard)
{
    g_autofree char *text = text_of(heard);
    g_strdelimit(g_strstrip(text), "\r", ' ');
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GString *words = g_string_new(NULL);
    for (guint i = 0; lines[i]; i++)
        if (*g_strstrip(lines[i]))
            g_string_append_printf(words, "%s%s", words->len ? "; " : "", lines[i]);
    if (run->name_of_allowed)
        g_string_replace(words, FD_ALLOWED_PATH, run->name_of_allowed, 0);
    return g_string_free(words, FALSE);
}

char *sshkeygen_run(const SshKeygen *run, gboolean *absent, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(GBytes) said = NULL;
    g_autoptr(GBytes) complained = NULL;
    g_autoptr(GSubprocess) process = spawn(run, &failure);
    if (absent)
        *absent = !process;
    if (!process || !g_subprocess_communicate(process, NULL, NULL, &said, &complained, &failure)) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: cannot be run: %s (Debian has it in openssh-client)",
                    run->program, failure->message);
        return NULL;
    }
    if (g_subprocess_get_successful(process))
        return text_of(said);
    g_autofree char *words = words_of(run, complained);
    g_set_error(error, VMANGER_ERROR, 0, "%s", *words ? words : "no reason given");
    return NULL;
}
