/* SPDX-License-Identifier: MIT */
/*
 * The model that decisions are taken on: a snapshot's inventory joined with an assessment's loads, in flat
 * arrays of the same indices as the snapshot's tables. plan/effect changes it as a step would change the
 * cluster.
 *
 * Loads are demands, as the assessment states them: CPU in MHz, memory in KiB, disk and net in KiB/s. A
 * host's demand is its base plus its measured VMs' demands; so with no step done, use is what the assessment
 * says.
 */
#ifndef PLAN_MODEL_H
#define PLAN_MODEL_H

#include "analyze/assessment.h"
#include "analyze/policy.h"

typedef struct ModelHost {
    double capacity[N_RESOURCES];  /* NAN where not known */
    double demand[N_RESOURCES];    /* now; NAN where not measured */
    double threshold[N_RESOURCES]; /* percent above which it is hot; NAN where the resource does not decide */
    double room[N_RESOURCES];      /* demand, by the estimators for room */
    double room_pct[N_RESOURCES];  /* percent of capacity that room may come to when a VM comes; NAN: any */
    double cpu_reserved_mhz, memory_reserved_mib; /* of the running VMs on it now */
    double memory_overhead_mib;                   /* what it reserves for running them, beside that */
    double cpu_reservable_mhz,
        memory_reservable_mib; /* what can be reserved: without the hypervisor's share */
    int state;                 /* State, as assessed */
    int mode;                  /* HOST_MODE_…, now; -1 where not known */
    gboolean usable;           /* available, measured, no dedicated failover host */
    gboolean target;           /* usable, with vMotion */
    gboolean source;           /* relieved where it is hot: usable, or in quarantine and measured */
    gboolean given_up;         /* it was to be emptied and cannot be: its VMs stay, and none comes */
    gboolean standing_by;      /* it is thought of as in standby, and runs nothing */
    int cluster;
} ModelHost;

typedef struct ModelVm {
    const Vm *row;               /* its configuration; not owned */
    double demand[N_RESOURCES];  /* NAN where not measured */
    double room[N_RESOURCES];    /* demand, by the estimators for room */
    double measured_host_memory; /* KiB: consumed + overhead */
    const Load *host_memory;     /* as assessed: whose doing it is that memory is reclaimed */
    double memory_mib, vcpus;    /* configured, now */
    double copy_factor;          /* how much of it a migration sends beside what one expects; 1 as made */
    int host;                    /* now */
    int state;                   /* State, as assessed */
    gboolean running, measured;  /* powered on; CPU and host_memory known */
    gboolean system;             /* by role or system_vms: load, never a step */
    gboolean shares_uuid;        /* another VM of the snapshot bears its instance UUID */
} ModelVm;

typedef struct Model {
    const Snapshot *snapshot;
    const Assessment *assessment;
    const Policy *policy;
    gboolean room_apart;                /* room is not told by demands and thresholds everywhere */
    double move_setup_s, move_slope;    /* a migration takes set-up + slope × factor × bytes ÷ the rate */
    ModelHost *hosts;                   /* [n_hosts] */
    guint n_vms;                        /* those of the snapshot, in its order */
    ModelVm *vms;                       /* [n_vms] */
    GArray **vms_on;                    /* [n_hosts] of guint: the running VMs on each host now, ascending */
    double *buffer_cpu, *buffer_memory; /* [n_clusters] MHz, KiB: what additions may still take */
    double *lendable;                   /* [n_clusters] KiB that may still be lent, below 0 too; INFINITY */
    double *pool_cpu, *pool_memory;     /* [n_pools] MHz, KiB: what the VMs below each pool take (buffer.h) */
    double *pool_reserved_mib; /* [n_pools] memory that those which run have reserved, and what runs them */
} Model;

/* orders indices (guint), ascending: for g_array_sort and bsearch */
int index_compare(const void *a, const void *b);

/* joins the two; an assessment of another snapshot, of an older one of the source, or under another policy is
 * an error. All three must outlive the model */
Model *model_new(const Snapshot *snapshot, const Assessment *assessment, const Policy *policy,
                 GError **error);

/* from here on a migration takes set-up + slope × bytes ÷ the policy's rate; as made, the policy's set-up and
 * a slope of 1 */
void model_calibrate(Model *model, double setup_s, double slope);

/* what each cluster has lent, KiB: from here on additions keep that, and what VMs ask for, within lend_to_pct
 */
void model_limit_lending(Model *model, const double *lent_kib);

/* a copy to try steps on */
Model *model_copy(const Model *model);

void model_free(Model *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Model, model_free)

/* KiB that must be free on a host for the VM to run there: host_memory demand, or its configured size where
 * it was not measured; 0 where it does not run */
double model_vm_memory(const Model *model, guint vm);

/* what the VM has reserved, MHz and MiB: all of its memory where the reservation is locked to it */
double model_vm_cpu_reserved(const Model *model, guint vm);
double model_vm_memory_reserved(const Model *model, guint vm);

/* MiB that a host reserves to run a VM of a size, beside its memory: an estimate, after VMware's table
 * "Overhead Memory on Virtual Machines" (vSphere Resource Management), since no source says it beforehand;
 * the same of a VM now */
double overhead_mib(double memory_mib, double vcpus);
double model_vm_overhead(const Model *model, guint vm);

/* MiB of memory that its host, pools and cluster count as reserved for a VM that runs: its reservation and
 * that overhead */
double model_vm_memory_held(const Model *model, guint vm);

/* TRUE for both VMs of a fault-tolerant pair */
gboolean model_is_fault_tolerant(const Model *model, guint vm);

/* TRUE where the snapshot was made of an export, which lacks facts that a vSphere would tell: an empty one
 * may then be anything. Of several snapshots in an assessment, one that a vSphere was read for is none */
gboolean model_is_export(const Model *model);

/* TRUE for a host that is connected and powered on: vCenter gets at it and its VMs */
gboolean model_is_live(const Model *model, guint host);

/* from here on a host is in maintenance mode, where it takes nothing and counts for nothing; or in normal
 * mode: it is what it would have been without */
void model_enter_maintenance(Model *model, guint host);
void model_exit_maintenance(Model *model, guint host);

/* TRUE for a host that exclude_hosts names: no step is about it or its VMs */
gboolean model_is_excluded(const Model *model, guint host);

/* TRUE for a host that was asked to be emptied: entering maintenance, or named by evacuate=; and for one of
 * those that has not been given up */
gboolean model_is_asked_to_empty(const Model *model, guint host);
gboolean model_is_to_empty(const Model *model, guint host);

/* TRUE for a host that evacuate_next names: a later plan empties it, so no VM comes to it */
gboolean model_is_emptied_next(const Model *model, guint host);

/* from here on a host is not to be emptied, and is no target */
void model_give_up(Model *model, guint host);

/* from here on a host is thought of as in standby, or awake as before: a host that runs nothing but agents */
void model_set_standing_by(Model *model, guint host, gboolean standing_by);

/* TRUE for a host that is available, is not to be emptied, and stays awake: VMs of others can be restarted
 * there */
gboolean model_is_counted_on(const Model *model, guint host);

/* how many running VMs keep a host out of maintenance mode: all but vSphere's own, which leave by themselves
 */
guint model_vms_to_leave(const Model *model, guint host);

/* TRUE where the cluster's pattern is power_saving and the policy asks to act on it; and whether somebody or
 * something keeps vmanger from it: DPM, which decides about the same hosts, or vSAN, whose data a host in
 * standby takes away (vSAN supports no DPM: "vSAN Limitations", vSphere Storage) */
typedef enum { POWER_LEFT_TO_NOBODY, POWER_LEFT_TO_DPM, POWER_LEFT_FOR_VSAN } PowerLeft;
gboolean model_would_save_power(const Model *model, guint cluster);
PowerLeft model_power_left(const Model *model, guint cluster);

/* TRUE where it would, and nothing keeps it from it */
gboolean model_saves_power(const Model *model, guint cluster);

/* percent of capacity in use, as the assessment rounds it; NAN where not known. extra is added to the demand
 */
double model_usage_pct(const Model *model, guint host, Resource resource, double extra);

/* points by which the host stands above its threshold, at most over its deciding resources; 0 or less: it is
 * not hot */
double model_excess(const Model *model, guint host, Resource *worst);

/* TRUE for a VM that was assessed as short, and at its size now still is; system VMs are left alone */
gboolean model_is_short(const Model *model, guint vm);

/* TRUE for a host that is a source and above a threshold */
gboolean model_is_hot(const Model *model, guint host);

/* whether the host has room for a VM that comes with so much: by the estimators for room, up to the policy's
 * thresholds */
gboolean model_has_room(const Model *model, guint host, const double room[N_RESOURCES]);

/* whether the host, with extra added to its demands (NULL: nothing), stays at or below every threshold */
gboolean model_stays_normal(const Model *model, guint host, const double extra[N_RESOURCES]);

#endif
