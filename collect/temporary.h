/* SPDX-License-Identifier: MIT */
/*
 * What is half made: files and directories beside their place, as .NAME.vmanger-XXXXXX, locked (flock) while
 * their maker lives. What a killed run left is told by that name, our user and the free lock, and goes when
 * something of the same NAME is next begun. Names are looked up below an open directory; no symbolic link is
 * followed.
 */
#ifndef COLLECT_TEMPORARY_H
#define COLLECT_TEMPORARY_H

#include <glib.h>

typedef enum { TEMPORARY_FILE, TEMPORARY_DIRECTORY } TemporaryKind;

/* begins one for NAME below the directory parent, of these permissions less the umask. Returns it open (a
 * file for writing), with its name in made, owned by the caller; -1 and errno where it cannot be made */
int temporary_begin(int parent, const char *name, TemporaryKind kind, guint mode, char **made);

/* a name for something of NAME that is half made; the caller frees it */
char *temporary_name(const char *name);

/* the names in a directory, in order; NULL and errno where it cannot be read */
char **temporary_names(int directory);

/* removes the symbolic links of NAME that killed runs left: for who has the whole directory locked, since a
 * link cannot be */
void temporary_remove_links(int parent, const char *name);

/* removes a file, a link, or a directory with all that is in it; FALSE and errno where something stays */
gboolean temporary_remove(int parent, const char *name);

#endif
