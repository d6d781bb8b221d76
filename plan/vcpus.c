/* SPDX-License-Identifier: MIT */
#include "plan/vcpus.h"

#include "plan/growth.h"
#include "plan/solver/assignment.h"

/* the growths of vCPUs, of the busiest VM first */
static GArray *busy_vms(const ClusterProblem *problem, const Model *start)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(Amiss));
    for (guint g = 0; g < problem->growing->len; g++) {
        const Growing *growing = &g_array_index(problem->growing, Growing, g);
        Amiss busy = {g, growth_cpu_usage_pct(start, growing->vm), start->vms[growing->vm].row->id};
        if (growing->action == ACTION_ADD_CPU)
            g_array_append_val(found, busy);
    }
    g_array_sort(found, amiss_compare);
    return found;
}

static guint host_of(const ClusterProblem *problem, const Placement *placement, int growth)
{
    guint vm = g_array_index(problem->growing, Growing, growth).vm;
    return g_array_index(problem->hosts, guint, placement->machine[problem->process_of[vm]]);
}

void vcpus_assign(const ClusterProblem *problem, const Model *start, const gboolean *refused,
                  Placement *placement)
{
    g_autoptr(GArray) busy = busy_vms(problem, start);
    if (busy->len == 0)
        return;
    for (guint i = 0; i < busy->len; i++)
        placement->size[(int)g_array_index(busy, Amiss, i).index] = 0;
    g_autoptr(GArray) changes = change_list_new();
    cluster_problem_changes(problem, start, placement, changes);
    g_autoptr(Model) end = model_after(start, changes);
    g_autoptr(Assignment) trial = assignment_new(problem->problem, placement);
    for (guint i = 0; i < busy->len; i++) {
        int growth = (int)g_array_index(busy, Amiss, i).index;
        if (refused[growth] || !model_stays_normal(end, host_of(problem, placement, growth), NULL))
            continue;
        assignment_resize(trial, growth, 1);
        if (trial->violations > 0)
            assignment_resize(trial, growth, 0);
    }
    assignment_save(trial, placement);
}
