/* SPDX-License-Identifier: MIT */
#include "analyze/roles.h"

#include <math.h>

gboolean host_is_available(const Host *host)
{
    return host->connection == CONNECTION_CONNECTED && host->power == HOST_POWER_ON &&
           host->mode == HOST_MODE_NORMAL;
}

gboolean host_is_in_quarantine(const Host *host)
{
    return host->connection == CONNECTION_CONNECTED && host->power == HOST_POWER_ON &&
           host->mode == HOST_MODE_QUARANTINE;
}

static gboolean is_known(const Assessed *assessed)
{
    return !isnan(assessed->loads[RESOURCE_CPU].demand) &&
           !isnan(assessed->loads[RESOURCE_HOST_MEMORY].demand);
}

gboolean host_is_usable(const Snapshot *snapshot, const Host *host, const Assessed *assessed)
{
    return host_is_available(host) && is_known(assessed) && !host_is_failover(snapshot, host);
}

gboolean host_is_relieved(const Snapshot *snapshot, const Host *host, const Assessed *assessed)
{
    return host_is_in_quarantine(host) && is_known(assessed) && !host_is_failover(snapshot, host);
}

/* As Horizon names them and their folder, where the source does not say. */
gboolean vm_is_clone_parent(const Vm *row)
{
    return row->instant_clone_parent == 1 || g_str_has_prefix(row->name, "cp-parent-") ||
           g_str_has_suffix(row->folder, "ClonePrepParentVmFolder");
}

gboolean vm_is_agent(const Vm *row)
{
    return row->role == VM_ROLE_SYSTEM || vm_is_clone_parent(row);
}

gboolean vm_is_system(const Policy *policy, const Vm *vm)
{
    return vm->role >= 0 || vm_is_clone_parent(vm) ||
           policy_matches(policy->system_vms, vm->folder, vm->name);
}

gboolean vm_memory_is_pinned(const Vm *vm)
{
    static const char *const devices[] = {"passthrough", "passed through", "passed-through", "passthru",
                                          "directpath",  "sr-iov",         "sriov",          "vgpu"};
    if (*vm->vgpu_profiles || vm->latency_sensitivity == LATENCY_HIGH)
        return TRUE;
    g_autofree char *pinned = g_ascii_strdown(vm->pinned, -1);
    for (guint i = 0; i < G_N_ELEMENTS(devices); i++)
        if (strstr(pinned, devices[i]))
            return TRUE;
    return FALSE;
}
