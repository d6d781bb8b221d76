/* SPDX-License-Identifier: MIT */
#include "apply/maintenance.h"

#include "apply/managedobject.h"
#include "apply/tasks.h"
#include "collect/inventory.h"

#include <string.h>

#define VSAN_MODE "vsan_mode="

/* The VM's name is added where it runs on the host and has to leave it; one that has vanished does not. */
static gboolean look_at_vm(Vcenter *vcenter, const char *id, const char *host_id, GPtrArray *running,
                           GError **error)
{
    enum { NAME, POWER, HOST, AGENT, N_PATHS = AGENT + N_VM_AGENT };
    const char *paths[N_PATHS] = {[NAME] = "name", [POWER] = "runtime.powerState", [HOST] = "runtime.host"};
    memcpy(paths + AGENT, vm_agent_paths, sizeof vm_agent_paths);
    g_auto(ManagedObject) vm = {0};
    g_autoptr(GError) failure = NULL;
    if (!managed_object_read(&vm, vcenter, "VirtualMachine", id, paths, N_PATHS, &failure)) {
        if (g_error_matches(failure, SOAP_ERROR, SOAP_ERROR_FAULT))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (inventory_word(vm.texts[POWER], vsphere_vm_powers) == VM_POWER_ON &&
        g_strcmp0(vm.texts[HOST], host_id) == 0 && !inventory_is_agent((const char *const *)vm.texts + AGENT))
        g_ptr_array_add(running, g_strdup(vm.texts[NAME] ? vm.texts[NAME] : id));
    return TRUE;
}

GPtrArray *maintenance_running(Vcenter *vcenter, const char *host_id, GError **error)
{
    static const char *const paths[] = {"vm"};
    g_auto(ManagedObject) host = {0};
    if (!managed_object_read(&host, vcenter, "HostSystem", host_id, paths, G_N_ELEMENTS(paths), error))
        return NULL;
    g_autoptr(GPtrArray) running = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) ids = g_strsplit(host.texts[0] ? host.texts[0] : "", " ", -1);
    for (char **id = ids; *id && **id; id++)
        if (!look_at_vm(vcenter, *id, host_id, running, error))
            return NULL;
    return g_steal_pointer(&running);
}

char *maintenance_task(Vcenter *vcenter, const PlanRow *step, GError **error)
{
    return task_running_on(vcenter, "HostSystem", step->object_id,
                           step->action == ACTION_ENTER_MAINTENANCE ? "HostSystem.enterMaintenanceMode"
                                                                    : "HostSystem.exitMaintenanceMode",
                           error);
}

/* HostMaintenanceSpec: what vSAN shall do with the host's data; without it, vCenter's own default */
static void append_vsan_mode(GString *body, const char *args)
{
    g_auto(GStrv) words = g_strsplit(args, " ", -1);
    for (char **word = words; *word; word++) {
        if (!g_str_has_prefix(*word, VSAN_MODE))
            continue;
        g_string_append(body, "<maintenanceSpec><vsanMode><objectAction>");
        xml_append_text(body, *word + strlen(VSAN_MODE));
        g_string_append(body, "</objectAction></vsanMode></maintenanceSpec>");
        return;
    }
}

char *maintenance_begin(Vcenter *vcenter, const PlanRow *step, const char *operation, GError **error)
{
    g_autofree char *running = maintenance_task(vcenter, step, error);
    if (!running || *running)
        return g_steal_pointer(&running);
    gboolean enters = step->action == ACTION_ENTER_MAINTENANCE;
    GString *body = g_string_new(NULL);
    soap_append_reference(body, "_this", "HostSystem", step->object_id);
    g_string_append(body, "<timeout>0</timeout>");
    if (enters) {
        g_string_append(body, "<evacuatePoweredOffVms>false</evacuatePoweredOffVms>");
        append_vsan_mode(body, step->args);
    }
    return vcenter_change(vcenter, enters ? "EnterMaintenanceMode_Task" : "ExitMaintenanceMode_Task", body,
                          operation, error);
}
