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

/* the same as failover_lack; lost gets the host whose loss it is, -1 for the largest */
static double lack_without(const Model *model, guint cluster, Resource resource, int *lost)
{
    double capacity = 0, demand = 0, largest = 0, outside;
    int fullest = fullest_outside(model, cluster, resource, &outside);
    for (guint i = 0; i < model->snapshot->n_hosts; i++) {
        const ModelHost *at = &model->hosts[i];
        if (at->cluster != (int)cluster)
            continue;
        if (model_is_asked_to_empty(model, i)) {
            demand += leaving_demand(model, i, resource);
        } else if (model_is_counted_on(model, i) && !isnan(at->demand[resource])) {
            capacity += at->capacity[resource];
            demand += at->demand[resource];
            largest = MAX(largest, at->capacity[resource]);
        }
    }
    *lost = outside > largest ? fullest : -1;
    return table_round(demand - capacity + MAX(outside, largest));
}

double failover_lack(const Model *model, guint cluster, Resource resource)
{
    int lost;
    return lack_without(model, cluster, resource, &lost);
}

char *failover_words(const Model *model)
{
    GString *words = g_string_new(NULL);
    guint n = 0;
    for (guint i = 0; i < model->snapshot->n_clusters; i++) {
        int of_cpu, of_memory;
        double cpu = lack_without(model, i, RESOURCE_CPU, &of_cpu),
               memory = lack_without(model, i, RESOURCE_HOST_MEMORY, &of_memory);
        if (!failover_is_checked(model, i) || (cpu <= 0 && memory <= 0) || n++ > 0)
            continue;
        int lost = memory > 0 ? of_memory : of_cpu;
        g_string_append_printf(words, " %s could not bear the loss of %s:", model->snapshot->clusters[i].name,
                               lost < 0 ? "its largest host" : model->snapshot->hosts[lost].name);
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
