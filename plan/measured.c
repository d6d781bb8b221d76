/* SPDX-License-Identifier: MIT */
#include "plan/measured.h"

#include <math.h>

struct Measured {
    guint n_hosts, n_entities, most, n; /* intervals: at most, and begun */
    double **series;                    /* [entity * N_METRICS + metric] -> [most]; NULL: never measured */
};

Measured *measured_new(guint n_hosts, guint n_vms, guint n_intervals)
{
    Measured *measured = g_new0(Measured, 1);
    measured->n_hosts = n_hosts;
    measured->n_entities = n_hosts + n_vms;
    measured->most = n_intervals;
    measured->series = g_new0(double *, (gsize)measured->n_entities *N_METRICS + 1);
    return measured;
}

void measured_free(Measured *measured)
{
    if (!measured)
        return;
    for (gsize i = 0; i < (gsize)measured->n_entities * N_METRICS; i++)
        g_free(measured->series[i]);
    g_free(measured->series);
    g_free(measured);
}

void measured_next(Measured *measured)
{
    g_assert(measured->n < measured->most);
    measured->n++;
}

guint measured_intervals(const Measured *measured)
{
    return measured->n;
}

static void set(Measured *measured, guint entity, Metric metric, double value)
{
    double **series = &measured->series[(gsize)entity * N_METRICS + metric];
    if (!*series) {
        *series = g_new(double, measured->most);
        for (guint i = 0; i < measured->most; i++)
            (*series)[i] = NAN;
    }
    (*series)[measured->n - 1] = value;
}

void measured_set_host(Measured *measured, guint host, Metric metric, double value)
{
    set(measured, host, metric, value);
}

void measured_set_vm(Measured *measured, guint vm, Metric metric, double value)
{
    set(measured, measured->n_hosts + vm, metric, value);
}

const double *measured_of_host(const Measured *measured, guint host, Metric metric)
{
    return measured->series[(gsize)host * N_METRICS + metric];
}

const double *measured_of_vm(const Measured *measured, guint vm, Metric metric)
{
    return measured_of_host(measured, measured->n_hosts + vm, metric);
}
