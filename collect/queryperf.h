/* SPDX-License-Identifier: MIT */
/*
 * One entity's answer to QueryPerf: a PerfEntityMetricCSV, or a PerfEntityMetric where the server does not
 * write CSV, as rows of samples.csv.
 */
#ifndef COLLECT_QUERYPERF_H
#define COLLECT_QUERYPERF_H

#include "collect/counters.h"
#include "collect/samples.h"
#include "collect/xml.h"

typedef struct PerfReader PerfReader;

/* keys: the server's, of the counters of the set. A series has n_samples, interval_s apart. Values that no
 * measurement can have are dropped. All arguments outlive the reader */
PerfReader *perf_reader_new(const Snapshot *snapshot, const CounterSet *set, const CounterKey *keys,
                            guint n_samples, int interval_s);

void perf_reader_free(PerfReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PerfReader, perf_reader_free)

/* appends the rows of a host or a VM, by its index in the snapshot, the other being -1; their number is 0
 * where nothing was measured */
guint perf_reader_take(PerfReader *reader, const Element *answer, int host, int vm, GString *rows);

/* reads the answer of a VM; returns when the first interval of the series begins */
gint64 perf_reader_read(PerfReader *reader, const Element *answer, int vm);

/* of the answer read last: [n_samples] of a metric, NAN where there is none; NULL where there is none at all
 */
const double *perf_reader_values(const PerfReader *reader, int metric);

/* how long each sample's interval is by the server's word, which may be longer than was asked for; 0 where
 * there is no sample */
const double *perf_reader_seconds(const PerfReader *reader);

/* values dropped so far */
guint perf_reader_dropped(const PerfReader *reader);

#endif
