/* SPDX-License-Identifier: MIT */
#include "analyze/buffer.h"

#include "analyze/roles.h"

#include <math.h>
#include <stdlib.h>

/* the resources that have a buffer */
static const Resource buffered[] = {RESOURCE_CPU, RESOURCE_HOST_MEMORY};

/* ---- HA ---- */

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

static double largest_sum(const double *capacities, guint n, double count)
{
    g_autofree double *sorted = g_memdup2(capacities, n * sizeof *capacities);
    double sum = 0;
    if (n > 0)
        qsort(sorted, n, sizeof *sorted, descending);
    for (guint i = 0; i < n && i < count; i++)
        sum += sorted[i];
    return sum;
}

double buffer_ha_share(const Cluster *cluster, Resource resource, const double *capacities, guint n)
{
    if (cluster->ha != 1 ||
        (cluster->ha_policy != HA_POLICY_PERCENT && cluster->ha_policy != HA_POLICY_SLOTS))
        return 0;
    double percent = resource == RESOURCE_CPU ? cluster->ha_reserve_cpu_pct : cluster->ha_reserve_memory_pct;
    if (cluster->ha_policy == HA_POLICY_SLOTS || isnan(percent))
        return load_round(resource,
                          largest_sum(capacities, n, isnan(cluster->ha_failures) ? 1 : cluster->ha_failures));
    double usable = 0;
    for (guint i = 0; i < n; i++)
        usable += capacities[i];
    return load_round(resource, usable * percent / 100);
}

Capacity buffer_capacity(const Subject *subject, guint cluster, Resource resource)
{
    const Snapshot *snapshot = subject->snapshot;
    guint begin = subject->host_begin[cluster], end = subject->host_begin[cluster + 1], n = 0;
    g_autofree double *capacities = g_new(double, end - begin + 1);
    Capacity capacity = {0, 0, 0};
    for (guint k = begin; k < end; k++) {
        guint host = subject->host_order[k];
        if (!host_is_usable(snapshot, &snapshot->hosts[host], &subject->hosts[host]))
            continue;
        double own = subject->hosts[host].loads[resource].capacity;
        capacities[n++] = own;
        capacity.usable += own;
        capacity.largest_host = fmax(capacity.largest_host, own);
    }
    capacity.ha_share = buffer_ha_share(&snapshot->clusters[cluster], resource, capacities, n);
    return capacity;
}

/* ---- resource pools ---- */

double pool_limit(const Pool *pool, Resource resource)
{
    double limit = resource == RESOURCE_CPU ? pool->cpu_limit_mhz : pool->memory_limit_mib * 1024;
    return isnan(limit) ? INFINITY : limit;
}

double buffer_amount(const Vm *vm, const Load *load, const Policy *policy)
{
    if (vm->power != VM_POWER_ON)
        return 0;
    return policy->buffer_unallocated ? load->allocated : load_asked_for(load);
}

void pool_debit(const Snapshot *snapshot, int pool, double amount, double *sums)
{
    for (; pool >= 0; pool = snapshot->pools[pool].parent)
        sums[pool] += amount;
}

void pool_sums(const Snapshot *snapshot, const double *vm_amounts, double *sums)
{
    for (guint i = 0; i < snapshot->n_pools; i++)
        sums[i] = 0;
    for (guint i = 0; i < snapshot->n_vms; i++)
        pool_debit(snapshot, snapshot->vms[i].pool, vm_amounts[i], sums);
}

/* what the limits of a pool (-1: none) and of every pool above it leave: the least of limit − sum, never
 * below 0; INFINITY where none is limited */
static double pool_room(const Snapshot *snapshot, int pool, Resource resource, const double *sums)
{
    double room = INFINITY;
    for (; pool >= 0; pool = snapshot->pools[pool].parent)
        room = fmin(room, fmax(0, pool_limit(&snapshot->pools[pool], resource) - sums[pool]));
    return room;
}

/* ---- the assessment ---- */

static void fill_clusters(Subject *subject, const Policy *policy, Resource resource)
{
    for (guint c = 0; c < subject->snapshot->n_clusters; c++) {
        Load *load = &subject->clusters[c].loads[resource];
        Capacity capacity = buffer_capacity(subject, c, resource);
        double taken = policy->buffer_unallocated ? load->allocated : load->demand;
        load->buffer = load_round(resource, fmax(0, capacity.usable - taken - capacity.ha_share));
    }
}

static void fill_vms(Subject *subject, const Policy *policy, Resource resource)
{
    const Snapshot *snapshot = subject->snapshot;
    g_autofree double *amounts = g_new(double, snapshot->n_vms + 1);
    g_autofree double *sums = g_new(double, snapshot->n_pools + 1);
    for (guint i = 0; i < snapshot->n_vms; i++)
        amounts[i] = buffer_amount(&snapshot->vms[i], &subject->vms[i].loads[resource], policy);
    pool_sums(snapshot, amounts, sums);
    for (guint i = 0; i < snapshot->n_vms; i++) {
        const Vm *vm = &snapshot->vms[i];
        double room = pool_room(snapshot, vm->pool, resource, sums);
        if (room < subject->clusters[vm->cluster].loads[resource].buffer)
            subject->vms[i].loads[resource].buffer = load_round(resource, room);
    }
}

void buffer_fill(Subject *subject, const Policy *policy)
{
    for (guint k = 0; k < G_N_ELEMENTS(buffered); k++) {
        fill_clusters(subject, policy, buffered[k]);
        fill_vms(subject, policy, buffered[k]);
    }
}
