/* SPDX-License-Identifier: MIT */
/*
 * Which of the programs' files a file is, told by its first bytes: who gives arguments in another order is
 * told so, in the one way by all readers.
 */
#ifndef COLLECT_FORMAT_H
#define COLLECT_FORMAT_H

#include <glib.h>

typedef enum { FORMAT_SNAPSHOT, FORMAT_ASSESSMENT, FORMAT_PLAN, FORMAT_JOURNAL, FORMAT_POLICY } Format;

/* a reader that expected the format has failed: where the path is plainly of another one, the error says
 * that instead; else it stays. Standard input and whatever is no directory and no regular file is not looked
 * at. */
void format_blame(const char *path, Format expected, GError **error);

#endif
