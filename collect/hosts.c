/* SPDX-License-Identifier: MIT */
/*
 * Hosts: HostSystem, and the tasks that bring one into maintenance mode.
 */
#include "collect/inventory.h"

#include <math.h>
#include <string.h>

enum {
    HOST_NAME,
    HOST_PARENT,
    HOST_CONNECTION,
    HOST_POWER,
    HOST_MAINTENANCE,
    HOST_QUARANTINE,
    HOST_STANDBY,
    HOST_HARDWARE,
    HOST_HZ,
    HOST_NUMA,
    HOST_EVC,
    HOST_VMOTION,
    HOST_PNICS,
    HOST_VNICS,
    HOST_DATASTORES,
    HOST_NETWORKS,
    HOST_PRODUCT,
    HOST_RELEASE,
    HOST_MAX_EVC,
    HOST_VGPUS,
    HOST_FAULT_DOMAIN,
    HOST_TASKS,
};
const char *const host_paths[] = {
    [HOST_NAME] = "name",
    [HOST_PARENT] = "parent",
    [HOST_CONNECTION] = "runtime.connectionState",
    [HOST_POWER] = "runtime.powerState",
    [HOST_MAINTENANCE] = "runtime.inMaintenanceMode",
    [HOST_QUARANTINE] = "runtime.inQuarantineMode",
    [HOST_STANDBY] = "capability.standbySupported",
    [HOST_HARDWARE] = "summary.hardware", /* HostHardwareSummary, which outlives a lost connection */
    [HOST_HZ] = "hardware.cpuInfo.hz",
    [HOST_NUMA] = "hardware.numaInfo.numNodes",
    [HOST_EVC] = "summary.currentEVCModeKey",
    [HOST_VMOTION] = "summary.config.vmotionEnabled",
    [HOST_PNICS] = "config.network.pnic",
    [HOST_VNICS] = "config.network.vnic",
    [HOST_DATASTORES] = "datastore",
    [HOST_NETWORKS] = "network",
    [HOST_PRODUCT] = "summary.config.product.name",
    [HOST_RELEASE] = "summary.config.product.version",
    [HOST_MAX_EVC] = "summary.maxEVCModeKey",
    [HOST_VGPUS] = "config.sharedPassthruGpuTypes",
    [HOST_FAULT_DOMAIN] = "config.vsanHostConfig.faultDomainInfo.name",
    [HOST_TASKS] = "recentTask",
};
const guint n_host_paths = G_N_ELEMENTS(host_paths);

enum { TASK_WHAT, TASK_STATE };
static const char *const task_paths[] = {[TASK_WHAT] = "info.descriptionId", [TASK_STATE] = "info.state"};

/* PhysicalNic.linkSpeed.speedMb of the cards with a link, in KiB/s; NAN where none has one */
static double net_capacity(const Element *pnics)
{
    double sum = NAN;
    for (const Element *nic = pnics ? pnics->first : NULL; nic; nic = nic->next) {
        double mbps = inventory_parse(element_text(nic, "linkSpeed.speedMb"));
        if (mbps > 0)
            sum = (isnan(sum) ? 0 : sum) + floor(mbps * 1000 * 1000 / 8 / 1024);
    }
    return sum;
}

static int host_mode(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object)
{
    if (inventory_flag_of(inventory, query, object, HOST_MAINTENANCE) == 1)
        return HOST_MODE_MAINTENANCE;
    const Element *tasks = inventory_value(inventory, query, object, HOST_TASKS);
    for (const Element *task = tasks ? tasks->first : NULL; task; task = task->next)
        g_hash_table_insert(inventory->entering, g_strdup(task->text), g_strdup(object->id));
    return inventory_flag_of(inventory, query, object, HOST_QUARANTINE) == 1 ? HOST_MODE_QUARANTINE
                                                                             : HOST_MODE_NORMAL;
}

static void read_hardware(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                          Host *host)
{
    const Element *hardware = inventory_value(inventory, query, object, HOST_HARDWARE);
    double hz = inventory_number(inventory, query, object, HOST_HZ);
    host->uuid = snapshot_string(inventory->snapshot, element_text(hardware, "uuid"));
    g_autofree char *model = g_strdup(element_text(hardware, "cpuModel"));
    host->cpu_model = snapshot_string(inventory->snapshot, model ? g_strstrip(model) : NULL);
    host->cpu_cores = inventory_parse(element_text(hardware, "numCpuCores"));
    host->cpu_threads = inventory_parse(element_text(hardware, "numCpuThreads"));
    host->core_mhz = table_round(hz > 0 ? hz / 1e6 : inventory_parse(element_text(hardware, "cpuMhz")));
    host->cpu_mhz = table_round(host->core_mhz * host->cpu_cores);
    host->memory_kib = floor(inventory_parse(element_text(hardware, "memorySize")) / 1024);
    double nodes = inventory_number(inventory, query, object, HOST_NUMA);
    host->numa_nodes = nodes > 0 ? nodes : NAN;
}

/* The hypervisor's release, and what goes with it. */
static void read_product(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                         Host *host)
{
    const char *product = inventory_text(inventory, query, object, HOST_PRODUCT);
    const char *release = inventory_text(inventory, query, object, HOST_RELEASE);
    g_autofree char *both = g_strdup_printf("%s %s", product ? product : "", release ? release : "");
    host->product = snapshot_string(inventory->snapshot, g_strstrip(both));
    host->evc_mode = inventory_string(inventory, query, object, HOST_EVC);
    host->max_evc_mode = inventory_string(inventory, query, object, HOST_MAX_EVC);
    host->vgpu_profiles = inventory_ids(inventory, query, object, HOST_VGPUS);
    host->vsan_fault_domain = inventory_string(inventory, query, object, HOST_FAULT_DOMAIN);
}

gboolean inventory_take_host(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                             GError **error)
{
    static const int required[] = {HOST_NAME,     HOST_PARENT, HOST_CONNECTION, HOST_POWER, HOST_MAINTENANCE,
                                   HOST_HARDWARE, -1};
    if (!inventory_require(inventory, query, object, required, error))
        return FALSE;
    Host host = host_unknown();
    read_hardware(inventory, query, object, &host);
    if (!(host.cpu_mhz > 0 && host.memory_kib > 0)) { /* never connected since it was added */
        g_hash_table_add(inventory->strangers, g_strdup(object->id));
        inventory->left_out[LEFT_OUT_UNKNOWN_HOSTS]++;
        return TRUE;
    }
    const char *name = inventory_text(inventory, query, object, HOST_NAME);
    const Element *vnics = inventory_value(inventory, query, object, HOST_VNICS);
    int power = inventory_word(inventory_text(inventory, query, object, HOST_POWER), vsphere_host_powers);
    int connection =
        inventory_word(inventory_text(inventory, query, object, HOST_CONNECTION), vsphere_host_connections);
    host.id = inventory_id(inventory, object->id);
    host.name = inventory_name(inventory, name ? name : object->id);
    host.address =
        snapshot_string(inventory->snapshot, element_text(vnics ? vnics->first : NULL, "spec.ip.ipAddress"));
    host.cluster_id = inventory_id(inventory, inventory_text(inventory, query, object, HOST_PARENT));
    host.connection = connection < 0 ? CONNECTION_DISCONNECTED : connection;
    host.power = power < 0 ? HOST_POWER_UNKNOWN : power;
    host.mode = host_mode(inventory, query, object);
    host.standby_supported = inventory_flag_of(inventory, query, object, HOST_STANDBY);
    read_product(inventory, query, object, &host);
    host.net_capacity_kibps = net_capacity(inventory_value(inventory, query, object, HOST_PNICS));
    host.vmotion = inventory_flag_of(inventory, query, object, HOST_VMOTION);
    host.datastores = inventory_ids(inventory, query, object, HOST_DATASTORES);
    host.networks = inventory_ids(inventory, query, object, HOST_NETWORKS);
    snapshot_add_host(inventory->snapshot, &host);
    return TRUE;
}

/* ---- hosts on their way into maintenance mode ---- */

static gboolean take_task(const PropertyObject *object, gpointer data, GError **error)
{
    (void)error;
    Inventory *inventory = data;
    const Element *what = object->values[TASK_WHAT], *state = object->values[TASK_STATE];
    const char *host = g_hash_table_lookup(inventory->entering, object->id);
    if (!host || !what || !state || strcmp(what->text, "HostSystem.enterMaintenanceMode") != 0 ||
        (strcmp(state->text, "running") != 0 && strcmp(state->text, "queued") != 0))
        return TRUE;
    for (guint i = 0; i < inventory->snapshot->n_hosts; i++) {
        Host *row = &inventory->snapshot->hosts[i];
        if (strcmp(row->id, host) == 0 && row->mode == HOST_MODE_NORMAL)
            row->mode = HOST_MODE_ENTERING;
    }
    return TRUE;
}

/* Only a running task tells. Tasks are forgotten at any time: one that is gone by now is no error. */
gboolean inventory_read_tasks(Inventory *inventory, GError **error)
{
    if (g_hash_table_size(inventory->entering) == 0)
        return TRUE;
    g_autofree char **ids = (char **)g_hash_table_get_keys_as_array(inventory->entering, NULL);
    PropertyQuery query = {.kind = "Task",
                           .paths = task_paths,
                           .n_paths = G_N_ELEMENTS(task_paths),
                           .ids = (const char *const *)ids,
                           .take = take_task,
                           .data = inventory};
    g_autoptr(GError) failure = NULL;
    if (properties_retrieve(inventory->vcenter, &query, 1, &failure))
        return TRUE;
    if (!g_error_matches(failure, SOAP_ERROR, SOAP_ERROR_FAULT)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    g_ptr_array_add(
        inventory->warnings,
        g_strdup_printf("recent tasks cannot be read, a host on its way into maintenance mode would not "
                        "be told: %s",
                        failure->message));
    return TRUE;
}
