/* SPDX-License-Identifier: MIT */
/*
 * Chance that repeats: the same seed gives the same numbers on every machine (Steele et al., "Fast splittable
 * pseudorandom number generators", OOPSLA 2014: SplitMix64).
 */
#ifndef SAMPLES_CHANCE_H
#define SAMPLES_CHANCE_H

#include <glib.h>

typedef struct Chance {
    guint64 state;
} Chance;

/* a stream of its own for each pair */
Chance chance_new(guint64 seed, guint64 stream);

/* 0 or more, below 1 */
double chance_share(Chance *chance);

/* from low up to, not including, high */
double chance_between(Chance *chance, double low, double high);

/* 0 to n - 1 */
guint chance_below(Chance *chance, guint n);

/* TRUE in so many of 100 cases */
gboolean chance_pct(Chance *chance, double pct);

/* a UUID as vSphere writes one; the caller frees it */
char *chance_uuid(Chance *chance);

#endif
