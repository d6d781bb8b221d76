/* SPDX-License-Identifier: MIT */
#include "collect/means.h"

#include <math.h>
#include <string.h>

/* what has been seen of an entity's metric */
enum { SEEN_NOTHING, SEEN_INSTANCES, SEEN_WHOLE };

typedef struct Pass {
    const Snapshot *snapshot;
    SeriesReader *reader;
    Means *means;
    double min_samples_pct;
    guint8 *seen; /* as means->values */
} Pass;

void means_free(Means *means)
{
    if (!means)
        return;
    g_free(means->values);
    g_free(means);
}

double means_of_host(const Means *means, guint host, Metric metric)
{
    return means->values[(gsize)host * N_METRICS + metric];
}

double means_of_vm(const Means *means, guint vm, Metric metric)
{
    return means->values[(gsize)(means->n_hosts + vm) * N_METRICS + metric];
}

static double reclaimed_kib(const Means *means, guint entity, double (*mean)(const Means *, guint, Metric))
{
    static const Metric parts[] = {METRIC_MEMORY_BALLOONED_KIB, METRIC_MEMORY_SWAPPED_KIB,
                                   METRIC_MEMORY_COMPRESSED_KIB};
    double sum = NAN;
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        double part = mean(means, entity, parts[i]);
        if (!isnan(part))
            sum = isnan(sum) ? part : sum + part;
    }
    return sum;
}

double means_reclaimed_of_host(const Means *means, guint host)
{
    return reclaimed_kib(means, host, means_of_host);
}

double means_reclaimed_of_vm(const Means *means, guint vm)
{
    return reclaimed_kib(means, vm, means_of_vm);
}

static double or_zero(double amount)
{
    return isnan(amount) ? 0 : amount;
}

double means_cpu_demand_of_vm(const Means *means, guint vm, double core_mhz)
{
    double usage = means_of_vm(means, vm, METRIC_CPU_USAGE_MHZ);
    double demand = means_of_vm(means, vm, METRIC_CPU_DEMAND_MHZ);
    double ready = or_zero(means_of_vm(means, vm, METRIC_CPU_READY_MS));
    return isnan(usage) ? NAN : isnan(demand) ? usage + ready * core_mhz : demand;
}

static double mean_of(const Pass *pass, const Series *series, const GArray *values)
{
    double sum = 0;
    guint present = 0;
    for (guint i = 0; i < values->len; i++) {
        double value = g_array_index(values, double, i);
        if (isnan(value))
            continue;
        sum += value;
        present++;
    }
    double expected = fmax(1, pass->snapshot->info.window_s / series->interval_s);
    if (present == 0 || present * 100.0 < pass->min_samples_pct * expected)
        return NAN;
    double mean = sum / present;
    return series->metric == METRIC_CPU_READY_MS ? mean / (series->interval_s * 1000) : mean;
}

static void take_series(Pass *pass, const Series *series, double mean)
{
    guint entity = series->vm >= 0 ? pass->means->n_hosts + (guint)series->vm : (guint)series->host;
    gsize place = (gsize)entity * N_METRICS + (gsize)series->metric;
    double *value = &pass->means->values[place];
    guint8 *seen = &pass->seen[place];
    gboolean whole = !*series->instance;
    if (whole || *seen == SEEN_NOTHING)
        *value = mean;
    else if (*seen == SEEN_INSTANCES)
        *value += mean;
    if (*seen != SEEN_WHOLE)
        *seen = whole ? SEEN_WHOLE : SEEN_INSTANCES;
}

static void note_window(Means *means, const Series *series, guint n_values)
{
    gint64 end = series->start + (gint64)(series->interval_s * n_values);
    means->window_from = MIN(means->window_from, series->start);
    means->window_to = MAX(means->window_to, end);
    means->origins[series->origin]++;
}

static gboolean read_all(Pass *pass, GError **error)
{
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(double));
    g_autoptr(GError) failure = NULL;
    Series series;
    while (series_reader_next(pass->reader, &series, &failure)) {
        if (!series_reader_values(pass->reader, &series, values, error))
            return FALSE;
        take_series(pass, &series, mean_of(pass, &series, values));
        note_window(pass->means, &series, values->len);
    }
    if (!failure)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

Means *means_new(const Snapshot *snapshot)
{
    Means *means = g_new0(Means, 1);
    gsize n = (gsize)(snapshot->n_hosts + snapshot->n_vms) * N_METRICS;
    means->n_hosts = snapshot->n_hosts;
    means->values = g_new(double, n);
    for (gsize i = 0; i < n; i++)
        means->values[i] = NAN;
    means->window_from = MAX(0, snapshot->info.taken_at - (gint64)snapshot->info.window_s);
    means->window_to = snapshot->info.taken_at;
    return means;
}

Means *means_read(const Snapshot *snapshot, const char *directory, double min_samples_pct, GError **error)
{
    g_autoptr(SeriesReader) reader = series_reader_open(snapshot, directory, error);
    if (!reader)
        return NULL;
    g_autoptr(Means) means = means_new(snapshot);
    gint64 window_from = means->window_from, window_to = means->window_to;
    means->window_from = G_MAXINT64;
    means->window_to = 0;
    g_autofree guint8 *seen = g_new0(guint8, (gsize)(snapshot->n_hosts + snapshot->n_vms) * N_METRICS);
    Pass pass = {snapshot, reader, means, min_samples_pct, seen};
    if (!read_all(&pass, error))
        return NULL;
    if (means->window_from == G_MAXINT64) { /* no series at all */
        means->window_from = window_from;
        means->window_to = window_to;
    }
    return g_steal_pointer(&means);
}
