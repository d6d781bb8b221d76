/* SPDX-License-Identifier: MIT */
#include "analyze/estimator.h"

#include <math.h>

#define HOUR_S 3600.0
#define ABOUT_AS_LITTLE 1.1 /* times the least error */

const char *const estimator_names[] = {"mean", "ewma", "p90", "p91", "p92",  "p93",      "p94", "p95",
                                       "p96",  "p97",  "p98", "p99", "peak", "seasonal", NULL};

static double mean_of_recent(const Rollup *rollup)
{
    double sum = 0;
    for (guint i = 0; i < rollup->n_recent; i++)
        sum += rollup->recent[i].mean;
    return rollup->n_recent ? sum / rollup->n_recent : NAN;
}

/* Of those that erred about as little, the one of the shortest half-life, which follows a change soonest. */
static int best_average(const Rollup *rollup)
{
    double least = INFINITY;
    int best = 0;
    if (!(rollup->errors > 0))
        return ROLLUP_15_MIN;
    for (int i = 0; i < ROLLUP_AVERAGES; i++)
        least = fmin(least, rollup->averages[i].error);
    while (rollup->averages[best].error > least * ABOUT_AS_LITTLE)
        best++;
    return best;
}

static double ewma_of(const Rollup *rollup)
{
    const RollupAverage *average = &rollup->averages[best_average(rollup)];
    return average->sum / average->weight;
}

double estimator_percentile(const Rollup *rollup, double share)
{
    double total = 0, below = 0;
    for (guint i = 0; i < rollup->n_buckets; i++)
        total += rollup->buckets[i];
    for (guint i = 0; i < rollup->n_buckets; i++) {
        below += rollup->buckets[i];
        if (below >= share * total || i + 1 == rollup->n_buckets)
            return rollup_bucket_start(rollup, rollup->first + i + 1);
    }
    return mean_of_recent(rollup);
}

/* The hour that comes lies in two of the clock's: each counts by its part. */
static double seasonal_of(const Rollup *rollup)
{
    gint64 now = rollup->recent[rollup->n_recent - 1].end, hour = now / (gint64)HOUR_S;
    const double part[] = {1 - ((double)now / HOUR_S - (double)hour), (double)now / HOUR_S - (double)hour};
    double sum = 0, weight = 0;
    for (int i = 0; i < 2; i++) {
        const RollupHour *at = &rollup->hours[(hour + i) % ROLLUP_HOURS];
        if (!(at->weight > 0) || part[i] == 0)
            continue;
        sum += at->mean * part[i];
        weight += part[i];
    }
    return weight > 0 ? sum / weight : ewma_of(rollup);
}

double estimator_of(Estimator estimator, const Rollup *rollup)
{
    if (rollup->n_recent == 0)
        return NAN;
    switch (estimator) {
    case ESTIMATOR_MEAN:
        return mean_of_recent(rollup);
    case ESTIMATOR_EWMA:
        return ewma_of(rollup);
    case ESTIMATOR_SEASONAL:
        return seasonal_of(rollup);
    case ESTIMATOR_PEAK:
        return estimator_percentile(rollup, 1);
    default:
        return estimator_percentile(rollup, (90.0 + (int)estimator - ESTIMATOR_P90) / 100);
    }
}

double estimator_of_means(Estimator estimator, const double *means, guint n, double interval_s, gint64 end,
                          double first_bucket)
{
    Rollup rollup;
    rollup_init(&rollup, first_bucket);
    for (guint i = 0; i < n; i++)
        rollup_add(&rollup, end - (gint64)((n - 1 - i) * interval_s), interval_s, means[i]);
    double estimate = estimator_of(estimator, &rollup);
    rollup_clear(&rollup);
    return estimate;
}
