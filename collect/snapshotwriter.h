/* SPDX-License-Identifier: MIT */
/*
 * Writing a snapshot: a directory that appears whole, with all its tables and SHA256SUMS, or not at all.
 */
#ifndef COLLECT_SNAPSHOTWRITER_H
#define COLLECT_SNAPSHOTWRITER_H

#include "collect/openpgp.h"
#include "collect/snapshot.h"

typedef struct SnapshotWriter SnapshotWriter;

/* begins a directory at path, which must not exist or be empty. keys, where not NULL, are those to whom its
 * tables are encrypted, and outlive the writer */
SnapshotWriter *snapshot_writer_new(const char *path, const OpenPgp *keys, GError **error);

/* adds rows to samples.csv (collect/samples.h makes them), line ends included */
void snapshot_writer_samples(SnapshotWriter *writer, const char *rows, gsize length);

/* adds text to rollup.csv (collect/historyfile.h makes it), which is there with the first of it */
gboolean snapshot_writer_history(SnapshotWriter *writer, const char *text, gsize length, GError **error);

/* takes that file back */
void snapshot_writer_drop_history(SnapshotWriter *writer);

/* takes a table as it stands in the directory that the snapshot was read from */
gboolean snapshot_writer_copy(SnapshotWriter *writer, const Snapshot *snapshot, const Table *table,
                              const char *directory, GError **error);

/* writes every table not copied (that of EVC modes where there are any) and SHA256SUMS, and puts the
 * directory in its place; digest, where not NULL, receives the snapshot's digest, owned by the caller */
gboolean snapshot_writer_commit(SnapshotWriter *writer, const Snapshot *snapshot, char **digest,
                                GError **error);

/* removes what was not committed, and frees */
void snapshot_writer_free(SnapshotWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SnapshotWriter, snapshot_writer_free)

#endif
