/* SPDX-License-Identifier: MIT */
/*
 * Hosts, and where VMs begin on them, for a history that names neither.
 */
#ifndef PLAN_HOUSING_H
#define PLAN_HOUSING_H

#include "collect/snapshot.h"

#define HOUSING_HOSTS "16x2600,64"
#define HOUSING_PLACEMENT "first-fit"
#define HOUSING_FILL_PCT 50

/* what a person asks for */
typedef struct HousingWish {
    const char *hosts;     /* CORESxMHZ,GIB: as many of them as all VMs fill so far on the mean; or a file, as
                              hosts.csv of a snapshot: id, cpu_cores, core_mhz, memory_kib, and name where they
                              have     one */
    const char *placement; /* first-fit, random:SEED, or a file of two columns: vm, host */
    double fill_pct; /* how full all hosts are on the mean, and at most, to first fit, at the beginning */
} HousingWish;

/* a VM to be housed, what it used at the beginning, and on the mean of the whole time */
typedef struct Lodger {
    const char *name;
    double mhz, kib;
    double mean_mhz, mean_kib;
} Lodger;

/* hosts, of which nobody knows yet how many there are */
typedef struct Housing Housing;

/* reads what is wished for; the wish outlives the housing */
Housing *housing_new(const HousingWish *wish, GError **error);

void housing_free(Housing *housing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Housing, housing_free)

/* MHz of the slowest core, the one size that a VM's vCPUs are reckoned in */
double housing_core_mhz(const Housing *housing);

/* gives each of the lodgers a host, places[n]. First fit, in their order, takes the first host that stays at
 * or below the fill in CPU and memory by what was used at the beginning, and where there is none the one that
 * is left least full; random draws among the hosts that have the memory. A file that names a VM or host that
 * is none, or leaves a VM out, is an error */
gboolean housing_place(Housing *housing, const Lodger *lodgers, guint n, guint *places, GError **error);

/* appends the hosts, all of one cluster without DRS, to the snapshot */
void housing_add_hosts(const Housing *housing, Snapshot *snapshot);

/* what the hypervisor itself takes of a host: MHz and KiB */
double housing_own_mhz(const Host *host);
double housing_own_kib(const Host *host);

#endif
