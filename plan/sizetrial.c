/* SPDX-License-Identifier: MIT */
#include "plan/sizetrial.h"

#include "analyze/sizing.h"

#include <math.h>

#define HOUR_S 3600.0
#define KIB_OF_MIB 1024.0
#define KIB_OF_GIB (1024.0 * 1024)
#define MHZ_OF_GHZ 1000.0

struct SizeTrial {
    const LoadHistory *history;
    double *memory_kib, *cpu_mhz; /* [n_vms] */
};

SizeTrial *sizetrial_new(const LoadHistory *history)
{
    const Snapshot *start = history->start;
    SizeTrial *trial = g_new0(SizeTrial, 1);
    trial->history = history;
    trial->memory_kib = g_new(double, start->n_vms + 1);
    trial->cpu_mhz = g_new(double, start->n_vms + 1);
    for (guint i = 0; i < start->n_vms; i++) {
        const Vm *vm = &start->vms[i];
        trial->memory_kib[i] = vm->memory_mib * KIB_OF_MIB;
        trial->cpu_mhz[i] = vm->vcpus * start->hosts[vm->host].core_mhz;
    }
    return trial;
}

void sizetrial_free(SizeTrial *trial)
{
    if (!trial)
        return;
    g_free(trial->memory_kib);
    g_free(trial->cpu_mhz);
    g_free(trial);
}

void sizetrial_learn(SizeTrial *trial, const Assessment *assessment, const Policy *policy)
{
    const Snapshot *start = trial->history->start;
    guint first = start->n_clusters + start->n_hosts;
    for (guint i = 0; i < start->n_vms; i++) {
        const Load *loads = g_array_index(assessment->entities, Assessed, first + i).loads;
        const Load *memory = &loads[RESOURCE_MEMORY];
        if (!isnan(memory->size_need))
            trial->memory_kib[i] =
                sizing_memory_mib(memory->size_need, memory->size_used, policy) * KIB_OF_MIB;
        if (!isnan(loads[RESOURCE_CPU].size_need))
            trial->cpu_mhz[i] = loads[RESOURCE_CPU].size_need;
    }
}

static void account(double size, double used, double hours, double unit, double *slack, double *lack)
{
    if (isnan(used))
        return;
    *slack += fmax(0, size - used) / unit * hours;
    *lack += used > size ? hours : 0;
}

void sizetrial_account(const SizeTrial *trial, guint interval, SizeFigures *figures)
{
    const LoadHistory *history = trial->history;
    double hours = history->lengths[interval] / HOUR_S;
    for (guint i = 0; i < history->start->n_vms; i++) {
        if (!loadhistory_vm_runs(history, interval, i))
            continue;
        account(trial->memory_kib[i], loadhistory_vm_asks(history, ASKED_ACTIVE_KIB, interval, i), hours,
                KIB_OF_GIB, &figures->memory_slack, &figures->memory_short);
        account(trial->cpu_mhz[i], loadhistory_vm_asks(history, ASKED_CPU_MHZ, interval, i), hours,
                MHZ_OF_GHZ, &figures->cpu_slack, &figures->cpu_short);
    }
}
