/* SPDX-License-Identifier: MIT */
/*
 * Virtual machines: VirtualMachine. Of the whole of a VM only config.hardware.device is as long as all the
 * rest together; no shorter path tells what ties a VM to its host, as none chooses devices by their kind.
 */
#include "collect/inventory.h"

#include <math.h>
#include <string.h>

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
    VM_DEVICES,
    VM_SGX,
    VM_SEV,
    VM_LATENCY,
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
    VM_FT_INFO,
    VM_FROZEN,
    VM_FORK_PARENT,
    VM_DISABLED,
    VM_DATASTORES,
    VM_NETWORKS,
    VM_ADDRESS,
    VM_GUEST_NAME,
    VM_ATTRIBUTES, /* the last: asked for only where the attribute "vmanger" exists */
};

/* single entries of an array by their keys: the whole of extraConfig is long */
#define AGENT_FLAG "config.extraConfig[\"HDCS.agent\"].value"
#define MANAGER "config.managedBy.extensionKey"
#define MANAGER_TYPE "config.managedBy.type"

const char *const vm_paths[] = {
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
    [VM_MANAGER] = MANAGER,
    [VM_MANAGER_TYPE] = MANAGER_TYPE,
    [VM_AGENT] = AGENT_FLAG,
    [VM_DEVICES] = "config.hardware.device",
    [VM_SGX] = "config.sgxInfo.epcSize",
    [VM_SEV] = "config.sevEnabled",
    [VM_LATENCY] = "config.latencySensitivity.level",
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
    [VM_FT_INFO] = "config.ftInfo", /* FaultTolerancePrimaryConfigInfo or FaultToleranceSecondaryConfigInfo */
    [VM_FROZEN] = "runtime.instantCloneFrozen",
    [VM_FORK_PARENT] = "runtime.quiescedForkParent",
    [VM_DISABLED] = "disabledMethod",
    [VM_DATASTORES] = "datastore",
    [VM_NETWORKS] = "network",
    [VM_ADDRESS] = "guest.ipAddress",
    [VM_GUEST_NAME] = "guest.hostName",
    [VM_ATTRIBUTES] = "customValue",
};
const guint n_vm_paths = G_N_ELEMENTS(vm_paths);

const char *const vm_paths_since[G_N_ELEMENTS(vm_paths)] = {
    [VM_SGX] = "7.0.0.0",
    [VM_SEV] = "7.0.1.0",
    [VM_FROZEN] = "6.7.0.0",
};

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

gboolean inventory_find_attribute(Inventory *inventory, GError **error)
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

/* ---- VMs ---- */

const char *const vm_agent_paths[N_VM_AGENT] = {
    [VM_AGENT_MANAGER] = MANAGER,
    [VM_AGENT_TYPE] = MANAGER_TYPE,
    [VM_AGENT_FLAG] = AGENT_FLAG,
};

gboolean inventory_is_agent(const char *const texts[N_VM_AGENT])
{
    const char *flag = texts[VM_AGENT_FLAG];
    return (flag && g_ascii_strcasecmp(flag, "true") == 0) ||
           g_strcmp0(texts[VM_AGENT_MANAGER], "com.vmware.vim.eam") == 0 ||
           g_strcmp0(texts[VM_AGENT_TYPE], "cluster-agent") == 0;
}

/* Solutions that run VMs of their own: vCLS and ESX agents; SRM's placeholders. */
static int role_of(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                   const char *manager)
{
    const char *type = inventory_text(inventory, query, object, VM_MANAGER_TYPE);
    const char *const agent_texts[N_VM_AGENT] = {manager, type,
                                                 inventory_text(inventory, query, object, VM_AGENT)};
    const char *address = inventory_text(inventory, query, object, VM_ADDRESS);
    const char *name = inventory_text(inventory, query, object, VM_GUEST_NAME);
    const Vcenter *vcenter = inventory->vcenter;
    g_autoptr(GUri) url = g_uri_parse(vcenter->connection->url, G_URI_FLAGS_NONE, NULL);
    if (inventory_is_agent(agent_texts))
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

/* What ties a VM to its host while it runs. */
static void read_ties(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object, Vm *vm)
{
    static const char *const levels[] = {"low", "normal", "medium", "high", "custom", NULL};
    g_autoptr(GString) reasons = g_string_new(NULL);
    const Element *affinity = inventory_value(inventory, query, object, VM_AFFINITY);
    vm->latency_sensitivity = inventory_word(inventory_text(inventory, query, object, VM_LATENCY), levels);
    inventory_read_devices(inventory, inventory_value(inventory, query, object, VM_DEVICES), vm, reasons);
    if (inventory_number(inventory, query, object, VM_SGX) > 0)
        inventory_add_reason(reasons, "SGX enclave memory");
    if (inventory_flag_of(inventory, query, object, VM_SEV) == 1)
        inventory_add_reason(reasons, "SEV encrypted state");
    if (affinity && element_at(affinity, "affinitySet"))
        inventory_add_reason(reasons, "CPU affinity");
    vm->pinned = snapshot_string(inventory->snapshot, reasons->str);
}

/* Who protects whom; and the VM that instant clones share their memory with. */
static void read_kin(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object, Vm *vm)
{
    const char *state = inventory_text(inventory, query, object, VM_FAULT_TOLERANCE);
    const Element *info = inventory_value(inventory, query, object, VM_FT_INFO);
    int frozen = inventory_flag_of(inventory, query, object, VM_FROZEN);
    int forked = inventory_flag_of(inventory, query, object, VM_FORK_PARENT);
    vm->fault_tolerance = state ? strcmp(state, "notConfigured") != 0 : -1;
    vm->instant_clone_parent = MAX(frozen, forked);
    if (!info)
        return;
    double role = inventory_parse(element_text(info, "role")); /* 1, or that of a secondary: 2 and up */
    vm->ft_role = role == 1 ? FT_ROLE_PRIMARY : role > 1 ? FT_ROLE_SECONDARY : -1;
    vm->ft_partner_ids = inventory_list(inventory, info->first, role == 1 ? "secondaries" : "primaryVM");
}

static void read_size(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object, Vm *vm)
{
    const Element *cpu = inventory_value(inventory, query, object, VM_CPU_ALLOCATION);
    const Element *memory = inventory_value(inventory, query, object, VM_MEMORY_ALLOCATION);
    vm->vcpus = inventory_number(inventory, query, object, VM_VCPUS);
    vm->cores_per_socket = inventory_number(inventory, query, object, VM_CORES);
    vm->memory_mib = inventory_number(inventory, query, object, VM_MEMORY);
    vm->cpu_reservation_mhz = inventory_parse(element_text(cpu, "reservation"));
    vm->cpu_limit_mhz = inventory_limit(cpu);
    vm->cpu_shares = inventory_parse(element_text(cpu, "shares.shares"));
    vm->memory_reservation_mib = inventory_parse(element_text(memory, "reservation"));
    vm->memory_limit_mib = inventory_limit(memory);
    vm->memory_shares = inventory_parse(element_text(memory, "shares.shares"));
    vm->memory_reservation_locked = inventory_flag_of(inventory, query, object, VM_LOCKED);
    vm->cpu_hot_add = inventory_flag_of(inventory, query, object, VM_CPU_HOT_ADD);
    vm->memory_hot_add = inventory_flag_of(inventory, query, object, VM_MEMORY_HOT_ADD);
    double most = inventory_number(inventory, query, object, VM_HOT_ADD_LIMIT);
    vm->memory_hot_add_limit_mib = most >= vm->memory_mib ? most : NAN; /* a lower one bounds nothing */
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

gboolean inventory_take_vm(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                           GError **error)
{
    static const int required[] = {VM_NAME,     VM_HOST,  VM_POWER,  VM_CONNECTION,
                                   VM_TEMPLATE, VM_VCPUS, VM_MEMORY, -1};
    if (leave_out(inventory, object))
        return TRUE;
    if (!inventory_require(inventory, query, object, required, error))
        return FALSE;
    const char *name = inventory_text(inventory, query, object, VM_NAME);
    Vm vm = vm_unknown();
    vm.id = inventory_id(inventory, object->id);
    vm.name = inventory_name(inventory, name ? name : object->id);
    vm.folder = inventory_id(inventory,
                             inventory_text(inventory, query, object, VM_PARENT)); /* its path comes later */
    vm.instance_uuid = inventory_string(inventory, query, object, VM_UUID);
    vm.pool_id = inventory_id(inventory, inventory_text(inventory, query, object, VM_POOL));
    vm.host_id = inventory_id(inventory, inventory_text(inventory, query, object, VM_HOST));
    vm.power = inventory_word(inventory_text(inventory, query, object, VM_POWER), vsphere_vm_powers);
    vm.connection =
        inventory_word(inventory_text(inventory, query, object, VM_CONNECTION), vsphere_vm_connections);
    vm.guest_id = inventory_string(inventory, query, object, VM_GUEST);
    vm.hardware_version = inventory_string(inventory, query, object, VM_VERSION);
    vm.managed_by = inventory_string(inventory, query, object, VM_MANAGER);
    vm.role = role_of(inventory, query, object, vm.managed_by);
    read_size(inventory, query, object, &vm);
    vm.evc_required = inventory_string(inventory, query, object, VM_EVC);
    read_kin(inventory, query, object, &vm);
    read_ties(inventory, query, object, &vm);
    vm.disabled_methods = inventory_ids(inventory, query, object, VM_DISABLED);
    vm.datastores = inventory_ids(inventory, query, object, VM_DATASTORES);
    vm.networks = inventory_ids(inventory, query, object, VM_NETWORKS);
    if (vm.power < 0)
        return inventory_refuse(inventory, query, object, VM_POWER, error);
    snapshot_add_vm(inventory->snapshot, &vm);
    return TRUE;
}
