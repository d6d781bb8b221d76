/* SPDX-License-Identifier: MIT */
/*
 * How many more VMs of one shape each cluster has room for, now and after the loss of its largest host: so
 * many at least, by what hosts and VMs ask for in the snapshot.
 *
 * Each counts with all of its memory and what it takes to run it, and with its vCPUs once as if all were busy
 * for ever, once as busy as the cluster's VMs are on the mean. A host takes as many as leave it within its
 * thresholds, its memory and what can be reserved there, if it has threads for their vCPUs; the cluster as
 * many as leave it what its buffer keeps for HA, and as HA's admission control admits. After the loss, that
 * share has been used up: what is left is left once the VMs of the lost host have a place (plan/loss.h).
 */
#ifndef PLAN_FITS_H
#define PLAN_FITS_H

#include "plan/situation.h"

typedef struct Shape {
    double vcpus, memory_mib;
    gboolean apart; /* no two of them on one host */
} Shape;

/* reads "4cpu,16GiB" or "4vcpu,16384MB" (GB is GiB, as vSphere writes it), with ",apart" behind it or not */
gboolean shape_parse(const char *text, Shape *shape, GError **error);

/* what keeps one more out */
typedef enum {
    FITS_BY_HOSTS,     /* hosts are full: of CPU, memory or reservations, or have too few threads */
    FITS_BY_APARTNESS, /* each host that has room has one */
    FITS_BY_BUFFER,    /* what is left is for HA */
    FITS_BY_ADMISSION, /* HA would not admit it */
    FITS_BY_LOST_VMS   /* VMs of the lost host have no place themselves */
} FitsBound;

extern const char *const fits_bounds[]; /* by FitsBound: "hosts", "apart" … */

typedef struct FitsCount {
    guint n;
    int bound;         /* FitsBound */
    guint hosts, open; /* of the cluster, without the one that is lost; those of them with room for one */
} FitsCount;

enum { FITS_BUSY, FITS_LIKE_OTHERS, N_FITS_LOADS };

typedef struct ClusterFits {
    guint cluster;
    double busy_pct;             /* percent of its vCPUs that a VM of the cluster uses on the mean; NAN */
    int lost;                    /* its largest host; -1: it has none that is usable */
    guint without_room, heating; /* VMs of that which would have no place within thresholds */
    FitsCount now[N_FITS_LOADS], after[N_FITS_LOADS]; /* of FITS_LIKE_OTHERS only where busy_pct is known */
} ClusterFits;

/* ClusterFits of every cluster; free with g_array_unref */
GArray *fits_find(const Situation *situation, const Shape *shape);

/* the text that a person reads, safe for a terminal; the caller frees it */
char *fits_text(const Situation *situation, const Shape *shape, const GArray *fits);

#define FITS_SCHEMA "vmanger-fits-json-1"

/* the same as a JSON document (collect/json.h); the caller frees it */
char *fits_json(const Situation *situation, const Shape *shape, const GArray *fits);

#endif
