/* SPDX-License-Identifier: MIT */
/*
 * vInfo, which has every VM, and the tabs that say more of them: vCPU, vMemory, vDisk, vCD, vUSB, vNetwork.
 */
#include "collect/rvtools.h"

#include <math.h>
#include <string.h>

/* ---- vInfo ---- */

enum {
    INFO_VM,
    INFO_POWER,
    INFO_TEMPLATE,
    INFO_PLACEHOLDER,
    INFO_CONNECTION,
    INFO_CPUS,
    INFO_MEMORY,
    INFO_ACTIVE,
    INFO_LATENCY,
    INFO_EVC,
    INFO_POOL,
    INFO_FOLDER,
    INFO_FT_STATE,
    INFO_FT_ROLE,
    INFO_RULES,
    INFO_VERSION,
    INFO_PATH,
    INFO_DATACENTER,
    INFO_CLUSTER,
    INFO_HOST,
    INFO_OS,
    INFO_OS_OF_TOOLS,
    INFO_DNS_NAME,
    INFO_ADDRESS,
    INFO_ID,
    INFO_UUID,
    INFO_SERVER_TYPE,
    INFO_API_VERSION,
    INFO_SERVER,
    INFO_SERVER_UUID,
    INFO_VMANGER,
};
static const TabColumn info_columns[] = {
    [INFO_VM] = {"VM", "VM Name|Name", TRUE},
    [INFO_POWER] = {"Powerstate", "Power state", TRUE},
    [INFO_TEMPLATE] = {"Template", NULL, FALSE},
    [INFO_PLACEHOLDER] = {"SRM Placeholder", NULL, FALSE},
    [INFO_CONNECTION] = {"Connection state", NULL, FALSE},
    [INFO_CPUS] = {"CPUs", "# CPUs|NumCpu", FALSE},
    [INFO_MEMORY] = {"Memory", "Memory Size|Size", FALSE},
    [INFO_ACTIVE] = {"Active Memory", NULL, FALSE},
    [INFO_LATENCY] = {"Latency Sensitivity", NULL, FALSE},
    [INFO_EVC] = {"min Required EVC Mode Key", "MinRequiredEVCMode", FALSE},
    [INFO_POOL] = {"Resource pool", NULL, FALSE},
    [INFO_FOLDER] = {"Folder", NULL, FALSE},
    [INFO_FT_STATE] = {"FT State", "FaultToleranceState", FALSE},
    [INFO_FT_ROLE] = {"FT Role", NULL, FALSE},
    [INFO_RULES] = {"Cluster rule name(s)", "ClusterRuleNames", FALSE},
    [INFO_VERSION] = {"HW version", "HWVersion|VM Version", FALSE},
    [INFO_PATH] = {"Path", NULL, FALSE},
    [INFO_DATACENTER] = {"Datacenter", NULL, FALSE},
    [INFO_CLUSTER] = {"Cluster", NULL, FALSE},
    [INFO_HOST] = {"Host", NULL, TRUE},
    [INFO_OS] = {"OS according to the configuration file", "OS", FALSE},
    [INFO_OS_OF_TOOLS] = {"OS according to the VMware Tools", "OSTools", FALSE},
    [INFO_DNS_NAME] = {"DNS Name", "GuestHostName", FALSE},
    [INFO_ADDRESS] = {"Primary IP Address", NULL, FALSE},
    [INFO_ID] = {"VM ID", "Object ID|VMRef", FALSE},
    [INFO_UUID] = {"VM UUID", "Instance UUID|UUID", FALSE},
    [INFO_SERVER_TYPE] = {"VI SDK Server type", NULL, FALSE},
    [INFO_API_VERSION] = {"VI SDK API Version", NULL, FALSE},
    [INFO_SERVER] = {"VI SDK Server", NULL, FALSE},
    [INFO_SERVER_UUID] = {"VI SDK UUID", NULL, FALSE},
    [INFO_VMANGER] = {"vmanger", "_vmanger", FALSE},
};
static const Tab info_tab = {"vInfo", info_columns, G_N_ELEMENTS(info_columns), TRUE};

static gboolean take_product(Import *import, const TabRow *row, GError **error)
{
    SnapshotInfo *info = &import->snapshot->info;
    if (*info->product)
        return TRUE;
    info->product = import_text(import, row, INFO_SERVER_TYPE);
    return import_plain(import, row, INFO_API_VERSION, &info->api_version, error);
}

/* "/Datacenter/vm/Prod/Web", "vm/Prod/Web" and "Prod/Web" are one folder. */
static const char *folder_of(Import *import, const TabRow *row, const char *datacenter)
{
    g_autofree char *text = tab_text(row, INFO_FOLDER);
    const char *at = text + (*text == '/');
    gsize length = strlen(datacenter);
    if (length > 0 && strncmp(at, datacenter, length) == 0 && (at[length] == '/' || !at[length]))
        at += length + (at[length] == '/');
    if (strcmp(at, "vm") == 0 || g_str_has_prefix(at, "vm/"))
        at += at[2] ? 3 : 2;
    return snapshot_string(import->snapshot, at);
}

/* vCLS has no other mark in an export than its name; the vCenter's own VM has the server's. */
static int role_of(const Import *import, const TabRow *row, const char *name, int placeholder)
{
    g_autofree char *attribute = tab_text(row, INFO_VMANGER);
    g_autofree char *dns_name = tab_text(row, INFO_DNS_NAME);
    g_autofree char *address = tab_text(row, INFO_ADDRESS);
    const char *server = import->server->str;
    if (g_str_has_prefix(name, "vCLS-") || g_str_has_prefix(name, "vCLS ("))
        return VM_ROLE_SYSTEM;
    if (placeholder == 1)
        return VM_ROLE_PLACEHOLDER;
    if (*server && (g_ascii_strcasecmp(server, dns_name) == 0 || strcmp(server, address) == 0))
        return VM_ROLE_VCENTER;
    return strcmp(attribute, "ignore") == 0 ? VM_ROLE_IGNORE : -1;
}

static gboolean read_fault_tolerance(const TabRow *row, Vm *vm, GError **error)
{
    double role;
    g_autofree char *state = tab_text(row, INFO_FT_STATE);
    if (!tab_number(row, INFO_FT_ROLE, SHEET_WHOLE, MOST_COUNT, &role, error))
        return FALSE;
    vm->fault_tolerance = *state ? strcmp(state, "notConfigured") != 0 : -1;
    vm->ft_role = role == 1 ? FT_ROLE_PRIMARY : role > 1 ? FT_ROLE_SECONDARY : -1;
    return TRUE;
}

/* "21", "vmx-21": vmx-21 */
static const char *hardware_version(Import *import, const TabRow *row)
{
    g_autofree char *text = tab_text(row, INFO_VERSION);
    const char *digits = g_str_has_prefix(text, "vmx-") ? text + 4 : text;
    guint64 version = g_ascii_strtoull(digits, NULL, 10);
    g_autofree char *word =
        version > 0 && version < 1000 ? g_strdup_printf("vmx-%02u", (guint)version) : NULL;
    return snapshot_string(import->snapshot, word);
}

static gboolean read_traits(Import *import, const TabRow *row, Vm *vm, GError **error)
{
    static const char *const levels[] = {"low", "normal", "medium", "high", "custom", NULL};
    g_autofree char *latency = tab_text(row, INFO_LATENCY);
    int placeholder;
    if (!tab_flag(row, INFO_PLACEHOLDER, &placeholder, error) ||
        !import_plain(import, row, INFO_OS, &vm->guest_id, error) ||
        (!*vm->guest_id && !import_plain(import, row, INFO_OS_OF_TOOLS, &vm->guest_id, error)) ||
        !import_plain(import, row, INFO_EVC, &vm->evc_required, error) ||
        !import_plain(import, row, INFO_UUID, &vm->instance_uuid, error) ||
        !read_fault_tolerance(row, vm, error))
        return FALSE;
    vm->role = role_of(import, row, vm->name, placeholder);
    vm->latency_sensitivity = inventory_word(latency, levels);
    vm->hardware_version = hardware_version(import, row);
    return TRUE;
}

/* What is not taken whatever its host is; the size may yet come from other tabs. */
static gboolean read_state(const TabRow *row, ExportedVm *vm, GError **error)
{
    int is_template;
    g_autofree char *connection = tab_text(row, INFO_CONNECTION);
    g_autofree char *power = tab_text(row, INFO_POWER);
    if (!tab_flag(row, INFO_TEMPLATE, &is_template, error))
        return FALSE;
    vm->row.connection = inventory_word(connection, vsphere_vm_connections);
    vm->row.power = inventory_word(power, vsphere_vm_powers);
    if (vm->row.connection == VM_ORPHANED)
        vm->left_out = LEFT_OUT_ORPHANED;
    else if (vm->row.connection == VM_INACCESSIBLE)
        vm->left_out = LEFT_OUT_INACCESSIBLE;
    else if (is_template == 1)
        vm->left_out = LEFT_OUT_TEMPLATES;
    return vm->left_out != N_LEFT_OUT || vm->row.power >= 0 ||
           tab_fail(row, INFO_POWER, "poweredOn, poweredOff or suspended", error);
}

/* "[datastore1] web/web.vmx" */
static void add_datastore(Import *import, ExportedVm *vm, const char *path)
{
    const char *end = *path == '[' ? strchr(path, ']') : NULL;
    g_autofree char *name = end ? g_strndup(path + 1, (gsize)(end - path) - 1) : g_strdup("");
    const char *id = g_hash_table_lookup(import->datastores, name);
    if (!id || !*id) {
        vm->datastores_unknown = TRUE;
        return;
    }
    if (!vm->datastores)
        vm->datastores = g_string_new(NULL);
    if (!list_contains(vm->datastores->str, id))
        g_string_append_printf(vm->datastores, "%s%s", vm->datastores->len ? " " : "", id);
}

static void note_vm(Import *import, const TabRow *row, ExportedVm *vm)
{
    g_autofree char *id = tab_text(row, INFO_ID);
    g_autofree char *within = import_place(vm->datacenter, vm->cluster, vm->host);
    g_autofree char *place = import_place(within, "", vm->row.name);
    vm->has_id = *id != '\0';
    if (vm->has_id)
        import_note(import->vms_by_id, id, import->vms->len);
    import_note(import->vms_by_name, vm->row.name, import->vms->len);
    import_note(import->placed_vms, place, import->vms->len);
}

static gboolean read_vm(Import *import, const TabRow *row, ExportedVm *vm, GError **error)
{
    vm->row.name = import_text(import, row, INFO_VM);
    vm->datacenter = import_text(import, row, INFO_DATACENTER);
    vm->cluster = import_text(import, row, INFO_CLUSTER);
    vm->host = import_text(import, row, INFO_HOST);
    vm->pool = import_text(import, row, INFO_POOL);
    vm->row.folder = folder_of(import, row, vm->datacenter);
    /* a folder has each name once */
    const char *const words[] = {vm->datacenter, vm->row.name, *vm->row.folder ? vm->row.folder : vm->host,
                                 NULL};
    vm->row.id = import_id(import, row, INFO_ID, "vm", words);
    if (!*vm->row.name)
        return tab_fail(row, INFO_VM, "the name of a VM", error);
    double active_mib;
    if (!read_state(row, vm, error))
        return FALSE;
    if (vm->left_out != N_LEFT_OUT)
        return TRUE;
    if (!tab_number(row, INFO_CPUS, SHEET_WHOLE, MOST_COUNT, &vm->row.vcpus, error) ||
        !tab_number(row, INFO_MEMORY, SHEET_WHOLE, MOST_MIB, &vm->row.memory_mib, error) ||
        !tab_number(row, INFO_ACTIVE, SHEET_AMOUNT, MOST_MIB, &active_mib, error) ||
        !read_traits(import, row, &vm->row, error))
        return FALSE;
    vm->measured[METRIC_MEMORY_ACTIVE_KIB] = active_mib * 1024;
    return TRUE;
}

static gboolean take_info(const TabRow *row, gpointer data, GError **error)
{
    Import *import = data;
    ExportedVm vm = {.row = vm_unknown(), .left_out = N_LEFT_OUT, .number = row->row->number};
    for (int metric = 0; metric < N_METRICS; metric++)
        vm.measured[metric] = NAN;
    if (!import_take_source(import, row, INFO_SERVER, INFO_SERVER_UUID, error) ||
        !take_product(import, row, error) || !read_vm(import, row, &vm, error))
        return FALSE;
    g_autofree char *path = tab_text(row, INFO_PATH);
    g_autofree char *rules = tab_text(row, INFO_RULES);
    import->has_paths |= tab_has(row, INFO_PATH);
    import->in_rules += *rules != '\0';
    add_datastore(import, &vm, path);
    note_vm(import, row, &vm);
    g_array_append_val(import->vms, vm);
    return TRUE;
}

/* ---- whose row it is ---- */

/* These stand first in every tab below. */
enum { OF_VM, OF_ID, OF_DATACENTER, OF_CLUSTER, OF_HOST, N_OF };
#define OF_COLUMNS                                                                                           \
    [OF_VM] = {"VM", "VM Name|Name", TRUE}, [OF_ID] = {"VM ID", "VMRef", FALSE},                             \
    [OF_DATACENTER] = {"Datacenter", NULL, FALSE}, [OF_CLUSTER] = {"Cluster", NULL, FALSE},                  \
    [OF_HOST] = {"Host", NULL, FALSE}

/* Of several VMs of a name the one that is where the row says; 0 for none, or for several there, too. */
static guint find_placed(Import *import, const TabRow *row, const char *name)
{
    g_autofree char *datacenter = tab_text(row, OF_DATACENTER);
    g_autofree char *cluster = tab_text(row, OF_CLUSTER);
    g_autofree char *host = tab_text(row, OF_HOST);
    g_autofree char *within = import_place(datacenter, cluster, host);
    g_autofree char *place = import_place(within, "", name);
    guint found = import_find(import->placed_vms, place);
    found = found == NAME_AMBIGUOUS ? 0 : found;
    import->unmatched += found == 0;
    return found;
}

/* The VM by its id; where the row or the VM has none, by its name. */
static ExportedVm *find_vm(Import *import, const TabRow *row)
{
    g_autofree char *id = tab_text(row, OF_ID);
    g_autofree char *name = tab_text(row, OF_VM);
    guint found = *id ? import_find(import->vms_by_id, id) : 0;
    if (found && found != NAME_AMBIGUOUS)
        return &g_array_index(import->vms, ExportedVm, found - 1);
    found = import_find(import->vms_by_name, name);
    if (found == NAME_AMBIGUOUS)
        found = find_placed(import, row, name);
    ExportedVm *vm = found ? &g_array_index(import->vms, ExportedVm, found - 1) : NULL;
    return vm && *id && vm->has_id ? NULL : vm;
}

static void pin(ExportedVm *vm, const char *reason)
{
    if (!vm->pinned)
        vm->pinned = g_string_new(NULL);
    inventory_add_reason(vm->pinned, reason);
}

/* ---- vCPU ---- */

enum { CPU_CPUS = N_OF, CPU_CORES, CPU_USED, CPU_SHARES, CPU_RESERVATION, CPU_LIMIT, CPU_HOT_ADD };
static const TabColumn cpu_columns[] = {
    OF_COLUMNS,
    [CPU_CPUS] = {"CPUs", "NumCpu", FALSE},
    [CPU_CORES] = {"Cores p/s", "CoresPerSocket", FALSE},
    [CPU_USED] = {"Overall", "OverallCpuUsage|Overall Usage", FALSE},
    [CPU_SHARES] = {"Shares", NULL, FALSE},
    [CPU_RESERVATION] = {"Reservation", NULL, FALSE},
    [CPU_LIMIT] = {"Limit", NULL, FALSE},
    [CPU_HOT_ADD] = {"Hot Add", "HotAddEnabled|CpuHotAddEnabled", FALSE},
};
static const Tab cpu_tab = {"vCPU", cpu_columns, G_N_ELEMENTS(cpu_columns), FALSE};

static gboolean take_cpu(const TabRow *row, gpointer data, GError **error)
{
    Import *import = data;
    ExportedVm *vm = find_vm(import, row);
    double vcpus;
    if (!vm || vm->left_out != N_LEFT_OUT)
        return TRUE;
    if (!tab_number(row, CPU_CPUS, SHEET_WHOLE, MOST_COUNT, &vcpus, error) ||
        !tab_number(row, CPU_CORES, SHEET_WHOLE, MOST_COUNT, &vm->row.cores_per_socket, error) ||
        !tab_number(row, CPU_USED, SHEET_AMOUNT, MOST_MHZ, &vm->measured[METRIC_CPU_USAGE_MHZ], error) ||
        !tab_number(row, CPU_SHARES, SHEET_WHOLE, MOST_MIB, &vm->row.cpu_shares, error) ||
        !tab_number(row, CPU_RESERVATION, SHEET_WHOLE, MOST_MHZ, &vm->row.cpu_reservation_mhz, error) ||
        !tab_limit(row, CPU_LIMIT, MOST_MHZ, &vm->row.cpu_limit_mhz, error) ||
        !tab_flag(row, CPU_HOT_ADD, &vm->row.cpu_hot_add, error))
        return FALSE;
    if (!(vm->row.vcpus > 0))
        vm->row.vcpus = vcpus;
    return TRUE;
}

/* ---- vMemory ---- */

enum {
    MEMORY_SIZE = N_OF,
    MEMORY_LOCKED,
    MEMORY_CONSUMED,
    MEMORY_OVERHEAD,
    MEMORY_SWAPPED,
    MEMORY_BALLOONED,
    MEMORY_ACTIVE,
    MEMORY_SHARES,
    MEMORY_RESERVATION,
    MEMORY_LIMIT,
    MEMORY_HOT_ADD,
};
static const TabColumn memory_columns[] = {
    OF_COLUMNS,
    [MEMORY_SIZE] = {"Size MiB", NULL, FALSE},
    [MEMORY_LOCKED] = {"Memory Reservation Locked To Max", "ReservationLockedToMax", FALSE},
    [MEMORY_CONSUMED] = {"Consumed", "HostMemoryUsage|Consumed Memory", FALSE},
    [MEMORY_OVERHEAD] = {"Consumed Overhead", "ConsumedOverheadMemory", FALSE},
    [MEMORY_SWAPPED] = {"Swapped", "SwappedMemory", FALSE},
    [MEMORY_BALLOONED] = {"Ballooned", "BalloonedMemory", FALSE},
    [MEMORY_ACTIVE] = {"Active", "GuestMemoryUsage|Active Memory", FALSE},
    [MEMORY_SHARES] = {"Shares", NULL, FALSE},
    [MEMORY_RESERVATION] = {"Reservation", NULL, FALSE},
    [MEMORY_LIMIT] = {"Limit", NULL, FALSE},
    [MEMORY_HOT_ADD] = {"Hot Add", "HotAddEnabled|MemoryHotAddEnabled", FALSE},
};
static const Tab memory_tab = {"vMemory", memory_columns, G_N_ELEMENTS(memory_columns), FALSE};

static gboolean read_memory_use(const TabRow *row, ExportedVm *vm, GError **error)
{
    static const struct {
        guint column;
        Metric metric;
    } uses[] = {
        {MEMORY_CONSUMED, METRIC_MEMORY_CONSUMED_KIB}, {MEMORY_OVERHEAD, METRIC_MEMORY_OVERHEAD_KIB},
        {MEMORY_SWAPPED, METRIC_MEMORY_SWAPPED_KIB},   {MEMORY_BALLOONED, METRIC_MEMORY_BALLOONED_KIB},
        {MEMORY_ACTIVE, METRIC_MEMORY_ACTIVE_KIB},
    };
    for (guint i = 0; i < G_N_ELEMENTS(uses); i++) {
        double mib;
        if (!tab_number(row, uses[i].column, SHEET_AMOUNT, MOST_MIB, &mib, error))
            return FALSE;
        if (!isnan(mib))
            vm->measured[uses[i].metric] = mib * 1024;
    }
    /* VirtualMachineQuickStats.hostMemoryUsage, which the column has, counts the overhead in */
    double overhead = vm->measured[METRIC_MEMORY_OVERHEAD_KIB];
    if (vm->measured[METRIC_MEMORY_CONSUMED_KIB] >= overhead)
        vm->measured[METRIC_MEMORY_CONSUMED_KIB] -= overhead;
    return TRUE;
}

static gboolean take_memory(const TabRow *row, gpointer data, GError **error)
{
    Import *import = data;
    ExportedVm *vm = find_vm(import, row);
    double size_mib;
    if (!vm || vm->left_out != N_LEFT_OUT)
        return TRUE;
    if (!tab_number(row, MEMORY_SIZE, SHEET_WHOLE, MOST_MIB, &size_mib, error) ||
        !tab_flag(row, MEMORY_LOCKED, &vm->row.memory_reservation_locked, error) ||
        !read_memory_use(row, vm, error) ||
        !tab_number(row, MEMORY_SHARES, SHEET_WHOLE, MOST_MIB, &vm->row.memory_shares, error) ||
        !tab_number(row, MEMORY_RESERVATION, SHEET_WHOLE, MOST_MIB, &vm->row.memory_reservation_mib, error) ||
        !tab_limit(row, MEMORY_LIMIT, MOST_MIB, &vm->row.memory_limit_mib, error) ||
        !tab_flag(row, MEMORY_HOT_ADD, &vm->row.memory_hot_add, error))
        return FALSE;
    if (!(vm->row.memory_mib > 0))
        vm->row.memory_mib = size_mib;
    return TRUE;
}

/* ---- devices ---- */

enum { DISK_PATH = N_OF, DISK_OLD_PATH, DISK_SHARED_BUS };
static const TabColumn disk_columns[] = {
    OF_COLUMNS,
    [DISK_PATH] = {"Disk Path", NULL, FALSE},
    [DISK_OLD_PATH] = {"Path", NULL, FALSE},
    [DISK_SHARED_BUS] = {"Shared Bus", NULL, FALSE},
};
static const Tab disk_tab = {"vDisk", disk_columns, G_N_ELEMENTS(disk_columns), FALSE};

static gboolean take_disk(const TabRow *row, gpointer data, GError **error)
{
    static const char *const sharing[] = {"noSharing", "virtualSharing", "physicalSharing", NULL};
    (void)error;
    Import *import = data;
    ExportedVm *vm = find_vm(import, row);
    import->has_disk_paths |= tab_has(row, DISK_PATH) || tab_has(row, DISK_OLD_PATH);
    if (!vm || vm->left_out != N_LEFT_OUT)
        return TRUE;
    g_autofree char *path = tab_text(row, DISK_PATH);
    g_autofree char *old_path = tab_text(row, DISK_OLD_PATH);
    g_autofree char *bus = tab_text(row, DISK_SHARED_BUS);
    add_datastore(import, vm, *path ? path : old_path);
    vm->row.scsi_bus_sharing = MAX(vm->row.scsi_bus_sharing, inventory_word(bus, sharing));
    if (strcmp(bus, "virtualSharing") == 0)
        pin(vm, "SCSI bus shared with VMs of its host");
    return TRUE;
}

enum { DEVICE_CONNECTED = N_OF, DEVICE_TYPE };
static const TabColumn device_columns[] = {
    OF_COLUMNS,
    [DEVICE_CONNECTED] = {"Connected", NULL, FALSE},
    [DEVICE_TYPE] = {"Device Type", NULL, FALSE},
};
static const Tab cd_tab = {"vCD", device_columns, G_N_ELEMENTS(device_columns), FALSE};
static const Tab usb_tab = {"vUSB", device_columns, G_N_ELEMENTS(device_columns), FALSE};

/* The VM where the row is of a device that is connected, with its type in small letters; else NULL. */
static ExportedVm *find_connected(Import *import, const TabRow *row, char **type, gboolean *ok,
                                  GError **error)
{
    int connected;
    ExportedVm *vm = find_vm(import, row);
    *ok = tab_flag(row, DEVICE_CONNECTED, &connected, error);
    if (!*ok || !vm || connected != 1)
        return NULL;
    g_autofree char *text = tab_text(row, DEVICE_TYPE);
    *type = g_ascii_strdown(text, -1);
    return vm;
}

static gboolean take_cd(const TabRow *row, gpointer data, GError **error)
{
    gboolean ok;
    g_autofree char *type = NULL;
    ExportedVm *vm = find_connected(data, row, &type, &ok, error);
    if (!vm || g_str_has_prefix(type, "iso"))
        return ok;
    if (strstr(type, "client") || strstr(type, "remote"))
        pin(vm, "CD-ROM drive of a client");
    else if (strstr(type, "host") || strstr(type, "atapi"))
        pin(vm, "CD-ROM drive of the host");
    return ok;
}

static gboolean take_usb(const TabRow *row, gpointer data, GError **error)
{
    gboolean ok;
    g_autofree char *type = NULL;
    ExportedVm *vm = find_connected(data, row, &type, &ok, error);
    if (vm && !strstr(type, "controller"))
        pin(vm, "USB device");
    return ok;
}

enum { NETWORK_ADAPTER = N_OF };
static const TabColumn network_columns[] = {
    OF_COLUMNS,
    [NETWORK_ADAPTER] = {"Adapter", NULL, FALSE},
};
static const Tab network_tab = {"vNetwork", network_columns, G_N_ELEMENTS(network_columns), FALSE};

static gboolean take_network(const TabRow *row, gpointer data, GError **error)
{
    (void)error;
    ExportedVm *vm = find_vm(data, row);
    g_autofree char *text = tab_text(row, NETWORK_ADAPTER);
    g_autofree char *adapter = g_ascii_strdown(text, -1);
    if (vm && strstr(adapter, "sriov"))
        pin(vm, "SR-IOV network card");
    return TRUE;
}

/* ---- the snapshot's VMs ---- */

/* The host by its name where one has it, else by its cluster. */
static void place_vm(Import *import, ExportedVm *vm)
{
    guint host = import_find(import->hosts, vm->host);
    if (host == NAME_AMBIGUOUS) {
        g_autofree char *place = import_place(vm->datacenter, vm->cluster, vm->host);
        host = import_find(import->placed_hosts, place);
        vm->left_out = host ? N_LEFT_OUT : LEFT_OUT_UNPLACED;
    } else if (!host) {
        gboolean stranger = g_hash_table_contains(import->strangers, vm->host);
        vm->left_out = stranger ? LEFT_OUT_STRANDED : LEFT_OUT_HOSTLESS;
    }
    if (!host)
        return;
    vm->row.host_id = import->snapshot->hosts[host - 1].id;
    vm->row.cluster_id = import->snapshot->hosts[host - 1].cluster_id;
    guint pool = import_find(import->pools, vm->pool);
    if (pool && pool != NAME_AMBIGUOUS && import->snapshot->pools[pool - 1].cluster_id == vm->row.cluster_id)
        vm->row.pool_id = import->snapshot->pools[pool - 1].id;
}

/* Ids that were made of names, or that somebody edited, may stand twice. */
static gboolean is_first(const Import *import, GHashTable *seen, const ExportedVm *vm, GError **error)
{
    const ExportedVm *other = g_hash_table_lookup(seen, vm->row.id);
    if (!other) {
        g_hash_table_insert(seen, (gpointer)vm->row.id, (gpointer)vm);
        return TRUE;
    }
    g_set_error(error, VMANGER_ERROR, 0,
                "%s: vInfo: rows %" G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT
                ": VM ID: found two VMs that nothing tells apart: expected an id of each; export vInfo with "
                "the columns VM ID, Datacenter and Folder",
                spreadsheet_path(import->spreadsheet), other->number, vm->number);
    return FALSE;
}

static gboolean take_over(Import *import, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    gboolean knows_datastores = import->has_paths && import->has_disk_paths && import->has_mounts;
    for (guint i = 0; i < import->vms->len; i++) {
        ExportedVm *vm = &g_array_index(import->vms, ExportedVm, i);
        if (vm->left_out == N_LEFT_OUT)
            place_vm(import, vm);
        if (vm->left_out == N_LEFT_OUT && !(vm->row.vcpus > 0 && vm->row.memory_mib > 0))
            vm->left_out = LEFT_OUT_UNCONFIGURED;
        if (vm->left_out != N_LEFT_OUT) {
            import->left_out[vm->left_out]++;
            continue;
        }
        if (!is_first(import, seen, vm, error))
            return FALSE;
        vm->row.pinned = snapshot_string(import->snapshot, vm->pinned ? vm->pinned->str : NULL);
        if (knows_datastores && !vm->datastores_unknown && vm->datastores)
            vm->row.datastores = snapshot_string(import->snapshot, vm->datastores->str);
        snapshot_add_vm(import->snapshot, &vm->row);
    }
    for (guint i = 0; i < import->snapshot->n_hosts && !knows_datastores; i++)
        import->snapshot->hosts[i].datastores = "";
    return TRUE;
}

gboolean import_vms(Import *import, GError **error)
{
    static const struct {
        const Tab *tab;
        TabTake *take;
    } tabs[] = {
        {&info_tab, take_info}, {&cpu_tab, take_cpu}, {&memory_tab, take_memory},   {&disk_tab, take_disk},
        {&cd_tab, take_cd},     {&usb_tab, take_usb}, {&network_tab, take_network},
    };
    for (guint i = 0; i < G_N_ELEMENTS(tabs); i++)
        if (!tab_read(import->spreadsheet, tabs[i].tab, tabs[i].take, import, error))
            return FALSE;
    return take_over(import, error);
}
