/* SPDX-License-Identifier: MIT */
/*
 * What strains whole clusters: HA admission control near its edge, reservations that are locked or nested in
 * pools, a VM that one other host alone could restart, more reserved than there is, hosts asleep or lost.
 */
#ifndef SAMPLES_STRAIN_H
#define SAMPLES_STRAIN_H

#include "samples/fleet.h"

/* strains so many percent of the clusters, each in several ways, before fleet_fit; draws from streams of its
 * own, so that the others stay as they are. Pools may join the table; the error is a table that does not link
 */
gboolean strain_clusters(Fleet *fleet, double pct, GError **error);

#endif
