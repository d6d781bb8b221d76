/* SPDX-License-Identifier: MIT */
#include "plan/room.h"

#include <math.h>

const char *const room_words[N_ROOMS] = {"memory", "CPU reservations", "memory reservations"};

Room room_of_host(const Model *model, guint host)
{
    const Host *row = &model->snapshot->hosts[host];
    return (Room){{row->memory_kib, row->cpu_mhz, floor(row->memory_kib / 1024)}};
}

Room room_held(const Model *model, guint host)
{
    const ModelHost *at = &model->hosts[host];
    double memory = at->demand[RESOURCE_HOST_MEMORY];
    return (Room){{isnan(memory) ? 0 : memory, at->cpu_reserved_mhz, at->memory_reserved_mib}};
}

Room room_of_vm(const Model *model, guint vm)
{
    if (!model->vms[vm].running)
        return (Room){{0}};
    return (Room){
        {model_vm_memory(model, vm), model_vm_cpu_reserved(model, vm), model_vm_memory_reserved(model, vm)}};
}

Room room_taken_by(const Model *model, const Change *change)
{
    if (change->action == ACTION_MIGRATE)
        return room_of_vm(model, (guint)change->vm);
    if (change->action != ACTION_ADD_MEMORY || !model->vms[change->vm].running)
        return (Room){{0}};
    double mib = change->amount - model->vms[change->vm].memory_mib;
    gboolean locked = model->vms[change->vm].row->memory_reservation_locked == 1;
    return (Room){{mib * 1024, 0, locked ? mib : 0}};
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
