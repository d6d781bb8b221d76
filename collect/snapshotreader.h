/* SPDX-License-Identifier: MIT */
/*
 * Reading a snapshot from its directory: every table but samples.csv, which is never held whole
 * (collect/samples.h).
 */
#ifndef COLLECT_SNAPSHOTREADER_H
#define COLLECT_SNAPSHOTREADER_H

#include "collect/snapshot.h"

typedef enum {
    SNAPSHOT_STRICT = 0,
    SNAPSHOT_UNSUMMED_OK = 1 /* a directory without SHA256SUMS is accepted, as collect does */
} SnapshotFlags;

/* reads and checks the tables of a directory but samples.csv; free with snapshot_free */
Snapshot *snapshot_read(const char *directory, SnapshotFlags flags, GError **error);

/* the same of snapshot.csv alone: its info and digest, and no rows */
Snapshot *snapshot_read_info(const char *directory, SnapshotFlags flags, GError **error);

#endif
