/* SPDX-License-Identifier: MIT */
/*
 * One entity's answer to QueryPerf: a PerfEntityMetricCSV, or a PerfEntityMetric where the server does not
 * write CSV, as rows of samples.csv.
 */
#ifndef COLLECT_SAMPLES_H
#define COLLECT_SAMPLES_H

#include "collect/series.h"
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

typedef struct SampleReader SampleReader;

/* key_of: the server's keys by the index of the counter, 0 for one that it has not. At most `most` samples,
 * interval_s apart, are kept of a series */
SampleReader *sample_reader_new(const int *key_of, guint most, int interval_s);

void sample_reader_free(SampleReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SampleReader, sample_reader_free)

/* appends the rows of the entity with this id; their number is 0 where nothing was measured */
guint sample_reader_take(SampleReader *reader, const Element *answer, const char *id, GString *rows);

#endif
