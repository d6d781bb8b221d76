/* SPDX-License-Identifier: MIT */
/*
 * What is kept of a series of interval means, in memory that does not grow with it: enough for each estimate
 * of what comes next (analyze/estimator.h). An archive keeps the same beside its snapshots.
 *
 *   recent      the last intervals, as they were
 *   histogram   how long the series stood in each bucket of use, halved with every day that passes, as
 *               Kubernetes' Vertical Pod Autoscaler has it: 176 buckets, each 5 % wider than the one before
 *               (kubernetes/autoscaler, vertical-pod-autoscaler/pkg/recommender:
 *               util/decaying_histogram.go, model/aggregations_config.go)
 *   averages    exponentially weighted means of several half-lives, and how far each was off the mean of
 *               every hour that followed, halved with every day: models to go by the one that erred least
 *               (Rzadca et al., "Autopilot: workload autoscaling at Google", EuroSys 2020, 3.2)
 *   hours       of each hour of the day (UTC) its mean on earlier days, a day counting half of the one
 *               after it
 *   days        the highest interval of each of the last days (UTC) on which there was one, as the Vertical
 *               Pod Autoscaler keeps memory: a peak a day, of eight
 */
#ifndef COLLECT_ROLLUP_H
#define COLLECT_ROLLUP_H

#include <glib.h>

#define ROLLUP_RECENT 12            /* intervals: an hour of windows of five minutes */
#define ROLLUP_RECENT_S (24 * 3600) /* none that ended longer before the newest */
#define ROLLUP_BUCKETS 176
#define ROLLUP_GROWTH 1.05 /* of a bucket's width over the one before */
#define ROLLUP_HALF_LIFE_S (24 * 3600)
#define ROLLUP_PEAK_S 300 /* a longer interval hides its peaks: the histogram takes none */
#define ROLLUP_HOURS 24
#define ROLLUP_DAYS 8

/* the width of the first bucket, as the Vertical Pod Autoscaler has it: a hundredth of a core (here of 2500
 * MHz), ten million bytes */
#define ROLLUP_FIRST_MHZ 25.0
#define ROLLUP_FIRST_KIB 9765.625

/* half-lives up to the hour that is to be foreseen, ascending */
enum { ROLLUP_LAST, ROLLUP_15_MIN, ROLLUP_30_MIN, ROLLUP_1_H, ROLLUP_AVERAGES };
extern const double rollup_half_lives[ROLLUP_AVERAGES]; /* seconds; 0: the last interval alone */

typedef struct RollupInterval {
    gint64 end; /* seconds since 1970 */
    double seconds, mean;
} RollupInterval;

typedef struct RollupAverage {
    double sum, weight; /* the average is their ratio */
    double foreseen;    /* what it was as the hour under way began; NAN before the first whole hour */
    double error;       /* the sum of how far it was off, halved with every day */
} RollupAverage;

typedef struct RollupHour {
    double mean, weight; /* weight 0: none yet */
    gint64 day;          /* since 1970, of the last one that is in it */
} RollupHour;

typedef struct RollupDay {
    gint64 day;  /* since 1970 */
    double peak; /* of its intervals of at most ROLLUP_PEAK_S */
} RollupDay;

typedef struct Rollup {
    double first_bucket; /* its width */
    gint64 since;        /* when the first of at most ROLLUP_PEAK_S began, seconds since 1970; -1: none */
    double measured_s;   /* of such intervals, since then */
    guint n_recent;
    RollupInterval recent[ROLLUP_RECENT]; /* oldest first */
    guint first, n_buckets;               /* those that hold something: [first, first + n_buckets) */
    float *buckets;                       /* their weights: an interval of ROLLUP_PEAK_S weighs 1 */
    RollupAverage averages[ROLLUP_AVERAGES];
    double errors; /* the hours in the averages' errors, halved with every day */
    RollupHour hours[ROLLUP_HOURS];
    gint64 hour;             /* under way, since 1970; -1: none */
    double hour_sum, hour_s; /* of it: value × seconds, seconds */
    guint n_days;
    RollupDay days[ROLLUP_DAYS]; /* oldest first */
} Rollup;

/* one of nothing yet */
void rollup_init(Rollup *rollup, double first_bucket);
void rollup_clear(Rollup *rollup);

/* adds the mean of an interval of so many seconds that ended then. One of NAN is a gap and passed over, as is
 * one that ended no later than the newest */
void rollup_add(Rollup *rollup, gint64 end, double seconds, double mean);

/* where a bucket begins */
double rollup_bucket_start(const Rollup *rollup, guint bucket);

#endif
