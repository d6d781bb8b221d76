/* SPDX-License-Identifier: MIT */
/*
 * The figures of a cluster in a plan: how it stands before and after the steps, and what the steps amount to.
 * A `#cluster` row of plan.csv has them behind its id and name, in cells "key=before/after" and "key=value".
 */
#ifndef PLAN_FIGURES_H
#define PLAN_FIGURES_H

#include "collect/csv.h"

/* how a cluster stands; what is read or written has at most three decimals */
typedef struct ClusterStatus {
    double hot_hosts, short_vms;
    double max_cpu_pct, max_memory_pct;          /* of the fullest usable host, percent of what it has */
    double sd_cpu, sd_memory;                    /* standard deviation over usable hosts, points of percent */
    double failover_lack_mib, failover_lack_mhz; /* what would not fit were the largest host lost; NAN where
                                                    that is not checked */
} ClusterStatus;

typedef struct ClusterFigures {
    ClusterStatus before, after;
    double steps, moves; /* of the cluster's steps, how many are migrations */
    double copy_mib;     /* memory that the moves copy */
    double makespan_s;   /* until the last step ends, with as many at once as [apply] allows */
} ClusterFigures;

/* figures of which none is known: all NAN */
ClusterFigures figures_unknown(void);

/* appends the cells to a row (char *, that the row frees); a figure that is not known has none */
void figures_append_cells(const ClusterFigures *figures, GStrvBuilder *row);

/* reads the NULL-terminated cells behind id and name of the reader's present row; keys that are not known are
 * passed over. FALSE and an error where a figure is no number, stands there twice, or is missing, but for
 * those of failover */
gboolean figures_read(ClusterFigures *figures, const char *const *cells, const CsvReader *csv,
                      GError **error);

#endif
