/* SPDX-License-Identifier: MIT */
#include "plan/room.h"

#include <math.h>

const char *const room_words[N_ROOMS] = {"memory", "CPU reservations", "memory reservations"};

Room room_of_host(const Model *model, guint host)
{
    const ModelHost *at = &model->hosts[host];
    return (Room){
        {model->snapshot->hosts[host].memory_kib, at->cpu_reservable_mhz, at->memory_reservable_mib}};
}

Room room_held(const Model *model, guint host)
{
    const ModelHost *at = &model->hosts[host];
    double memory = at->demand[RESOURCE_HOST_MEMORY];
    return (Room){{isnan(memory) ? 0 : memory, at->cpu_reserved_mhz,
                   at->memory_reserved_mib + at->memory_overhead_mib}};
}

Room room_of_vm(const Model *model, guint vm)
{
    if (!model->vms[vm].running)
        return (Room){{0}};
    return (Room){
        {model_vm_memory(model, vm), model_vm_cpu_reserved(model, vm), model_vm_memory_held(model, vm)}};
}

/* what a VM that runs takes more */
static Room taken_by_growth(const Model *model, const Change *change)
{
    const ModelVm *at = &model->vms[change->vm];
    gboolean of_memory = change->action == ACTION_ADD_MEMORY;
    double memory_mib = of_memory ? change->amount : at->memory_mib;
    double vcpus = of_memory ? at->vcpus : change->amount, mib = memory_mib - at->memory_mib;
    double overhead = overhead_mib(memory_mib, vcpus) - overhead_mib(at->memory_mib, at->vcpus);
    return (Room){{mib * 1024, 0, (at->row->memory_reservation_locked == 1 ? mib : 0) + overhead}};
}

Room room_taken_by(const Model *model, const Change *change)
{
    if (change->action == ACTION_MIGRATE)
        return room_of_vm(model, (guint)change->vm);
    if (!action_is_growth(change->action) || !model->vms[change->vm].running)
        return (Room){{0}};
    return taken_by_growth(model, change);
}

int room_lacking(const Model *model, guint host, const Room *held, const Room *brought)
{
    Room all = room_of_host(model, host);
    for (int i = 0; i < N_ROOMS; i++)
        if (brought->of[i] > 0 && table_round(held->of[i]) > all.of[i])
            return i;
    return -1;
}

int room_lacking_for(const Model *model, const Change *change)
{
    Room brought = room_taken_by(model, change), held = room_held(model, (guint)change->to);
    for (int i = 0; i < N_ROOMS; i++)
        held.of[i] += brought.of[i];
    return room_lacking(model, (guint)change->to, &held, &brought);
}

/* Without what it takes to run VMs, which is an estimate. */
char *room_words_of_overreserved(const Model *model, guint host)
{
    const ModelHost *at = &model->hosts[host];
    const Host *row = &model->snapshot->hosts[host];
    double mib = floor(row->memory_kib / 1024);
    if (!model_is_live(model, host))
        return NULL;
    if (table_round(at->cpu_reserved_mhz) > row->cpu_mhz)
        return g_strdup_printf("has %.0f MHz of CPU reserved by its VMs, above the %.0f MHz that it has",
                               at->cpu_reserved_mhz, row->cpu_mhz);
    return at->memory_reserved_mib > mib
               ? g_strdup_printf("has %.0f MiB of memory reserved by its VMs, above the %.0f MiB that it has",
                                 at->memory_reserved_mib, mib)
               : NULL;
}
