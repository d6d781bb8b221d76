/* SPDX-License-Identifier: MIT */
/*
 * What was measured, as one number per entity and metric: the arithmetic mean over the window, the sum of an
 * entity's instances. One pass over samples.csv; nothing is kept but the means.
 */
#ifndef ANALYZE_MEANS_H
#define ANALYZE_MEANS_H

#include "collect/samples.h"

typedef struct Means {
    double *values; /* [entity * N_METRICS + metric], hosts before VMs */
    guint n_hosts;
    guint origins[N_ORIGINS]; /* series of each origin */
    gint64 window_from, window_to;
} Means;

/* reads the samples in the directory that the snapshot was read from. A series with fewer than
 * min_samples_pct of the values that its window and interval make is not measured, nor is a metric with such
 * an instance; a series of the whole entity stands before those of its instances */
Means *means_read(const Snapshot *snapshot, const char *directory, double min_samples_pct, GError **error);

/* means of the snapshot's entities, none of them measured yet and of no window: for what is measured
 * elsewhere than in a directory */
Means *means_new(const Snapshot *snapshot);

void means_free(Means *means);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Means, means_free)

/* the mean, by index in hosts.csv or vms.csv; NAN where not measured. METRIC_CPU_READY_MS: of a millisecond,
 * over all vCPUs, whatever the interval */
double means_of_host(const Means *means, guint host, Metric metric);
double means_of_vm(const Means *means, guint vm, Metric metric);

/* ballooned, swapped and compressed, those of them that were measured; NAN where none was */
double means_reclaimed_of_host(const Means *means, guint host);
double means_reclaimed_of_vm(const Means *means, guint vm);

#endif
