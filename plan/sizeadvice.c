/* SPDX-License-Identifier: MIT */
#include "plan/sizeadvice.h"

#include "analyze/sizing.h"
#include "plan/growth.h"

#include <math.h>

static gboolean names_vm(const GArray *changes, guint vm)
{
    for (guint i = 0; i < changes->len; i++) {
        const Change *change = &g_array_index(changes, Change, i);
        if (change->vm == (int)vm && action_is_of_size(change->action))
            return TRUE;
    }
    return FALSE;
}

static int cause_of(SizeWord word)
{
    return word == SIZE_IDLE ? CAUSE_IDLE : word == SIZE_OVERSIZED ? CAUSE_OVERSIZED : CAUSE_UNDERSIZED;
}

/* What of its memory the word is about; -1: of its CPUs alone. An idle VM may have less. */
static int action_of(const Sizing *sizing, double present_mib)
{
    if (sizing->word == SIZE_UNDERSIZED)
        return sizing->memory_mib > present_mib ? (int)ACTION_ADD_MEMORY : -1;
    return sizing->memory_mib < present_mib ? (int)ACTION_RECLAIM_MEMORY : -1;
}

/* What the VM takes or gives back as it is needs none; CPUs are never taken from one that runs. */
static gboolean takes_power_cycle(const Model *start, guint vm, const Sizing *sizing)
{
    const ModelVm *at = &start->vms[vm];
    const Vm *row = at->row;
    gboolean memory = sizing->memory_mib > at->memory_mib
                          ? row->memory_hot_add == 1 && sizing->memory_mib <= growth_hot_add_limit(row)
                      : sizing->memory_mib < at->memory_mib ? row->memory_hot_remove == 1
                                                            : TRUE;
    gboolean cpus = sizing->vcpus > at->vcpus
                        ? row->cpu_hot_add == 1 && sizing->vcpus <= growth_most_vcpus(row)
                        : sizing->vcpus == at->vcpus;
    return row->power != VM_POWER_OFF && !(memory && cpus);
}

static void advise(const Situation *situation, guint vm, const Assessed *assessed, Decisions *decisions)
{
    const Model *start = situation->start;
    const ModelVm *at = &start->vms[vm];
    Sizing sizing = sizing_judge(at->row, &start->snapshot->hosts[at->host], assessed, start->policy);
    if (sizing.word == SIZE_UNKNOWN || sizing.word == SIZE_RIGHT)
        return;
    g_autofree char *words = sizing_words(at->row, assessed, &sizing, start->policy);
    SizeAdvice advice = {
        .vm = vm,
        .action = action_of(&sizing, at->memory_mib),
        .was = at->memory_mib,
        .amount = sizing.memory_mib,
        .cause = cause_of(sizing.word),
        .reason = g_strdup_printf("is %s: %s%s", size_words[sizing.word], words,
                                  takes_power_cycle(start, vm, &sizing) ? "; it takes a power cycle" : "")};
    g_array_append_val(decisions->sizes, advice);
}

void sizeadvice_add(const Situation *situation, Decisions *decisions)
{
    const Model *start = situation->start;
    if (start->policy->reclaim == RECLAIM_OFF || situation->steps_alone)
        return;
    for (guint vm = 0; vm < start->n_vms; vm++) {
        const Assessed *assessed =
            assessment_find(start->assessment, start->snapshot->info.source_id, start->vms[vm].row->id);
        if (assessed && !isnan(assessed->loads[RESOURCE_MEMORY].size_need) &&
            situation_decides_vm(situation, vm) && !growth_is_left_alone(start, vm) &&
            start->vms[vm].state != STATE_SHORT && !names_vm(decisions->changes, vm) &&
            !names_vm(decisions->advice, vm))
            advise(situation, vm, assessed, decisions);
    }
}
