/* SPDX-License-Identifier: MIT */
/*
 * Figures for Prometheus, in its text format ("Exposition formats", Prometheus documentation), as the node
 * exporter's textfile collector reads them. The file appears whole or not at all (collect/atomic.h).
 *
 * All figures are gauges in base units: seconds, bytes, hertz, ratios of 1. None has a time of its own, which
 * the collector refuses.
 */
#ifndef COLLECT_PROMETHEUS_H
#define COLLECT_PROMETHEUS_H

#include <glib.h>

/* why a program that is to encrypt what it writes does not write figures as well */
#define PROMETHEUS_IS_CLEAR                                                                                  \
    "--prometheus names hosts and clusters in a file that anybody can read: expected it without --encrypt-to"

typedef struct Gauge {
    const char *name, *help;
} Gauge;

/* a value may be any text: it is escaped. A list of them ends with a name of NULL */
typedef struct GaugeLabel {
    const char *name, *value;
} GaugeLabel;

typedef struct Prometheus Prometheus;

/* begins the file, whose name must end in .prom: the collector reads no other */
Prometheus *prometheus_new(const char *path, GError **error);

/* adds a sample; NAN, what is not known, adds none. The samples of a gauge follow each other, and no two have
 * equal labels: the collector would refuse the file. gauge->name is compared as a string, not kept */
void prometheus_add(Prometheus *prometheus, const Gauge *gauge, const GaugeLabel *labels, double value);

/* puts the file in its place */
gboolean prometheus_commit(Prometheus *prometheus, GError **error);

/* removes what was not committed, and frees */
void prometheus_free(Prometheus *prometheus);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Prometheus, prometheus_free)

#endif
