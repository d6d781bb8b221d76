/* SPDX-License-Identifier: MIT */
/*
 * What was measured, as one number per entity and metric: the arithmetic mean over the window, the sum of an
 * entity's instances. One pass over samples.csv; nothing is kept but the means.
 */
#ifndef COLLECT_MEANS_H
#define COLLECT_MEANS_H

#include "collect/samples.h"

typedef struct Means {
    double *values; /* [entity * N_METRICS + metric], hosts before VMs */
    guint n_hosts;
    guint origins[N_ORIGINS]; /* series of each origin */
    gint64 window_from, window_to;
} Means;

/* with nothing measured yet, for a snapshot's hosts and VMs; set values as they are known */
Means *means_new(const Snapshot *snapshot);

/* reads the samples in the directory that the snapshot was read from. A series with fewer than
 * min_samples_pct of the values that its window and interval make is not measured, nor is a metric with such
 * an instance; a series of the whole entity stands before those of its instances */
Means *means_read(const Snapshot *snapshot, const char *directory, double min_samples_pct, GError **error);

void means_free(Means *means);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Means, means_free)

/* the mean, by index in hosts.csv or vms.csv; NAN where not measured. METRIC_CPU_READY_MS: of a millisecond,
 * over all vCPUs, whatever the interval */
double means_of_host(const Means *means, guint host, Metric metric);
double means_of_vm(const Means *means, guint vm, Metric metric);

/* MHz that a VM would have used had it not had to wait: cpu_demand_mhz, else what it used and its ready time
 * on cores of so many MHz; NAN where what it used was not measured */
double means_cpu_demand_of_vm(const Means *means, guint vm, double core_mhz);

/* ballooned, swapped and compressed, those of them that were measured; NAN where none was */
double means_reclaimed_of_host(const Means *means, guint host);
double means_reclaimed_of_vm(const Means *means, guint vm);

#endif
