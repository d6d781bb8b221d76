/* SPDX-License-Identifier: MIT */
#include "plan/addition.h"

#include "analyze/buffer.h"
#include "analyze/pressure.h"
#include "analyze/roles.h"
#include "collect/plural.h"
#include "plan/admission.h"
#include "plan/growth.h"
#include "plan/refusal.h"
#include "plan/room.h"

#include <math.h>

static const Vm *row_of(const Addition *addition)
{
    return addition->now->vms[addition->change->vm].row;
}

static guint host_of(const Addition *addition)
{
    return (guint)addition->now->vms[addition->change->vm].host;
}

static const Host *host_row(const Addition *addition)
{
    return &addition->now->snapshot->hosts[host_of(addition)];
}

static const VmPast *past_of(const Addition *addition)
{
    return past_of_vm(addition->past, addition->start, (guint)addition->change->vm);
}

static gboolean is_of_memory(const Addition *addition)
{
    return addition->change->action == ACTION_ADD_MEMORY;
}

/* ---- the VM ---- */

/* Memory's additions count within memory_cap_window_s; under strategy=threshold, as it was published, for
 * ever. */
static gboolean has_memory_steps_left(const Addition *addition, Obstacle *why)
{
    const Policy *policy = addition->start->policy;
    gboolean ever = policy->strategy == STRATEGY_THRESHOLD;
    gint64 since = addition->start->snapshot->info.taken_at - (gint64)policy->memory_cap_window_s;
    guint times = past_memory_additions_since(past_of(addition), ever ? G_MININT64 : since);
    if (times < policy->memory_max_steps)
        return TRUE;
    return ever ? obstacle_set(why, OBSTACLE_GROWN_BEFORE, -1,
                               "it was added to %u %s already (memory_max_steps)", times,
                               plural(times, "time", "times"))
                : obstacle_set(why, OBSTACLE_GROWN_BEFORE, -1,
                               "it was added to %u %s in the last %.0f s (memory_max_steps)", times,
                               plural(times, "time", "times"), policy->memory_cap_window_s);
}

static gboolean has_open_host(const Addition *addition, Obstacle *why)
{
    return !model_is_excluded(addition->now, host_of(addition)) ||
           obstacle_set(why, OBSTACLE_EXCLUDED_HOST, -1, "its host %s is named by exclude_hosts",
                        host_row(addition)->name);
}

static gboolean is_within_limits(const Addition *addition, Obstacle *why)
{
    const Vm *row = row_of(addition);
    gboolean runs = addition->now->vms[addition->change->vm].running;
    double to_mib = addition->change->amount, limit = growth_hot_add_limit(row);
    if (runs && to_mib > limit)
        return obstacle_set(why, OBSTACLE_HOT_ADD_LIMIT, -1,
                            "%.0f MiB would be above its hot-add limit of %.0f MiB", to_mib, limit);
    if (row->memory_limit_mib < to_mib)
        return obstacle_set(why, OBSTACLE_MEMORY_LIMIT, -1,
                            "its memory limit of %.0f MiB is below %.0f MiB: raise the limit first",
                            row->memory_limit_mib, to_mib);
    return !runs || growth_legal_memory(addition->now, (guint)addition->change->vm, to_mib) == to_mib ||
           obstacle_set(why, OBSTACLE_HOT_ADD_LIMIT, -1,
                        "%.0f MiB is no multiple of its hot-add step, %.0f MiB", to_mib,
                        row->memory_hot_add_step_mib);
}

static gboolean is_under_no_pressure(const Addition *addition, Obstacle *why)
{
    g_autofree char *words = pressure_words(addition->now->snapshot, row_of(addition),
                                            addition->now->vms[addition->change->vm].host_memory);
    return !words || obstacle_set(why, OBSTACLE_MEMORY_PRESSURE, -1, "%s", words);
}

static gboolean takes_memory(const Addition *addition, Obstacle *why)
{
    const Vm *row = row_of(addition);
    if (!has_memory_steps_left(addition, why))
        return FALSE;
    gboolean runs = addition->now->vms[addition->change->vm].running;
    if (runs && growth_hot_add_is_off(addition->now, (guint)addition->change->vm))
        return obstacle_set(why, OBSTACLE_HOT_ADD_OFF, -1, "%s",
                            row->memory_hot_add == 0 ? "memory hot-add is off"
                                                     : "it is not known whether memory hot-add is on");
    if (!has_open_host(addition, why))
        return FALSE;
    if (model_is_fault_tolerant(addition->now, (guint)addition->change->vm))
        return obstacle_set(why, OBSTACLE_FAULT_TOLERANCE, -1, "fault tolerance is on: its size is fixed");
    if (list_contains(row->disabled_methods, "ReconfigVM_Task"))
        return obstacle_set(why, OBSTACLE_DISABLED_METHOD, -1,
                            "reconfiguration is disabled (disabled_methods)");
    if (runs && vm_memory_is_pinned(row))
        return obstacle_set(
            why, OBSTACLE_PINNED, -1,
            "a passed-through device, or latency sensitivity, pins its memory: none is added while it runs");
    return is_within_limits(addition, why) && is_under_no_pressure(addition, why);
}

static gboolean takes_vcpus(const Addition *addition, Obstacle *why)
{
    const Vm *row = row_of(addition);
    guint times = past_of(addition)->cpu_additions;
    if (!has_open_host(addition, why))
        return FALSE;
    if (row->cpu_hot_add != 1 && !(row->cpu_hot_add < 0 && model_is_export(addition->now)))
        return obstacle_set(why, OBSTACLE_HOT_ADD_OFF, -1, "CPU hot-add is off");
    if (model_is_fault_tolerant(addition->now, (guint)addition->change->vm))
        return obstacle_set(why, OBSTACLE_FAULT_TOLERANCE, -1, "fault tolerance is on: its size is fixed");
    if (list_contains(row->disabled_methods, "ReconfigVM_Task"))
        return obstacle_set(why, OBSTACLE_DISABLED_METHOD, -1,
                            "reconfiguration is disabled (disabled_methods)");
    if (times >= addition->now->policy->cpu_max_steps)
        return obstacle_set(why, OBSTACLE_GROWN_BEFORE, -1, "it was added to %u %s already (cpu_max_steps)",
                            times, plural(times, "time", "times"));
    if (addition->change->amount > growth_most_vcpus(row))
        return obstacle_set(why, OBSTACLE_HOT_ADD_LIMIT, -1,
                            "%.0f vCPUs would be more than the %.0f that it takes while it runs",
                            addition->change->amount, growth_most_vcpus(row));
    if (row->cores_per_socket > 0 && fmod(addition->change->amount, row->cores_per_socket) != 0)
        return obstacle_set(why, OBSTACLE_HOT_ADD_LIMIT, -1, "%.0f vCPUs are no whole sockets of %.0f cores",
                            addition->change->amount, row->cores_per_socket);
    if (row->cpu_limit_mhz < addition->change->amount * host_row(addition)->core_mhz)
        return obstacle_set(why, OBSTACLE_CPU_LIMIT, -1, "its CPU limit keeps more vCPUs from helping");
    return TRUE;
}

gboolean addition_is_taken(const Addition *addition, Obstacle *why)
{
    if (growth_is_forbidden(addition->now, (guint)addition->change->vm, why) ||
        !refusal_is_over(addition->start, past_of(addition), addition->change->action, "", why, -1,
                         "the vCenter refused it"))
        return FALSE;
    return is_of_memory(addition) ? takes_memory(addition, why) : takes_vcpus(addition, why);
}

/* ---- its host ---- */

static double added_kib(const Addition *addition)
{
    return (addition->change->amount - addition->now->vms[addition->change->vm].memory_mib) * 1024;
}

static double added_mhz(const Addition *addition)
{
    return (addition->change->amount - addition->now->vms[addition->change->vm].vcpus) *
           host_row(addition)->core_mhz;
}

gboolean addition_keeps_normal(const Addition *addition, Obstacle *why)
{
    guint host = host_of(addition);
    const ModelHost *at = &addition->now->hosts[host];
    const char *name = host_row(addition)->name;
    if (!is_of_memory(addition))
        return (at->usable && model_stays_normal(addition->now, host, NULL)) ||
               obstacle_set(why, OBSTACLE_HEAT, (int)host, "its host %s is hot", name);
    if (!at->usable)
        return obstacle_set(why, OBSTACLE_NOT_MEASURED, (int)host, "its host %s is %s", name,
                            state_names[at->state]);
    double pct = model_usage_pct(addition->now, host, RESOURCE_HOST_MEMORY, added_kib(addition));
    return !(pct > at->threshold[RESOURCE_HOST_MEMORY]) ||
           obstacle_set(why, OBSTACLE_HEAT, (int)host, "its host %s would be hot: memory at %.1f %%", name,
                        pct);
}

static gboolean has_memory(const Addition *addition, Obstacle *why)
{
    int host = (int)host_of(addition), lacking = room_lacking_for(addition->now, addition->change);
    if (lacking < 0)
        return TRUE;
    return lacking == ROOM_MEMORY
               ? obstacle_set(why, OBSTACLE_ROOM, host, "its host %s would be over its memory",
                              host_row(addition)->name)
           : row_of(addition)->memory_reservation_locked == 1 && is_of_memory(addition)
               ? obstacle_set(why, OBSTACLE_ROOM, host,
                              "its reservation is locked to its size, and its host %s cannot back more",
                              host_row(addition)->name)
               : obstacle_set(why, OBSTACLE_ROOM, host,
                              "its host %s has no unreserved memory left to run a larger VM",
                              host_row(addition)->name);
}

static gboolean has_threads(const Addition *addition, Obstacle *why)
{
    const Host *host = host_row(addition);
    if (addition->change->amount <= host->cpu_threads)
        return TRUE;
    g_autofree char *threads = growth_threads_words(host);
    return obstacle_set(why, OBSTACLE_THREADS, (int)host_of(addition), "its host %s", threads);
}

gboolean addition_has_room(const Addition *addition, Obstacle *why)
{
    return is_of_memory(addition) ? has_memory(addition, why)
                                  : has_threads(addition, why) && has_memory(addition, why);
}

/* ---- its cluster and its pools ---- */

static gboolean is_in_memory_budget(const Addition *addition, Obstacle *why)
{
    const Model *now = addition->now;
    const Snapshot *snapshot = now->snapshot;
    guint cluster = (guint)now->hosts[host_of(addition)].cluster;
    double kib = added_kib(addition);
    if (kib > now->buffer_memory[cluster])
        return obstacle_set(
            why, OBSTACLE_BUFFER, -1,
            "the buffer of %s has %.0f MiB left to give (buffer_reserve_pct kept), %.0f MiB are needed",
            snapshot->clusters[cluster].name, now->buffer_memory[cluster] / 1024, kib / 1024);
    if (kib > now->lendable[cluster])
        return obstacle_set(
            why, OBSTACLE_BUFFER, -1,
            "%s has %.0f MiB left to lend (lend_to_pct of its memory, less what its VMs ask for "
            "and what was lent to them), %.0f MiB are needed",
            snapshot->clusters[cluster].name, MAX(0, now->lendable[cluster]) / 1024, kib / 1024);
    if (kib > growth_failover_room(now, cluster))
        return obstacle_set(why, OBSTACLE_FAILOVER, -1,
                            "the cluster could then not bear the loss of its largest host (ha_check=hard)");
    for (int pool = row_of(addition)->pool; pool >= 0; pool = snapshot->pools[pool].parent) {
        double left = pool_limit(&snapshot->pools[pool], RESOURCE_HOST_MEMORY) - now->pool_memory[pool];
        if (kib > left)
            return obstacle_set(why, OBSTACLE_POOL_LIMIT, -1,
                                "the memory limit of resource pool %s leaves %.0f MiB, %.0f MiB are needed",
                                snapshot->pools[pool].name, MAX(0, left) / 1024, kib / 1024);
    }
    return TRUE;
}

static gboolean is_within_growth(const Addition *addition, Obstacle *why)
{
    const Model *start = addition->start;
    guint vm = (guint)addition->change->vm;
    double to_mib = addition->change->amount;
    double before = past_memory_before(addition->past, start, vm);
    if (start->policy->strategy == STRATEGY_THRESHOLD ||
        to_mib <= growth_memory_cap(start, addition->past, vm))
        return TRUE;
    return before < start->vms[vm].memory_mib
               ? obstacle_set(why, OBSTACLE_GROWN_BEFORE, -1,
                              "%.0f MiB would be more than memory_max_growth_pct allows above the %.0f MiB "
                              "that it had before it was first added to",
                              to_mib, before)
               : obstacle_set(why, OBSTACLE_GROWN_BEFORE, -1,
                              "%.0f MiB would be more than memory_max_growth_pct allows", to_mib);
}

static gboolean is_in_cpu_budget(const Addition *addition, Obstacle *why)
{
    const Model *now = addition->now;
    const Pool *pools = now->snapshot->pools;
    double mhz = added_mhz(addition);
    if (!(mhz <= now->buffer_cpu[now->hosts[host_of(addition)].cluster]))
        return obstacle_set(why, OBSTACLE_BUFFER, -1, "the cluster's CPU buffer has no room");
    for (int pool = row_of(addition)->pool; pool >= 0; pool = pools[pool].parent)
        if (mhz > pool_limit(&pools[pool], RESOURCE_CPU) - now->pool_cpu[pool])
            return obstacle_set(why, OBSTACLE_POOL_LIMIT, -1,
                                "the CPU limit of resource pool %s leaves no room", pools[pool].name);
    return TRUE;
}

/* HA's admission control asks where a reservation rises: not for what a VM takes to run. */
static gboolean is_admitted(const Addition *addition, Obstacle *why)
{
    const Model *now = addition->now;
    guint vm = (guint)addition->change->vm;
    double more = room_taken_by(now, addition->change).of[ROOM_MEMORY_RESERVATION];
    gboolean rises = is_of_memory(addition) && row_of(addition)->memory_reservation_locked == 1;
    return !(more > 0) || ((!rises || admission_by_cluster(now, vm, more, why)) &&
                           admission_by_pools(addition->start, now, vm, more, why));
}

gboolean addition_is_in_budget(const Addition *addition, Obstacle *why)
{
    gboolean within = is_of_memory(addition)
                          ? is_in_memory_budget(addition, why) && is_within_growth(addition, why)
                          : is_in_cpu_budget(addition, why);
    return within && is_admitted(addition, why);
}
