/* SPDX-License-Identifier: MIT */
#include "collect/counters.h"

#include "collect/inventory.h"
#include "collect/samples.h"

#include <string.h>

/* Of the vSphere API reference's tables of counters: CPU, memory, disk, network. cpu.usagemhz in MHz,
 * cpu.ready in ms, mem.* in KB (of 1024 bytes), rates in KBps. A VM's disk is virtualDisk.*, since disk.*
 * does not see NFS and vSAN; a host's is datastore.*. */
static const Counter realtime[] = {
    {"cpu.usagemhz.average", METRIC_CPU_USAGE_MHZ, TRUE, TRUE, FALSE, FALSE},
    {"cpu.demand.average", METRIC_CPU_DEMAND_MHZ, TRUE, FALSE, FALSE, FALSE},
    {"cpu.ready.summation", METRIC_CPU_READY_MS, TRUE, FALSE, FALSE, FALSE},
    {"mem.active.average", METRIC_MEMORY_ACTIVE_KIB, TRUE, TRUE, FALSE, FALSE},
    {"mem.consumed.average", METRIC_MEMORY_CONSUMED_KIB, TRUE, TRUE, FALSE, FALSE},
    {"mem.vmmemctl.average", METRIC_MEMORY_BALLOONED_KIB, TRUE, TRUE, FALSE, FALSE},
    {"mem.swapped.average", METRIC_MEMORY_SWAPPED_KIB, TRUE, FALSE, FALSE, FALSE},
    {"mem.swapused.average", METRIC_MEMORY_SWAPPED_KIB, FALSE, TRUE, FALSE, FALSE},
    {"mem.compressed.average", METRIC_MEMORY_COMPRESSED_KIB, TRUE, TRUE, FALSE, FALSE},
    {"mem.overhead.average", METRIC_MEMORY_OVERHEAD_KIB, TRUE, FALSE, FALSE, FALSE},
    {"mem.swapinRate.average", METRIC_MEMORY_SWAPPED_IN_KIBPS, TRUE, TRUE, FALSE, FALSE},
    {"virtualDisk.read.average", METRIC_DISK_KIBPS, TRUE, FALSE, TRUE, FALSE},
    {"virtualDisk.write.average", METRIC_DISK_KIBPS, TRUE, FALSE, TRUE, FALSE},
    {"datastore.read.average", METRIC_DISK_KIBPS, FALSE, TRUE, TRUE, FALSE},
    {"datastore.write.average", METRIC_DISK_KIBPS, FALSE, TRUE, TRUE, FALSE},
    {"net.usage.average", METRIC_NET_KIBPS, TRUE, TRUE, FALSE, FALSE},
};
const CounterSet realtime_counters = {realtime, G_N_ELEMENTS(realtime)};

/* A VM's mem.usage is what its guest touches of its size, in hundredths of a percent: the same as mem.active,
 * and kept at the level below. */
static const Counter rolled_up[] = {
    {"cpu.usagemhz.average", METRIC_CPU_USAGE_MHZ, TRUE, FALSE, FALSE, FALSE},
    {"cpu.demand.average", METRIC_CPU_DEMAND_MHZ, TRUE, FALSE, FALSE, FALSE},
    {"cpu.ready.summation", METRIC_CPU_READY_MS, TRUE, FALSE, FALSE, FALSE},
    {"mem.active.average", METRIC_MEMORY_ACTIVE_KIB, TRUE, FALSE, FALSE, FALSE},
    {"mem.usage.average", METRIC_MEMORY_ACTIVE_KIB, TRUE, FALSE, FALSE, TRUE},
    {"mem.consumed.average", METRIC_MEMORY_CONSUMED_KIB, TRUE, FALSE, FALSE, FALSE},
    {"mem.vmmemctl.average", METRIC_MEMORY_BALLOONED_KIB, TRUE, FALSE, FALSE, FALSE},
    {"mem.swapped.average", METRIC_MEMORY_SWAPPED_KIB, TRUE, FALSE, FALSE, FALSE},
    {"mem.compressed.average", METRIC_MEMORY_COMPRESSED_KIB, TRUE, FALSE, FALSE, FALSE},
};
const CounterSet rolled_up_counters = {rolled_up, G_N_ELEMENTS(rolled_up)};

typedef struct Finding {
    const CounterSet *set;
    CounterKey *keys;
} Finding;

static void take_counter(const Finding *finding, const Element *info)
{
    const char *group = element_text(info, "groupInfo.key"), *name = element_text(info, "nameInfo.key"),
               *rollup = element_text(info, "rollupType");
    double key = inventory_parse(element_text(info, "key"));
    double level = inventory_parse(element_text(info, "level"));
    if (!group || !name || !rollup || !(key > 0 && key < G_MAXINT))
        return;
    g_autofree char *full = g_strdup_printf("%s.%s.%s", group, name, rollup);
    for (guint i = 0; i < finding->set->n; i++)
        if (strcmp(finding->set->counters[i].name, full) == 0)
            finding->keys[i] = (CounterKey){(int)key, level > 0 && level < G_MAXINT ? (int)level : 0};
}

static gboolean take_counters(const PropertyObject *object, gpointer data, GError **error)
{
    (void)error;
    const Element *list = object->values[0];
    for (const Element *info = list ? list->first : NULL; info; info = info->next)
        take_counter(data, info);
    return TRUE;
}

gboolean counters_find(Vcenter *vcenter, const CounterSet *set, CounterKey *keys, GError **error)
{
    static const char *const paths[] = {"perfCounter"};
    const char *ids[] = {vcenter_manager(vcenter, "perfManager"), NULL};
    Finding finding = {set, keys};
    PropertyQuery query = {.kind = "PerformanceManager",
                           .paths = paths,
                           .n_paths = 1,
                           .ids = ids,
                           .take = take_counters,
                           .data = &finding};
    return !ids[0] || properties_retrieve(vcenter, &query, 1, error);
}
