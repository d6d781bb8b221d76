/* SPDX-License-Identifier: MIT */
#include "plan/growth.h"

#include "analyze/buffer.h"
#include "analyze/pressure.h"
#include "plan/failover.h"
#include "plan/hindrance.h"

#include <math.h>
#include <string.h>

#define LINUX_HOT_ADD_FLOOR_MIB 3072.0 /* a Linux guest that starts below this cannot grow past it */
#define HOT_ADD_LIMIT_TIMES 16.0       /* of the size at power-on, where the VM does not say */

double growth_legal_memory(const Model *model, guint vm, double at_least_mib)
{
    double step = model->vms[vm].row->memory_hot_add_step_mib;
    return step > 0 ? ceil(at_least_mib / step) * step : ceil(at_least_mib);
}

/* As vSphere's guest ids name them (VirtualMachineGuestOsIdentifier). */
static gboolean is_linux(const char *guest_id)
{
    static const char *const names[] = {"linux",  "ubuntu",   "debian", "rhel",   "redhat", "centos",
                                        "sles",   "suse",     "fedora", "photon", "rocky",  "alma",
                                        "coreos", "mandrake", "turbo",  "asianux"};
    g_autofree char *lower = g_ascii_strdown(guest_id, -1);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (strstr(lower, names[i]))
            return TRUE;
    return FALSE;
}

static double hot_add_limit(const Vm *row)
{
    if (!isnan(row->memory_hot_add_limit_mib))
        return row->memory_hot_add_limit_mib;
    double most = row->memory_mib * HOT_ADD_LIMIT_TIMES;
    gboolean small = is_linux(row->guest_id) && row->memory_mib < LINUX_HOT_ADD_FLOOR_MIB;
    return small ? MIN(most, LINUX_HOT_ADD_FLOOR_MIB) : most;
}

double growth_memory_cap(const Situation *situation, guint vm)
{
    const Model *start = situation->start;
    double before = history_memory_before(situation_history(situation, vm), start->vms[vm].memory_mib);
    return before * (1 + start->policy->memory_max_growth_pct / 100);
}

double growth_largest_memory(const Situation *situation, guint vm)
{
    const Vm *row = situation->start->vms[vm].row;
    double most = MIN(growth_memory_cap(situation, vm), hot_add_limit(row));
    if (row->memory_limit_mib < most)
        most = row->memory_limit_mib;
    double step = row->memory_hot_add_step_mib;
    return step > 0 ? floor(most / step) * step : floor(most);
}

/* MiB that the VM lacks to stand at a share of its memory */
static double missing_memory(const ModelVm *at, double pct)
{
    return at->demand[RESOURCE_MEMORY] / 1024 * 100 / pct - at->memory_mib;
}

double growth_missing_memory(const Model *model, guint vm)
{
    return missing_memory(&model->vms[vm], model->policy->short_pct);
}

double growth_wanted_memory(const Model *model, guint vm)
{
    const Policy *policy = model->policy;
    if (growth_missing_memory(model, vm) <= 0)
        return 0;
    double missing = missing_memory(&model->vms[vm], MIN(policy->grow_to_pct, policy->short_pct));
    return MAX(missing, policy->memory_step_mib);
}

/* Why it is, compatibility_immovable says. */
static gboolean is_left_alone(const Model *model, guint vm)
{
    const Vm *row = model->vms[vm].row;
    return model->vms[vm].system || policy_matches(model->policy->exclude_vms, row->folder, row->name) ||
           row->connection > VM_CONNECTED;
}

gboolean growth_hot_add_is_off(const Model *model, guint vm)
{
    int flag = model->vms[vm].row->memory_hot_add;
    gboolean off = flag == 0 || (flag < 0 && !model_is_export(model));
    return off && !is_left_alone(model, vm);
}

static char *excluded_words(const Model *now, guint vm)
{
    return g_strdup_printf("its host %s is named by exclude_hosts",
                           now->snapshot->hosts[now->vms[vm].host].name);
}

static char *added_words(guint times, const char *key)
{
    return g_strdup_printf("it was added to %u %s already (%s)", times, word_for(times, "time", "times"),
                           key);
}

/* Additions count within memory_cap_window_s; under strategy=threshold, as it was published, for ever. */
static char *steps_refusal(const Situation *situation, guint vm)
{
    const Model *start = situation->start;
    const Policy *policy = start->policy;
    gboolean ever = policy->strategy == STRATEGY_THRESHOLD;
    gint64 since = start->snapshot->info.taken_at - (gint64)policy->memory_cap_window_s;
    const VmHistory *past = situation_history(situation, vm);
    guint times = ever ? past->memory_additions : history_memory_additions_since(past, since);
    if (times < policy->memory_max_steps)
        return NULL;
    return ever ? added_words(times, "memory_max_steps")
                : g_strdup_printf("it was added to %u %s in the last %.0f s (memory_max_steps)", times,
                                  word_for(times, "time", "times"), policy->memory_cap_window_s);
}

char *growth_cap_refusal(const Situation *situation, guint vm, double to_mib)
{
    const Model *start = situation->start;
    double before = history_memory_before(situation_history(situation, vm), start->vms[vm].memory_mib);
    if (to_mib <= growth_memory_cap(situation, vm))
        return NULL;
    return before < start->vms[vm].memory_mib
               ? g_strdup_printf(
                     "%.0f MiB would be more than memory_max_growth_pct allows above the %.0f MiB "
                     "that it had before it was first added to",
                     to_mib, before)
               : g_strdup_printf("%.0f MiB would be more than memory_max_growth_pct allows", to_mib);
}

/* What an addition leaves unreserved, of a VM that has all of its memory reserved; NULL where it has not. */
static char *reservation_words(const Vm *row, double was_mib, double to_mib)
{
    double reserved = row->memory_reservation_mib;
    if (row->memory_reservation_locked == 1 || !(reserved > 0 && reserved >= was_mib && to_mib > reserved))
        return NULL;
    return g_strdup_printf("; the reservation stays at %.0f MiB: what is added beyond is not reserved",
                           reserved);
}

char *growth_memory_refusal(const Situation *situation, const Model *now, guint vm, double to_mib)
{
    const Vm *row = now->vms[vm].row;
    if (is_left_alone(now, vm))
        return compatibility_immovable(situation->compatibility, vm);
    char *steps = steps_refusal(situation, vm);
    if (steps)
        return steps;
    if (growth_hot_add_is_off(now, vm))
        return g_strdup(row->memory_hot_add == 0 ? "memory hot-add is off"
                                                 : "it is not known whether memory hot-add is on");
    if (model_is_excluded(now, (guint)now->vms[vm].host))
        return excluded_words(now, vm);
    if (row->fault_tolerance == 1)
        return g_strdup("fault tolerance is on: its size is fixed");
    if (list_contains(row->disabled_methods, "ReconfigVM_Task"))
        return g_strdup("reconfiguration is disabled (disabled_methods)");
    double limit = hot_add_limit(row);
    if (to_mib > limit)
        return g_strdup_printf("%.0f MiB would be above its hot-add limit of %.0f MiB", to_mib, limit);
    if (row->memory_limit_mib < to_mib)
        return g_strdup_printf("its memory limit of %.0f MiB is below %.0f MiB: raise the limit first",
                               row->memory_limit_mib, to_mib);
    return pressure_words(now->snapshot, row, now->vms[vm].host_memory);
}

/* KiB that could be added and the others still bear the loss of the largest host, where they have to */
static double failover_room(const Model *model, guint cluster)
{
    gboolean must = model->policy->ha_check == HA_CHECK_HARD && failover_is_checked(model, cluster);
    return must ? MAX(0, -failover_lack(model, cluster, RESOURCE_HOST_MEMORY)) : INFINITY;
}

double growth_cluster_room(const Model *model, guint cluster)
{
    return MIN(model->buffer_memory[cluster], failover_room(model, cluster));
}

/* What its host, its cluster and its pools have no room for. */
static char *obstacle_of_room(const Model *now, guint vm, double to_mib)
{
    const Snapshot *snapshot = now->snapshot;
    guint host = (guint)now->vms[vm].host;
    const ModelHost *at = &now->hosts[host];
    double kib = (to_mib - now->vms[vm].memory_mib) * 1024;
    double memory_pct = model_usage_pct(now, host, RESOURCE_HOST_MEMORY, kib);
    if (!at->usable)
        return g_strdup_printf("its host %s is %s", snapshot->hosts[host].name, state_names[at->state]);
    if (memory_pct > at->threshold[RESOURCE_HOST_MEMORY])
        return g_strdup_printf("its host %s would be hot: memory at %.1f %%", snapshot->hosts[host].name,
                               memory_pct);
    if (now->vms[vm].row->memory_reservation_locked == 1 &&
        (at->memory_reserved_mib * 1024 + kib > snapshot->hosts[host].memory_kib))
        return g_strdup_printf("its reservation is locked to its size, and its host %s cannot back more",
                               snapshot->hosts[host].name);
    if (kib > now->buffer_memory[at->cluster])
        return g_strdup_printf(
            "the buffer of %s has %.0f MiB left to give (buffer_reserve_pct kept), %.0f MiB are needed",
            snapshot->clusters[at->cluster].name, now->buffer_memory[at->cluster] / 1024, kib / 1024);
    if (kib > failover_room(now, (guint)at->cluster))
        return g_strdup("the cluster could then not bear the loss of its largest host (ha_check=hard)");
    for (int pool = now->vms[vm].row->pool; pool >= 0; pool = snapshot->pools[pool].parent) {
        double left = pool_limit(&snapshot->pools[pool], RESOURCE_HOST_MEMORY) - now->pool_memory[pool];
        if (kib > left)
            return g_strdup_printf(
                "the memory limit of resource pool %s leaves %.0f MiB, %.0f MiB are needed",
                snapshot->pools[pool].name, MAX(0, left) / 1024, kib / 1024);
    }
    return NULL;
}

char *growth_memory_obstacle(const Situation *situation, const Model *now, guint vm, double to_mib)
{
    char *why = growth_memory_refusal(situation, now, vm, to_mib);
    return why ? why : obstacle_of_room(now, vm, to_mib);
}

char *growth_memory_reason(const Model *now, guint vm, double was_mib, double to_mib)
{
    double used = now->vms[vm].demand[RESOURCE_MEMORY];
    g_autofree char *unreserved = reservation_words(now->vms[vm].row, was_mib, to_mib);
    return g_strdup_printf("%s is short: its guest uses %.1f %% of %.0f MiB, above %g %%; %.1f %% after%s",
                           now->vms[vm].row->name, load_usage_pct(used, was_mib * 1024), was_mib,
                           now->policy->short_pct, load_usage_pct(used, to_mib * 1024),
                           unreserved ? unreserved : "");
}

void growth_stays_short(Decisions *decisions, const Model *now, guint vm, const char *why)
{
    const ModelVm *at = &now->vms[vm];
    double usage = load_usage_pct(at->demand[RESOURCE_MEMORY], at->memory_mib * 1024);
    decisions_add_unsolved(
        decisions, -1, (int)vm,
        g_strdup_printf("stays short: its guest uses %.1f %% of %.0f MiB; %s", usage, at->memory_mib, why));
}

void growth_advise_hot_add(Decisions *decisions, const Model *now, guint vm, double to_mib)
{
    const ModelVm *at = &now->vms[vm];
    Change advice = {.action = ACTION_ADD_MEMORY,
                     .vm = (int)vm,
                     .from = at->host,
                     .to = at->host,
                     .was = at->memory_mib,
                     .amount = to_mib};
    gboolean wide =
        at->vcpus > now->snapshot->hosts[at->host].cpu_cores / now->snapshot->hosts[at->host].numa_nodes;
    advice.reason = g_strdup_printf(
        "enable memory hot-add: it takes a power cycle, in which the size can be raised at once%s",
        wide ? "; CPU hot-add, if enabled too, costs this wide VM its vNUMA" : "");
    g_array_append_val(decisions->advice, advice);
}

double growth_legal_vcpus(const Model *model, guint vm)
{
    double socket = model->vms[vm].row->cores_per_socket;
    double least = model->vms[vm].vcpus + model->policy->cpu_step;
    return socket > 0 ? ceil(least / socket) * socket : least;
}

double growth_cpu_usage_pct(const Model *model, guint vm)
{
    const Assessed *assessed =
        assessment_find(model->assessment, model->snapshot->info.source_id, model->vms[vm].row->id);
    return model->vms[vm].measured ? assessed->loads[RESOURCE_CPU].usage_pct : NAN;
}

gboolean growth_wants_vcpus(const Model *model, guint vm)
{
    return growth_cpu_usage_pct(model, vm) > model->policy->vm_cpu_pct && !is_left_alone(model, vm);
}

char *growth_cpu_refusal(const Situation *situation, const Model *now, guint vm, double to_vcpus)
{
    const Vm *row = now->vms[vm].row;
    guint past = situation_history(situation, vm)->cpu_additions;
    if (is_left_alone(now, vm))
        return compatibility_immovable(situation->compatibility, vm);
    if (model_is_excluded(now, (guint)now->vms[vm].host))
        return excluded_words(now, vm);
    if (row->cpu_hot_add != 1 && !(row->cpu_hot_add < 0 && model_is_export(now)))
        return g_strdup("CPU hot-add is off");
    if (row->fault_tolerance == 1 || list_contains(row->disabled_methods, "ReconfigVM_Task"))
        return g_strdup("its size is fixed (fault tolerance or disabled_methods)");
    if (past >= now->policy->cpu_max_steps)
        return added_words(past, "cpu_max_steps");
    if (row->cpu_limit_mhz < to_vcpus * now->snapshot->hosts[now->vms[vm].host].core_mhz)
        return g_strdup("its CPU limit keeps more vCPUs from helping");
    return NULL;
}

char *growth_threads_words(const Host *host)
{
    return isnan(host->cpu_threads) ? g_strdup_printf("%s has an unknown number of threads", host->name)
                                    : g_strdup_printf("%s has %.0f threads", host->name, host->cpu_threads);
}

char *growth_cpu_obstacle(const Situation *situation, const Model *now, guint vm, double to_vcpus)
{
    const Vm *row = now->vms[vm].row;
    const Host *host = &now->snapshot->hosts[now->vms[vm].host];
    const ModelHost *at = &now->hosts[now->vms[vm].host];
    double mhz = (to_vcpus - now->vms[vm].vcpus) * host->core_mhz;
    char *why = growth_cpu_refusal(situation, now, vm, to_vcpus);
    if (why)
        return why;
    if (!(to_vcpus <= host->cpu_threads)) {
        g_autofree char *threads = growth_threads_words(host);
        return g_strdup_printf("its host %s", threads);
    }
    if (!at->usable || !model_stays_normal(now, (guint)now->vms[vm].host, NULL))
        return g_strdup_printf("its host %s is hot", host->name);
    if (!(mhz <= now->buffer_cpu[at->cluster]))
        return g_strdup("the cluster's CPU buffer has no room");
    for (int pool = row->pool; pool >= 0; pool = now->snapshot->pools[pool].parent)
        if (mhz > pool_limit(&now->snapshot->pools[pool], RESOURCE_CPU) - now->pool_cpu[pool])
            return g_strdup_printf("the CPU limit of resource pool %s leaves no room",
                                   now->snapshot->pools[pool].name);
    return NULL;
}
