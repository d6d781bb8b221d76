/* SPDX-License-Identifier: MIT */
#include "collect/program.h"

#include "collect/atomic.h"
#include "collect/csv.h"
#include "collect/escape.h"
#include "collect/nearest.h"
#include "collect/openpgp.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add_names(GPtrArray *names, const GOptionEntry *entries)
{
    for (; entries->long_name; entries++)
        g_ptr_array_add(names, (gpointer)entries->long_name);
}

/* Where an option is unknown, the error says which one may have been meant. */
static void name_nearest(char *const *arguments, const GOptionEntry *entries, const GOptionEntry *shared,
                         GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    add_names(names, entries);
    add_names(names, shared);
    g_ptr_array_add(names, NULL);
    const char *const *known = (const char *const *)names->pdata;
    for (char *const *argument = arguments; *argument && strcmp(*argument, "--") != 0; argument++) {
        if (!g_str_has_prefix(*argument, "--"))
            continue;
        g_autofree char *name = g_strndup(*argument + 2, strcspn(*argument + 2, "="));
        const char *nearest = g_strv_contains(known, name) ? NULL : nearest_of(name, known);
        if (!nearest || !nearest_is_close(name, nearest_distance(name, nearest)))
            continue;
        g_autofree char *said = g_strdup((*error)->message);
        g_clear_error(error);
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION, "%s: the nearest is --%s", said,
                    nearest);
        return;
    }
}

/* ---- what is given ---- */

/* The entries as GLib is to see them: it knows no modes, and numbers are read here, since it takes them from
 * any range. numbers has a place for each. */
static GOptionEntry *entries_for_glib(const GOptionEntry *entries, guint n, char **numbers)
{
    GOptionEntry *plain = g_new(GOptionEntry, n + 1);
    memcpy(plain, entries, (n + 1) * sizeof *plain);
    for (guint i = 0; i < n; i++) {
        plain[i].flags &= (gint)PROGRAM_MODE(0) - 1;
        if (entries[i].arg != G_OPTION_ARG_INT)
            continue;
        plain[i].arg = G_OPTION_ARG_STRING;
        plain[i].arg_data = &numbers[i];
    }
    return plain;
}

static gboolean read_number(const GOptionEntry *entry, const char *text, GError **error)
{
    ProgramNumber *number = entry->arg_data;
    gint64 value;
    if (g_ascii_string_to_signed(text, 10, number->least, number->most, &value, NULL)) {
        number->value = (gint)value;
        number->given = TRUE;
        return TRUE;
    }
    g_autofree char *found = escape_for_message(text);
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--%s: found %s: expected %d to %d%s%s",
                entry->long_name, found, number->least, number->most, *number->unit ? " " : "", number->unit);
    return FALSE;
}

static gboolean is_given(const GOptionEntry *entry)
{
    switch (entry->arg) {
    case G_OPTION_ARG_NONE:
        return *(const gboolean *)entry->arg_data;
    case G_OPTION_ARG_INT:
        return ((const ProgramNumber *)entry->arg_data)->given;
    default: /* text, or a list of texts */
        return *(const gpointer *)entry->arg_data != NULL;
    }
}

/* "--check and --explain": the modes that an option belongs to */
static char *words_of_modes(const GOptionEntry *entry, const char *const *modes)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; modes[i]; i++)
        if ((guint)entry->flags & PROGRAM_MODE(i))
            g_ptr_array_add(names, (gpointer)modes[i]);
    GString *words = g_string_new(NULL);
    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(words, "%s%s",
                               i == 0               ? ""
                               : i + 1 < names->len ? ", "
                                                    : " and ",
                               (const char *)names->pdata[i]);
    return g_string_free(words, FALSE);
}

gboolean program_accepts(const GOptionEntry *entries, const char *const *modes, guint mode, GError **error)
{
    guint any = ~(PROGRAM_MODE(0) - 1);
    for (const GOptionEntry *entry = entries; entry->long_name; entry++) {
        guint flags = (guint)entry->flags;
        if (!(flags & any) || flags & PROGRAM_MODE(mode) || !is_given(entry))
            continue;
        g_autofree char *words = words_of_modes(entry, modes);
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "--%s goes with %s, not with %s",
                    entry->long_name, words, modes[mode]);
        return FALSE;
    }
    return TRUE;
}

/* Reads the command line; a number that was given is read at the end. */
static gboolean parse(GOptionContext *context, int *argc, char ***argv, const GOptionEntry *entries,
                      const GOptionEntry *shared, GError **error)
{
    guint n = 0;
    while (entries[n].long_name)
        n++;
    g_autofree char **texts = g_new0(char *, n + 1);
    g_autofree GOptionEntry *plain = entries_for_glib(entries, n, texts);
    g_option_context_add_main_entries(context, plain, NULL);
    g_option_context_add_main_entries(context, shared, NULL);
    gboolean ok = g_option_context_parse(context, argc, argv, error);
    for (guint i = 0; i < n; i++) {
        ok = ok && (!texts[i] || read_number(&entries[i], texts[i], error));
        g_free(texts[i]);
    }
    return ok;
}

/* The next file that is opened would have a closed stream's number, and be read or written as that. */
static void keep_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int opened =
            fcntl(fd, F_GETFD) >= 0 ? fd : open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        if (opened != fd)
            g_error("/dev/null cannot be opened for a stream that was closed: found %d", opened);
    }
}

gboolean program_parse(Program *program, int *argc, char ***argv, const char *usage, const char *description,
                       const GOptionEntry *entries, GError **error)
{
    gboolean version = FALSE, help = FALSE;
    const GOptionEntry shared[] = {
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &program->quiet,
         "Print nothing but what is asked for, warnings and errors", NULL},
        {"verbose", 'v', 0, G_OPTION_ARG_NONE, &program->verbose, "Say more", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version", NULL},
        {"help", 'h', 0, G_OPTION_ARG_NONE, &help, "Print this help", NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };
    keep_standard_streams();
    setlocale(LC_CTYPE, "");
    g_autoptr(GOptionContext) context = g_option_context_new(usage);
    g_option_context_set_summary(context, description);
    g_option_context_set_help_enabled(context, FALSE); /* GLib's own does not look whether it was taken */
    g_autoptr(GError) cause = NULL;
    if (!parse(context, argc, argv, entries, shared, &cause)) {
        if (g_error_matches(cause, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION))
            name_nearest(*argv, entries, shared, &cause);
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    if (!help && !version)
        return TRUE;
    char *text = help ? g_option_context_get_help(context, TRUE, NULL)
                      : g_strdup_printf("vmanger %s " VMANGER_VERSION "\n", program->name);
    fputs(text, stdout);
    g_free(text); /* what exit leaves is not freed at the end of a scope */
    g_clear_pointer(&context, g_option_context_free);
    exit(program_end(program, EXIT_DONE, FALSE));
}

int program_fail(const Program *program, const GError *error)
{
    program_warn(program, "%s", error->message);
    return g_error_matches(error, VMANGER_ERROR, VMANGER_ERROR_STANDS)  ? EXIT_PARTLY
           : g_error_matches(error, VMANGER_ERROR, VMANGER_ERROR_LATER) ? EXIT_STOPPED
                                                                        : EXIT_REFUSED;
}

int program_misused(const Program *program, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    program_warn(program, "%s (see %s --help)", text, program->name);
    return EXIT_REFUSED;
}

void program_note(const Program *program, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (program->quiet)
        return;
    g_autofree char *safe = escape_for_terminal(text);
    program_progress(program, NULL);
    fprintf(stderr, "%s\n", safe);
}

void program_warn(const Program *program, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    program_progress(program, NULL);
    fflush(stdout);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        g_autofree char *safe = escape_for_terminal(lines[i]);
        fprintf(stderr, "%s%s%s\n", i ? "" : program->name, i ? "" : ": ", safe);
    }
}

#define MOST_WARNINGS 100 /* of one kind, before the rest is counted */

void program_warn_all(const Program *program, const GPtrArray *words)
{
    guint shown = program->verbose ? words->len : MIN(words->len, MOST_WARNINGS);
    for (guint i = 0; i < shown; i++)
        program_warn(program, "warning: %s", (const char *)words->pdata[i]);
    if (shown < words->len)
        program_warn(program, "warning: and %u more of these (--verbose shows all)", words->len - shown);
}

void program_say(const Program *program, const char *format, ...)
{
    if (program->quiet)
        return;
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
}

void program_print(const Program *program, const char *format, ...)
{
    va_list arguments;
    program_progress(program, NULL);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
}

int program_end(const Program *program, int code, gboolean stands_elsewhere)
{
    if (openpgp_has_decrypted() && atomic_wrote_in_clear_alone())
        program_warn(
            program,
            "warning: what was read is encrypted, what was written is in the clear: --encrypt-to KEY "
            "encrypts it");
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    /* what failed earlier, as the buffer was full, has left no reason */
    program_warn(program, "standard output: cannot be written%s%s", errno ? ": " : "",
                 errno ? g_strerror(errno) : "");
    if (code == EXIT_DONE || code == EXIT_FINDINGS || code == EXIT_UNSOLVED)
        return stands_elsewhere ? EXIT_PARTLY : EXIT_REFUSED;
    return code;
}

void program_progress(const Program *program, const char *format, ...)
{
    if (program->quiet || !isatty(STDERR_FILENO))
        return;
    fputs("\r\033[K", stderr);
    if (format) {
        va_list arguments;
        va_start(arguments, format);
        vfprintf(stderr, format, arguments);
        va_end(arguments);
    }
    fflush(stderr);
}

/* ---- long work ---- */

#define SILENT_US (2 * G_USEC_PER_SEC)
#define REFRESH_US (G_USEC_PER_SEC / 2)

struct Working {
    const Program *program;
    const char *what;
    const gint *done;
    gint all;
    gint64 began;
    GThread *thread; /* NULL where nobody looks */
    GMutex mutex;
    GCond ended;
    gint over; /* under the mutex, so that no signal is missed; atomic, as checkers do not see GLib's mutex */
    gboolean shown;
};

static void show_work(const Working *working)
{
    double seconds = (double)(g_get_monotonic_time() - working->began) / G_USEC_PER_SEC;
    if (working->all > 1)
        program_progress(working->program, "%s %d of %d: %.0f s", working->what,
                         MIN(g_atomic_int_get(working->done) + 1, working->all), working->all, seconds);
    else
        program_progress(working->program, "%s: %.0f s", working->what, seconds);
}

static gpointer watch(gpointer data)
{
    Working *working = data;
    gint64 until = working->began + SILENT_US;
    g_mutex_lock(&working->mutex);
    while (!g_atomic_int_get(&working->over)) {
        if (g_cond_wait_until(&working->ended, &working->mutex, until))
            continue;
        show_work(working);
        working->shown = TRUE;
        until = g_get_monotonic_time() + REFRESH_US;
    }
    g_mutex_unlock(&working->mutex);
    return NULL;
}

Working *program_working(const Program *program, const char *what, const gint *done, gint all)
{
    Working *working = g_new0(Working, 1);
    *working = (Working){
        .program = program, .what = what, .done = done, .all = all, .began = g_get_monotonic_time()};
    g_mutex_init(&working->mutex);
    g_cond_init(&working->ended);
    if (!program->quiet && isatty(STDERR_FILENO))
        working->thread = g_thread_new("progress", watch, working);
    return working;
}

void working_free(Working *working)
{
    if (!working)
        return;
    if (working->thread) {
        g_mutex_lock(&working->mutex);
        g_atomic_int_set(&working->over, TRUE);
        g_cond_signal(&working->ended);
        g_mutex_unlock(&working->mutex);
        g_thread_join(working->thread);
    }
    if (working->shown)
        program_progress(working->program, NULL);
    g_mutex_clear(&working->mutex);
    g_cond_clear(&working->ended);
    g_free(working);
}

void program_clear(Program *program)
{
    g_free(program->policy);
}
