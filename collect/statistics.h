/* SPDX-License-Identifier: MIT */
/*
 * What a vCenter keeps itself of the time before a snapshot: values rolled up over five minutes for a day,
 * over half an hour for a week, or whatever it is set to (PerformanceManager.historicalInterval). They become
 * a history of the snapshot's own (collect/snapshothistory.h) as they arrive: no series is held for longer
 * than the few VMs of one query.
 *
 * They are of the running VMs alone. A value does not tell on which host a VM was then, so what a host used
 * beside its VMs cannot be told from what those used that have left it since.
 */
#ifndef COLLECT_STATISTICS_H
#define COLLECT_STATISTICS_H

#include "collect/inventory.h"
#include "collect/snapshotwriter.h"

/* adds those of the last history_s seconds before the snapshot's window; notes receives (char *) what they
 * are, warnings what could not be had: a vCenter that refuses leaves the snapshot as it is. Sizes and cores
 * are reckoned as they are now. An error is one that ends the whole collection */
gboolean statistics_collect(Vcenter *vcenter, const Program *program, const Snapshot *snapshot,
                            gint64 history_s, SnapshotWriter *writer, GPtrArray *notes, GPtrArray *warnings,
                            GError **error);

#endif
