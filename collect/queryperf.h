/* SPDX-License-Identifier: MIT */
/*
 * One entity's answer to QueryPerf: a PerfEntityMetricCSV, or a PerfEntityMetric where the server does not
 * write CSV, as rows of samples.csv.
 */
#ifndef COLLECT_QUERYPERF_H
#define COLLECT_QUERYPERF_H

#include "collect/samples.h"
#include "collect/xml.h"

/* which counter measures what; several may share a metric, which is then their sum */
typedef struct Counter {
    const char *name; /* "cpu.usagemhz.average" */
    int metric;
    gboolean of_vms, of_hosts;
    gboolean by_instance; /* it has no aggregate: the instances are summed */
} Counter;

extern const Counter counters[];
extern const guint n_counters;

typedef struct PerfReader PerfReader;

/* key_of: the server's keys by the index of the counter, 0 for one that it has not. A series has n_samples,
 * interval_s apart. Values that no measurement can have are dropped. All arguments outlive the reader */
PerfReader *perf_reader_new(const Snapshot *snapshot, const int *key_of, guint n_samples, int interval_s);

void perf_reader_free(PerfReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PerfReader, perf_reader_free)

/* appends the rows of a host or a VM, by its index in the snapshot, the other being -1; their number is 0
 * where nothing was measured */
guint perf_reader_take(PerfReader *reader, const Element *answer, int host, int vm, GString *rows);

/* values dropped so far */
guint perf_reader_dropped(const PerfReader *reader);

#endif
