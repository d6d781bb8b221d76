/* SPDX-License-Identifier: MIT */
#include "samples/company.h"

#include <math.h>
#include <string.h>

/* ---- clusters, pools, hosts ---- */

static const char *const cluster_ids[] = {"domain-c8", "domain-c26", "domain-c41"};

enum { CLUSTER_APPS, CLUSTER_DATA, CLUSTER_DESKTOPS };

static void add_clusters(Fleet *fleet)
{
    Cluster apps = cluster_unknown();
    apps.id = cluster_ids[CLUSTER_APPS];
    apps.name = "HAM-Apps";
    apps.path = "Hamburg/host/HAM-Apps";
    apps.drs = DRS_MANUAL;
    apps.dpm = DRS_OFF;
    apps.evc_mode = "intel-cascadelake";
    apps.vsan = 0;
    apps.ha = 1;
    apps.ha_policy = HA_POLICY_PERCENT;
    apps.ha_reserve_cpu_pct = 15;
    apps.ha_reserve_memory_pct = 15;
    snapshot_add_cluster(fleet->snapshot, &apps);

    Cluster data = apps;
    data.id = cluster_ids[CLUSTER_DATA];
    data.name = "HAM-Data";
    data.path = "Hamburg/host/HAM-Data";
    data.drs = DRS_FULL;
    data.vsan = 1;
    data.evc_mode = "intel-icelake";
    data.ha_policy = HA_POLICY_SLOTS;
    data.ha_failures = 1;
    data.ha_reserve_cpu_pct = NAN;
    data.ha_reserve_memory_pct = NAN;
    snapshot_add_cluster(fleet->snapshot, &data);

    Cluster desktops = apps;
    desktops.id = cluster_ids[CLUSTER_DESKTOPS];
    desktops.name = "HAM-Desktops";
    desktops.path = "Hamburg/host/VDI/HAM-Desktops";
    desktops.drs = DRS_OFF;
    desktops.evc_mode = "";
    desktops.ha_policy = HA_POLICY_OFF;
    desktops.ha_reserve_cpu_pct = NAN;
    desktops.ha_reserve_memory_pct = NAN;
    snapshot_add_cluster(fleet->snapshot, &desktops);
}

/* What the vCenter says of the modes that this company's CPUs have. */
static void add_evc_modes(Fleet *fleet)
{
    static const struct {
        const char *id, *name;
        double tier;
    } modes[] = {{"intel-broadwell", "Intel \"Broadwell\" Generation", 9},
                 {"intel-skylake", "Intel \"Skylake\" Generation", 10},
                 {"intel-cascadelake", "Intel \"Cascade Lake\" Generation", 11},
                 {"intel-icelake", "Intel \"Ice Lake\" Generation", 12}};
    for (guint i = 0; i < G_N_ELEMENTS(modes); i++) {
        EvcMode mode = evc_mode_unknown();
        mode.id = modes[i].id;
        mode.name = modes[i].name;
        mode.vendor = "intel";
        mode.tier = modes[i].tier;
        mode.tracks = "intel";
        snapshot_add_evc_mode(fleet->snapshot, &mode);
    }
}

/* memory limits are set once the loads are known: see limit_pools */
static const struct {
    const char *id, *name, *parent;
    int cluster;
    double cpu_limit_mhz, cpu_shares;
} pools[] = {{"resgroup-9", "Resources", "", CLUSTER_APPS, INFINITY, 4000},
             {"resgroup-10", "Production", "resgroup-9", CLUSTER_APPS, INFINITY, 8000},
             {"resgroup-11", "Databases", "resgroup-10", CLUSTER_APPS, INFINITY, 8000},
             {"resgroup-12", "Test", "resgroup-9", CLUSTER_APPS, 120000, 2000},
             {"resgroup-13", "Nightly", "resgroup-12", CLUSTER_APPS, 60000, 1000},
             {"resgroup-27", "Resources", "", CLUSTER_DATA, INFINITY, 4000},
             {"resgroup-28", "Finance", "resgroup-27", CLUSTER_DATA, INFINITY, 8000},
             {"resgroup-42", "Resources", "", CLUSTER_DESKTOPS, INFINITY, 4000}};

static void add_pools(Fleet *fleet)
{
    for (guint i = 0; i < G_N_ELEMENTS(pools); i++) {
        Pool pool = pool_unknown();
        pool.id = pools[i].id;
        pool.name = pools[i].name;
        pool.parent_id = pools[i].parent;
        pool.cluster_id = cluster_ids[pools[i].cluster];
        pool.cpu_reservation_mhz = 0;
        pool.cpu_limit_mhz = pools[i].cpu_limit_mhz;
        pool.cpu_expandable = 1;
        pool.cpu_shares = pools[i].cpu_shares;
        pool.memory_reservation_mib = 0;
        pool.memory_limit_mib = INFINITY;
        pool.memory_expandable = 1;
        pool.memory_shares = pools[i].cpu_shares * 40;
        snapshot_add_pool(fleet->snapshot, &pool);
    }
}

/* What the hosts of a cluster have in common. */
static const struct {
    const char *cpu_model, *evc_mode, *max_evc_mode, *datastores, *networks;
    double cores, core_mhz, memory_gib;
} builds[] = {{"Intel(R) Xeon(R) Gold 6252 CPU @ 2.10GHz", "intel-cascadelake", "intel-cascadelake",
               "datastore-21 datastore-22 datastore-23", "dvportgroup-51 dvportgroup-52 dvportgroup-53", 48,
               2095, 384},
              {"Intel(R) Xeon(R) Gold 6330 CPU @ 2.00GHz", "intel-icelake", "intel-icelake", "datastore-31",
               "dvportgroup-51 dvportgroup-54", 56, 1995, 512},
              {"Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz", "", "intel-cascadelake", "datastore-45",
               "dvportgroup-55", 48, 2993, 192}};

/* As near to 80 % as no 128 MiB fit below it. */
#define ALMOST_HOT_PCT (80.0 - 60.0 / (512 * 1024) * 100)

static const struct {
    const char *id, *name;
    int cluster;
    double cpu_pct, memory_pct;
    const char *more_datastores;
} hosts[] = {{"host-11", "esx-a01.ham.nordwind.example", CLUSTER_APPS, 91, 63, ""},
             {"host-12", "esx-a02.ham.nordwind.example", CLUSTER_APPS, 47, 88, ""},
             {"host-13", "esx-a03.ham.nordwind.example", CLUSTER_APPS, 41, 66, ""},
             {"host-14", "esx-a04.ham.nordwind.example", CLUSTER_APPS, 52, 71, ""},
             {"host-15", "esx-a05.ham.nordwind.example", CLUSTER_APPS, 36, 58, " datastore-24"},
             {"host-16", "esx-a06.ham.nordwind.example", CLUSTER_APPS, 45, 64, " datastore-24"},
             {"host-17", "esx-a07.ham.nordwind.example", CLUSTER_APPS, 9, 18, ""},
             {"host-29", "esx-d01.ham.nordwind.example", CLUSTER_DATA, 84, 62, ""},
             {"host-30", "esx-d02.ham.nordwind.example", CLUSTER_DATA, 55, 84, ""},
             {"host-31", "esx-d03.ham.nordwind.example", CLUSTER_DATA, 47, ALMOST_HOT_PCT, ""},
             {"host-32", "esx-d04.ham.nordwind.example", CLUSTER_DATA, 39, 46, ""},
             {"host-33", "esx-d05.ham.nordwind.example", CLUSTER_DATA, 44, 54, ""},
             {"host-43", "esx-v01.ham.nordwind.example", CLUSTER_DESKTOPS, 58, 85, ""},
             {"host-44", "esx-v02.ham.nordwind.example", CLUSTER_DESKTOPS, 46, 52, ""},
             {"host-45", "esx-v03.ham.nordwind.example", CLUSTER_DESKTOPS, 91, 60, " datastore-46"},
             {"host-46", "esx-v04.ham.nordwind.example", CLUSTER_DESKTOPS, NAN, NAN, ""}};

#define MAINTENANCE_HOST "host-46"

static void add_hosts(Fleet *fleet)
{
    for (guint i = 0; i < G_N_ELEMENTS(hosts); i++) {
        int build = hosts[i].cluster;
        g_autofree char *uuid = chance_uuid(&fleet->chance);
        g_autofree char *datastores = g_strconcat(builds[build].datastores, hosts[i].more_datastores, NULL);
        Host host = host_unknown();
        host.id = hosts[i].id;
        host.name = hosts[i].name;
        host.uuid = uuid;
        host.cluster_id = cluster_ids[hosts[i].cluster];
        host.connection = CONNECTION_CONNECTED;
        host.power = HOST_POWER_ON;
        host.mode = strcmp(host.id, MAINTENANCE_HOST) ? HOST_MODE_NORMAL : HOST_MODE_MAINTENANCE;
        host.standby_supported = 1;
        host.cpu_model = builds[build].cpu_model;
        host.product = "VMware ESXi 8.0.3";
        host.evc_mode = builds[build].evc_mode;
        host.max_evc_mode = builds[build].max_evc_mode;
        host.max_hardware_version = "vmx-21";
        host.cpu_cores = builds[build].cores;
        host.cpu_threads = 2 * host.cpu_cores;
        host.core_mhz = builds[build].core_mhz;
        host.cpu_mhz = host.cpu_cores * host.core_mhz;
        host.memory_kib = builds[build].memory_gib * GIB_KIB;
        host.numa_nodes = 2;
        host.net_capacity_kibps = 2 * 3051757; /* two ports of 25 Gbit/s */
        host.vmotion = 1;
        host.datastores = datastores;
        host.networks = builds[build].networks;
        fleet_add_host(fleet, &host, hosts[i].cpu_pct, hosts[i].memory_pct);
    }
}

/* ---- VMs ---- */

#define WINDOWS "windows2019srv_64Guest"
#define WINDOWS_11 "windows11_64Guest"
#define RHEL "rhel8_64Guest"
#define DEBIAN "debian11_64Guest"

/* Machines of one kind: what they are and how busy, as shares of their size. */
typedef struct Group {
    const char *name;
    guint count; /* 1: the name stands as it is; else 01, 02 … follow it */
    int cluster;
    const char *pool, *folder, *guest;
    guint vcpus;
    double memory_gib, cpu_share, active_share, consumed_share;
    Rhythm rhythm;
    gboolean apart;    /* on hosts of their own, as far as there are hosts */
    const char *hosts; /* the only ones that may hold them; NULL: all */
} Group;

static const Group groups[] = {
    {"ham-dc", 2, 0, "resgroup-10", "Infrastructure/AD", WINDOWS, 2, 8, .15, .30, .8, RHYTHM_OFFICE, 1, NULL},
    {"ham-shop-web", 6, 0, "resgroup-10", "Shop/Web", DEBIAN, 4, 8, .45, .40, .8, RHYTHM_OFFICE, 1, NULL},
    {"ham-shop-app", 6, 0, "resgroup-10", "Shop/App", RHEL, 8, 24, .40, .35, .8, RHYTHM_OFFICE, 1, NULL},
    {"ham-shop-db", 3, 0, "resgroup-11", "Shop/DB", RHEL, 12, 64, .35, .45, .9, RHYTHM_STEADY, 1, NULL},
    {"ham-portal", 5, 0, "resgroup-10", "Portal", DEBIAN, 4, 16, .35, .35, .7, RHYTHM_OFFICE, 0, NULL},
    {"ham-crm-app", 3, 0, "resgroup-10", "CRM", WINDOWS, 4, 16, .30, .40, .8, RHYTHM_OFFICE, 0, NULL},
    {"ham-crm-db", 2, 0, "resgroup-11", "CRM", WINDOWS, 8, 64, .30, .50, .9, RHYTHM_STEADY, 1, NULL},
    {"ham-erp-ora", 3, 0, "resgroup-11", "ERP", RHEL, 16, 96, .25, .50, .9, RHYTHM_STEADY, 0,
     "host-13 host-14"},
    {"ham-erp-app", 4, 0, "resgroup-10", "ERP", WINDOWS, 8, 32, .30, .40, .8, RHYTHM_OFFICE, 1, NULL},
    {"ham-bi-report", 2, 0, "resgroup-11", "BI", RHEL, 16, 96, .20, .45, .85, RHYTHM_BATCH, 0,
     "host-15 host-16"},
    {"ham-kafka", 3, 0, "resgroup-10", "Platform", DEBIAN, 8, 32, .30, .40, .9, RHYTHM_STEADY, 1, NULL},
    {"ham-elastic", 4, 0, "resgroup-10", "Platform", DEBIAN, 8, 48, .30, .50, .9, RHYTHM_STEADY, 1, NULL},
    {"ham-k8s-master", 3, 0, "resgroup-10", "Platform/K8s", DEBIAN, 4, 16, .20, .35, .7, RHYTHM_STEADY, 1,
     NULL},
    {"ham-k8s-node", 4, 0, "resgroup-10", "Platform/K8s", DEBIAN, 16, 48, .35, .45, .8, RHYTHM_OFFICE, 1,
     NULL},
    {"ham-fs", 2, 0, "resgroup-10", "Infrastructure", WINDOWS, 4, 16, .15, .30, .9, RHYTHM_OFFICE, 0, NULL},
    {"büro-drucker", 1, 0, "resgroup-10", "Infrastructure", WINDOWS, 2, 8, .10, .30, .7, RHYTHM_OFFICE, 0,
     NULL},
    {"ham-relay", 2, 0, "resgroup-10", "Infrastructure", DEBIAN, 2, 4, .10, .30, .6, RHYTHM_OFFICE, 0,
     "host-14 host-16"},
    {"ham-dns", 2, 0, "resgroup-10", "Infrastructure", RHEL, 1, 2, .10, .40, .8, RHYTHM_STEADY, 0, NULL},
    {"ham-zabbix", 1, 0, "resgroup-10", "Infrastructure", DEBIAN, 8, 32, .35, .40, .8, RHYTHM_STEADY, 0,
     NULL},
    {"ham-syslog", 2, 0, "resgroup-10", "Infrastructure", RHEL, 4, 16, .30, .30, .9, RHYTHM_STEADY, 0, NULL},
    {"ham-scada-gw", 1, 0, "resgroup-10", "Plant", WINDOWS, 2, 8, .20, .50, .9, RHYTHM_STEADY, 0, NULL},
    {"ham-legacy-erp", 1, 0, "resgroup-10", "ERP", WINDOWS, 4, 12, .30, .50, .9, RHYTHM_OFFICE, 0, NULL},
    {"ham-scan", 1, 0, "resgroup-10", "Office", WINDOWS, 2, 8, .20, .40, .8, RHYTHM_OFFICE, 0, NULL},
    {"ham-backup-proxy", 2, 0, "resgroup-10", "Infrastructure", WINDOWS, 8, 16, .30, .40, .8, RHYTHM_BATCH, 0,
     NULL},
    {"ham-build", 6, 0, "resgroup-12", "Test/Build", DEBIAN, 8, 16, .40, .40, .8, RHYTHM_BATCH, 0, NULL},
    {"ham-jenkins", 1, 0, "resgroup-12", "Test/Build", DEBIAN, 4, 16, .30, .40, .8, RHYTHM_OFFICE, 0, NULL},
    {"ham-test", 10, 0, "resgroup-12", "Test", DEBIAN, 2, 8, .15, .25, .6, RHYTHM_OFFICE, 0,
     "host-11 host-13 host-16 host-17"},
    {"ham-nightly", 3, 0, "resgroup-13", "Test/Nightly", DEBIAN, 4, 8, .40, .50, .9, RHYTHM_BATCH, 0, NULL},
    {"ham-vcsa", 1, 0, "resgroup-9", "Infrastructure", "other3xLinux64Guest", 8, 28, .25, .35, .9,
     RHYTHM_STEADY, 0, NULL},

    {"ham-sql-ag", 4, 1, "resgroup-27", "SQL", WINDOWS, 16, 128, .30, .50, .9, RHYTHM_STEADY, 1, NULL},
    {"ham-dwh", 2, 1, "resgroup-27", "BI", WINDOWS, 24, 192, .25, .40, .9, RHYTHM_BATCH, 1, NULL},
    {"ham-fin-app", 6, 1, "resgroup-28", "Finance", WINDOWS, 4, 32, .30, .40, .8, RHYTHM_OFFICE, 0,
     "host-29 host-30 host-31"},
    {"ham-fin-batch", 4, 1, "resgroup-28", "Finance", RHEL, 8, 24, .40, .40, .8, RHYTHM_BATCH, 0,
     "host-29 host-30 host-31"},
    {"ham-sap-ascs", 2, 1, "resgroup-27", "SAP", "sles15_64Guest", 4, 32, .20, .35, .7, RHYTHM_STEADY, 1,
     NULL},
    {"ham-sap-app", 4, 1, "resgroup-27", "SAP", "sles15_64Guest", 12, 64, .35, .45, .8, RHYTHM_OFFICE, 1,
     NULL},
    {"ham-hana", 1, 1, "resgroup-27", "SAP", "sles15_64Guest", 32, 256, .25, .60, .97, RHYTHM_STEADY, 0,
     NULL},
    {"ham-rds", 6, 1, "resgroup-27", "Office", WINDOWS, 8, 32, .40, .45, .8, RHYTHM_OFFICE, 0, NULL},
    {"ham-sharepoint", 4, 1, "resgroup-27", "Office", WINDOWS, 4, 24, .25, .40, .8, RHYTHM_OFFICE, 0, NULL},
    {"ham-exchange", 3, 1, "resgroup-27", "Office", WINDOWS, 12, 96, .25, .50, .9, RHYTHM_OFFICE, 1, NULL},
    {"ham-intranet", 4, 1, "resgroup-27", "Office", DEBIAN, 2, 8, .20, .35, .6, RHYTHM_OFFICE, 0, NULL},
    {"ham-dev", 8, 1, "resgroup-27", "Dev", DEBIAN, 4, 8, .20, .30, .6, RHYTHM_OFFICE, 0, NULL},
    {"ham-license", 1, 1, "resgroup-27", "Infrastructure", WINDOWS, 1, 4, .05, .30, .6, RHYTHM_STEADY, 0,
     NULL},

    {"vdi-office-", 40, 2, "resgroup-42", "VDI/Office", WINDOWS_11, 4, 8, .30, .40, .8, RHYTHM_OFFICE, 0,
     "host-43 host-44"},
    {"vdi-cad-", 4, 2, "resgroup-42", "VDI/CAD", WINDOWS_11, 12, 32, .90, .45, .8, RHYTHM_OFFICE, 0,
     "host-45"},
    {"vdi-broker", 2, 2, "resgroup-42", "VDI", WINDOWS, 4, 16, .20, .40, .8, RHYTHM_OFFICE, 1, NULL},
    {"vdi-uag", 2, 2, "resgroup-42", "VDI", "other3xLinux64Guest", 2, 4, .20, .40, .8, RHYTHM_OFFICE, 1,
     NULL},
    {"vdi-appvol", 2, 2, "resgroup-42", "VDI", WINDOWS, 4, 16, .15, .40, .8, RHYTHM_OFFICE, 1, NULL},
    {"vdi-dc", 1, 2, "resgroup-42", "Infrastructure/AD", WINDOWS, 2, 8, .10, .30, .8, RHYTHM_OFFICE, 0, NULL},
    {"vdi-profiles", 1, 2, "resgroup-42", "VDI", WINDOWS, 4, 16, .20, .30, .9, RHYTHM_OFFICE, 0, NULL}};

static const char *const root_pools[] = {"resgroup-9", "resgroup-27", "resgroup-42"};

/* How full a host would be of configured memory, measured by what it shall be full of. */
static double fullness(const Fleet *fleet, guint host, double memory_mib)
{
    const Snapshot *snapshot = fleet->snapshot;
    double sum = memory_mib;
    for (guint i = 0; i < snapshot->n_vms; i++)
        if (snapshot->vms[i].power == VM_POWER_ON &&
            strcmp(snapshot->vms[i].host_id, snapshot->hosts[host].id) == 0)
            sum += snapshot->vms[i].memory_mib;
    return sum / (snapshot->hosts[host].memory_kib * hosts[host].memory_pct);
}

static gboolean holds_one_of(const Fleet *fleet, const char *host_id, guint first_vm)
{
    for (guint i = first_vm; i < fleet->snapshot->n_vms; i++)
        if (strcmp(fleet->snapshot->vms[i].host_id, host_id) == 0)
            return TRUE;
    return FALSE;
}

/* The least full host of the group's; first_vm is the group's first. */
static const char *pick_host(const Fleet *fleet, const Group *group, guint first_vm)
{
    const char *best = NULL;
    double least = INFINITY;
    for (guint h = 0; h < G_N_ELEMENTS(hosts); h++) {
        if (hosts[h].cluster != group->cluster || isnan(hosts[h].memory_pct) ||
            (group->hosts && !list_contains(group->hosts, hosts[h].id)))
            continue;
        double full = fullness(fleet, h, group->memory_gib * 1024) +
                      (group->apart && holds_one_of(fleet, hosts[h].id, first_vm) ? 1000 : 0);
        if (full < least) {
            least = full;
            best = hosts[h].id;
        }
    }
    return best;
}

/* A VM with the settings that most have. */
static Vm usual_vm(const Fleet *fleet, int cluster)
{
    Vm vm = vm_unknown();
    vm.cluster_id = cluster_ids[cluster];
    vm.pool_id = root_pools[cluster];
    vm.power = VM_POWER_ON;
    vm.connection = VM_CONNECTED;
    vm.hardware_version = fleet->snapshot->n_vms % 7 == 3 ? "vmx-15" : "vmx-19";
    vm.cores_per_socket = 1;
    vm.cpu_reservation_mhz = 0;
    vm.cpu_limit_mhz = INFINITY;
    vm.memory_reservation_mib = 0;
    vm.memory_limit_mib = INFINITY;
    vm.memory_reservation_locked = 0;
    vm.cpu_hot_add = 0;
    vm.memory_hot_add = 1;
    vm.memory_hot_add_step_mib = 128;
    vm.evc_required = builds[cluster].evc_mode;
    vm.fault_tolerance = 0;
    vm.latency_sensitivity = LATENCY_NORMAL;
    vm.instant_clone_parent = 0;
    vm.scsi_bus_sharing = SCSI_SHARING_NONE;
    vm.datastores = cluster == CLUSTER_APPS   ? "datastore-22"
                    : cluster == CLUSTER_DATA ? "datastore-31"
                                              : "datastore-45";
    vm.networks = cluster == CLUSTER_DESKTOPS ? "dvportgroup-55" : "dvportgroup-51";
    return vm;
}

static void add_vm(Fleet *fleet, Vm *vm, double cpu_share, double active_share, double consumed_share)
{
    g_autofree char *id = g_strdup_printf("vm-%u", 1001 + fleet->snapshot->n_vms);
    g_autofree char *uuid = chance_uuid(&fleet->chance);
    vm->id = id;
    vm->instance_uuid = uuid;
    vm->cpu_shares = 1000 * vm->vcpus;
    vm->memory_shares = 10 * vm->memory_mib;
    fleet_add_vm(fleet, vm, cpu_share, active_share, consumed_share);
}

static void add_group(Fleet *fleet, const Group *group)
{
    guint first = fleet->snapshot->n_vms;
    for (guint i = 0; i < group->count; i++) {
        g_autofree char *name =
            group->count == 1 ? g_strdup(group->name) : g_strdup_printf("%s%02u", group->name, i + 1);
        Vm vm = usual_vm(fleet, group->cluster);
        vm.name = name;
        vm.folder = group->folder;
        vm.pool_id = group->pool;
        vm.host_id = pick_host(fleet, group, first);
        vm.guest_id = group->guest;
        vm.vcpus = group->vcpus;
        vm.memory_mib = group->memory_gib * 1024;
        /* vSphere: at most 16 times the size at power-on; a Linux guest below 3 GiB cannot pass 3 GiB. */
        vm.memory_hot_add_limit_mib = group->memory_gib < 3 ? 3072 : 16 * vm.memory_mib;
        vm.cpu_hot_add = group->vcpus >= 8;
        Chance *chance = &fleet->chance;
        add_vm(fleet, &vm, group->cpu_share * chance_between(chance, 0.7, 1.3),
               group->active_share * chance_between(chance, 0.7, 1.3),
               MIN(0.97, group->consumed_share * chance_between(chance, 0.9, 1.1)));
        fleet_vm_load(fleet, fleet->snapshot->n_vms - 1)->rhythm = group->rhythm;
    }
}

/* vSphere's own agent VMs, three a cluster. */
static void add_system_vms(Fleet *fleet)
{
    for (guint i = 0; i < 9; i++) {
        int cluster = (int)i / 3;
        guint first_host = cluster == CLUSTER_APPS ? 0 : cluster == CLUSTER_DATA ? 7 : 12;
        g_autofree char *uuid = chance_uuid(&fleet->chance);
        g_autofree char *name = g_strconcat("vCLS-", uuid, NULL);
        Vm vm = usual_vm(fleet, cluster);
        vm.name = name;
        vm.folder = "vCLS";
        vm.host_id = hosts[first_host + i % 3].id;
        vm.guest_id = "other3xLinux64Guest";
        vm.managed_by = "com.vmware.vim.eam";
        vm.role = VM_ROLE_SYSTEM;
        vm.vcpus = 1;
        vm.memory_mib = 128;
        vm.memory_hot_add = 0;
        add_vm(fleet, &vm, 0.02, 0.2, 0.8);
    }
}

/* VMs that do not run: kept after a migration, suspended, or standing in for those of the other site. */
static void add_resting_vms(Fleet *fleet)
{
    static const struct {
        const char *name, *folder, *host;
        int cluster, power, role;
    } resting[] = {{"ham-crm-app01-old", "Retired", "host-13", CLUSTER_APPS, VM_POWER_OFF, -1},
                   {"ham-erp-2016", "Retired", "host-14", CLUSTER_APPS, VM_POWER_OFF, -1},
                   {"ham-wiki-old", "Retired", "host-15", CLUSTER_APPS, VM_POWER_OFF, -1},
                   {"ham-test-win10", "Test", "host-16", CLUSTER_APPS, VM_POWER_SUSPENDED, -1},
                   {"ham-sql2012", "Retired", "host-32", CLUSTER_DATA, VM_POWER_OFF, -1},
                   {"ber-sap-db (DR)", "DR", "host-33", CLUSTER_DATA, VM_POWER_OFF, VM_ROLE_PLACEHOLDER},
                   {"ber-sap-app (DR)", "DR", "host-33", CLUSTER_DATA, VM_POWER_OFF, VM_ROLE_PLACEHOLDER},
                   {"vdi-master-win11", "VDI", "host-44", CLUSTER_DESKTOPS, VM_POWER_OFF, -1},
                   {"vdi-master-cad", "VDI", MAINTENANCE_HOST, CLUSTER_DESKTOPS, VM_POWER_OFF, -1},
                   {"vdi-training", "VDI", "host-43", CLUSTER_DESKTOPS, VM_POWER_SUSPENDED, -1}};
    for (guint i = 0; i < G_N_ELEMENTS(resting); i++) {
        Vm vm = usual_vm(fleet, resting[i].cluster);
        vm.name = resting[i].name;
        vm.folder = resting[i].folder;
        vm.host_id = resting[i].host;
        vm.guest_id = WINDOWS;
        vm.power = resting[i].power;
        vm.role = resting[i].role;
        vm.managed_by = vm.role == VM_ROLE_PLACEHOLDER ? "com.vmware.vcDr" : "";
        vm.vcpus = 4;
        vm.memory_mib = 16384;
        add_vm(fleet, &vm, 0, 0, 0);
    }
}

/* ---- stories: what makes single VMs worth an example ---- */

static guint find(const Fleet *fleet, const char *name)
{
    for (guint i = 0; i < fleet->snapshot->n_vms; i++)
        if (strcmp(fleet->snapshot->vms[i].name, name) == 0)
            return i;
    g_error("the company has no VM '%s'", name);
}

static Vm *vm_named(const Fleet *fleet, const char *name)
{
    return &fleet->snapshot->vms[find(fleet, name)];
}

static const char *const short_vms[] = {
    "ham-crm-app02",    /* can be helped */
    "ham-shop-db02",    /* can be helped */
    "ham-rds03",        /* can be helped: DRS does not add memory */
    "ham-dns02",        /* Linux below 3 GiB: up to there only */
    "ham-legacy-erp",   /* hot-add is off */
    "ham-erp-app02",    /* ballooned: its host is short itself */
    "ham-jenkins",      /* its own memory limit */
    "ham-scada-gw",     /* fault tolerance */
    "ham-nightly03",    /* its pool is at its limit */
    "ham-sharepoint02", /* its host would become hot */
    "ham-portal05",     /* at its hot-add limit */
};

static void tell_short_vms(Fleet *fleet)
{
    for (guint i = 0; i < G_N_ELEMENTS(short_vms); i++)
        fleet_give_memory(fleet, find(fleet, short_vms[i]), chance_between(&fleet->chance, 0.83, 0.93), 0.97);

    vm_named(fleet, "ham-legacy-erp")->memory_hot_add = 0;
    vm_named(fleet, "ham-erp-app02")->host_id = "host-12";
    fleet_give_memory(fleet, find(fleet, "ham-erp-app02"), 0.86, 0.93);
    VmLoad *squeezed = fleet_vm_load(fleet, find(fleet, "ham-erp-app02"));
    squeezed->ballooned_kib = 0.5 * GIB_KIB;
    squeezed->swapped_kib = 1180 * MIB_KIB;
    squeezed->compressed_kib = 40 * MIB_KIB;
    squeezed->swapped_in_kibps = 24;
    vm_named(fleet, "ham-jenkins")->memory_limit_mib = 16384;
    Vm *tolerant = vm_named(fleet, "ham-scada-gw");
    tolerant->fault_tolerance = 1;
    tolerant->memory_reservation_locked = 1;
    tolerant->memory_reservation_mib = tolerant->memory_mib;
    vm_named(fleet, "ham-rds03")->host_id = "host-32";
    vm_named(fleet, "ham-sharepoint02")->host_id = "host-31";
    vm_named(fleet, "ham-portal05")->memory_hot_add_limit_mib = 16384;
}

/* VMs that may not move, or not everywhere. */
static void tell_bound_vms(Fleet *fleet)
{
    static const char *const desktops[] = {"vdi-cad-01", "vdi-cad-02", "vdi-cad-03", "vdi-cad-04"};
    for (guint i = 0; i < G_N_ELEMENTS(desktops); i++) {
        Vm *desktop = vm_named(fleet, desktops[i]);
        fleet_vm_load(fleet, find(fleet, desktops[i]))->cpu_mhz *= 4; /* rendering: their host stays hot */
        desktop->pinned = "PCI passthrough device";
        desktop->datastores = "datastore-46";
        desktop->memory_reservation_locked = 1;
        desktop->memory_reservation_mib = desktop->memory_mib;
    }
    vm_named(fleet, "ham-bi-report01")->datastores = "datastore-22 datastore-24";
    vm_named(fleet, "ham-bi-report02")->datastores = "datastore-24";
    vm_named(fleet, "ham-license")->pinned = "PCI passthrough device";
    vm_named(fleet, "ham-backup-proxy01")->disabled_methods = "MigrateVM_Task RelocateVM_Task";
    vm_named(fleet, "ham-shop-app01")->drs_override = DRS_OVERRIDE_DISABLED;
    vm_named(fleet, "ham-hana")->drs_override = DRS_OVERRIDE_MANUAL;
    vm_named(fleet, "ham-hana")->memory_reservation_mib = 262144;
    vm_named(fleet, "ham-dev08")->role = VM_ROLE_IGNORE;
    vm_named(fleet, "ham-vcsa")->role = VM_ROLE_VCENTER;
    vm_named(fleet, "ham-crm-app01")->host_id = vm_named(fleet, "ham-crm-db01")->host_id;
    vm_named(fleet, "ham-shop-web04")->host_id = vm_named(fleet, "ham-shop-web03")->host_id;
}

/* Test machines that someone forgot. */
static void tell_idle_vms(Fleet *fleet)
{
    static const char *const forgotten[] = {"ham-test08", "ham-test09", "ham-test10"};
    for (guint i = 0; i < G_N_ELEMENTS(forgotten); i++) {
        guint vm = find(fleet, forgotten[i]);
        fleet_vm_load(fleet, vm)->cpu_mhz /= 20;
        fleet_give_memory(fleet, vm, 0.02, 0.4);
    }
}

/* Measurement has its gaps: one VM by far too many, one few enough. */
static void tell_gaps(Fleet *fleet)
{
    fleet_vm_load(fleet, find(fleet, "ham-scan"))->missing = 10;
    fleet_vm_load(fleet, find(fleet, "ham-relay02"))->missing = 2;
}

/* ---- rules ---- */

static void add_rule(Fleet *fleet, const char *name, int cluster, int type, int mandatory, int enabled,
                     const char *vm_names, const char *host_ids)
{
    g_auto(GStrv) names = list_split(vm_names);
    g_autoptr(GString) ids = g_string_new(NULL);
    for (char **vm = names; *vm; vm++)
        g_string_append_printf(ids, "%s%s", ids->len ? " " : "", vm_named(fleet, *vm)->id);
    g_autofree char *id = g_strdup_printf("%s:%u", cluster_ids[cluster], fleet->snapshot->n_rules + 1);
    Rule rule = rule_unknown();
    rule.id = snapshot_string(fleet->snapshot, id);
    rule.name = name;
    rule.cluster_id = cluster_ids[cluster];
    rule.type = type;
    rule.mandatory = mandatory;
    rule.enabled = enabled;
    rule.vm_ids = snapshot_string(fleet->snapshot, ids->str);
    rule.host_ids = host_ids;
    snapshot_add_rule(fleet->snapshot, &rule);
}

static void add_rules(Fleet *fleet)
{
    add_rule(fleet, "domain controllers apart", CLUSTER_APPS, RULE_VM_ANTI_AFFINITY, 1, 1,
             "ham-dc01 ham-dc02", "");
    add_rule(fleet, "shop web tier apart", CLUSTER_APPS, RULE_VM_ANTI_AFFINITY, 1, 1,
             "ham-shop-web01 ham-shop-web02 ham-shop-web03 ham-shop-web04 ham-shop-web05 ham-shop-web06", "");
    add_rule(fleet, "Kafka brokers apart", CLUSTER_APPS, RULE_VM_ANTI_AFFINITY, 1, 1,
             "ham-kafka01 ham-kafka02 ham-kafka03", "");
    add_rule(fleet, "CRM beside its database", CLUSTER_APPS, RULE_VM_AFFINITY, 1, 1,
             "ham-crm-app01 ham-crm-db01", "");
    add_rule(fleet, "Oracle on licensed hosts", CLUSTER_APPS, RULE_VM_HOST_AFFINITY, 1, 1,
             "ham-erp-ora01 ham-erp-ora02 ham-erp-ora03", "host-13 host-14");
    add_rule(fleet, "databases not on the new host", CLUSTER_APPS, RULE_VM_HOST_ANTI_AFFINITY, 0, 1,
             "ham-shop-db01 ham-shop-db02 ham-shop-db03 ham-crm-db01 ham-crm-db02", "host-17");
    add_rule(fleet, "SQL replicas apart", CLUSTER_DATA, RULE_VM_ANTI_AFFINITY, 1, 1,
             "ham-sql-ag01 ham-sql-ag02 ham-sql-ag03 ham-sql-ag04", "");
    add_rule(fleet, "finance on audited hosts", CLUSTER_DATA, RULE_VM_HOST_AFFINITY, 0, 1,
             "ham-fin-app01 ham-fin-app02 ham-fin-app03 ham-fin-app04 ham-fin-app05 ham-fin-app06 "
             "ham-fin-batch01 ham-fin-batch02 ham-fin-batch03 ham-fin-batch04",
             "host-29 host-30 host-31");
    add_rule(fleet, "SAP servers apart", CLUSTER_DATA, RULE_VM_ANTI_AFFINITY, 1, 1,
             "ham-sap-ascs01 ham-sap-ascs02", "");
    add_rule(fleet, "brokers apart", CLUSTER_DESKTOPS, RULE_VM_ANTI_AFFINITY, 1, 0,
             "vdi-broker01 vdi-broker02", "");
}

/* ---- the whole ---- */

/* What the running VMs of a pool and of those below it hold, in MiB. */
static double pool_use(Fleet *fleet, int pool)
{
    const Snapshot *snapshot = fleet->snapshot;
    double kib = 0;
    for (guint i = 0; i < snapshot->n_vms; i++) {
        const VmLoad *load = fleet_vm_load(fleet, i);
        int at = snapshot->vms[i].pool;
        while (at >= 0 && at != pool)
            at = snapshot->pools[at].parent;
        if (at == pool && snapshot->vms[i].power == VM_POWER_ON)
            kib += load->consumed_kib + load->overhead_kib;
    }
    return kib / MIB_KIB;
}

/* Nightly is used up to the last 64 MiB; the pool around it has room, and so has Finance. */
static void limit_pools(Fleet *fleet)
{
    static const struct {
        const char *id;
        double room_mib;
    } limits[] = {{"resgroup-13", 64}, {"resgroup-12", 40000}, {"resgroup-28", 30000}};
    for (guint i = 0; i < G_N_ELEMENTS(limits); i++) {
        int pool = snapshot_find_pool(fleet->snapshot, limits[i].id);
        fleet->snapshot->pools[pool].memory_limit_mib = ceil(pool_use(fleet, pool) + limits[i].room_mib);
    }
}

Fleet *company_new(guint64 seed, gint64 taken_at, GError **error)
{
    g_autoptr(Fleet) fleet = fleet_new(seed, taken_at);
    SnapshotInfo *info = &fleet->snapshot->info;
    info->source_type = "vsphere";
    info->source = "https://ham-vcsa.nordwind.example/sdk";
    info->source_id = "3f6f9c1e-5d0a-4b7e-9a52-7c1d0e8b4f23";
    info->product = "VMware vCenter Server 8.0.3 build-24022515";
    info->api_version = "8.0.3.0";
    info->account = "NORDWIND\\svc-vmanger";
    info->left_out = "templates=3";
    add_evc_modes(fleet);
    add_clusters(fleet);
    add_pools(fleet);
    add_hosts(fleet);
    for (guint i = 0; i < G_N_ELEMENTS(groups); i++)
        add_group(fleet, &groups[i]);
    add_system_vms(fleet);
    add_resting_vms(fleet);
    tell_short_vms(fleet);
    tell_bound_vms(fleet);
    tell_idle_vms(fleet);
    tell_gaps(fleet);
    add_rules(fleet);
    if (!fleet_fit(fleet, error))
        return NULL;
    limit_pools(fleet);
    return g_steal_pointer(&fleet);
}
