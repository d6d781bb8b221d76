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
        .action = sizing.memory_mib < at->memory_mib   ? (int)ACTION_RECLAIM_MEMORY
                  : sizing.memory_mib > at->memory_mib ? (int)ACTION_ADD_MEMORY
                                                       : -1,
        .was = at->memory_mib,
        .amount = sizing.memory_mib,
        .cause = cause_of(sizing.word),
        .reason = g_strdup_printf("is %s: %s; it takes a power cycle", size_words[sizing.word], words)};
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
