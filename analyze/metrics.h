/* SPDX-License-Identifier: MIT */
/*
 * An assessment as figures for Prometheus: of each cluster and host its loads and its state, of each cluster
 * how many hosts and VMs are in which state, and when the snapshots were taken. vmanger-analyze(1) lists
 * them.
 */
#ifndef ANALYZE_METRICS_H
#define ANALYZE_METRICS_H

#include "analyze/assessment.h"
#include "collect/prometheus.h"

void metrics_add(Prometheus *prometheus, const Assessment *assessment);

/* of clusters alone: when their snapshots were taken, their patterns and loads */
void metrics_add_clusters(Prometheus *prometheus, const Assessment *assessment);

#endif
