/* SPDX-License-Identifier: MIT */
#include "apply/seriesafter.h"

#include <math.h>

/* Values of one series, or of the sum of an entity's instances; a constant, which is aligned with none, has
 * one value and no interval. */
typedef struct Values {
    gint64 start;
    double interval_s;
    GArray *samples; /* double, NAN for a missing one */
    gboolean whole;  /* the series of the whole entity, beside which those of instances do not count */
} Values;

/* A migration, or where from and to are the same an addition, or a reclaim (added_kib is NAN). */
typedef struct Step {
    guint vm, from, to;
    double configured_kib, comes_back, added_kib;
} Step;

struct SeriesAfter {
    gboolean *vm_in_step, *host_in_step; /* [n_vms], [n_hosts] */
    GArray *steps;                       /* Step */
    GHashTable *vms;                     /* key_of(vm, metric) -> Values, now */
    GHashTable *hosts; /* key_of(host, metric) -> GPtrArray of Values: what is added to its series */
};

static const Metric reclaimed_metrics[] = {METRIC_MEMORY_BALLOONED_KIB, METRIC_MEMORY_SWAPPED_KIB,
                                           METRIC_MEMORY_COMPRESSED_KIB};

static gpointer key_of(guint entity, int metric)
{
    return GSIZE_TO_POINTER((gsize)entity * N_METRICS + (gsize)metric);
}

static Values *values_new(gint64 start, double interval_s)
{
    Values *values = g_new(Values, 1);
    *values = (Values){start, interval_s, g_array_new(FALSE, FALSE, sizeof(double)), FALSE};
    return values;
}

static void values_free(gpointer data)
{
    Values *values = data;
    g_array_free(values->samples, TRUE);
    g_free(values);
}

static double *sample(const Values *values, guint index)
{
    return &g_array_index(values->samples, double, index);
}

static gboolean aligned(const Values *a, gint64 start, double interval_s, guint n)
{
    return a->start == start && a->interval_s == interval_s && a->samples->len == n;
}

/* over the samples that are there; 0 where there is none */
static double mean(const Values *values)
{
    double sum = 0;
    guint n = 0;
    for (guint i = 0; i < values->samples->len; i++) {
        if (isnan(*sample(values, i)))
            continue;
        sum += *sample(values, i);
        n++;
    }
    return n ? sum / n : 0;
}

SeriesAfter *series_after_new(const Snapshot *snapshot)
{
    SeriesAfter *after = g_new0(SeriesAfter, 1);
    after->vm_in_step = g_new0(gboolean, snapshot->n_vms);
    after->host_in_step = g_new0(gboolean, snapshot->n_hosts);
    after->steps = g_array_new(FALSE, FALSE, sizeof(Step));
    after->vms = g_hash_table_new_full(NULL, NULL, NULL, values_free);
    after->hosts = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
    return after;
}

void series_after_free(SeriesAfter *after)
{
    if (!after)
        return;
    g_free(after->vm_in_step);
    g_free(after->host_in_step);
    g_array_free(after->steps, TRUE);
    g_hash_table_destroy(after->vms);
    g_hash_table_destroy(after->hosts);
    g_free(after);
}

static void add_step(SeriesAfter *after, Step step)
{
    g_array_append_val(after->steps, step);
    after->vm_in_step[step.vm] = TRUE;
    after->host_in_step[step.from] = after->host_in_step[step.to] = TRUE;
}

void series_after_migrate(SeriesAfter *after, guint vm, guint from, guint to, double configured_kib,
                          double comes_back)
{
    for (guint i = 0; i < after->steps->len; i++) {
        const Step *earlier = &g_array_index(after->steps, Step, i);
        if (earlier->vm == vm && earlier->from != earlier->to)
            comes_back = 0; /* it has come back then */
    }
    add_step(after, (Step){vm, from, to, configured_kib, comes_back, 0});
}

void series_after_add_memory(SeriesAfter *after, guint vm, guint host, double added_kib)
{
    add_step(after, (Step){vm, host, host, NAN, 0, added_kib});
}

void series_after_reclaim_memory(SeriesAfter *after, guint vm, guint host, double to_kib)
{
    add_step(after, (Step){vm, host, host, to_kib, 0, NAN});
}

static Values *find_vm(const SeriesAfter *after, guint vm, int metric)
{
    return g_hash_table_lookup(after->vms, key_of(vm, metric));
}

gboolean series_after_concern(const SeriesAfter *after, const Series *series)
{
    return series->vm >= 0 ? after->vm_in_step[series->vm] : after->host_in_step[series->host];
}

void series_after_learn(SeriesAfter *after, const Series *series, const GArray *values)
{
    const Values *sum = find_vm(after, (guint)series->vm, series->metric);
    if (sum && sum->whole)
        return;
    Values *learned = values_new(series->start, series->interval_s);
    learned->whole = !*series->instance;
    g_array_append_vals(learned->samples, values->data, values->len);
    for (guint i = 0; sum && !learned->whole && i < values->len; i++) {
        gboolean same = aligned(sum, series->start, series->interval_s, values->len);
        *sample(learned, i) += same ? *sample(sum, i) : mean(sum);
    }
    g_hash_table_insert(after->vms, key_of((guint)series->vm, series->metric), learned);
}

/* ---- hosts ---- */

/* what is added to a host's series by values aligned so: what has been added so far, or zeros */
static Values *addend(SeriesAfter *after, guint host, int metric, const Values *like)
{
    GPtrArray *list = g_hash_table_lookup(after->hosts, key_of(host, metric));
    if (!list) {
        list = g_ptr_array_new_with_free_func(values_free);
        g_hash_table_insert(after->hosts, key_of(host, metric), list);
    }
    for (guint i = 0; i < list->len; i++) {
        Values *present = g_ptr_array_index(list, i);
        if (aligned(present, like->start, like->interval_s, like->samples->len))
            return present;
    }
    Values *zeros = values_new(like->start, like->interval_s);
    g_array_set_size(zeros->samples, like->samples->len);
    for (guint i = 0; i < zeros->samples->len; i++)
        *sample(zeros, i) = 0;
    g_ptr_array_add(list, zeros);
    return zeros;
}

/* The host gains (factor 1) or loses (-1) the values; a missing sample counts as the mean. */
static void add_to_host(SeriesAfter *after, guint host, int metric, const Values *values, double factor)
{
    Values *sum = addend(after, host, metric, values);
    double missing = mean(values);
    for (guint i = 0; i < sum->samples->len; i++) {
        double value = *sample(values, i);
        *sample(sum, i) += factor * (isnan(value) ? missing : value);
    }
}

/* A host's consumed memory holds its VMs' overheads as well. */
static void add_vm_to_host(SeriesAfter *after, guint vm, guint host, double factor)
{
    for (int metric = 0; metric < N_METRICS; metric++) {
        const Values *values = find_vm(after, vm, metric);
        if (!values)
            continue;
        add_to_host(after, host, metric, values, factor);
        if (metric == METRIC_MEMORY_OVERHEAD_KIB)
            add_to_host(after, host, METRIC_MEMORY_CONSUMED_KIB, values, factor);
    }
}

/* ---- VMs ---- */

/* What was reclaimed, and no limit holds back, comes back when the VM arrives. */
static void take_back_reclaimed(SeriesAfter *after, const Step *step)
{
    Values *consumed = find_vm(after, step->vm, METRIC_MEMORY_CONSUMED_KIB);
    for (gsize r = 0; r < G_N_ELEMENTS(reclaimed_metrics); r++) {
        Values *reclaimed = find_vm(after, step->vm, reclaimed_metrics[r]);
        if (!reclaimed)
            continue;
        double missing = mean(reclaimed);
        gboolean same =
            consumed && aligned(consumed, reclaimed->start, reclaimed->interval_s, reclaimed->samples->len);
        for (guint i = 0; consumed && i < consumed->samples->len; i++) {
            double value = same ? *sample(reclaimed, i) : missing;
            *sample(consumed, i) += step->comes_back * (isnan(value) ? missing : value);
        }
        for (guint i = 0; i < reclaimed->samples->len; i++)
            *sample(reclaimed, i) *= 1 - step->comes_back;
    }
    for (guint i = 0; consumed && i < consumed->samples->len; i++)
        if (*sample(consumed, i) > step->configured_kib)
            *sample(consumed, i) = step->configured_kib;
}

static void add_memory(SeriesAfter *after, const Step *step)
{
    Values *consumed = find_vm(after, step->vm, METRIC_MEMORY_CONSUMED_KIB);
    if (!consumed)
        return;
    Values *constant = values_new(0, 0);
    g_array_append_val(constant->samples, step->added_kib);
    add_to_host(after, step->to, METRIC_MEMORY_CONSUMED_KIB, constant, 1);
    values_free(constant);
    for (guint i = 0; i < consumed->samples->len; i++)
        *sample(consumed, i) += step->added_kib;
}

/* A VM that runs gives up what it holds above its new size. */
static void reclaim_memory(SeriesAfter *after, const Step *step)
{
    Values *consumed = find_vm(after, step->vm, METRIC_MEMORY_CONSUMED_KIB);
    if (!consumed)
        return;
    add_to_host(after, step->to, METRIC_MEMORY_CONSUMED_KIB, consumed, -1);
    for (guint i = 0; i < consumed->samples->len; i++)
        if (*sample(consumed, i) > step->configured_kib)
            *sample(consumed, i) = step->configured_kib;
    add_to_host(after, step->to, METRIC_MEMORY_CONSUMED_KIB, consumed, 1);
}

void series_after_work_out(SeriesAfter *after)
{
    for (guint i = 0; i < after->steps->len; i++) {
        const Step *step = &g_array_index(after->steps, Step, i);
        if (step->from == step->to) {
            (isnan(step->added_kib) ? reclaim_memory : add_memory)(after, step);
            continue;
        }
        add_vm_to_host(after, step->vm, step->from, -1);
        take_back_reclaimed(after, step);
        add_vm_to_host(after, step->vm, step->to, 1);
    }
}

/* ---- the changed series ---- */

/* All that is to be added to a host's metric, sample by sample as this series of it has them. */
static Values *total_for(const GPtrArray *addends, const Series *series, guint n)
{
    Values *total = values_new(series->start, series->interval_s);
    g_array_set_size(total->samples, n);
    for (guint i = 0; i < n; i++)
        *sample(total, i) = 0;
    for (guint a = 0; a < addends->len; a++) {
        const Values *part = g_ptr_array_index(addends, a);
        gboolean same = aligned(part, series->start, series->interval_s, n);
        double flat = mean(part);
        for (guint i = 0; i < n; i++)
            *sample(total, i) += same ? *sample(part, i) : flat;
    }
    return total;
}

/* No measurement falls below 0: what cannot be taken from this series is left for the next instance's. */
static void change_host(SeriesAfter *after, const Series *series, GArray *values)
{
    gpointer key = key_of((guint)series->host, series->metric);
    GPtrArray *addends = g_hash_table_lookup(after->hosts, key);
    if (!addends)
        return;
    Values *total = total_for(addends, series, values->len);
    for (guint i = 0; i < values->len; i++) {
        double *value = &g_array_index(values, double, i);
        double sum = *value + *sample(total, i);
        *sample(total, i) = MIN(sum, 0);
        *value = isnan(*value) ? NAN : MAX(sum, 0);
    }
    g_ptr_array_set_size(addends, 0);
    g_ptr_array_add(addends, total);
}

/* Steps change the memory of VMs alone, of which sources have one series a VM. */
static void change_vm(const SeriesAfter *after, const Series *series, GArray *values)
{
    const Values *now = find_vm(after, (guint)series->vm, series->metric);
    if (!now->whole)
        return;
    g_array_set_size(values, 0);
    g_array_append_vals(values, now->samples->data, now->samples->len);
}

void series_after_change(SeriesAfter *after, const Series *series, GArray *values)
{
    if (series->host >= 0)
        change_host(after, series, values);
    else if (!*series->instance)
        change_vm(after, series, values);
}
