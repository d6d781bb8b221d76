/* SPDX-License-Identifier: MIT */
/*
 * From what was measured to what is to be reckoned with: an estimate of the hour that comes, by name.
 *
 *   mean        the arithmetic mean of the last windows: twelve at most, of the last day
 *   ewma        the exponentially weighted mean whose half-life (none, 15 minutes, 30 minutes, 1 hour)
 *               erred least so far at foreseeing the mean of an hour, a day counting half of the one after
 *               it; of those that erred at most a tenth more, the shortest. Autopilot chooses among its
 *               models like that (Rzadca et al., EuroSys 2020, 3.2). With nothing to choose by, 15 minutes
 *   p90 … p99   the percentile of a histogram halved with every day, the end of the bucket in which it
 *               lies, as Kubernetes' Vertical Pod Autoscaler and Autopilot (3.1) have it
 *   peak        the end of the highest bucket of that histogram that is not forgotten (ten days)
 *   seasonal    the same hour of earlier days, a day counting half of the one after it; ewma before there
 *               is any
 *
 * Percentiles and the peak are of intervals of at most 300 s; where there are none, the mean stands for them.
 */
#ifndef ANALYZE_ESTIMATOR_H
#define ANALYZE_ESTIMATOR_H

#include "collect/rollup.h"

typedef enum {
    ESTIMATOR_MEAN,
    ESTIMATOR_EWMA,
    ESTIMATOR_P90, /* and so on, to p99 */
    ESTIMATOR_P99 = ESTIMATOR_P90 + 9,
    ESTIMATOR_PEAK,
    ESTIMATOR_SEASONAL,
    N_ESTIMATORS
} Estimator;

extern const char *const estimator_names[]; /* "mean" …, NULL-terminated */

/* the estimate of the hour after the newest interval; NAN where there is no interval */
double estimator_of(Estimator estimator, const Rollup *rollup);

/* the same of interval means in an array, oldest first, NAN where one is missing; each of interval_s, the
 * last of which ended then; first_bucket as for rollup_init */
double estimator_of_means(Estimator estimator, const double *means, guint n, double interval_s, gint64 end,
                          double first_bucket);

/* where a share (0.9) of the histogram lies below: the end of the bucket; the mean where there is none */
double estimator_percentile(const Rollup *rollup, double share);

#endif
