/* SPDX-License-Identifier: MIT */
#include "plan/loadhistory.h"

#include <math.h>

#define MOST_INTERVALS 210240 /* two years of five minutes each */
#define MOST_CELLS 1e8        /* entities times intervals: three months of 4,000 VMs every five minutes */

gboolean loadhistory_can_hold(const char *name, guint n_entities, gsize n_intervals, GError **error)
{
    if (n_intervals > MOST_INTERVALS) {
        g_set_error(error, VMANGER_ERROR, 0,
                    "%s: found %" G_GSIZE_FORMAT
                    " intervals from the first time to the last: expected at most "
                    "%d: is one of the times far from the others?",
                    name, n_intervals, MOST_INTERVALS);
        return FALSE;
    }
    if ((double)n_entities * (double)n_intervals <= MOST_CELLS)
        return TRUE;
    g_set_error(error, VMANGER_ERROR, 0,
                "%s: found %" G_GSIZE_FORMAT " intervals of %u VMs and hosts: expected at most %.0f of both "
                "multiplied: replay a shorter time",
                name, n_intervals, n_entities, MOST_CELLS);
    return FALSE;
}

LoadHistory *loadhistory_new(const char *name, Snapshot *start, guint n_intervals)
{
    LoadHistory *history = g_new0(LoadHistory, 1);
    history->name = g_strdup(name);
    history->start = start;
    history->n_intervals = n_intervals;
    history->ends = g_new0(gint64, (gsize)n_intervals + 1);
    history->lengths = g_new0(double, (gsize)n_intervals + 1);
    history->running = g_new0(gboolean, (gsize)n_intervals * start->n_vms + 1);
    return history;
}

void loadhistory_free(LoadHistory *history)
{
    if (!history)
        return;
    for (int asked = 0; asked < N_ASKED; asked++) {
        g_free(history->of_vms[asked]);
        g_free(history->of_hosts[asked]);
    }
    g_free(history->running);
    g_free(history->lengths);
    g_free(history->ends);
    snapshot_free(history->start);
    g_free(history->name);
    g_free(history);
}

static double *amount(double **amounts, gsize n, gsize index)
{
    if (!*amounts) {
        *amounts = g_new(double, n);
        for (gsize i = 0; i < n; i++)
            (*amounts)[i] = NAN;
    }
    return &(*amounts)[index];
}

double *loadhistory_of_vm(LoadHistory *history, Asked asked, guint interval, guint vm)
{
    gsize n = history->start->n_vms;
    return amount(&history->of_vms[asked], n * history->n_intervals, n * interval + vm);
}

double *loadhistory_of_host(LoadHistory *history, Asked asked, guint interval, guint host)
{
    gsize n = history->start->n_hosts;
    return amount(&history->of_hosts[asked], n * history->n_intervals, n * interval + host);
}

double loadhistory_vm_asks(const LoadHistory *history, Asked asked, guint interval, guint vm)
{
    const double *amounts = history->of_vms[asked];
    return amounts ? amounts[(gsize)interval * history->start->n_vms + vm] : NAN;
}

double loadhistory_host_asks(const LoadHistory *history, Asked asked, guint interval, guint host)
{
    const double *amounts = history->of_hosts[asked];
    return amounts ? amounts[(gsize)interval * history->start->n_hosts + host] : NAN;
}

gboolean loadhistory_vm_runs(const LoadHistory *history, guint interval, guint vm)
{
    return history->running[(gsize)interval * history->start->n_vms + vm];
}
