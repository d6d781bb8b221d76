/* SPDX-License-Identifier: MIT */
#include "samples/fleet.h"

#include <math.h>
#include <string.h>

#include "collect/references.h"
#include "collect/samples.h"
#include "collect/snapshotwriter.h"

#define FIT_PASSES 30
#define FULLEST_CPU 0.95     /* of a VM's size */
#define CROWDED_READY 6      /* times the usual waiting where a host's CPU is hot */
#define FULLEST_MEMORY 0.985 /* of a VM's size: noise must not lift it above */

/* Share of the busiest hour's load, per hour of UTC. */
static const double day[N_RHYTHMS][24] = {
    [RHYTHM_STEADY] = {0.90, 0.90, 0.90, 0.90, 0.90, 0.92, 0.94, 0.96, 0.98, 1.00, 1.00, 1.00,
                       1.00, 1.00, 1.00, 1.00, 1.00, 0.98, 0.98, 0.96, 0.96, 0.94, 0.92, 0.90},
    [RHYTHM_OFFICE] = {0.15, 0.12, 0.12, 0.12, 0.15, 0.25, 0.50, 0.80, 0.95, 1.00, 0.97, 0.80,
                       0.85, 0.95, 1.00, 0.95, 0.85, 0.70, 0.60, 0.55, 0.50, 0.40, 0.25, 0.20},
    [RHYTHM_BATCH] = {1.00, 0.95, 0.90, 0.80, 0.60, 0.40, 0.30, 0.25, 0.25, 0.25, 0.25, 0.30,
                      0.30, 0.30, 0.30, 0.30, 0.35, 0.45, 0.60, 0.75, 0.90, 1.00, 1.00, 1.00}};

Fleet *fleet_new(guint64 seed, gint64 taken_at)
{
    Fleet *fleet = g_new0(Fleet, 1);
    fleet->snapshot = snapshot_new();
    fleet->hosts = g_array_new(FALSE, FALSE, sizeof(HostLoad));
    fleet->vms = g_array_new(FALSE, FALSE, sizeof(VmLoad));
    fleet->chance = chance_new(seed, 0);
    fleet->seed = seed;
    SnapshotInfo *info = &fleet->snapshot->info;
    info->taken_at = taken_at;
    info->window_s = FLEET_WINDOW_S;
    info->interval_s = FLEET_INTERVAL_S;
    info->tool = "vmanger generate";
    return fleet;
}

void fleet_free(Fleet *fleet)
{
    if (!fleet)
        return;
    snapshot_free(fleet->snapshot);
    g_array_free(fleet->hosts, TRUE);
    g_array_free(fleet->vms, TRUE);
    g_free(fleet);
}

VmLoad *fleet_vm_load(Fleet *fleet, guint vm)
{
    return &g_array_index(fleet->vms, VmLoad, vm);
}

HostLoad *fleet_host_load(Fleet *fleet, guint host)
{
    return &g_array_index(fleet->hosts, HostLoad, host);
}

/* The strings of a row that someone else owns become the snapshot's. */
static void own_strings(Snapshot *snapshot, const Table *table, gpointer row)
{
    for (guint i = 0; i < table->n_columns; i++) {
        const Column *column = &table->columns[i];
        if (column->type > CELL_PLAIN)
            continue;
        const char **text = (const char **)((char *)row + column->offset);
        *text = snapshot_string(snapshot, *text);
    }
}

void fleet_add_host(Fleet *fleet, const Host *host, double cpu_pct, double memory_pct)
{
    Host row = *host;
    own_strings(fleet->snapshot, &hosts_table, &row);
    snapshot_add_host(fleet->snapshot, &row);
    HostLoad load = {.base_cpu_mhz = 0.015 * host->cpu_mhz,
                     .base_memory_kib = 4 * GIB_KIB + 0.005 * host->memory_kib,
                     .cpu_pct = cpu_pct,
                     .memory_pct = memory_pct};
    g_array_append_val(fleet->hosts, load);
}

void fleet_add_vm(Fleet *fleet, const Vm *vm, double cpu_share, double active_share, double consumed_share)
{
    Vm row = *vm;
    own_strings(fleet->snapshot, &vms_table, &row);
    snapshot_add_vm(fleet->snapshot, &row);
    Chance *chance = &fleet->chance;
    double kib = vm->memory_mib * MIB_KIB;
    VmLoad load = {.cpu_mhz = cpu_share * vm->vcpus, /* of a core, until fleet_fit knows the host's */
                   .ready_pct = chance_between(chance, 0.1, 0.9),
                   .active_kib = active_share * kib,
                   .consumed_kib = consumed_share * kib,
                   .overhead_kib = 40 * MIB_KIB + 8 * MIB_KIB * vm->vcpus + 0.006 * kib,
                   .disk_kibps = chance_between(chance, 20, 900) * vm->vcpus,
                   .net_kibps = chance_between(chance, 5, 400) * vm->vcpus};
    g_array_append_val(fleet->vms, load);
}

void fleet_give_memory(Fleet *fleet, guint vm, double active_share, double consumed_share)
{
    VmLoad *load = fleet_vm_load(fleet, vm);
    double kib = fleet->snapshot->vms[vm].memory_mib * MIB_KIB;
    load->active_kib = active_share * kib;
    load->consumed_kib = consumed_share * kib;
    load->given = TRUE;
}

/* ---- fitting the VMs' loads to what their hosts shall measure ---- */

/* The VMs of one host: a range of an array sorted by host. */
typedef struct Residents {
    const guint *vms;
    guint n;
} Residents;

static double running_sum(Fleet *fleet, Residents residents, gboolean memory)
{
    double sum = 0;
    for (guint i = 0; i < residents.n; i++) {
        const VmLoad *load = fleet_vm_load(fleet, residents.vms[i]);
        sum += memory ? load->consumed_kib + load->overhead_kib : load->cpu_mhz;
    }
    return sum;
}

/* Scales what may be scaled by one factor, capped at each VM's size; a few passes settle what the caps cut.
 */
static void fit_cpu(Fleet *fleet, Residents residents, const Host *host, const HostLoad *goal)
{
    for (guint i = 0; i < residents.n; i++) {
        VmLoad *load = fleet_vm_load(fleet, residents.vms[i]);
        load->cpu_mhz *= host->core_mhz;
        load->ready_pct *= goal->cpu_pct > 80 ? CROWDED_READY : 1;
    }
    double target = goal->cpu_pct / 100 * host->cpu_mhz - goal->base_cpu_mhz;
    for (guint pass = 0; pass < FIT_PASSES && !isnan(goal->cpu_pct); pass++) {
        double factor = target / running_sum(fleet, residents, FALSE);
        for (guint i = 0; i < residents.n; i++) {
            VmLoad *load = fleet_vm_load(fleet, residents.vms[i]);
            double most = FULLEST_CPU * fleet->snapshot->vms[residents.vms[i]].vcpus * host->core_mhz;
            load->cpu_mhz = MIN(load->cpu_mhz * factor, most);
        }
    }
}

static void fit_memory(Fleet *fleet, Residents residents, const Host *host, const HostLoad *goal)
{
    double target = goal->memory_pct / 100 * host->memory_kib - goal->base_memory_kib;
    for (guint pass = 0; pass < FIT_PASSES && !isnan(goal->memory_pct); pass++) {
        double free = 0;
        for (guint i = 0; i < residents.n; i++) {
            const VmLoad *load = fleet_vm_load(fleet, residents.vms[i]);
            free += load->given ? 0 : load->consumed_kib;
        }
        double factor = 1 + (target - running_sum(fleet, residents, TRUE)) / free;
        for (guint i = 0; i < residents.n && factor > 0 && free > 0; i++) {
            VmLoad *load = fleet_vm_load(fleet, residents.vms[i]);
            double most = FULLEST_MEMORY * fleet->snapshot->vms[residents.vms[i]].memory_mib * MIB_KIB;
            if (!load->given)
                load->consumed_kib = MIN(load->consumed_kib * factor, most);
        }
    }
    for (guint i = 0; i < residents.n; i++) {
        VmLoad *load = fleet_vm_load(fleet, residents.vms[i]);
        load->active_kib = MIN(load->active_kib, 0.97 * load->consumed_kib);
    }
}

/* indices of the running VMs, host after host; first[h] is where host h begins */
static guint *sort_by_host(const Snapshot *snapshot, guint **first)
{
    guint *sorted = g_new0(guint, snapshot->n_vms + 1);
    guint *at = g_new0(guint, snapshot->n_hosts + 2);
    for (guint i = 0; i < snapshot->n_vms; i++)
        if (snapshot->vms[i].power == VM_POWER_ON)
            at[snapshot->vms[i].host + 2]++;
    for (guint h = 2; h < snapshot->n_hosts + 2; h++)
        at[h] += at[h - 1];
    for (guint i = 0; i < snapshot->n_vms; i++)
        if (snapshot->vms[i].power == VM_POWER_ON)
            sorted[at[snapshot->vms[i].host + 1]++] = i;
    *first = at;
    return sorted;
}

gboolean fleet_fit(Fleet *fleet, GError **error)
{
    const Snapshot *snapshot = fleet->snapshot;
    if (!snapshot_link(fleet->snapshot, error))
        return FALSE;
    g_autofree guint *first = NULL;
    g_autofree guint *sorted = sort_by_host(snapshot, &first);
    for (guint h = 0; h < snapshot->n_hosts; h++) {
        Residents residents = {sorted + first[h], first[h + 1] - first[h]};
        if (residents.n == 0)
            continue;
        fit_cpu(fleet, residents, &snapshot->hosts[h], fleet_host_load(fleet, h));
        fit_memory(fleet, residents, &snapshot->hosts[h], fleet_host_load(fleet, h));
    }
    return TRUE;
}

/* ---- samples ---- */

typedef double Samples[N_METRICS][FLEET_SAMPLES];

/* the share of its busiest hour that a rhythm has at an instant, between the two hours around it */
static double share_of_day(Rhythm rhythm, gint64 at)
{
    gint64 second = at % 86400;
    guint hour = (guint)(second / 3600);
    double into = (double)(second % 3600) / 3600;
    return day[rhythm][hour] * (1 - into) + day[rhythm][(hour + 1) % 24] * into;
}

/* Whole numbers around a mean, which they keep: the noise sums to nothing. */
static void scatter(Chance *chance, double mean, double noise, double *samples)
{
    double sum = 0;
    for (guint i = 0; i < FLEET_SAMPLES; i++)
        sum += samples[i] = chance_between(chance, -noise, noise);
    for (guint i = 0; i < FLEET_SAMPLES; i++)
        samples[i] = MAX(0, round(mean * (1 + samples[i] - sum / FLEET_SAMPLES)));
}

static void sample_vm(const VmLoad *load, const Vm *vm, double tide, Chance *chance, Samples samples)
{
    double cpu = load->cpu_mhz * tide;
    scatter(chance, cpu, 0.15, samples[METRIC_CPU_USAGE_MHZ]);
    for (guint i = 0; i < FLEET_SAMPLES; i++)
        samples[METRIC_CPU_DEMAND_MHZ][i] =
            round(samples[METRIC_CPU_USAGE_MHZ][i] * (1.01 + load->ready_pct / 100));
    scatter(chance, load->ready_pct / 100 * vm->vcpus * FLEET_INTERVAL_S * 1000, 0.4,
            samples[METRIC_CPU_READY_MS]);
    scatter(chance, load->active_kib, 0.03, samples[METRIC_MEMORY_ACTIVE_KIB]);
    scatter(chance, load->consumed_kib, 0.0005, samples[METRIC_MEMORY_CONSUMED_KIB]);
    scatter(chance, load->ballooned_kib, 0, samples[METRIC_MEMORY_BALLOONED_KIB]);
    scatter(chance, load->swapped_kib, 0, samples[METRIC_MEMORY_SWAPPED_KIB]);
    scatter(chance, load->compressed_kib, 0, samples[METRIC_MEMORY_COMPRESSED_KIB]);
    scatter(chance, load->overhead_kib, 0.001, samples[METRIC_MEMORY_OVERHEAD_KIB]);
    scatter(chance, load->swapped_in_kibps, 0.5, samples[METRIC_MEMORY_SWAPPED_IN_KIBPS]);
    scatter(chance, load->disk_kibps * tide, 0.5, samples[METRIC_DISK_KIBPS]);
    scatter(chance, load->net_kibps * tide, 0.5, samples[METRIC_NET_KIBPS]);
}

/* A host's consumed memory is all that is not free: overhead of its VMs too. */
static void add_to_host(Samples host, Samples vm)
{
    for (guint metric = 0; metric < N_METRICS; metric++)
        for (guint i = 0; i < FLEET_SAMPLES; i++)
            host[metric == METRIC_MEMORY_OVERHEAD_KIB ? METRIC_MEMORY_CONSUMED_KIB : metric][i] +=
                vm[metric][i];
}

static void append_series(const char *id, Metric metric, gint64 at, const double *samples, GString *out)
{
    Series series = {.entity_id = id,
                     .instance = "",
                     .values = "",
                     .metric = (int)metric,
                     .origin = ORIGIN_REALTIME,
                     .start = at - FLEET_WINDOW_S,
                     .interval_s = FLEET_INTERVAL_S,
                     .host = -1,
                     .vm = -1};
    series_append_row(&series, samples, FLEET_SAMPLES, out);
}

static void append_vm(const Vm *vm, guint missing, gint64 at, Samples samples, GString *out)
{
    for (guint metric = 0; metric < N_METRICS; metric++) {
        for (guint i = 0; i < missing; i++)
            samples[metric][i * 7 % FLEET_SAMPLES] = NAN;
        append_series(vm->id, metric, at, samples[metric], out);
    }
}

static void append_host(const Host *host, const HostLoad *load, gint64 at, Samples samples, GString *out)
{
    static const Metric metrics[] = {
        METRIC_CPU_USAGE_MHZ,           METRIC_MEMORY_ACTIVE_KIB,  METRIC_MEMORY_CONSUMED_KIB,
        METRIC_MEMORY_BALLOONED_KIB,    METRIC_MEMORY_SWAPPED_KIB, METRIC_MEMORY_COMPRESSED_KIB,
        METRIC_MEMORY_SWAPPED_IN_KIBPS, METRIC_DISK_KIBPS,         METRIC_NET_KIBPS};
    for (guint i = 0; i < FLEET_SAMPLES; i++) {
        samples[METRIC_CPU_USAGE_MHZ][i] += round(load->base_cpu_mhz);
        samples[METRIC_MEMORY_CONSUMED_KIB][i] += round(load->base_memory_kib);
        samples[METRIC_MEMORY_ACTIVE_KIB][i] += round(load->base_memory_kib / 4);
        samples[METRIC_DISK_KIBPS][i] += 40;
        samples[METRIC_NET_KIBPS][i] += 25;
    }
    for (guint m = 0; m < G_N_ELEMENTS(metrics); m++)
        append_series(host->id, metrics[m], at, samples[metrics[m]], out);
}

static void write_samples(Fleet *fleet, gint64 at, SnapshotWriter *writer)
{
    const Snapshot *snapshot = fleet->snapshot;
    Samples *of_host = g_new0(Samples, snapshot->n_hosts);
    g_autoptr(GString) rows = g_string_new(NULL);
    for (guint i = 0; i < snapshot->n_vms; i++) {
        const Vm *vm = &snapshot->vms[i];
        const VmLoad *load = fleet_vm_load(fleet, i);
        if (vm->power != VM_POWER_ON)
            continue;
        Chance chance = chance_new(fleet->seed ^ (guint64)at, i + 1);
        double tide = share_of_day(load->rhythm, at) / share_of_day(load->rhythm, snapshot->info.taken_at);
        Samples samples;
        sample_vm(load, vm, tide, &chance, samples);
        add_to_host(of_host[vm->host], samples);
        append_vm(vm, load->missing, at, samples, rows);
        snapshot_writer_samples(writer, rows->str, rows->len);
        g_string_truncate(rows, 0);
    }
    for (guint h = 0; h < snapshot->n_hosts; h++)
        if (snapshot->hosts[h].connection == CONNECTION_CONNECTED &&
            snapshot->hosts[h].power == HOST_POWER_ON)
            append_host(&snapshot->hosts[h], fleet_host_load(fleet, h), at, of_host[h], rows);
    snapshot_writer_samples(writer, rows->str, rows->len);
    g_free(of_host);
}

gboolean fleet_write(Fleet *fleet, gint64 at, const char *directory, GError **error)
{
    g_autoptr(SnapshotWriter) writer = snapshot_writer_new(directory, NULL, error);
    if (!writer)
        return FALSE;
    write_samples(fleet, at, writer);
    gint64 own = fleet->snapshot->info.taken_at;
    fleet->snapshot->info.taken_at = at;
    gboolean written = snapshot_writer_commit(writer, fleet->snapshot, NULL, error);
    fleet->snapshot->info.taken_at = own;
    return written;
}
