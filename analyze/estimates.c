/* SPDX-License-Identifier: MIT */
#include "analyze/estimates.h"

#include <math.h>
#include <stdlib.h>

static int compare_means(const void *a, const void *b)
{
    double left = ((const RollupInterval *)a)->mean, right = ((const RollupInterval *)b)->mean;
    return left < right ? -1 : left > right;
}

static double median_of_recent(const Rollup *rollup)
{
    RollupInterval sorted[ROLLUP_RECENT];
    guint n = rollup ? rollup->n_recent : 0;
    if (n < 2)
        return NAN;
    for (guint i = 0; i < n; i++)
        sorted[i] = rollup->recent[i];
    qsort(sorted, n, sizeof *sorted, compare_means);
    return (sorted[(n - 1) / 2].mean + sorted[n / 2].mean) / 2;
}

/* a VM's estimates of one quantity, by purpose */
static void estimate(const Rollup *rollup, const Policy *policy, gboolean of_memory, double *estimates)
{
    for (int purpose = 0; purpose < N_PURPOSES; purpose++)
        estimates[purpose] =
            rollup ? estimator_of(policy_estimator(policy, of_memory, purpose == FOR_ROOM), rollup) : NAN;
}

Estimates *estimates_new(const Snapshot *snapshot, const Means *means, const History *history,
                         const Policy *policy)
{
    Estimates *estimates = g_new0(Estimates, 1);
    estimates->of_vms = g_new(double, (gsize)snapshot->n_vms *N_FOLLOWED *N_PURPOSES + 1);
    estimates->of_hosts = g_new(double, (gsize)snapshot->n_hosts *N_FOLLOWED_BASES + 1);
    double *at = estimates->of_vms;
    for (guint i = 0; i < snapshot->n_vms; i++) {
        for (int f = 0; f < N_FOLLOWED; f++, at += N_PURPOSES) {
            gboolean of_memory = f == FOLLOWED_MEMORY || f == FOLLOWED_HELD;
            Rollup lone;
            if (history) {
                estimate(history_of_vm(history, snapshot, i, (Followed)f), policy, of_memory, at);
                continue;
            }
            gboolean measured = history_of_lone_window(snapshot, means, i, (Followed)f, &lone);
            estimate(measured ? &lone : NULL, policy, of_memory, at);
            rollup_clear(&lone);
        }
    }
    at = estimates->of_hosts;
    for (guint i = 0; i < snapshot->n_hosts; i++)
        for (int f = 0; f < N_FOLLOWED_BASES; f++)
            *at++ = history ? median_of_recent(history_of_host(history, snapshot, i, (FollowedBase)f)) : NAN;
    return estimates;
}

void estimates_free(Estimates *estimates)
{
    if (!estimates)
        return;
    g_free(estimates->of_vms);
    g_free(estimates->of_hosts);
    g_free(estimates);
}

double estimates_of_vm(const Estimates *estimates, guint vm, Followed followed, Purpose purpose)
{
    return estimates->of_vms[((gsize)vm * N_FOLLOWED + (gsize)followed) * N_PURPOSES + (gsize)purpose];
}

double estimates_of_host(const Estimates *estimates, guint host, FollowedBase followed)
{
    return estimates->of_hosts[(gsize)host * N_FOLLOWED_BASES + (gsize)followed];
}
