/* SPDX-License-Identifier: MIT */
#include "collect/inventory.h"

#include "collect/escape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- which property is which column ---- */

enum { PLACE_NAME, PLACE_PARENT };
static const char *const place_paths[] = {[PLACE_NAME] = "name", [PLACE_PARENT] = "parent"};

enum { POOL_NAME, POOL_PARENT, POOL_OWNER, POOL_CPU, POOL_MEMORY };
static const char *const pool_paths[] = {
    [POOL_NAME] = "name",
    [POOL_PARENT] = "parent",
    [POOL_OWNER] = "owner",
    [POOL_CPU] = "config.cpuAllocation",       /* ResourceAllocationInfo: MHz, -1 for unlimited */
    [POOL_MEMORY] = "config.memoryAllocation", /* the same in MiB */
};

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
    HOST_TASKS,
};
static const char *const host_paths[] = {
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
    [HOST_TASKS] = "recentTask",
};

enum { TASK_WHAT, TASK_STATE };
static const char *const task_paths[] = {[TASK_WHAT] = "info.descriptionId", [TASK_STATE] = "info.state"};

enum {
    VM_NAME,
    VM_PARENT,
    VM_POOL,
    VM_HOST,
    VM_POWER,
    VM_CONNECTION,
    VM_TEMPLATE,
    VM_UUID,
    VM_GUEST,
    VM_VERSION,
    VM_MANAGER,
    VM_MANAGER_TYPE,
    VM_AGENT,
    VM_PASSTHROUGH,
    VM_AFFINITY,
    VM_VCPUS,
    VM_CORES,
    VM_MEMORY,
    VM_CPU_ALLOCATION,
    VM_MEMORY_ALLOCATION,
    VM_LOCKED,
    VM_CPU_HOT_ADD,
    VM_MEMORY_HOT_ADD,
    VM_HOT_ADD_LIMIT,
    VM_HOT_ADD_STEP,
    VM_EVC,
    VM_FAULT_TOLERANCE,
    VM_DISABLED,
    VM_DATASTORES,
    VM_NETWORKS,
    VM_ADDRESS,
    VM_GUEST_NAME,
    VM_ATTRIBUTES, /* the last: asked for only where the attribute "vmanger" exists */
};
static const char *const vm_paths[] = {
    [VM_NAME] = "name",
    [VM_PARENT] = "parent",
    [VM_POOL] = "resourcePool",
    [VM_HOST] = "runtime.host",
    [VM_POWER] = "runtime.powerState",
    [VM_CONNECTION] = "runtime.connectionState",
    [VM_TEMPLATE] = "config.template",
    [VM_UUID] = "config.instanceUuid",
    [VM_GUEST] = "config.guestId",
    [VM_VERSION] = "config.version",
    [VM_MANAGER] = "config.managedBy.extensionKey",
    [VM_MANAGER_TYPE] = "config.managedBy.type",
    /* single entries of an array by their keys: the whole of extraConfig is long */
    [VM_AGENT] = "config.extraConfig[\"HDCS.agent\"].value",
    [VM_PASSTHROUGH] = "config.extraConfig[\"pciPassthru0.pciSlotNumber\"].value",
    [VM_AFFINITY] = "config.cpuAffinity",
    [VM_VCPUS] = "config.hardware.numCPU",
    [VM_CORES] = "config.hardware.numCoresPerSocket",
    [VM_MEMORY] = "config.hardware.memoryMB",
    [VM_CPU_ALLOCATION] = "config.cpuAllocation",
    [VM_MEMORY_ALLOCATION] = "config.memoryAllocation",
    [VM_LOCKED] = "config.memoryReservationLockedToMax",
    [VM_CPU_HOT_ADD] = "config.cpuHotAddEnabled",
    [VM_MEMORY_HOT_ADD] = "config.memoryHotAddEnabled",
    [VM_HOT_ADD_LIMIT] = "config.hotPlugMemoryLimit",
    [VM_HOT_ADD_STEP] = "config.hotPlugMemoryIncrementSize",
    [VM_EVC] = "runtime.minRequiredEVCModeKey",
    [VM_FAULT_TOLERANCE] = "runtime.faultToleranceState",
    [VM_DISABLED] = "disabledMethod",
    [VM_DATASTORES] = "datastore",
    [VM_NETWORKS] = "network",
    [VM_ADDRESS] = "guest.ipAddress",
    [VM_GUEST_NAME] = "guest.hostName",
    [VM_ATTRIBUTES] = "customValue",
};

typedef struct Place {
    char *name, *parent, *path; /* path: from the datacenter down; NULL until asked for */
    gboolean is_datacenter;
} Place;

static void place_free(gpointer data)
{
    Place *place = data;
    g_free(place->name);
    g_free(place->parent);
    g_free(place->path);
    g_free(place);
}

/* ---- values ---- */

double inventory_parse(const char *text)
{
    char *end = NULL;
    double number = text && *text ? g_ascii_strtod(text, &end) : NAN;
    return end && !*end && isfinite(number) ? number : NAN;
}

int inventory_flag(const char *text)
{
    return !text ? -1 : strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
}

/* A property that could not be read leaves its cell empty, with one warning for all objects. */
static void warn_of_fault(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                          guint index)
{
    const SoapFault *fault = &object->faults[index];
    g_autofree char *key = g_strdup_printf("%s %s %s", query->kind, query->paths[index], fault->type);
    if (!g_hash_table_add(inventory->warned, g_strdup(key)))
        return;
    const char *privilege = element_text(fault->detail, "privilegeId");
    g_autofree char *reason = escape_for_terminal(*fault->message ? fault->message : fault->type);
    if (strcmp(fault->type, "NoPermission") == 0)
        g_ptr_array_add(
            inventory->warnings,
            g_strdup_printf("%s: %s cannot be read: the account lacks the privilege %s (first at %s)",
                            query->kind, query->paths[index], privilege ? privilege : "System.Read",
                            object->id));
    else
        g_ptr_array_add(inventory->warnings,
                        g_strdup_printf("%s: %s cannot be read: %s: %s (first at %s)", query->kind,
                                        query->paths[index], fault->type, reason, object->id));
}

const Element *inventory_value(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                               guint index)
{
    if (object->faults[index].type)
        warn_of_fault(inventory, query, object, index);
    return object->values[index];
}

const char *inventory_text(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                           guint index)
{
    const Element *value = inventory_value(inventory, query, object, index);
    return value ? value->text : NULL;
}

double inventory_number(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                        guint index)
{
    return inventory_parse(inventory_text(inventory, query, object, index));
}

static int flag_of(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                   guint index)
{
    return inventory_flag(inventory_text(inventory, query, object, index));
}

static const char *string_of(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                             guint index)
{
    return snapshot_string(inventory->snapshot, inventory_text(inventory, query, object, index));
}

/* the position of a text in a NULL-terminated list; -1 where it is not there */
static int word_of(const char *text, const char *const *words)
{
    for (int i = 0; text && words[i]; i++)
        if (strcmp(text, words[i]) == 0)
            return i;
    return -1;
}

const char *inventory_id(Inventory *inventory, const char *id)
{
    if (!id)
        return "";
    g_autofree char *clean = escape_id(id);
    return snapshot_string(inventory->snapshot, clean);
}

const char *inventory_list(Inventory *inventory, const Element *first, const char *name)
{
    g_autoptr(GString) list = g_string_new(NULL);
    for (const Element *one = first; one; one = one->next) {
        if (strcmp(one->name, name) != 0)
            continue;
        g_autofree char *id = escape_id(one->text);
        g_string_append_printf(list, "%s%s", list->len ? " " : "", id);
    }
    return snapshot_string(inventory->snapshot, list->str);
}

/* an array of references or of strings, whatever its elements are called */
static const char *list_of(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                           guint index)
{
    const Element *value = inventory_value(inventory, query, object, index);
    return value && value->first ? inventory_list(inventory, value->first, value->first->name) : "";
}

const char *inventory_name(Inventory *inventory, const char *name)
{
    g_autoptr(GString) decoded = g_string_new(NULL);
    for (const char *at = name; *at; at++) {
        char c = g_ascii_strncasecmp(at, "%2f", 3) == 0   ? '/'
                 : g_ascii_strncasecmp(at, "%5c", 3) == 0 ? '\\'
                 : strncmp(at, "%25", 3) == 0             ? '%'
                                                          : '\0';
        g_string_append_c(decoded, c ? c : *at);
        at += c ? 2 : 0;
    }
    return snapshot_string(inventory->snapshot, decoded->str);
}

/* What every object must have. Without it the tables would lie, and so there are none. */
static gboolean refuse(const Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                       guint index, GError **error)
{
    const SoapFault *fault = &object->faults[index];
    const char *privilege = element_text(fault->detail, "privilegeId");
    g_autofree char *name = escape_for_message(object->values[0] ? object->values[0]->text : object->id);
    g_set_error(
        error, VMANGER_ERROR, 0,
        "%s: %s %s: %s cannot be read (%s): expected the privilege %s on every host, VM, cluster and pool; "
        "the role Read-only at the vCenter's root, propagated, has it",
        inventory->vcenter->connection->url, query->kind, name, query->paths[index],
        fault->type ? fault->type : "it is not set", privilege ? privilege : "System.Read");
    return FALSE;
}

/* FALSE and an error where one of the properties (ended by -1) has a fault */
static gboolean require(const Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                        const int *indices, GError **error)
{
    for (; *indices >= 0; indices++)
        if (object->faults[*indices].type)
            return refuse(inventory, query, object, (guint)*indices, error);
    return TRUE;
}

/* ---- reading a table page by page ---- */

#define MOST_COUNTERS 6

/* A query and the counts that grow with it, which go back where a page is read anew. */
typedef struct Reading {
    Inventory *inventory;
    const PropertyQuery *query;
    const char *progress; /* "VMs" */
    guint *counters[MOST_COUNTERS], marks[MOST_COUNTERS];
} Reading;

static void begin_page(gboolean first, gpointer data)
{
    Reading *reading = data;
    for (guint i = 0; i < MOST_COUNTERS && reading->counters[i]; i++)
        *reading->counters[i] = reading->marks[i] = first ? 0 : reading->marks[i];
}

static void end_page(gpointer data)
{
    Reading *reading = data;
    for (guint i = 0; i < MOST_COUNTERS && reading->counters[i]; i++)
        reading->marks[i] = *reading->counters[i];
    if (reading->progress)
        program_progress(reading->inventory->program, "reading %s: %u", reading->progress,
                         *reading->counters[0]);
}

/* ---- the tree ---- */

void inventory_keep_place(Inventory *inventory, const PropertyObject *object, const char *name,
                          const char *parent)
{
    Place *place = g_new0(Place, 1);
    place->name = g_strdup(name);
    place->parent = g_strdup(parent ? parent : "");
    place->is_datacenter = strcmp(object->kind, "Datacenter") == 0;
    g_hash_table_replace(inventory->places, g_strdup(object->id), place);
}

static gboolean take_place(const PropertyObject *object, gpointer data, GError **error)
{
    (void)error;
    Reading *reading = data;
    const char *name = inventory_text(reading->inventory, reading->query, object, PLACE_NAME);
    const char *parent = inventory_text(reading->inventory, reading->query, object, PLACE_PARENT);
    inventory_keep_place(reading->inventory, object,
                         inventory_name(reading->inventory, name ? name : object->id), parent);
    return TRUE;
}

/* The names from the datacenter down to a place; depth ends a tree that bites its tail. */
static const char *path_of(const Inventory *inventory, const char *id, guint depth)
{
    Place *place = g_hash_table_lookup(inventory->places, id);
    if (!place || depth == 0)
        return "";
    if (!place->path) {
        const char *above = place->is_datacenter ? "" : path_of(inventory, place->parent, depth - 1);
        place->path = g_strdup_printf("%s%s%s", above, *above ? "/" : "", place->name);
    }
    return place->path;
}

#define MOST_PATH 64

/* The same below the datacenter's folder "vm", as people see it. */
static const char *folder_of(const Inventory *inventory, const char *id)
{
    const char *path = path_of(inventory, id, MOST_PATH);
    for (int hidden = 0; hidden < 2; hidden++) {
        const char *slash = strchr(path, '/');
        path = slash ? slash + 1 : "";
    }
    return path;
}

/* ---- clusters and pools ---- */

static gboolean take_cluster(const PropertyObject *object, gpointer data, GError **error)
{
    Reading *reading = data;
    static const int required[] = {0, -1};
    return require(reading->inventory, reading->query, object, required, error) &&
           inventory_take_cluster(reading->inventory, reading->query, object);
}

/* ResourceAllocationInfo: -1 is unlimited */
static double limit_of(const Element *allocation)
{
    double limit = inventory_parse(element_text(allocation, "limit"));
    return limit < 0 ? INFINITY : limit;
}

static gboolean take_pool(const PropertyObject *object, gpointer data, GError **error)
{
    Reading *reading = data;
    Inventory *inventory = reading->inventory;
    static const int required[] = {POOL_NAME, POOL_OWNER, -1};
    if (!require(inventory, reading->query, object, required, error))
        return FALSE;
    const Element *parent = inventory_value(inventory, reading->query, object, POOL_PARENT);
    const Element *cpu = inventory_value(inventory, reading->query, object, POOL_CPU);
    const Element *memory = inventory_value(inventory, reading->query, object, POOL_MEMORY);
    Pool pool = pool_unknown();
    pool.id = inventory_id(inventory, object->id);
    pool.name =
        inventory_name(inventory, object->values[POOL_NAME] ? object->values[POOL_NAME]->text : object->id);
    gboolean nested =
        parent && (strcmp(parent->kind, "ResourcePool") == 0 || strcmp(parent->kind, "VirtualApp") == 0);
    pool.parent_id = nested ? inventory_id(inventory, parent->text) : "";
    pool.cluster_id = inventory_id(inventory, inventory_text(inventory, reading->query, object, POOL_OWNER));
    pool.cpu_reservation_mhz = inventory_parse(element_text(cpu, "reservation"));
    pool.cpu_limit_mhz = limit_of(cpu);
    pool.cpu_expandable = inventory_flag(element_text(cpu, "expandableReservation"));
    pool.cpu_shares = inventory_parse(element_text(cpu, "shares.shares"));
    pool.memory_reservation_mib = inventory_parse(element_text(memory, "reservation"));
    pool.memory_limit_mib = limit_of(memory);
    pool.memory_expandable = inventory_flag(element_text(memory, "expandableReservation"));
    pool.memory_shares = inventory_parse(element_text(memory, "shares.shares"));
    snapshot_add_pool(inventory->snapshot, &pool);
    return TRUE;
}

/* ---- hosts ---- */

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
    if (flag_of(inventory, query, object, HOST_MAINTENANCE) == 1)
        return HOST_MODE_MAINTENANCE;
    const Element *tasks = inventory_value(inventory, query, object, HOST_TASKS);
    for (const Element *task = tasks ? tasks->first : NULL; task; task = task->next)
        g_hash_table_insert(inventory->entering, g_strdup(task->text), g_strdup(object->id));
    return flag_of(inventory, query, object, HOST_QUARANTINE) == 1 ? HOST_MODE_QUARANTINE : HOST_MODE_NORMAL;
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

static gboolean take_host(const PropertyObject *object, gpointer data, GError **error)
{
    Reading *reading = data;
    Inventory *inventory = reading->inventory;
    const PropertyQuery *query = reading->query;
    static const int required[] = {HOST_NAME,     HOST_PARENT, HOST_CONNECTION, HOST_POWER, HOST_MAINTENANCE,
                                   HOST_HARDWARE, -1};
    static const char *const connections[] = {"connected", "notResponding", "disconnected", NULL};
    static const char *const powers[] = {"poweredOn", "standBy", "poweredOff", "unknown", NULL};
    if (!require(inventory, query, object, required, error))
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
    int power = word_of(inventory_text(inventory, query, object, HOST_POWER), powers);
    int connection = word_of(inventory_text(inventory, query, object, HOST_CONNECTION), connections);
    host.id = inventory_id(inventory, object->id);
    host.name = inventory_name(inventory, name ? name : object->id);
    host.address =
        snapshot_string(inventory->snapshot, element_text(vnics ? vnics->first : NULL, "spec.ip.ipAddress"));
    host.cluster_id = inventory_id(inventory, inventory_text(inventory, query, object, HOST_PARENT));
    host.connection = connection < 0 ? CONNECTION_DISCONNECTED : connection;
    host.power = power < 0 ? HOST_POWER_UNKNOWN : power;
    host.mode = host_mode(inventory, query, object);
    host.standby_supported = flag_of(inventory, query, object, HOST_STANDBY);
    host.evc_mode = string_of(inventory, query, object, HOST_EVC);
    host.net_capacity_kibps = net_capacity(inventory_value(inventory, query, object, HOST_PNICS));
    host.vmotion = flag_of(inventory, query, object, HOST_VMOTION);
    host.datastores = list_of(inventory, query, object, HOST_DATASTORES);
    host.networks = list_of(inventory, query, object, HOST_NETWORKS);
    snapshot_add_host(inventory->snapshot, &host);
    return TRUE;
}

/* ---- VMs ---- */

/* Solutions that run VMs of their own: vCLS and ESX agents; SRM's placeholders. */
static int role_of(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                   const char *manager)
{
    const char *type = inventory_text(inventory, query, object, VM_MANAGER_TYPE);
    const char *agent = inventory_text(inventory, query, object, VM_AGENT);
    const char *address = inventory_text(inventory, query, object, VM_ADDRESS);
    const char *name = inventory_text(inventory, query, object, VM_GUEST_NAME);
    const Vcenter *vcenter = inventory->vcenter;
    g_autoptr(GUri) url = g_uri_parse(vcenter->connection->url, G_URI_FLAGS_NONE, NULL);
    if ((agent && g_ascii_strcasecmp(agent, "true") == 0) || strcmp(manager, "com.vmware.vim.eam") == 0 ||
        g_strcmp0(type, "cluster-agent") == 0)
        return VM_ROLE_SYSTEM;
    if (g_str_has_prefix(manager, "com.vmware.vcDr") && g_strcmp0(type, "placeholderVm") == 0)
        return VM_ROLE_PLACEHOLDER;
    if (vcenter->is_vcenter && ((address && *address && strcmp(address, soap_peer(vcenter->soap)) == 0) ||
                                (name && *name && url && g_ascii_strcasecmp(name, g_uri_get_host(url)) == 0)))
        return VM_ROLE_VCENTER;
    if (inventory->ignore_key == 0)
        return -1;
    const Element *attributes = inventory_value(inventory, query, object, VM_ATTRIBUTES);
    for (const Element *one = attributes ? attributes->first : NULL; one; one = one->next)
        if (inventory_parse(element_text(one, "key")) == inventory->ignore_key &&
            g_strcmp0(element_text(one, "value"), "ignore") == 0)
            return VM_ROLE_IGNORE;
    return -1;
}

/* What can be told of a VM's ties to its host without its devices: CheckRelocate finds the others. */
static const char *pin_of(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object)
{
    const Element *affinity = inventory_value(inventory, query, object, VM_AFFINITY);
    if (inventory_text(inventory, query, object, VM_PASSTHROUGH))
        return "PCI passthrough device";
    return affinity && element_at(affinity, "affinitySet") ? "CPU affinity" : "";
}

static void read_size(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object, Vm *vm)
{
    const Element *cpu = inventory_value(inventory, query, object, VM_CPU_ALLOCATION);
    const Element *memory = inventory_value(inventory, query, object, VM_MEMORY_ALLOCATION);
    vm->vcpus = inventory_number(inventory, query, object, VM_VCPUS);
    vm->cores_per_socket = inventory_number(inventory, query, object, VM_CORES);
    vm->memory_mib = inventory_number(inventory, query, object, VM_MEMORY);
    vm->cpu_reservation_mhz = inventory_parse(element_text(cpu, "reservation"));
    vm->cpu_limit_mhz = limit_of(cpu);
    vm->cpu_shares = inventory_parse(element_text(cpu, "shares.shares"));
    vm->memory_reservation_mib = inventory_parse(element_text(memory, "reservation"));
    vm->memory_limit_mib = limit_of(memory);
    vm->memory_shares = inventory_parse(element_text(memory, "shares.shares"));
    vm->memory_reservation_locked = flag_of(inventory, query, object, VM_LOCKED);
    vm->cpu_hot_add = flag_of(inventory, query, object, VM_CPU_HOT_ADD);
    vm->memory_hot_add = flag_of(inventory, query, object, VM_MEMORY_HOT_ADD);
    vm->memory_hot_add_limit_mib = inventory_number(inventory, query, object, VM_HOT_ADD_LIMIT);
    vm->memory_hot_add_step_mib = inventory_number(inventory, query, object, VM_HOT_ADD_STEP);
}

/* Counts a VM that is not taken; FALSE for one that is. */
static gboolean leave_out(Inventory *inventory, const PropertyObject *object)
{
    const Element *connection = object->values[VM_CONNECTION], *is_template = object->values[VM_TEMPLATE];
    LeftOut reason = N_LEFT_OUT;
    if (connection && strcmp(connection->text, "orphaned") == 0)
        reason = LEFT_OUT_ORPHANED;
    else if (connection && strcmp(connection->text, "inaccessible") == 0)
        reason = LEFT_OUT_INACCESSIBLE;
    else if (is_template && inventory_flag(is_template->text) == 1)
        reason = LEFT_OUT_TEMPLATES;
    else if ((!object->values[VM_VCPUS] && !object->faults[VM_VCPUS].type) ||
             (!object->values[VM_HOST] && !object->faults[VM_HOST].type))
        reason = LEFT_OUT_UNCONFIGURED;
    if (reason == N_LEFT_OUT)
        return FALSE;
    inventory->left_out[reason]++;
    return TRUE;
}

static gboolean take_vm(const PropertyObject *object, gpointer data, GError **error)
{
    Reading *reading = data;
    Inventory *inventory = reading->inventory;
    const PropertyQuery *query = reading->query;
    static const int required[] = {VM_NAME,     VM_HOST,  VM_POWER,  VM_CONNECTION,
                                   VM_TEMPLATE, VM_VCPUS, VM_MEMORY, -1};
    static const char *const powers[] = {"poweredOn", "poweredOff", "suspended", NULL};
    static const char *const connections[] = {"connected", "disconnected", "inaccessible",
                                              "invalid",   "orphaned",     NULL};
    if (leave_out(inventory, object))
        return TRUE;
    if (!require(inventory, query, object, required, error))
        return FALSE;
    const char *name = inventory_text(inventory, query, object, VM_NAME);
    const char *tolerance = inventory_text(inventory, query, object, VM_FAULT_TOLERANCE);
    Vm vm = vm_unknown();
    vm.id = inventory_id(inventory, object->id);
    vm.name = inventory_name(inventory, name ? name : object->id);
    vm.folder = inventory_id(inventory,
                             inventory_text(inventory, query, object, VM_PARENT)); /* its path comes later */
    vm.instance_uuid = string_of(inventory, query, object, VM_UUID);
    vm.pool_id = inventory_id(inventory, inventory_text(inventory, query, object, VM_POOL));
    vm.host_id = inventory_id(inventory, inventory_text(inventory, query, object, VM_HOST));
    vm.power = word_of(inventory_text(inventory, query, object, VM_POWER), powers);
    vm.connection = word_of(inventory_text(inventory, query, object, VM_CONNECTION), connections);
    vm.guest_id = string_of(inventory, query, object, VM_GUEST);
    vm.hardware_version = string_of(inventory, query, object, VM_VERSION);
    vm.managed_by = string_of(inventory, query, object, VM_MANAGER);
    vm.role = role_of(inventory, query, object, vm.managed_by);
    read_size(inventory, query, object, &vm);
    vm.evc_required = string_of(inventory, query, object, VM_EVC);
    vm.fault_tolerance = tolerance ? strcmp(tolerance, "notConfigured") != 0 : -1;
    vm.disabled_methods = list_of(inventory, query, object, VM_DISABLED);
    vm.datastores = list_of(inventory, query, object, VM_DATASTORES);
    vm.networks = list_of(inventory, query, object, VM_NETWORKS);
    vm.pinned = snapshot_string(inventory->snapshot, pin_of(inventory, query, object));
    snapshot_add_vm(inventory->snapshot, &vm);
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
static gboolean read_tasks(Inventory *inventory, GError **error)
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

/* ---- the custom attribute ---- */

static gboolean take_attributes(const PropertyObject *object, gpointer data, GError **error)
{
    (void)error;
    Inventory *inventory = data;
    const Element *fields = object->values[0];
    for (const Element *field = fields ? fields->first : NULL; field; field = field->next) {
        double key = inventory_parse(element_text(field, "key"));
        if (g_strcmp0(element_text(field, "name"), "vmanger") == 0 && key > 0 && key < G_MAXINT)
            inventory->ignore_key = (int)key;
    }
    return TRUE;
}

static gboolean find_attribute(Inventory *inventory, GError **error)
{
    static const char *const paths[] = {"field"};
    const char *id = vcenter_manager(inventory->vcenter, "customFieldsManager");
    const char *const ids[] = {id, NULL};
    if (!id) /* an ESXi host has none */
        return TRUE;
    PropertyQuery query = {.kind = "CustomFieldsManager",
                           .paths = paths,
                           .n_paths = 1,
                           .ids = ids,
                           .take = take_attributes,
                           .data = inventory};
    return properties_retrieve(inventory->vcenter, &query, 1, error);
}

/* ---- all of it ---- */

enum { READ_FOLDERS, READ_DATACENTERS, READ_CLUSTERS, READ_POOLS, READ_HOSTS, READ_VMS, N_READINGS };

static gboolean read_tables(Inventory *inventory, GError **error)
{
    static const char *const kinds[] = {
        "Folder", "Datacenter", "ComputeResource", "ResourcePool", "HostSystem", "VirtualMachine", NULL};
    g_autofree char *view = properties_view(inventory->vcenter, kinds, error);
    if (!view)
        return FALSE;
    Snapshot *s = inventory->snapshot;
    guint *left_out = inventory->left_out;
    guint n_vm_paths = G_N_ELEMENTS(vm_paths) - (inventory->ignore_key == 0);
    PropertyQuery queries[N_READINGS] = {
        [READ_FOLDERS] = {.paths = place_paths, .n_paths = G_N_ELEMENTS(place_paths), .take = take_place},
        [READ_DATACENTERS] = {.paths = place_paths, .n_paths = G_N_ELEMENTS(place_paths), .take = take_place},
        [READ_CLUSTERS] = {.paths = cluster_paths, .n_paths = n_cluster_paths, .take = take_cluster},
        [READ_POOLS] = {.paths = pool_paths, .n_paths = G_N_ELEMENTS(pool_paths), .take = take_pool},
        [READ_HOSTS] = {.paths = host_paths, .n_paths = G_N_ELEMENTS(host_paths), .take = take_host},
        [READ_VMS] = {.paths = vm_paths, .n_paths = n_vm_paths, .take = take_vm},
    };
    Reading readings[N_READINGS] = {
        [READ_CLUSTERS] = {.counters = {&s->n_clusters, &s->n_rules, &left_out[LEFT_OUT_DEPENDENCIES]}},
        [READ_POOLS] = {.counters = {&s->n_pools}},
        [READ_HOSTS] = {.counters = {&s->n_hosts, &left_out[LEFT_OUT_UNKNOWN_HOSTS]}, .progress = "hosts"},
        [READ_VMS] = {.counters = {&s->n_vms, &left_out[LEFT_OUT_TEMPLATES], &left_out[LEFT_OUT_ORPHANED],
                                   &left_out[LEFT_OUT_INACCESSIBLE], &left_out[LEFT_OUT_UNCONFIGURED]},
                      .progress = "VMs"},
    };
    for (int i = 0; i < N_READINGS; i++) {
        readings[i].inventory = inventory;
        readings[i].query = &queries[i];
        queries[i].kind = kinds[i];
        queries[i].view = view;
        queries[i].begin = begin_page;
        queries[i].page = end_page;
        queries[i].data = &readings[i];
        queries[i].warnings = inventory->warnings;
    }
    if (!properties_retrieve(inventory->vcenter, queries, N_READINGS, error))
        return FALSE;
    for (int i = 0; i < N_READINGS; i++)
        left_out[LEFT_OUT_VANISHED] += queries[i].vanished;
    return TRUE;
}

static GHashTable *index_rows(const void *rows, guint n, gsize size)
{
    GHashTable *index = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < n; i++) /* every row begins with its id */
        g_hash_table_insert(index, *(gpointer *)((char *)rows + i * size), GUINT_TO_POINTER(i + 1));
    return index;
}

/* What a VM's row can only say once hosts, pools and folders are known. FALSE: it is left out. */
static gboolean place_vm(Inventory *inventory, Vm *vm, GHashTable *hosts, GHashTable *pools, GError **error)
{
    Snapshot *snapshot = inventory->snapshot;
    guint host = GPOINTER_TO_UINT(g_hash_table_lookup(hosts, vm->host_id));
    if (host == 0 && g_hash_table_contains(inventory->strangers, vm->host_id)) {
        inventory->left_out[LEFT_OUT_STRANDED]++;
        return FALSE;
    }
    if (host == 0) {
        g_autofree char *name = escape_for_message(vm->name);
        g_set_error(
            error, VMANGER_ERROR, 0,
            "%s: VirtualMachine %s: its host %s cannot be seen: expected the privileges System.View and "
            "System.Read on every host; the role Read-only at the vCenter's root, propagated, has them",
            inventory->vcenter->connection->url, name, vm->host_id);
        return FALSE;
    }
    vm->cluster_id = snapshot->hosts[host - 1].cluster_id;
    guint pool = GPOINTER_TO_UINT(g_hash_table_lookup(pools, vm->pool_id));
    if (pool == 0 || strcmp(snapshot->pools[pool - 1].cluster_id, vm->cluster_id) != 0)
        vm->pool_id = "";
    vm->folder = snapshot_string(snapshot, folder_of(inventory, vm->folder));
    vm->drs_override = GPOINTER_TO_INT(g_hash_table_lookup(inventory->overrides, vm->id)) - 1;
    return TRUE;
}

static gboolean place_vms(Inventory *inventory, GHashTable *hosts, GHashTable *pools, GError **error)
{
    Snapshot *snapshot = inventory->snapshot;
    guint kept = 0;
    for (guint i = 0; i < snapshot->n_vms; i++) {
        g_autoptr(GError) failure = NULL;
        if (place_vm(inventory, &snapshot->vms[i], hosts, pools, &failure))
            snapshot->vms[kept++] = snapshot->vms[i];
        if (failure) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
    }
    snapshot->n_vms = kept;
    return TRUE;
}

/* Ids in the order of their numbers: vm-9, vm-10. */
static int compare_ids(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    while (*x && *x == *y && !g_ascii_isdigit(*x))
        x++, y++;
    if (!g_ascii_isdigit(*x) || !g_ascii_isdigit(*y))
        return strcmp(x, y);
    char *x_end, *y_end;
    guint64 m = g_ascii_strtoull(x, &x_end, 10), n = g_ascii_strtoull(y, &y_end, 10);
    return m != n ? (m < n ? -1 : 1) : compare_ids(&(const char *){x_end}, &(const char *){y_end});
}

static void sort_tables(Snapshot *s)
{
    qsort(s->clusters, s->n_clusters, sizeof *s->clusters, compare_ids);
    qsort(s->pools, s->n_pools, sizeof *s->pools, compare_ids);
    qsort(s->hosts, s->n_hosts, sizeof *s->hosts, compare_ids);
    qsort(s->vms, s->n_vms, sizeof *s->vms, compare_ids);
    qsort(s->rules, s->n_rules, sizeof *s->rules, compare_ids);
}

static gboolean assemble(Inventory *inventory, GError **error)
{
    Snapshot *s = inventory->snapshot;
    sort_tables(s);
    g_autoptr(GHashTable) hosts = index_rows(s->hosts, s->n_hosts, sizeof *s->hosts);
    g_autoptr(GHashTable) pools = index_rows(s->pools, s->n_pools, sizeof *s->pools);
    for (guint i = 0; i < s->n_clusters; i++)
        s->clusters[i].path = snapshot_string(s, path_of(inventory, s->clusters[i].id, MOST_PATH));
    for (guint i = 0; i < s->n_pools; i++)
        if (!g_hash_table_contains(pools, s->pools[i].parent_id)) /* or its parent cannot be seen */
            s->pools[i].parent_id = "";
    if (!place_vms(inventory, hosts, pools, error))
        return FALSE;
    g_autoptr(GHashTable) vms = index_rows(s->vms, s->n_vms, sizeof *s->vms);
    inventory_prune_clusters(inventory, hosts, vms);
    return TRUE;
}

static const char *describe_left_out(const Inventory *inventory)
{
    static const char *const names[N_LEFT_OUT] = {
        [LEFT_OUT_TEMPLATES] = "templates",
        [LEFT_OUT_ORPHANED] = "orphaned",
        [LEFT_OUT_INACCESSIBLE] = "inaccessible",
        [LEFT_OUT_UNCONFIGURED] = "unconfigured",
        [LEFT_OUT_UNKNOWN_HOSTS] = "hosts_without_hardware",
        [LEFT_OUT_STRANDED] = "vms_of_such_hosts",
        [LEFT_OUT_VANISHED] = "vanished",
        [LEFT_OUT_DEPENDENCIES] = "dependency_rules",
        [LEFT_OUT_RULES] = "empty_rules",
        [LEFT_OUT_RULE_MEMBERS] = "rule_members",
    };
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < N_LEFT_OUT; i++)
        if (inventory->left_out[i] > 0)
            g_string_append_printf(text, "%s%s=%u", text->len ? " " : "", names[i], inventory->left_out[i]);
    return snapshot_string(inventory->snapshot, text->str);
}

gboolean inventory_collect(Vcenter *vcenter, const Program *program, Snapshot *snapshot, GPtrArray *warnings,
                           GError **error)
{
    Inventory inventory = {
        .vcenter = vcenter, .program = program, .snapshot = snapshot, .warnings = warnings};
    inventory.warned = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    inventory.places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, place_free);
    inventory.overrides = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    inventory.strangers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    inventory.entering = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    gboolean ok = find_attribute(&inventory, error) && read_tables(&inventory, error) &&
                  read_tasks(&inventory, error) && assemble(&inventory, error) &&
                  snapshot_link(snapshot, error);
    snapshot->info.left_out = describe_left_out(&inventory);
    program_progress(program, NULL);
    g_hash_table_destroy(inventory.warned);
    g_hash_table_destroy(inventory.places);
    g_hash_table_destroy(inventory.overrides);
    g_hash_table_destroy(inventory.strangers);
    g_hash_table_destroy(inventory.entering);
    return ok;
}
