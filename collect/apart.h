/* SPDX-License-Identifier: MIT */
/*
 * Files that a program writes are none of those that it reads, however their paths are spelled: a slip in a
 * command line must not put a page in the place of a journal.
 */
#ifndef COLLECT_APART_H
#define COLLECT_APART_H

#include <glib.h>

/* FALSE and an error where one of the paths to write (NULL: none, "-": standard output) is a file to read,
 * lies in a directory to read, or is another one to write. read is an array of paths (char *), some of which
 * may not exist */
gboolean files_are_apart(const GPtrArray *read, const char *const *written, guint n_written, GError **error);

/* adds a path, or those of a NULL-terminated vector, to what is read; NULL is none */
void files_add_read(GPtrArray *read, const char *path);
void files_add_all_read(GPtrArray *read, char *const *paths);

#endif
