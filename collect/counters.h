/* SPDX-License-Identifier: MIT */
/*
 * Which of a server's counters measure what. They are found by name, since their keys differ from one vCenter
 * to the next.
 */
#ifndef COLLECT_COUNTERS_H
#define COLLECT_COUNTERS_H

#include "collect/vcenter.h"

/* several may share a metric, which is then their sum */
typedef struct Counter {
    const char *name; /* "cpu.usagemhz.average" */
    int metric;
    gboolean of_vms, of_hosts;
    gboolean by_instance;   /* it has no aggregate: the instances are summed */
    gboolean share_of_size; /* in hundredths of a percent of the VM's memory */
} Counter;

typedef struct CounterSet {
    const Counter *counters;
    guint n;
} CounterSet;

extern const CounterSet realtime_counters;  /* of samples every 20 seconds */
extern const CounterSet rolled_up_counters; /* of VMs, as the vCenter's own statistics keep them */

/* what a server says of a counter */
typedef struct CounterKey {
    int key;   /* 0: it has none of that name */
    int level; /* statistics are kept at this level and above; 0: it does not say */
} CounterKey;

/* asks for the keys of a set, [n], all 0 before */
gboolean counters_find(Vcenter *vcenter, const CounterSet *set, CounterKey *keys, GError **error);

#endif
