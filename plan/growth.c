/* SPDX-License-Identifier: MIT */
#include "plan/growth.h"

#include "plan/failover.h"
#include "plan/hardware.h"

#include <math.h>
#include <string.h>

#define LINUX_HOT_ADD_FLOOR_MIB 3072.0 /* a Linux guest that starts below this cannot grow past it */
#define MOST_HOT_ADDED_VCPUS 128.0     /* for a VM that starts with no more */
#define MOST_SOCKETS 128.0
#define HOT_ADD_LIMIT_TIMES 16.0 /* of the size at power-on, where the VM does not say */

/* ---- memory ---- */

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

double growth_hot_add_limit(const Vm *row)
{
    if (row->memory_hot_add_limit_mib >= row->memory_mib) /* else it cannot be true: it is not known */
        return row->memory_hot_add_limit_mib;
    double most = MIN(row->memory_mib * HOT_ADD_LIMIT_TIMES,
                      hardware_max_memory_mib(hardware_number(row->hardware_version)));
    gboolean small = is_linux(row->guest_id) && row->memory_mib < LINUX_HOT_ADD_FLOOR_MIB;
    return small ? MIN(most, LINUX_HOT_ADD_FLOOR_MIB) : most;
}

double growth_memory_cap(const Model *start, const Past *past, guint vm)
{
    return past_memory_before(past, start, vm) * (1 + start->policy->memory_max_growth_pct / 100);
}

double growth_largest_memory(const Model *start, const Past *past, guint vm)
{
    const Vm *row = start->vms[vm].row;
    double most = MIN(growth_memory_cap(start, past, vm), growth_hot_add_limit(row));
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

gboolean growth_is_left_alone(const Model *model, guint vm)
{
    const Vm *row = model->vms[vm].row;
    return model->vms[vm].system || policy_matches(model->policy->exclude_vms, row->folder, row->name) ||
           row->connection > VM_CONNECTED;
}

gboolean growth_hot_add_is_off(const Model *model, guint vm)
{
    int flag = model->vms[vm].row->memory_hot_add;
    gboolean off = flag == 0 || (flag < 0 && !model_is_export(model));
    return off && !growth_is_left_alone(model, vm);
}

gboolean growth_is_forbidden(const Model *model, guint vm, Obstacle *why)
{
    const Vm *row = model->vms[vm].row;
    if (policy_matches(model->policy->forbid_growth, row->folder, row->name))
        return !obstacle_set(why, OBSTACLE_FORBIDDEN_GROWTH, -1, "forbid_growth names it");
    return row->scsi_bus_sharing > SCSI_SHARING_NONE &&
           !obstacle_set(
               why, OBSTACLE_FAILOVER_CLUSTER, -1,
               "it shares a disk controller, as a node of a failover cluster does: those are not added to "
               "while they run");
}

double growth_failover_room(const Model *model, guint cluster)
{
    gboolean must = model->policy->ha_check == HA_CHECK_HARD && failover_is_checked(model, cluster);
    return must ? MAX(0, -failover_lack(model, cluster, RESOURCE_HOST_MEMORY)) : INFINITY;
}

double growth_cluster_room(const Model *model, guint cluster)
{
    double room = MIN(model->buffer_memory[cluster], growth_failover_room(model, cluster));
    return MAX(0, MIN(room, model->lendable[cluster]));
}

/* ---- vCPUs ---- */

double growth_most_vcpus(const Vm *row)
{
    double most = hardware_max_vcpus(hardware_number(row->hardware_version));
    if (row->vcpus <= MOST_HOT_ADDED_VCPUS)
        most = MIN(most, MOST_HOT_ADDED_VCPUS);
    if (row->cpu_hot_add_limit >= row->vcpus) /* else it cannot be true: it is not known */
        return row->cpu_hot_add_limit;
    return row->cores_per_socket > 0 ? MIN(most, MOST_SOCKETS * row->cores_per_socket) : most;
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
    return growth_cpu_usage_pct(model, vm) > model->policy->vm_cpu_pct && !growth_is_left_alone(model, vm);
}

char *growth_threads_words(const Host *host)
{
    return isnan(host->cpu_threads) ? g_strdup_printf("%s has an unknown number of threads", host->name)
                                    : g_strdup_printf("%s has %.0f threads", host->name, host->cpu_threads);
}
