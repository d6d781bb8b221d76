/* SPDX-License-Identifier: MIT */
/*
 * What was lent to a VM, by what journals tell of its memory: what additions gave and reclaims have not taken
 * back. A size that somebody else has given it since is nobody's loan.
 */
#ifndef PLAN_LENT_H
#define PLAN_LENT_H

#include <glib.h>

/* a change of a VM's memory that succeeded: an addition where it rose, a reclaim where it fell */
typedef struct LentChange {
    gint64 time;
    double from_mib, to_mib; /* NAN where not known */
} LentChange;

/* the additions that no reclaim has taken back, oldest first, each as far as it stands; changes may come in
 * any order, NULL is none. The caller unrefs it */
GArray *lent_standing(const GArray *changes);

/* the sizes (double, MiB) that a VM of present_mib had before each of the additions that made it what it is,
 * ascending; empty where nothing is lent to it. The caller unrefs it */
GArray *lent_sizes_before(const GArray *changes, double present_mib);

#endif
