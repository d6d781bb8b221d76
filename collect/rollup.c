/* SPDX-License-Identifier: MIT */
#include "collect/rollup.h"

#include <math.h>
#include <string.h>

#define HOUR_S 3600
#define DAY_S (24 * 3600)
#define LEAST_WEIGHT 0.001f /* ten half-lives after a whole interval: forgotten */

const double rollup_half_lives[ROLLUP_AVERAGES] = {0, 15 * 60, 30 * 60, HOUR_S};

void rollup_init(Rollup *rollup, double first_bucket)
{
    *rollup = (Rollup){.first_bucket = first_bucket, .since = -1, .hour = -1};
    for (int i = 0; i < ROLLUP_AVERAGES; i++)
        rollup->averages[i].foreseen = NAN;
}

void rollup_clear(Rollup *rollup)
{
    g_clear_pointer(&rollup->buckets, g_free);
}

static double halved(double seconds, double half_life_s)
{
    return half_life_s > 0 ? exp2(-seconds / half_life_s) : 0;
}

/* ---- the last intervals ---- */

static void add_recent(Rollup *rollup, const RollupInterval *interval)
{
    guint drop = rollup->n_recent == ROLLUP_RECENT;
    while (drop < rollup->n_recent && rollup->recent[drop].end <= interval->end - ROLLUP_RECENT_S)
        drop++;
    rollup->n_recent -= drop;
    memmove(rollup->recent, rollup->recent + drop, rollup->n_recent * sizeof *rollup->recent);
    rollup->recent[rollup->n_recent++] = *interval;
}

/* ---- the histogram ---- */

double rollup_bucket_start(const Rollup *rollup, guint bucket)
{
    return rollup->first_bucket * (pow(ROLLUP_GROWTH, bucket) - 1) / (ROLLUP_GROWTH - 1);
}

static guint bucket_of(const Rollup *rollup, double value)
{
    double bucket = floor(log1p(value * (ROLLUP_GROWTH - 1) / rollup->first_bucket) / log(ROLLUP_GROWTH));
    return (guint)CLAMP(bucket, 0, ROLLUP_BUCKETS - 1);
}

static void decay_buckets(Rollup *rollup, double seconds)
{
    float share = (float)halved(seconds, ROLLUP_HALF_LIFE_S);
    guint kept_from = rollup->n_buckets, kept_to = 0;
    for (guint i = 0; i < rollup->n_buckets; i++) {
        rollup->buckets[i] *= share;
        if (rollup->buckets[i] < LEAST_WEIGHT)
            rollup->buckets[i] = 0;
        else {
            kept_from = MIN(kept_from, i);
            kept_to = i + 1;
        }
    }
    rollup->n_buckets = kept_to > kept_from ? kept_to - kept_from : 0;
    if (rollup->n_buckets > 0 && kept_from > 0)
        memmove(rollup->buckets, rollup->buckets + kept_from, rollup->n_buckets * sizeof *rollup->buckets);
    rollup->first += kept_from;
}

/* Widens the range of buckets to hold one more. */
static void hold_bucket(Rollup *rollup, guint bucket)
{
    guint first = rollup->n_buckets ? MIN(rollup->first, bucket) : bucket;
    guint end = rollup->n_buckets ? MAX(rollup->first + rollup->n_buckets, bucket + 1) : bucket + 1;
    if (rollup->n_buckets == end - first)
        return;
    float *buckets = g_new0(float, end - first);
    if (rollup->n_buckets > 0)
        memcpy(buckets + (rollup->first - first), rollup->buckets,
               rollup->n_buckets * sizeof *rollup->buckets);
    g_free(rollup->buckets);
    rollup->buckets = buckets;
    rollup->first = first;
    rollup->n_buckets = end - first;
}

static void add_to_histogram(Rollup *rollup, double seconds, double mean)
{
    if (seconds > ROLLUP_PEAK_S)
        return;
    guint bucket = bucket_of(rollup, mean);
    hold_bucket(rollup, bucket);
    rollup->buckets[bucket - rollup->first] += (float)(seconds / ROLLUP_PEAK_S);
}

/* ---- the hours ---- */

/* What the averages were worth for the hour that ends. */
static void judge_averages(Rollup *rollup, double mean, gint64 hours)
{
    double share = halved((double)hours * HOUR_S, ROLLUP_HALF_LIFE_S);
    if (isnan(rollup->averages[0].foreseen))
        return;
    for (int i = 0; i < ROLLUP_AVERAGES; i++) {
        RollupAverage *average = &rollup->averages[i];
        average->error = average->error * share + fabs(average->foreseen - mean);
    }
    rollup->errors = rollup->errors * share + 1;
}

static void end_hour(Rollup *rollup, gint64 next)
{
    double mean = rollup->hour_sum / rollup->hour_s;
    RollupHour *hour = &rollup->hours[rollup->hour % ROLLUP_HOURS];
    gint64 day = rollup->hour / ROLLUP_HOURS;
    double before = hour->weight > 0 ? hour->weight * exp2((double)(hour->day - day)) : 0;
    *hour = (RollupHour){(hour->mean * before + mean) / (before + 1), before + 1, day};
    judge_averages(rollup, mean, next - rollup->hour);
}

/* An interval counts for the hour in which its middle lies. */
static void add_to_hour(Rollup *rollup, const RollupInterval *interval)
{
    gint64 hour = (gint64)floor(((double)interval->end - interval->seconds / 2) / HOUR_S);
    if (hour > rollup->hour) {
        if (rollup->hour >= 0)
            end_hour(rollup, hour);
        for (int i = 0; i < ROLLUP_AVERAGES; i++) {
            const RollupAverage *average = &rollup->averages[i];
            rollup->averages[i].foreseen = average->weight > 0 ? average->sum / average->weight : NAN;
        }
        rollup->hour = hour;
        rollup->hour_sum = rollup->hour_s = 0;
    }
    rollup->hour_sum += interval->mean * interval->seconds;
    rollup->hour_s += interval->seconds;
}

/* An interval counts for the day in which its middle lies. */
static void add_to_day(Rollup *rollup, const RollupInterval *interval)
{
    gint64 day = (gint64)floor(((double)interval->end - interval->seconds / 2) / DAY_S);
    RollupDay *last = rollup->n_days ? &rollup->days[rollup->n_days - 1] : NULL;
    if (interval->seconds > ROLLUP_PEAK_S)
        return;
    if (last && last->day == day) {
        last->peak = fmax(last->peak, interval->mean);
        return;
    }
    if (rollup->n_days == ROLLUP_DAYS)
        memmove(rollup->days, rollup->days + 1, --rollup->n_days * sizeof *rollup->days);
    rollup->days[rollup->n_days++] = (RollupDay){day, interval->mean};
}

/* An interval may begin before the one before it ended. */
static void add_to_measured(Rollup *rollup, gint64 newest, const RollupInterval *interval)
{
    if (interval->seconds > ROLLUP_PEAK_S)
        return;
    if (rollup->since < 0)
        rollup->since = interval->end - (gint64)interval->seconds;
    rollup->measured_s +=
        newest < 0 ? interval->seconds : fmin(interval->seconds, (double)(interval->end - newest));
}

static void add_to_averages(Rollup *rollup, double since, const RollupInterval *interval)
{
    for (int i = 0; i < ROLLUP_AVERAGES; i++) {
        RollupAverage *average = &rollup->averages[i];
        double left = halved(since, rollup_half_lives[i]);
        double weight = 1 - halved(interval->seconds, rollup_half_lives[i]);
        average->sum = average->sum * left + interval->mean * weight;
        average->weight = average->weight * left + weight;
    }
}

void rollup_add(Rollup *rollup, gint64 end, double seconds, double mean)
{
    gint64 newest = rollup->n_recent ? rollup->recent[rollup->n_recent - 1].end : -1;
    RollupInterval interval = {end, seconds, mean};
    if (isnan(mean) || end <= newest || !(seconds > 0))
        return;
    double since = newest < 0 ? 0 : (double)(end - newest);
    decay_buckets(rollup, since);
    add_to_hour(rollup, &interval);
    add_to_averages(rollup, since, &interval);
    add_recent(rollup, &interval);
    add_to_histogram(rollup, seconds, mean);
    add_to_day(rollup, &interval);
    add_to_measured(rollup, newest, &interval);
}
