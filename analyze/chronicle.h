/* SPDX-License-Identifier: MIT */
/*
 * Which snapshots belong together: those of one source are one history, of which the newest is assessed.
 */
#ifndef ANALYZE_CHRONICLE_H
#define ANALYZE_CHRONICLE_H

#include "collect/history.h"

/* a snapshot's directory, as the person named it or in an archive, and when it was taken */
typedef struct Dated {
    char *directory;
    gint64 taken_at;
} Dated;

/* the snapshots of one source, oldest first */
typedef struct Chronicle {
    char *source_id;
    GArray *snapshots; /* Dated */
    History *history;  /* of what came before them, the newest among them perhaps included; or NULL */
    char *warning;     /* why an archive has none though it keeps one; or NULL */
} Chronicle;

/* sorts snapshots and archives (of collect --archive) by source and time; the sources come in the order in
 * which they are named. Where nothing but archives is named, the history that each keeps stands for the
 * snapshots that are in it. Two snapshots of one source and time, and a rehearsal's result among others, are
 * errors. The caller frees the array of Chronicle * */
GPtrArray *chronicles_read(char *const *directories, GError **error);

#endif
