/* SPDX-License-Identifier: MIT */
/*
 * rollup.csv: a history as an archive keeps it beside its snapshots, so that whoever wants the whole of it
 * reads one small file and the newest snapshot. It can be made anew of the snapshots at any time. Within a
 * snapshot it is what the vCenter's own statistics told of the time before (collect/snapshothistory.h).
 *
 * A row per VM or host and quantity; before the table `#format`, `#source_id`, `#taken_at` (of the newest
 * window in it) and `#snapshot` (its digest; `-` in the snapshot itself). Lists are separated by single
 * spaces, `-` is not known.
 *
 *   recent    of each of the last windows: seconds before #taken_at, seconds long, mean
 *   buckets   the first bucket, then the weights
 *   averages  hours judged, the hour under way, its sum and seconds; of each average in thousandths its
 *             value, weight and what it foresaw, then its error
 *   hours     of each hour that there has been: hour of the day, mean, weight, day since 1970
 *   days      of the windows of at most 300 s: seconds before #taken_at at which the first began, seconds
 *             that were measured since; of each of the last days: day since 1970, peak. Empty where an older
 *             collect wrote it
 */
#ifndef COLLECT_HISTORYFILE_H
#define COLLECT_HISTORYFILE_H

#include "collect/history.h"
#include "collect/openpgp.h"

#define HISTORY_FILE "rollup.csv"
#define HISTORY_FORMAT "vmanger-rollup-1"

extern const Table history_table;

/* what stands before the rows of the table, and its header. newest: when the newest window of all ended, or
 * later; digest: of the snapshot of that window, NULL for a file within it. The source's id needs no quotes
 */
void history_append_head(const char *source_id, gint64 newest, const char *digest, GString *out);

/* the rows of a VM, [N_FOLLOWED] */
void history_append_vm(const char *key, const Rollup *rollups, gint64 newest, GString *out);

/* writes it whole or not at all; what was last measured over keep_s ago is left out. digest: of the snapshot
 * of its newest window */
gboolean history_write(const History *history, const char *path, const char *digest, gint64 keep_s,
                       const OpenPgp *keys, GError **error);

/* reads a file; digest receives that of the snapshot of its newest window, NULL where it stands in it;
 * sha256, where not NULL, that of the file. The caller frees both */
History *history_read(const char *path, char **digest, char **sha256, GError **error);

#endif
