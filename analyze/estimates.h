/* SPDX-License-Identifier: MIT */
/*
 * What each VM and host of a snapshot is reckoned to ask for, from its history: of a VM each quantity that is
 * followed (collect/history.h), once for heat, by which a host is called hot, and once for room, by which a
 * host takes it; of a host its base.
 */
#ifndef ANALYZE_ESTIMATES_H
#define ANALYZE_ESTIMATES_H

#include "analyze/policy.h"
#include "collect/history.h"

typedef enum { FOR_HEAT, FOR_ROOM, N_PURPOSES } Purpose;

typedef struct Estimates {
    double *of_vms;   /* [(vm * N_FOLLOWED + followed) * N_PURPOSES + purpose], NAN where never measured */
    double *of_hosts; /* [host * N_FOLLOWED_BASES + followed] */
} Estimates;

/* by the policy's estimators; the history has the snapshot's own window, the means, in it. NULL: there is no
 * other window than that */
Estimates *estimates_new(const Snapshot *snapshot, const Means *means, const History *history,
                         const Policy *policy);

void estimates_free(Estimates *estimates);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Estimates, estimates_free)

double estimates_of_vm(const Estimates *estimates, guint vm, Followed followed, Purpose purpose);

/* the median over the last windows; NAN where there is but one */
double estimates_of_host(const Estimates *estimates, guint host, FollowedBase followed);

#endif
