/* SPDX-License-Identifier: MIT */
/*
 * What the four programs share: options, exit codes, and whom they talk to. Standard output is for people's
 * results, standard error for errors, warnings and progress; data goes to files.
 */
#ifndef COLLECT_PROGRAM_H
#define COLLECT_PROGRAM_H

#include <glib.h>

enum {
    EXIT_DONE = 0,
    EXIT_REFUSED = 1,  /* refused or failed: nothing written or changed */
    EXIT_FINDINGS = 2, /* only with --detailed-exitcode */
    EXIT_PARTLY = 3,   /* finished, but something was skipped, failed or left out */
    EXIT_STOPPED = 4,  /* stopped before the end: run it again */
    EXIT_UNSOLVED = 5  /* only with --detailed-exitcode: nothing to do, but something that nothing solves */
};

typedef struct Program {
    const char *name;
    char *policy; /* --policy, or NULL */
    gboolean quiet, verbose;
} Program;

/* a whole number of the command line, which GLib's own reader would take out of any range: the data of a
 * G_OPTION_ARG_INT */
typedef struct ProgramNumber {
    gint value, least, most;
    const char *unit; /* "seconds"; "" where it has none */
    gboolean given;
} ProgramNumber;

/* a way to run a program, one bit: in the flags of an option it says that the option belongs to that way; one
 * without any belongs to all */
#define PROGRAM_MODE(i) (1U << (8U + (i)))

/* reads the options that all share and those of entries; --help and --version print and exit. A standard
 * stream that was closed is one that fails from here on, so that no file is taken for it. usage is the line
 * after the name, description what --help says below it. FALSE on an option it does not know, or a value that
 * is none */
gboolean program_parse(Program *program, int *argc, char ***argv, const char *usage, const char *description,
                       const GOptionEntry *entries, GError **error);

/* FALSE and an error where an option was given that does not belong to the way in which the program runs, the
 * mode-th of modes, which names all of them, NULL at its end */
gboolean program_accepts(const GOptionEntry *entries, const char *const *modes, guint mode, GError **error);

/* reports the error on standard error and returns EXIT_REFUSED; EXIT_PARTLY where the error is
 * VMANGER_ERROR_STANDS, EXIT_STOPPED where it is VMANGER_ERROR_LATER */
int program_fail(const Program *program, const GError *error);

/* an error of the command line, with the way to help, as program_fail */
int program_misused(const Program *program, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* a line, or several, on standard error; what could act on a terminal is escaped */
void program_warn(const Program *program, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* "warning: …" for each of these words (char *): the first hundred of them, and how many more there are,
 * unless
 * --verbose asks for all */
void program_warn_all(const Program *program, const GPtrArray *words);

/* a line on standard error that tells how far the work has come, unless --quiet */
void program_note(const Program *program, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* what was asked for, on standard output, with --quiet too */
void program_print(const Program *program, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* talk on standard output, unless --quiet */
void program_say(const Program *program, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* the exit code of a program that ends with this one: where standard output did not take what was said, there
 * is a word on standard error, and a good end becomes EXIT_PARTLY where the result stands elsewhere, else
 * EXIT_REFUSED */
int program_end(const Program *program, int code, gboolean stands_elsewhere);

/* live progress on standard error: shown only on a terminal, and not with --quiet; each call replaces the
 * line before; NULL clears it */
void program_progress(const Program *program, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* long work, from here until it is freed: after two seconds a live line tells what is done, and for how long.
 * Where all is more than 1 it also says that one more than done, which a thread may count up atomically, of
 * all is at work. The program, what and done outlive it */
typedef struct Working Working;
Working *program_working(const Program *program, const char *what, const gint *done, gint all);
void working_free(Working *working);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Working, working_free)

void program_clear(Program *program);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Program, program_clear)

#endif
