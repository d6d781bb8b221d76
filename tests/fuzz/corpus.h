/* SPDX-License-Identifier: MIT */
/*
 * A small good file of every format, and what reads each: where tests and fuzzers begin to spoil them.
 *
 * What a reader accepts is carried on as the programs would: evaluated, planned on, written and read again.
 * Where that fails, which nothing that was accepted may cause, the process aborts with a word.
 */
#ifndef TESTS_FUZZ_CORPUS_H
#define TESTS_FUZZ_CORPUS_H

#include <glib.h>

typedef struct Corpus Corpus;

/* makes them, in a directory of their own */
Corpus *corpus_new(void);

/* removes the directory, and frees */
void corpus_free(Corpus *corpus);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Corpus, corpus_free)

/* the files' names: "hosts.csv" … "journal.csv" */
guint corpus_count(void);
const char *corpus_name(guint index);

/* the good bytes; owned by the corpus */
const char *corpus_bytes(const Corpus *corpus, guint index, gsize *length);

/* reads these bytes in place of the good ones, all other files being good; FALSE and the error where they are
 * refused */
gboolean corpus_try(Corpus *corpus, guint index, const char *bytes, gsize length, GError **error);

#endif
