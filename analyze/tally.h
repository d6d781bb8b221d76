/* SPDX-License-Identifier: MIT */
/*
 * What is counted of the hosts and VMs of each cluster.
 */
#ifndef ANALYZE_TALLY_H
#define ANALYZE_TALLY_H

#include "analyze/subject.h"

typedef struct Tally {
    guint hosts, by_state[STATE_BALANCED + 1], failover, hot_by_memory, usable;
    guint running, stopped, vms_by_state[STATE_BALANCED + 1];
    guint fewest, most, on_usable; /* running VMs of a usable host; of all of them */
    gboolean reclaims;             /* memory is reclaimed somewhere, or it is not known whether */
} Tally;

/* those of all clusters, in their order; the caller frees them */
Tally *tally_of(const Subject *subject);

#endif
