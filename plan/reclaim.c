/* SPDX-License-Identifier: MIT */
#include "plan/reclaim.h"

#include "plan/refusal.h"

gboolean reclaim_is_possible_now(const Model *now, guint vm)
{
    const Vm *row = now->vms[vm].row;
    return row->power == VM_POWER_OFF || (now->vms[vm].running && row->memory_hot_remove == 1);
}

static gboolean is_left_alone(const Model *now, guint vm, Obstacle *why)
{
    const Vm *row = now->vms[vm].row;
    if (now->vms[vm].system)
        return !obstacle_set(why, OBSTACLE_SYSTEM_VM, -1, "it is a system VM");
    if (policy_matches(now->policy->exclude_vms, row->folder, row->name))
        return !obstacle_set(why, OBSTACLE_EXCLUDED_VM, -1, "it is named by exclude_vms");
    if (row->connection > VM_CONNECTED)
        return !obstacle_set(why, OBSTACLE_VM_NOT_CONNECTED, -1, "it is not connected");
    return model_is_excluded(now, (guint)now->vms[vm].host) &&
           !obstacle_set(why, OBSTACLE_EXCLUDED_HOST, -1, "its host %s is named by exclude_hosts",
                         now->snapshot->hosts[now->vms[vm].host].name);
}

static gboolean is_backed(const Model *now, guint vm, double to_mib, Obstacle *why)
{
    const Vm *row = now->vms[vm].row;
    double reserved = row->memory_reservation_locked == 1 ? 0 : row->memory_reservation_mib;
    return !(reserved > to_mib) ||
           obstacle_set(why, OBSTACLE_MEMORY_RESERVATION, -1,
                        "its reservation of %.0f MiB is above %.0f MiB: lower the reservation first",
                        reserved, to_mib);
}

gboolean reclaim_is_taken(const Model *start, const Model *now, const Past *past, const Change *change,
                          Obstacle *why)
{
    guint vm = (guint)change->vm;
    const Vm *row = now->vms[vm].row;
    if (is_left_alone(now, vm, why) || !refusal_is_over(start, past_of_vm(past, start, vm), change->action,
                                                        "", why, -1, "the vCenter refused it"))
        return FALSE;
    if (model_is_fault_tolerant(now, vm))
        return obstacle_set(why, OBSTACLE_FAULT_TOLERANCE, -1, "fault tolerance is on: its size is fixed");
    if (list_contains(row->disabled_methods, "ReconfigVM_Task"))
        return obstacle_set(why, OBSTACLE_DISABLED_METHOD, -1,
                            "reconfiguration is disabled (disabled_methods)");
    if (!reclaim_is_possible_now(now, vm))
        return obstacle_set(why, OBSTACLE_VM_RUNS, -1,
                            row->power == VM_POWER_SUSPENDED
                                ? "it is suspended: memory is taken back only from a VM that is powered off"
                                : "it runs: memory is taken back only from a VM that is powered off");
    return is_backed(now, vm, change->amount, why);
}

gboolean reclaim_is_of_what_was_lent(const Model *now, const Past *past, const Change *change, Obstacle *why)
{
    guint vm = (guint)change->vm;
    double present = now->vms[vm].memory_mib;
    g_autoptr(GArray) sizes = past_sizes_before(past, now, vm);
    double before = sizes->len ? g_array_index(sizes, double, 0) : present;
    return change->amount >= before ||
           obstacle_set(
               why, OBSTACLE_NOT_LENT, -1,
               "of its %.0f MiB the journals of --history show %.0f MiB to have been lent, not %.0f MiB",
               present, present - before, present - change->amount);
}
