/* SPDX-License-Identifier: MIT */
/*
 * Results that appear whole or not at all: written beside their place, flushed (file, then directory),
 * renamed. What is not committed leaves nothing behind; what a killed run left goes when the same is next
 * begun (temporary.h). A commit that fails has put nothing in place, unless its error is
 * VMANGER_ERROR_STANDS.
 */
#ifndef COLLECT_ATOMIC_H
#define COLLECT_ATOMIC_H

#include "collect/openpgp.h"

typedef struct AtomicFile AtomicFile;

/* TRUE for "-", and for a name of what standard output is, as /dev/stdout: a file must not be put there */
gboolean atomic_file_is_standard_output(const char *path);

/* begins a file that will replace path, or what the link at path leads to; standard output, a pipe and a
 * device are written as they are: nothing can take that back. keys, where not NULL, are those to whom it is
 * encrypted: it then is path with OPENPGP_SUFFIX, beside which nothing may stand in the clear, and all of it
 * is kept in memory until it is committed. They outlive the file */
AtomicFile *atomic_file_new(const char *path, const OpenPgp *keys, GError **error);

/* appends bytes; the first failure is kept and reported by atomic_file_commit */
void atomic_file_write(AtomicFile *file, const char *bytes, gsize length);

/* writes what the string holds and empties it */
void atomic_file_take(AtomicFile *file, GString *bytes);

/* flushes and puts the file in its place; sha256, where not NULL, receives the hex digest of what was
 * written, before any encryption, owned by the caller */
gboolean atomic_file_commit(AtomicFile *file, char **sha256, GError **error);

/* TRUE once the program has committed files that last, none of them encrypted */
gboolean atomic_wrote_in_clear_alone(void);

/* removes what was not committed, and frees */
void atomic_file_free(AtomicFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AtomicFile, atomic_file_free)

typedef struct AtomicDirectory AtomicDirectory;

/* begins a directory that will appear at path, which must not exist or be an empty directory */
AtomicDirectory *atomic_directory_new(const char *path, GError **error);

/* begins a directory that is never committed, for our user alone: in $TMPDIR where that is set, else in
 * memory where there is room for it, else where the system keeps what is temporary */
AtomicDirectory *atomic_directory_scratch(GError **error);

/* where it is until then */
const char *atomic_directory_path(const AtomicDirectory *directory);

/* begins a file in it, which appears with the directory; its commit flushes it. keys as for atomic_file_new
 */
AtomicFile *atomic_directory_file(AtomicDirectory *directory, const char *name, const OpenPgp *keys,
                                  GError **error);

gboolean atomic_directory_commit(AtomicDirectory *directory, GError **error);

/* removes what was not committed, and frees */
void atomic_directory_free(AtomicDirectory *directory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AtomicDirectory, atomic_directory_free)

/* points the symbolic link NAME below the directory to target, in one step; FALSE and errno where it cannot,
 * and nothing is changed then. The directory is not flushed */
gboolean atomic_link(int directory, const char *target, const char *name);

/* flushes a directory, so that new names in it last; FALSE and errno where it cannot. A file system that
 * cannot flush one needs none */
gboolean atomic_flush(int directory);

#endif
