/* SPDX-License-Identifier: MIT */
/*
 * What has been measured of each host and VM so far: for each entity and metric the means of the intervals up
 * to now, the oldest first.
 */
#ifndef PLAN_MEASURED_H
#define PLAN_MEASURED_H

#include "collect/samples.h"

typedef struct Measured Measured;

/* of the entities of a snapshot, hosts before VMs; for so many intervals at most */
Measured *measured_new(guint n_hosts, guint n_vms, guint n_intervals);

void measured_free(Measured *measured);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Measured, measured_free)

/* begins the next interval, in which nothing is measured yet */
void measured_next(Measured *measured);

/* how many have begun */
guint measured_intervals(const Measured *measured);

/* sets what is measured in the present interval */
void measured_set_host(Measured *measured, guint host, Metric metric, double value);
void measured_set_vm(Measured *measured, guint vm, Metric metric, double value);

/* the means of all intervals that have begun, NAN where one was not measured; NULL where none ever was */
const double *measured_of_host(const Measured *measured, guint host, Metric metric);
const double *measured_of_vm(const Measured *measured, guint vm, Metric metric);

#endif
