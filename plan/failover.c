/* SPDX-License-Identifier: MIT */
#include "plan/failover.h"

#include "analyze/roles.h"

#include <math.h>

gboolean failover_is_checked(const Model *model, guint cluster)
{
    return model->policy->ha_check != HA_CHECK_OFF && model->snapshot->clusters[cluster].ha == 1;
}

/* what a host's running VMs take to others when they leave it */
static double leaving_demand(const Model *model, guint host, Resource resource)
{
    double sum = 0;
    for (guint i = 0; i < model->vms_on[host]->len; i++) {
        guint vm = g_array_index(model->vms_on[host], guint, i);
        if (vm_is_agent(model->vms[vm].row))
            continue;
        if (resource == RESOURCE_HOST_MEMORY)
            sum += model_vm_memory(model, vm);
        else if (model->vms[vm].measured)
            sum += model->vms[vm].demand[resource];
    }
    return sum;
}

/* the host that is not counted on, in quarantine, say, or not responding, and whose VMs would take most to
 * others if it failed as well; -1 where none holds any */
static int fullest_outside(const Model *model, guint cluster, Resource resource, double *demand)
{
    int fullest = -1;
    *demand = 0;
    for (guint i = 0; i < model->snapshot->n_hosts; i++) {
        if (model->hosts[i].cluster != (int)cluster || model_is_asked_to_empty(model, i) ||
            model_is_counted_on(model, i))
            continue;
        double own = leaving_demand(model, i, resource);
        if (own <= *demand)
            continue;
        *demand = own;
        fullest = (int)i;
    }
    return fullest;
}

Failover failover_of(const Model *model, guint cluster, Resource resource)
{
    double largest = 0, outside;
    Failover failover = {.lost = -1};
    int fullest = fullest_outside(model, cluster, resource, &outside);
    for (guint i = 0; i < model->snapshot->n_hosts; i++) {
        const ModelHost *at = &model->hosts[i];
        if (at->cluster != (int)cluster)
            continue;
        if (model_is_asked_to_empty(model, i)) {
            failover.demand += leaving_demand(model, i, resource);
        } else if (model_is_counted_on(model, i) && !isnan(at->demand[resource])) {
            failover.capacity += at->capacity[resource];
            failover.demand += at->demand[resource];
            failover.lost = at->capacity[resource] > largest ? (int)i : failover.lost;
            largest = MAX(largest, at->capacity[resource]);
        }
    }
    failover.lack = table_round(failover.demand - failover.capacity + MAX(outside, largest));
    failover.outside = outside > largest;
    if (failover.outside) {
        failover.lost = fullest;
        failover.demand += outside;
    } else {
        failover.capacity -= largest;
    }
    return failover;
}

double failover_lack(const Model *model, guint cluster, Resource resource)
{
    return failover_of(model, cluster, resource).lack;
}

char *failover_words(const Model *model)
{
    GString *words = g_string_new(NULL);
    guint n = 0;
    for (guint i = 0; i < model->snapshot->n_clusters; i++) {
        Failover of_cpu = failover_of(model, i, RESOURCE_CPU),
                 of_memory = failover_of(model, i, RESOURCE_HOST_MEMORY);
        double cpu = of_cpu.lack, memory = of_memory.lack;
        if (!failover_is_checked(model, i) || (cpu <= 0 && memory <= 0) || n++ > 0)
            continue;
        const Failover *worst = memory > 0 ? &of_memory : &of_cpu;
        g_string_append_printf(words, " %s could not bear the loss of %s:", model->snapshot->clusters[i].name,
                               worst->outside ? model->snapshot->hosts[worst->lost].name
                                              : "its largest host");
        if (memory > 0)
            g_string_append_printf(words, " %.0f MiB of memory", ceil(memory / 1024));
        if (cpu > 0)
            g_string_append_printf(words, "%s %.0f MHz of CPU", memory > 0 ? " and" : "", ceil(cpu));
        g_string_append(words, " would be lacking");
    }
    if (n > 1)
        g_string_append_printf(words, "; nor could %u more", n - 1);
    return g_string_free(n ? g_string_append_c(words, '.') : words, FALSE);
}
