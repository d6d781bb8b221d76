/* SPDX-License-Identifier: MIT */
/*
 * A small good file of every format, and what reads each: where tests and fuzzers begin to spoil them.
 *
 * What a reader accepts is carried on as the programs would: evaluated, planned on, written and read again.
 * Where that fails, which nothing that was accepted may cause, the process aborts with a word.
 */
#ifndef TESTS_FUZZ_SPECIMENS_H
#define TESTS_FUZZ_SPECIMENS_H

#include <glib.h>

typedef struct Specimens Specimens;

/* makes them, in a directory of their own */
Specimens *specimens_new(void);

/* removes the directory, and frees */
void specimens_free(Specimens *specimens);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Specimens, specimens_free)

/* the files' names: "hosts.csv" … "journal.csv" */
guint specimens_count(void);
const char *specimen_name(guint index);

/* the good bytes; owned by the specimens */
const char *specimen_bytes(const Specimens *specimens, guint index, gsize *length);

/* reads these bytes in place of the good ones, all other files being good; FALSE and the error where they are
 * refused */
gboolean specimen_try(Specimens *specimens, guint index, const char *bytes, gsize length, GError **error);

#endif
