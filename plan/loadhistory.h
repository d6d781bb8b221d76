/* SPDX-License-Identifier: MIT */
/*
 * A history to replay: who was there, where it began, and what each VM asked for in every interval, whatever
 * it was given. What a VM asks for goes with it wherever it runs; what a host uses beside its VMs stays.
 */
#ifndef PLAN_LOADHISTORY_H
#define PLAN_LOADHISTORY_H

#include "collect/samples.h"

/* what is asked for, each the mean of an interval */
typedef enum {
    ASKED_CPU_MHZ,      /* a VM: what it would use if nothing held it back */
    ASKED_ACTIVE_KIB,   /* a VM: what its guest touches */
    ASKED_HELD_KIB,     /* what it holds on its host, its overhead not counted */
    ASKED_OVERHEAD_KIB, /* a VM: what the host takes to run it */
    ASKED_DISK_KIBPS,
    ASKED_NET_KIBPS,
    N_ASKED
} Asked;

typedef struct LoadHistory {
    char *name;      /* what messages call it */
    Snapshot *start; /* the inventory and its placement before the first interval. A VM that comes later is in
                        it as well, where it will run */
    guint n_intervals;
    gint64 *ends;              /* [n_intervals] when each was measured, ascending */
    double *lengths;           /* [n_intervals] seconds */
    gboolean *running;         /* [interval * n_vms + vm] */
    double *of_vms[N_ASKED];   /* [interval * n_vms + vm]; NAN: not measured, and counted in its host's own.
                                  NULL where the history has none of it */
    double *of_hosts[N_ASKED]; /* [interval * n_hosts + host] the host's own, beside its measured VMs; NAN:
                                  the host is not measured. NULL likewise */
    guint origins[N_ORIGINS];  /* series of each origin in an interval */
    guint left_out;            /* VMs that came later, on hosts that the first interval does not have */
} LoadHistory;

/* FALSE and an error where so many intervals of so many VMs or hosts are more than can be held */
gboolean loadhistory_can_hold(const char *name, guint n_entities, gsize n_intervals, GError **error);

/* a history of so many intervals of the inventory, which it takes over, linked: no VM runs yet, and nothing
 * is asked for. They can be held */
LoadHistory *loadhistory_new(const char *name, Snapshot *start, guint n_intervals);

void loadhistory_free(LoadHistory *history);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoadHistory, loadhistory_free)

/* where an interval's amount is, to be filled */
double *loadhistory_of_vm(LoadHistory *history, Asked asked, guint interval, guint vm);
double *loadhistory_of_host(LoadHistory *history, Asked asked, guint interval, guint host);

/* the amount; NAN where there is none */
double loadhistory_vm_asks(const LoadHistory *history, Asked asked, guint interval, guint vm);
double loadhistory_host_asks(const LoadHistory *history, Asked asked, guint interval, guint host);

gboolean loadhistory_vm_runs(const LoadHistory *history, guint interval, guint vm);

#endif
