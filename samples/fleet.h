/* SPDX-License-Identifier: MIT */
/*
 * A fleet that exists only on paper: a snapshot's tables, and for each host and VM the load from which its
 * five minutes of samples are made. What a host measures is its own load and the sum of its VMs'.
 */
#ifndef SAMPLES_FLEET_H
#define SAMPLES_FLEET_H

#include "collect/snapshot.h"
#include "samples/chance.h"

#define FLEET_WINDOW_S 300
#define FLEET_INTERVAL_S 20
#define FLEET_SAMPLES 15 /* of a window */
#define GIB_KIB (1024.0 * 1024.0)
#define MIB_KIB 1024.0

/* how load follows the hours of the day */
typedef enum { RHYTHM_STEADY, RHYTHM_OFFICE, RHYTHM_BATCH, N_RHYTHMS } Rhythm;

/* means over the window at the fleet's own instant; ready is a share of the VM's time, in percent */
typedef struct VmLoad {
    double cpu_mhz, ready_pct, active_kib, consumed_kib, ballooned_kib, swapped_kib, compressed_kib,
        overhead_kib, swapped_in_kibps, disk_kibps, net_kibps;
    Rhythm rhythm;
    gboolean given; /* memory is as a story says: fleet_fit leaves it alone */
    guint missing;  /* samples that were not taken */
} VmLoad;

typedef struct HostLoad {
    double base_cpu_mhz, base_memory_kib; /* hypervisor and agents */
    double cpu_pct, memory_pct;           /* what fleet_fit makes of the host; NAN: whatever comes */
} HostLoad;

typedef struct Fleet {
    Snapshot *snapshot; /* owned */
    GArray *hosts;      /* HostLoad, as snapshot->hosts */
    GArray *vms;        /* VmLoad, as snapshot->vms */
    Chance chance;      /* for the tables */
    guint64 seed;
} Fleet;

/* an empty fleet, measured at an instant (seconds since 1970) */
Fleet *fleet_new(guint64 seed, gint64 taken_at);
void fleet_free(Fleet *fleet);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fleet, fleet_free)

/* adds the row and its load; a VM's load begins at these shares of its size, its strings may be anyone's */
void fleet_add_host(Fleet *fleet, const Host *host, double cpu_pct, double memory_pct);
void fleet_add_vm(Fleet *fleet, const Vm *vm, double cpu_share, double active_share, double consumed_share);

VmLoad *fleet_vm_load(Fleet *fleet, guint vm);
HostLoad *fleet_host_load(Fleet *fleet, guint host);

/* a powered-on VM's memory in use and on its host come to these shares of its size, whatever its host's */
void fleet_give_memory(Fleet *fleet, guint vm, double active_share, double consumed_share);

/* links the tables, then scales the VMs' CPU and memory so that each host comes to its cpu_pct and
 * memory_pct, as near as its VMs' sizes allow */
gboolean fleet_fit(Fleet *fleet, GError **error);

/* writes the snapshot as measured at the instant 'at': load follows the day from the fleet's own instant */
gboolean fleet_write(Fleet *fleet, gint64 at, const char *directory, GError **error);

#endif
