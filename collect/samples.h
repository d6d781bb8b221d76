/* SPDX-License-Identifier: MIT */
/*
 * samples.csv: all that was measured, one row per entity, metric and instance, a value per interval. Read row
 * by row, never held whole.
 */
#ifndef COLLECT_SAMPLES_H
#define COLLECT_SAMPLES_H

#include "collect/snapshot.h"

typedef enum {
    METRIC_CPU_USAGE_MHZ,
    METRIC_CPU_DEMAND_MHZ,
    METRIC_CPU_READY_MS, /* per interval, over all vCPUs */
    METRIC_MEMORY_ACTIVE_KIB,
    METRIC_MEMORY_CONSUMED_KIB,
    METRIC_MEMORY_BALLOONED_KIB,
    METRIC_MEMORY_SWAPPED_KIB,
    METRIC_MEMORY_COMPRESSED_KIB,
    METRIC_MEMORY_OVERHEAD_KIB,
    METRIC_MEMORY_SWAPPED_IN_KIBPS,
    METRIC_DISK_KIBPS,
    METRIC_NET_KIBPS,
    N_METRICS
} Metric;

enum { ORIGIN_REALTIME, ORIGIN_QUICKSTATS, ORIGIN_ROLLUP, ORIGIN_EXPORT, N_ORIGINS };

/* their names in samples.csv, NULL-terminated */
extern const char *const metric_names[];
extern const char *const origin_names[];

typedef struct Series {
    const char *entity_id; /* of a host or a VM */
    const char *instance;  /* "" for the whole entity */
    const char *values;    /* numbers, or '-' for a missing sample, separated by single spaces */
    int metric, origin;
    gint64 start;      /* of the window, seconds since 1970 */
    double interval_s; /* between values */
    int host, vm;      /* the entity's index in its table, -1 in the other */
} Series;

extern const Table samples_table;

typedef struct SeriesReader SeriesReader;

/* opens samples.csv in the directory that the snapshot was read from */
SeriesReader *series_reader_open(const Snapshot *snapshot, const char *directory, GError **error);

/* the next row, its strings valid until the one after; FALSE at the end (where the file's sum is checked) and
 * on an error */
gboolean series_reader_next(SeriesReader *reader, Series *series, GError **error);

/* the row's values, NAN for a missing one, into an array of doubles that is emptied first. A value above 400
 * % of the entity's capacity is an error */
gboolean series_reader_values(const SeriesReader *reader, const Series *series, GArray *values,
                              GError **error);

/* what no measurement of the series' entity (by its index host or vm) can exceed: 400 % of its capacity;
 * INFINITY where the metric has none */
double series_most(const Snapshot *snapshot, const Series *series);

/* the present row as it stands in the file, its line end included */
const char *series_reader_raw(const SeriesReader *reader, gsize *length);

void series_reader_free(SeriesReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SeriesReader, series_reader_free)

/* appends a row of samples.csv with these values in place of series->values; KiB whole, MHz with three
 * decimals */
void series_append_row(const Series *series, const double *values, guint n_values, GString *out);

#endif
