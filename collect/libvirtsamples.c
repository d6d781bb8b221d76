/* SPDX-License-Identifier: MIT */
#include "collect/libvirtsamples.h"

#include "collect/escape.h"
#include "collect/plural.h"
#include "collect/samples.h"

#include <math.h>
#include <string.h>

#define MOST_NAMES 10 /* of VMs in a warning */
#define MS_OF_S 1000.0
#define NS_OF_S 1e9
#define KIB_BYTES 1024.0

typedef struct Writing {
    const Snapshot *snapshot;
    SnapshotWriter *writer;
    Series series;
    guint n;
    double *values;
    guint absurd;     /* values that no capacity allows */
    GPtrArray *quiet; /* char *: names of VMs */
} Writing;

/* the number of values that are known */
static guint count(const Writing *writing)
{
    guint known = 0;
    for (guint i = 0; i < writing->n; i++)
        known += !isnan(writing->values[i]);
    return known;
}

static void write_row(Writing *writing, int metric)
{
    writing->series.metric = metric;
    double most = series_most(writing->snapshot, &writing->series);
    for (guint i = 0; i < writing->n; i++) {
        if (!(writing->values[i] > most))
            continue;
        writing->values[i] = NAN;
        writing->absurd++;
    }
    g_autoptr(GString) row = g_string_new(NULL);
    if (count(writing) == 0)
        return;
    series_append_row(&writing->series, writing->values, writing->n, row);
    snapshot_writer_samples(writing->writer, row->str, row->len);
}

static void write_rate(Writing *writing, int metric, const Reading *readings, gsize offset, double scale)
{
    readings_rates(readings, writing->n, offset, scale, writing->values);
    write_row(writing, metric);
}

static void write_level(Writing *writing, int metric, const Reading *readings, gsize offset)
{
    readings_levels(readings, writing->n, offset, writing->values);
    write_row(writing, metric);
}

static void write_common(Writing *writing, const Reading *readings, double core_mhz)
{
    write_rate(writing, METRIC_CPU_USAGE_MHZ, readings, G_STRUCT_OFFSET(Reading, cpu_ns), core_mhz / NS_OF_S);
    write_level(writing, METRIC_MEMORY_CONSUMED_KIB, readings, G_STRUCT_OFFSET(Reading, consumed_kib));
    write_rate(writing, METRIC_DISK_KIBPS, readings, G_STRUCT_OFFSET(Reading, disk_bytes), 1 / KIB_BYTES);
    write_rate(writing, METRIC_NET_KIBPS, readings, G_STRUCT_OFFSET(Reading, net_bytes), 1 / KIB_BYTES);
}

static void write_vm(Writing *writing, const ProbeDomain *domain, const Vm *vm, double core_mhz,
                     gboolean guests_tell)
{
    const Reading *readings = domain->readings;
    double interval_s = writing->series.interval_s, period_s = domain->facts->stats_period_s;
    write_common(writing, readings, core_mhz);
    write_rate(writing, METRIC_CPU_READY_MS, readings, G_STRUCT_OFFSET(Reading, delay_ns),
               interval_s * MS_OF_S / NS_OF_S);
    write_level(writing, METRIC_MEMORY_OVERHEAD_KIB, readings, G_STRUCT_OFFSET(Reading, overhead_kib));
    readings_active(readings, writing->n, period_s > 0 ? period_s : -INFINITY, interval_s, writing->values);
    if (guests_tell && !domain->facts->ignored && count(writing) * 2 < writing->n &&
        domain->state == VIR_DOMAIN_RUNNING)
        g_ptr_array_add(writing->quiet, (gpointer)vm->name);
    write_row(writing, METRIC_MEMORY_ACTIVE_KIB);
}

static void warn_of_quiet(const Writing *writing, GPtrArray *warnings)
{
    guint n = writing->quiet->len;
    if (n == 0)
        return;
    GString *text = g_string_new("what the guest uses of its memory is not measured of ");
    for (guint i = 0; i < MIN(n, MOST_NAMES); i++) {
        g_autofree char *name = escape_for_terminal(writing->quiet->pdata[i]);
        g_string_append_printf(text, "%s%s", i ? ", " : "", name);
    }
    if (n > MOST_NAMES)
        g_string_append_printf(text, " and %u more", n - MOST_NAMES);
    g_string_append(
        text, ": their balloons' statistics are old, or never taken: virsh dommemstat VM --period 10 --live "
              "--config, and the driver virtio_balloon in the guest");
    g_ptr_array_add(warnings, g_string_free(text, FALSE));
}

static void warn_of_absurd(const Writing *writing, GPtrArray *warnings)
{
    if (writing->absurd == 0)
        return;
    GString *words = g_string_new(NULL);
    plural_append(words, writing->absurd, "sample above 400 % of a capacity was dropped",
                  "samples above 400 % of a capacity were dropped");
    g_ptr_array_add(warnings, g_string_free(words, FALSE));
}

static void write_hosts(Writing *writing, const LibvirtRows *rows)
{
    writing->series.vm = -1;
    for (guint i = 0; i < rows->probes->len; i++) {
        const Probe *probe = rows->probes->pdata[i];
        if (probe->error)
            continue;
        writing->series.entity_id = writing->snapshot->hosts[i].id;
        writing->series.host = (int)i;
        write_common(writing, probe->readings, writing->snapshot->hosts[i].core_mhz);
    }
    writing->series.host = -1;
}

static void write_vms(Writing *writing, const LibvirtRows *rows)
{
    for (guint i = 0; i < rows->domains->len; i++) {
        const DomainRow *row = &g_array_index(rows->domains, DomainRow, i);
        const Probe *probe = rows->probes->pdata[row->probe];
        int vm = snapshot_find_vm(writing->snapshot, row->domain->uuid.text);
        if (probe->error || !row->domain->readings || vm < 0)
            continue;
        writing->series.entity_id = writing->snapshot->vms[vm].id;
        writing->series.vm = vm;
        write_vm(writing, row->domain, &writing->snapshot->vms[vm],
                 writing->snapshot->hosts[row->probe].core_mhz, strcmp(probe->driver, "Xen") != 0);
    }
}

void libvirt_samples_write(const LibvirtRows *rows, const Snapshot *snapshot, SnapshotWriter *writer,
                           GPtrArray *warnings)
{
    const SnapshotInfo *info = &snapshot->info;
    Writing writing = {.snapshot = snapshot,
                       .writer = writer,
                       .n = (guint)(info->window_s / info->interval_s),
                       .series = {.instance = "",
                                  .origin = ORIGIN_REALTIME,
                                  .start = info->taken_at - (gint64)info->window_s,
                                  .interval_s = info->interval_s}};
    g_autofree double *values = g_new(double, writing.n);
    writing.values = values;
    writing.quiet = g_ptr_array_new();
    write_hosts(&writing, rows);
    write_vms(&writing, rows);
    warn_of_quiet(&writing, warnings);
    warn_of_absurd(&writing, warnings);
    g_ptr_array_unref(writing.quiet);
}
