/* SPDX-License-Identifier: MIT */
/*
 * What becomes of the VMs of hosts that are lost: which other host has room for each, by where VMs are and
 * what they ask for now.
 *
 * The VMs are placed one after the other, those that hold most memory first, each within the thresholds of a
 * host if one can, else above them, else above its memory but within what can be reserved, as vSphere HA
 * would restart it; once always on the host that has least memory left then, once on the one that has most,
 * and the better of the two is taken: the one in which fewer find no place, then fewer lack memory, then
 * heat. Hardware, datastores, networks and mandatory rules count as for a restart; neither vMotion nor the
 * CPU, for VMs start afresh. Dedicated failover hosts take part, hosts that are not available or to be
 * emptied do not. Nobody can tell where HA would really put a VM: what is found here is a placement that is
 * possible, so what fits here can fit.
 */
#ifndef PLAN_LOSS_H
#define PLAN_LOSS_H

#include "plan/situation.h"

typedef enum {
    LOSS_NOWHERE,     /* no host could restart it */
    LOSS_OVERCOMMITS, /* a host could, and would lack memory */
    LOSS_HEATS,       /* a host has room, and would be hot */
    LOSS_FITS,
    LOSS_IN_PARTNER, /* it is fault-tolerant and goes on elsewhere */
    N_LOSSES
} LossVerdict;

extern const char *const loss_names[]; /* by LossVerdict: "nowhere", "overcommits" … */

typedef struct LostVm {
    guint vm;
    int verdict; /* LossVerdict */
    int host;    /* where it is placed; -1: nowhere */
    int code;    /* of LOSS_NOWHERE why (ObstacleCode), where it could run but for something */
    char *words; /* of LOSS_NOWHERE why; else NULL */
} LostVm;

typedef struct Loss {
    const Model *start;
    gboolean *lost; /* [n_hosts] */
    GArray *vms;    /* LostVm, in the order in which they were placed */
    guint agents;   /* VMs that vSphere runs for itself, which are not restarted */
    Model *end;     /* with the VMs where they were placed; those that found no host do not run */
} Loss;

/* lost: [n_hosts], copied. The situation must outlive it */
Loss *loss_new(const Situation *situation, const gboolean *lost);

void loss_free(Loss *loss);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Loss, loss_free)

/* how many VMs of the cluster (-1: of all) have the verdict */
guint loss_count(const Loss *loss, int cluster, LossVerdict verdict);

/* the text that a person reads, safe for a terminal; at most so many VMs of each verdict (0: all). The caller
 * frees it */
char *loss_text(const Loss *loss, guint most);

#define LOSS_SCHEMA "vmanger-loss-json-1"

/* the same as a JSON document (collect/json.h); the caller frees it */
char *loss_json(const Loss *loss);

#endif
