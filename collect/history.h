/* SPDX-License-Identifier: MIT */
/*
 * What was measured of one source over time: of each VM and host a rollup (collect/rollup.h) per quantity.
 * VMs are followed across hosts by their instance UUID (by their id where they have none, or share it), hosts
 * by their id. A host is followed by its base alone, what it used beside the VMs that were on it then: so
 * what a VM uses goes where it goes, and counts no more in the host that it left.
 */
#ifndef COLLECT_HISTORY_H
#define COLLECT_HISTORY_H

#include "collect/means.h"
#include "collect/rollup.h"

/* of a VM that runs */
typedef enum {
    FOLLOWED_CPU,        /* MHz used */
    FOLLOWED_CPU_DEMAND, /* MHz: cpu_demand_mhz, else used and ready time */
    FOLLOWED_MEMORY,     /* KiB that its guest touches */
    FOLLOWED_HELD,       /* KiB consumed, and what was reclaimed of it */
    N_FOLLOWED
} Followed;

/* of a host */
typedef enum { FOLLOWED_BASE_CPU, FOLLOWED_BASE_MEMORY, N_FOLLOWED_BASES } FollowedBase; /* MHz, KiB */

typedef struct History {
    char *source_id;      /* NULL before it is known */
    gint64 newest;        /* when the newest window ended; -1: there is none */
    GHashTable *vms;      /* instance UUID or id: Rollup[N_FOLLOWED] */
    GHashTable *hosts;    /* id: Rollup[N_FOLLOWED_BASES] */
    GHashTable *repeated; /* instance UUIDs that VMs share */
} History;

History *history_new(void);
void history_free(History *history);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(History, history_free)

/* takes over what another one of the same source holds of VMs that were not measured, or whose first window
 * that shows peaks (Rollup.since) is further back there; all else stays. The other one is freed */
void history_take_vms(History *history, History *by);

/* adds the window in which the snapshot was measured, which ended when it was taken: means may be read from
 * its directory or made in memory (means_new). A snapshot of another source, or one that is no newer than
 * those before, is an error */
gboolean history_add(History *history, const Snapshot *snapshot, const Means *means, GError **error);

/* the rollups of a key, made where there are none: for whoever reads a history */
Rollup *history_rollups_of_vm(History *history, const char *key);
Rollup *history_rollups_of_host(History *history, const char *id);

/* learns which VMs of the snapshot cannot be told apart by their instance UUID */
void history_know(History *history, const Snapshot *snapshot);

/* by what a VM of a snapshot that is known is followed */
const char *history_key_of_vm(const History *history, const Vm *vm);

/* of a VM, [N_FOLLOWED], of nothing yet */
Rollup *history_rollups_new(void);
void history_rollups_free(Rollup *rollups);

/* what is followed of a VM that was measured so, on cores of so many MHz; NAN where it was not */
double history_measured(const Means *means, guint vm, double core_mhz, Followed followed);

/* what is kept of a VM or host of the snapshot, by its index; NULL where it was never measured */
const Rollup *history_of_vm(const History *history, const Snapshot *snapshot, guint vm, Followed followed);
const Rollup *history_of_host(const History *history, const Snapshot *snapshot, guint host,
                              FollowedBase followed);

/* fills what would be kept of a VM that has no window but this one, for rollup_clear; FALSE where it was not
 * measured. A history of all VMs need not be held for that */
gboolean history_of_lone_window(const Snapshot *snapshot, const Means *means, guint vm, Followed followed,
                                Rollup *rollup);

#endif
