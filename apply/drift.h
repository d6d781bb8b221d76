/* SPDX-License-Identifier: MIT */
/*
 * Drift from a plan: where a snapshot's VMs stand and how big they are, and the modes of its hosts, as steps
 * change it; and what differs between that and what a step states.
 */
#ifndef APPLY_DRIFT_H
#define APPLY_DRIFT_H

#include "collect/snapshot.h"
#include "plan/changeplan.h"

typedef struct Drift {
    const Snapshot *snapshot;
    int *host;                  /* [n_vms]: index of the VM's host */
    double *memory_mib, *vcpus; /* [n_vms] */
    int *mode;                  /* [n_hosts]: HOST_MODE_…, or -1 */
} Drift;

/* as the snapshot has it, which must outlive the drift */
Drift *drift_new(const Snapshot *snapshot);
void drift_free(Drift *drift);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Drift, drift_free)

/* one thing that is not as stated; each string is owned */
typedef struct Mismatch {
    double step; /* NAN for what concerns the whole plan */
    char *what, *was, *is;
} Mismatch;

Mismatch *mismatch_new(double step, const char *what, const char *was, const char *is);
void mismatch_free(Mismatch *difference);

/* TRUE for a step that has a host enter or leave maintenance mode; and the mode that it leads to */
gboolean step_is_of_mode(const PlanRow *step);
int step_mode(const PlanRow *step);

/* the power state (VM_POWER_…) that the VM of a step must have: on, unless args say otherwise */
int step_stated_power(const PlanRow *step);

/* adds to differences (Mismatch *) all that forbids a host, in this mode and with these running VMs (their
 * names), to enter maintenance mode: it must be connected, on, not in the mode yet, and empty of them */
void drift_compare_maintenance(const PlanRow *step, const Host *host, int mode, const GPtrArray *running,
                               GPtrArray *differences);

/* the same of leaving it: it must be connected, on, and in the mode */
void drift_compare_exit(const PlanRow *step, const Host *host, int mode, GPtrArray *differences);

/* adds to differences (Mismatch *) all that forbids a step; to renamed, where not NULL, objects that only
 * bear another name. Migrations, additions, enter_maintenance and exit_maintenance are known, other actions
 * are a difference of their own */
void drift_compare(const Drift *drift, const PlanRow *step, GPtrArray *differences, GPtrArray *renamed);

/* does the step, which drift_compare must have found right */
void drift_do(Drift *drift, const PlanRow *step);

#endif
