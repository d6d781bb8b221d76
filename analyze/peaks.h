/* SPDX-License-Identifier: MIT */
/*
 * The highest that a VM's guest touched on each of its last days, as the Vertical Pod Autoscaler keeps memory
 * (collect/rollup.h), and as an assessment hands it on to plan.
 */
#ifndef ANALYZE_PEAKS_H
#define ANALYZE_PEAKS_H

#include "collect/rollup.h"

typedef struct DayPeak {
    double age_days, kib; /* the newest has age 0 */
} DayPeak;

/* those of a rollup (DayPeak), the newest first; the caller unrefs them */
GArray *peaks_of_days(const Rollup *rollup);

/* the same as text, "0=3145728 1=2097152", and back: NULL where that is none; the caller frees them */
char *peaks_text(const Rollup *rollup);
GArray *peaks_read(const char *text);

/* the percentile (0.9) of the peaks, each weighing half of the one a day younger, as it is so many days on,
 * were every further day like the newest; NAN of none */
double peaks_percentile(const GArray *peaks, double share, guint days_on);

#endif
