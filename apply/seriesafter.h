/* SPDX-License-Identifier: MIT */
/*
 * What steps do to measured series, for a target that is a snapshot.
 *
 * A VM that migrates holds min(configured, consumed + reclaimed) from then on, and nothing of it is
 * reclaimed, but for what a memory limit holds back, its own or a resource pool's: that stays reclaimed
 * wherever it runs. Its old host's series lose what it measured there, the new host's gain its new values:
 * sample by sample where both series are aligned, else by the mean. Memory that is added is consumed at once,
 * in the VM and on its host.
 */
#ifndef APPLY_SERIESAFTER_H
#define APPLY_SERIESAFTER_H

#include "collect/samples.h"

typedef struct SeriesAfter SeriesAfter;

SeriesAfter *series_after_new(const Snapshot *snapshot);
void series_after_free(SeriesAfter *after);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SeriesAfter, series_after_free)

/* steps, in their order; VMs and hosts are indices in the snapshot's tables. comes_back is the share, from 0
 * to 1, of what was reclaimed from the VM that no limit holds back */
void series_after_migrate(SeriesAfter *after, guint vm, guint from, guint to, double configured_kib,
                          double comes_back);
void series_after_add_memory(SeriesAfter *after, guint vm, guint host, double added_kib);
void series_after_reclaim_memory(SeriesAfter *after, guint vm, guint host, double to_kib);

/* TRUE for series of VMs in steps, which series_after_learn must be given as they were measured, those of a
 * metric's instances one by one; and for series of their hosts */
gboolean series_after_concern(const SeriesAfter *after, const Series *series);
void series_after_learn(SeriesAfter *after, const Series *series, const GArray *values);

/* computes what the steps do to all, once every series of the VMs is known */
void series_after_work_out(SeriesAfter *after);

/* changes the values of a series that series_after_concern names, each series once */
void series_after_change(SeriesAfter *after, const Series *series, GArray *values);

#endif
