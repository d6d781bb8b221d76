/* SPDX-License-Identifier: MIT */
#include "collect/program.h"

#include "collect/escape.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

gboolean program_parse(Program *program, int *argc, char ***argv, const char *usage, const char *description,
                       const GOptionEntry *entries, GError **error)
{
    gboolean version = FALSE;
    const GOptionEntry shared[] = {
        {"policy", 0, 0, G_OPTION_ARG_FILENAME, &program->policy, "Take decisions by this policy.ini",
         "FILE"},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &program->quiet, "Print errors only", NULL},
        {"verbose", 'v', 0, G_OPTION_ARG_NONE, &program->verbose, "Say more", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version", NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };
    setlocale(LC_CTYPE, "");
    g_autoptr(GOptionContext) context = g_option_context_new(usage);
    g_option_context_set_summary(context, description);
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_add_main_entries(context, shared, NULL);
    if (!g_option_context_parse(context, argc, argv, error))
        return FALSE;
    if (version) {
        printf("vmanger %s " VMANGER_VERSION "\n", program->name);
        exit(EXIT_DONE);
    }
    return TRUE;
}

int program_fail(const Program *program, const GError *error)
{
    program_warn(program, "%s", error->message);
    return EXIT_REFUSED;
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

void program_say(const Program *program, const char *format, ...)
{
    if (program->quiet)
        return;
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
}

gboolean program_flush(const Program *program)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return TRUE;
    program_warn(program, "standard output: cannot be written: %s", g_strerror(errno));
    return FALSE;
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

void program_clear(Program *program)
{
    g_free(program->policy);
}
