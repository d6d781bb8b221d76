/* SPDX-License-Identifier: MIT */
/*
 * A directory of snapshots by time, the cron form: DIR/2026-11-21T201500Z, and the link DIR/latest to the
 * newest.
 */
#ifndef COLLECT_ARCHIVE_H
#define COLLECT_ARCHIVE_H

#include <glib.h>

typedef struct Archive Archive;

/* TRUE for a directory that is an archive, and no snapshot itself */
gboolean archive_is(const char *directory);

/* when the snapshot of this name in an archive was taken */
gint64 archive_time_of(const char *name);

/* the names of its snapshots, ascending, but those taken more than seconds before the newest; an archive
 * without any is an error */
char **archive_names(const char *directory, gint64 seconds, GError **error);

/* opens an archive, made if need be, locked against a second collect. A snapshot that a killed one left at
 * DIR/.next goes; anything else there is an error, and stays */
Archive *archive_open(const char *directory, GError **error);

/* where to collect the next snapshot: not there yet */
const char *archive_next(const Archive *archive);

/* names that snapshot by its time and points latest to it. One of the same time already there is an error,
 * unless it is the same snapshot, which then stays. On an error nothing is changed, unless it is
 * VMANGER_ERROR_STANDS */
gboolean archive_commit(Archive *archive, gint64 taken_at, GError **error);

/* the link to the newest, until archive_commit moves it; NULL for none */
const char *archive_before(const Archive *archive);

/* the path of the snapshot that archive_commit named */
const char *archive_latest(const Archive *archive);

/* removes a snapshot that was not committed, and frees */
void archive_free(Archive *archive);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Archive, archive_free)

#endif
