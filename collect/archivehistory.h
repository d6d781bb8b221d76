/* SPDX-License-Identifier: MIT */
/*
 * The history of an archive, kept beside its snapshots (historyfile.h): whoever wants it reads that file and
 * what was taken since. Where it is missing or does not fit the snapshots, it is made anew of them.
 */
#ifndef COLLECT_ARCHIVEHISTORY_H
#define COLLECT_ARCHIVEHISTORY_H

#include "collect/historyfile.h"

#define ARCHIVE_HISTORY_S                                                                                    \
    (7 * 24 * 3600) /* snapshots that are so much older than the newest are no part of it */

/* the history that is kept beside the archive's snapshots, of which newest (snapshot_read_info) is the
 * newest, or an older one; NULL where there is none, or where it does not fit, of which warning then tells
 * (NULL: nothing to tell; the caller frees it) */
History *archive_history_read(const char *directory, const Snapshot *newest, char **warning);

/* brings the history beside the archive's snapshots up to the newest of them. FALSE where it could not be
 * written; warning as above */
gboolean archive_history_update(const char *directory, const OpenPgp *keys, char **warning, GError **error);

#endif
