/* SPDX-License-Identifier: MIT */
#include "plan/clusterstatus.h"

#include "plan/failover.h"

#include <math.h>

/* of hosts' usage in percent */
typedef struct Spread {
    double sum, squares, most;
    guint n;
} Spread;

static void spread_add(Spread *spread, double pct)
{
    if (isnan(pct))
        return;
    spread->sum += pct;
    spread->squares += pct * pct;
    spread->most = MAX(spread->most, pct);
    spread->n++;
}

static double spread_deviation(const Spread *spread)
{
    if (spread->n == 0)
        return 0;
    double mean = spread->sum / spread->n;
    return table_round(sqrt(MAX(0, spread->squares / spread->n - mean * mean)));
}

static guint short_vms_on(const Model *model, guint host)
{
    guint n = 0;
    for (guint i = 0; i < model->vms_on[host]->len; i++)
        n += model_is_short(model, g_array_index(model->vms_on[host], guint, i));
    return n;
}

/* what of the demand would not fit were the largest host lost, in whole units of so much; 0 where all would
 */
static double lack_in(const Model *model, guint cluster, Resource resource, double unit)
{
    return failover_is_checked(model, cluster) ? ceil(MAX(0, failover_lack(model, cluster, resource)) / unit)
                                               : NAN;
}

static void spread_of(const Model *model, guint cluster, Spread *cpu, Spread *memory)
{
    for (guint i = 0; i < model->snapshot->n_hosts; i++) {
        if (model->hosts[i].cluster != (int)cluster || !model->hosts[i].usable)
            continue;
        spread_add(cpu, model_usage_pct(model, i, RESOURCE_CPU, 0));
        spread_add(memory, model_usage_pct(model, i, RESOURCE_HOST_MEMORY, 0));
    }
}

double cluster_unevenness(const Model *model, guint cluster)
{
    Spread cpu = {0}, memory = {0};
    spread_of(model, cluster, &cpu, &memory);
    return spread_deviation(&cpu) + spread_deviation(&memory);
}

ClusterStatus cluster_status(const Model *model, guint cluster)
{
    Spread cpu = {0}, memory = {0};
    ClusterStatus status = {0};
    for (guint i = 0; i < model->snapshot->n_hosts; i++) {
        if (model->hosts[i].cluster != (int)cluster)
            continue;
        status.short_vms += short_vms_on(model, i);
        status.hot_hosts += model->hosts[i].usable && model_is_hot(model, i);
    }
    spread_of(model, cluster, &cpu, &memory);
    status.max_cpu_pct = cpu.most;
    status.max_memory_pct = memory.most;
    status.sd_cpu = spread_deviation(&cpu);
    status.sd_memory = spread_deviation(&memory);
    status.failover_lack_mib = lack_in(model, cluster, RESOURCE_HOST_MEMORY, 1024);
    status.failover_lack_mhz = lack_in(model, cluster, RESOURCE_CPU, 1);
    return status;
}
