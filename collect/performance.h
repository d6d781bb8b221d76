/* SPDX-License-Identifier: MIT */
/*
 * What was measured: the PerformanceManager's real-time samples (one in 20 seconds) of hosts and VMs, several
 * queries in flight; for those that have none, their quickStats.
 */
#ifndef COLLECT_PERFORMANCE_H
#define COLLECT_PERFORMANCE_H

#include "collect/inventory.h"
#include "collect/snapshotwriter.h"

#define PERFORMANCE_INTERVAL_S 20

/* what was measured of the snapshot's hosts and running VMs in the last window_s seconds, as rows of
 * samples.csv; warnings receives what could not be had */
gboolean performance_collect(Vcenter *vcenter, const Program *program, const Snapshot *snapshot,
                             double window_s, SnapshotWriter *writer, GPtrArray *warnings, GError **error);

#endif
