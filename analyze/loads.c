/* SPDX-License-Identifier: MIT */
#include "analyze/loads.h"

#include "analyze/pressure.h"
#include "analyze/roles.h"

#include <math.h>

/* the sum of those that are known; NAN where none is */
static double sum_known(double a, double b)
{
    return isnan(a) ? b : isnan(b) ? a : a + b;
}

/* ---- VMs ---- */

static void size_vm(const Vm *vm, const Host *host, const Policy *policy, Load *loads)
{
    double mhz = load_round(RESOURCE_CPU, vm->vcpus * host->core_mhz);
    double limit = isnan(vm->cpu_limit_mhz) ? INFINITY : vm->cpu_limit_mhz;
    loads[RESOURCE_CPU].allocated = mhz;
    loads[RESOURCE_CPU].capacity = fmin(mhz, limit);
    for (int r = RESOURCE_MEMORY; r <= RESOURCE_HOST_MEMORY; r++)
        loads[r].allocated = loads[r].capacity = vm->memory_mib * 1024;
    loads[RESOURCE_MEMORY].threshold_pct = policy->short_pct;
}

/* What was not measured just now is not known, whatever was before. No estimate is above the size of what it
 * is of, unless just that was measured; and none below that where it is urgent. */
static void estimate_vm(const Estimates *estimates, guint i, Followed followed, double now, Resource r,
                        double urgent_pct, Load *load)
{
    double most = fmax(load->capacity, now);
    double least = load_usage_pct(now, load->capacity) > urgent_pct ? now : 0;
    if (isnan(now))
        return;
    load->demand = load_round(r, fmax(least, fmin(most, estimates_of_vm(estimates, i, followed, FOR_HEAT))));
    load_set_room_demand(load, load_round(r, fmin(most, estimates_of_vm(estimates, i, followed, FOR_ROOM))));
}

static void measure_vm(const Subject *subject, guint i, const Means *means, const Estimates *estimates,
                       const Policy *policy)
{
    const Vm *vm = &subject->snapshot->vms[i];
    const Host *host = &subject->snapshot->hosts[vm->host];
    Load *loads = subject->vms[i].loads;
    size_vm(vm, host, policy, loads);
    if (vm->power != VM_POWER_ON)
        return;
    static const Metric metrics[] = {[RESOURCE_CPU] = METRIC_CPU_USAGE_MHZ,
                                     [RESOURCE_MEMORY] = METRIC_MEMORY_ACTIVE_KIB,
                                     [RESOURCE_DISK] = METRIC_DISK_KIBPS,
                                     [RESOURCE_NET] = METRIC_NET_KIBPS};
    static const Resource resources[] = {RESOURCE_CPU, RESOURCE_MEMORY, RESOURCE_DISK, RESOURCE_NET};
    for (guint k = 0; k < G_N_ELEMENTS(resources); k++) {
        Resource r = resources[k];
        loads[r].measured = loads[r].demand = load_round(r, means_of_vm(means, i, metrics[r]));
    }
    double usage = means_of_vm(means, i, METRIC_CPU_USAGE_MHZ);
    if (policy->host_cpu_demand)
        estimate_vm(estimates, i, FOLLOWED_CPU_DEMAND, means_cpu_demand_of_vm(means, i, host->core_mhz),
                    RESOURCE_CPU, INFINITY, &loads[RESOURCE_CPU]);
    else
        estimate_vm(estimates, i, FOLLOWED_CPU, usage, RESOURCE_CPU, INFINITY, &loads[RESOURCE_CPU]);
    estimate_vm(estimates, i, FOLLOWED_MEMORY, means_of_vm(means, i, METRIC_MEMORY_ACTIVE_KIB),
                RESOURCE_MEMORY, fmax(policy->short_pct, policy->urgent_pct), &loads[RESOURCE_MEMORY]);
}

/* ---- hosts ---- */

static void set_thresholds(Load *loads, const Policy *policy)
{
    loads[RESOURCE_CPU].threshold_pct = policy->cpu_hot_pct;
    loads[RESOURCE_HOST_MEMORY].threshold_pct = policy->memory_hot_pct;
    loads[RESOURCE_DISK].threshold_pct = policy->disk_hot_pct;
    loads[RESOURCE_NET].threshold_pct = policy->net_hot_pct;
}

static void measure_host(const Subject *subject, guint i, const Means *means, const Policy *policy)
{
    const Host *host = &subject->snapshot->hosts[i];
    Load *loads = subject->hosts[i].loads;
    loads[RESOURCE_CPU].capacity = host->cpu_mhz;
    loads[RESOURCE_HOST_MEMORY].capacity = host->memory_kib;
    loads[RESOURCE_DISK].capacity = host->disk_capacity_kibps;
    loads[RESOURCE_NET].capacity = host->net_capacity_kibps;
    loads[RESOURCE_CPU].allocated = loads[RESOURCE_HOST_MEMORY].allocated = 0;
    loads[RESOURCE_CPU].measured = load_round(RESOURCE_CPU, means_of_host(means, i, METRIC_CPU_USAGE_MHZ));
    loads[RESOURCE_HOST_MEMORY].measured =
        load_round(RESOURCE_HOST_MEMORY, means_of_host(means, i, METRIC_MEMORY_CONSUMED_KIB));
    loads[RESOURCE_HOST_MEMORY].reclaimed =
        load_round(RESOURCE_HOST_MEMORY, means_reclaimed_of_host(means, i));
    loads[RESOURCE_DISK].measured = load_round(RESOURCE_DISK, means_of_host(means, i, METRIC_DISK_KIBPS));
    loads[RESOURCE_NET].measured = load_round(RESOURCE_NET, means_of_host(means, i, METRIC_NET_KIBPS));
    set_thresholds(loads, policy);
}

/* what the measured running VMs of a host sum up to */
typedef struct VmSums {
    double measured[N_RESOURCES], demand[N_RESOURCES], room[N_RESOURCES], reclaimed, reclaimed_host;
    gboolean unmeasured[N_RESOURCES]; /* one of them was not: the base of the window has it */
} VmSums;

static void add_vm(const Subject *subject, guint i, VmSums *sums, Load *host_loads)
{
    Load *loads = subject->vms[i].loads;
    if (subject->snapshot->vms[i].power != VM_POWER_ON)
        return;
    for (int r = 0; r < N_RESOURCES; r++) {
        loads[r].usage_pct = load_usage_pct(loads[r].demand, loads[r].capacity);
        host_loads[r].allocated += loads[r].allocated;
        if (isnan(loads[r].measured)) {
            sums->unmeasured[r] = TRUE;
            continue;
        }
        sums->measured[r] += loads[r].measured;
        sums->demand[r] += loads[r].demand;
        sums->room[r] += load_room_demand(&loads[r]);
    }
    sums->reclaimed = sum_known(sums->reclaimed, loads[RESOURCE_HOST_MEMORY].reclaimed);
    sums->reclaimed_host = sum_known(sums->reclaimed_host, loads[RESOURCE_HOST_MEMORY].reclaimed_host);
}

/* what the host used beside its VMs: in the window, or mostly in those of its history */
static double base_of(const Load *load, Resource r, const VmSums *sums, const Estimates *estimates,
                      guint host)
{
    double usual = r == RESOURCE_CPU           ? estimates_of_host(estimates, host, FOLLOWED_BASE_CPU)
                   : r == RESOURCE_HOST_MEMORY ? estimates_of_host(estimates, host, FOLLOWED_BASE_MEMORY)
                                               : NAN;
    gboolean now = isnan(usual) || sums->unmeasured[r];
    return load_round(r, now ? fmax(0, load->measured - sums->measured[r]) : usual);
}

static void finish_host(Load *loads, const VmSums *sums, const Estimates *estimates, guint host)
{
    for (int r = 0; r < N_RESOURCES; r++) {
        Load *load = &loads[r];
        if (!isnan(load->measured)) {
            load->base = base_of(load, r, sums, estimates, host);
            load->demand = load_round(r, load->base + sums->demand[r]);
            load_set_room_demand(load, load_round(r, load->base + sums->room[r]));
        }
        load->allocated = load_round(r, load->allocated);
        load->usage_pct = load_usage_pct(load->demand, load->capacity);
    }
    if (isnan(loads[RESOURCE_HOST_MEMORY].reclaimed))
        loads[RESOURCE_HOST_MEMORY].reclaimed = sums->reclaimed;
    loads[RESOURCE_HOST_MEMORY].reclaimed_host = sums->reclaimed_host;
}

void loads_measure(Subject *subject, const Means *means, const Estimates *estimates, const Policy *policy)
{
    const Snapshot *snapshot = subject->snapshot;
    g_autofree VmSums *sums = g_new0(VmSums, snapshot->n_hosts + 1);
    for (guint i = 0; i < snapshot->n_hosts; i++) {
        measure_host(subject, i, means, policy);
        sums[i].reclaimed = sums[i].reclaimed_host = NAN;
    }
    for (guint i = 0; i < snapshot->n_vms; i++)
        measure_vm(subject, i, means, estimates, policy);
    pressure_measure(subject, means, estimates, policy);
    for (guint i = 0; i < snapshot->n_vms; i++)
        add_vm(subject, i, &sums[snapshot->vms[i].host], subject->hosts[snapshot->vms[i].host].loads);
    for (guint i = 0; i < snapshot->n_hosts; i++)
        finish_host(subject->hosts[i].loads, &sums[i], estimates, i);
}

/* ---- clusters ---- */

static void sum_cluster(const Subject *subject, guint c, Resource r, Load *sum)
{
    double threshold_pct = sum->threshold_pct;
    *sum = load_unknown();
    sum->threshold_pct = threshold_pct;
    sum->capacity = sum->allocated = sum->measured = sum->reclaimed = sum->demand = sum->base = 0;
    for (guint k = subject->host_begin[c]; k < subject->host_begin[c + 1]; k++) {
        guint host = subject->host_order[k];
        const Load *load = &subject->hosts[host].loads[r];
        if (!host_is_usable(subject->snapshot, &subject->snapshot->hosts[host], &subject->hosts[host]))
            continue;
        sum->capacity += load->capacity;
        sum->allocated += load->allocated;
        sum->measured += load->measured;
        sum->reclaimed += load->reclaimed;
        sum->demand += load->demand;
        sum->base += load->base;
    }
    sum->capacity = load_round(r, sum->capacity);
    sum->allocated = load_round(r, sum->allocated);
    sum->measured = load_round(r, sum->measured);
    sum->demand = load_round(r, sum->demand);
    sum->base = load_round(r, sum->base);
    if (r != RESOURCE_HOST_MEMORY)
        sum->reclaimed = NAN;
    sum->usage_pct = load_usage_pct(sum->demand, sum->capacity);
}

void loads_sum_clusters(Subject *subject, const Policy *policy)
{
    static const Resource summed[] = {RESOURCE_CPU, RESOURCE_HOST_MEMORY, RESOURCE_DISK, RESOURCE_NET};
    for (guint c = 0; c < subject->snapshot->n_clusters; c++) {
        set_thresholds(subject->clusters[c].loads, policy);
        for (guint k = 0; k < G_N_ELEMENTS(summed); k++)
            sum_cluster(subject, c, summed[k], &subject->clusters[c].loads[summed[k]]);
    }
}
