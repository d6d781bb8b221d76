/* SPDX-License-Identifier: MIT */
/*
 * Random clusters of any size: every state, setting and obstacle that the formats can express turns up with
 * enough VMs.
 */
#ifndef SAMPLES_SYNTHETIC_H
#define SAMPLES_SYNTHETIC_H

#include "samples/fleet.h"

typedef struct Recipe {
    int clusters, hosts, vms;             /* in all; each at least 1, hosts >= clusters */
    double fill_cpu_pct, fill_memory_pct; /* mean use of hosts */
    double hot_pct, short_pct, odd_pct;   /* shares of hosts, of VMs, of both */
    double rules_per_vm;                  /* how many rules name a VM, on average */
    double strained_pct;                  /* share of clusters (samples/strain.h) */
    gboolean tight;                       /* sizes far apart, so that free memory is in bits */
} Recipe;

Recipe recipe_default(void);

/* builds a fleet; the error is a recipe that cannot be */
Fleet *synthetic_new(guint64 seed, gint64 taken_at, const Recipe *recipe, GError **error);

#endif
