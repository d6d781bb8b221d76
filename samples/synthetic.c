/* SPDX-License-Identifier: MIT */
#include "samples/synthetic.h"

#include "samples/strain.h"

#include <math.h>
#include <string.h>

#define CHOICES 3     /* hosts looked at for a VM: the emptiest of a few gives hosts that differ a little */
#define POOLS 3       /* of a cluster */
#define MEMBERS 3     /* of a rule, on average */
#define BROKEN_PCT 8  /* rules that today's placement may break */
#define CONSUMED 0.75 /* of a VM's size, on average */

/* The rows of one cluster: ranges of the tables. */
typedef struct Span {
    guint first_host, n_hosts, first_vm, n_vms;
    double *configured_mib; /* per host of the span */
    double vm_mib;          /* mean size */
} Span;

Recipe recipe_default(void)
{
    return (Recipe){.clusters = 1,
                    .hosts = 8,
                    .vms = 80,
                    .fill_cpu_pct = 45,
                    .fill_memory_pct = 60,
                    .hot_pct = 15,
                    .short_pct = 3,
                    .odd_pct = 5,
                    .rules_per_vm = 0.2};
}

static const struct {
    const char *cpu_model, *evc_mode;
    double cores, core_mhz, memory_gib;
} builds[] = {{"Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz", "intel-cascadelake", 48, 2993, 384},
              {"Intel(R) Xeon(R) Gold 6330 CPU @ 2.00GHz", "intel-icelake", 56, 1995, 512},
              {"AMD EPYC 7543 32-Core Processor", "amd-zen3", 64, 2794, 768},
              {"Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", "intel-broadwell", 28, 2394, 256}};

static const char *name_of(Fleet *fleet, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* a string that the snapshot keeps */
static const char *name_of(Fleet *fleet, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return snapshot_string(fleet->snapshot, text);
}

static void add_cluster(Fleet *fleet, guint number, const Span *span)
{
    static const int drs[] = {DRS_OFF, DRS_OFF, DRS_MANUAL, DRS_MANUAL, DRS_MANUAL, DRS_PARTIAL, DRS_FULL};
    Chance *chance = &fleet->chance;
    Cluster cluster = cluster_unknown();
    cluster.id = name_of(fleet, "domain-c%u", number);
    cluster.name = name_of(fleet, "Cluster %02u", number);
    cluster.path = name_of(fleet, "Datacenter/host/Cluster %02u", number);
    cluster.drs = drs[chance_below(chance, G_N_ELEMENTS(drs))];
    cluster.dpm = DRS_OFF;
    cluster.vsan = chance_pct(chance, 30);
    cluster.ha = span->n_hosts > 1 && chance_pct(chance, 80);
    cluster.ha_policy = HA_POLICY_OFF;
    if (cluster.ha)
        cluster.ha_policy = (int)chance_below(chance, span->n_hosts > 3 ? 4 : 3);
    if (cluster.ha_policy == HA_POLICY_PERCENT)
        cluster.ha_reserve_cpu_pct = cluster.ha_reserve_memory_pct = 10 + chance_below(chance, 16);
    if (cluster.ha_policy == HA_POLICY_SLOTS)
        cluster.ha_failures = 1;
    if (cluster.ha_policy == HA_POLICY_HOSTS)
        cluster.ha_failover_hosts = name_of(fleet, "host-%u-%u", number, 1);
    cluster.evc_mode = chance_pct(chance, 60) ? builds[number % G_N_ELEMENTS(builds)].evc_mode : "";
    snapshot_add_cluster(fleet->snapshot, &cluster);
}

static void add_pools(Fleet *fleet, guint number)
{
    static const char *const names[POOLS] = {"Resources", "Production", "Test"};
    for (guint i = 0; i < POOLS; i++) {
        Pool pool = pool_unknown();
        pool.id = name_of(fleet, "resgroup-%u-%u", number, i);
        pool.name = names[i];
        pool.parent_id = i ? name_of(fleet, "resgroup-%u-%u", number, 0) : "";
        pool.cluster_id = name_of(fleet, "domain-c%u", number);
        pool.cpu_limit_mhz = INFINITY;
        pool.memory_limit_mib = INFINITY;
        snapshot_add_pool(fleet->snapshot, &pool);
    }
}

/* What may be the matter with a host. */
static void bind_host(Fleet *fleet, Host *host, guint number)
{
    switch (chance_below(&fleet->chance, 7)) {
    case 0:
        host->mode = HOST_MODE_MAINTENANCE;
        break;
    case 1:
        host->power = HOST_POWER_STANDBY;
        host->connection = CONNECTION_NOT_RESPONDING;
        break;
    case 2:
        host->connection = CONNECTION_NOT_RESPONDING;
        break;
    case 3:
        host->mode = HOST_MODE_QUARANTINE;
        break;
    case 4:
        host->vmotion = 0;
        break;
    case 5:
        host->datastores = name_of(fleet, "datastore-%u-%u", number, 1);
        break;
    default:
        host->cpu_model = "Intel(R) Xeon(R) Platinum 8480+";
        host->evc_mode = "intel-sapphirerapids";
    }
}

static double draw_fill(Chance *chance, double mean)
{
    return CLAMP(mean + chance_between(chance, -18, 18), 3, 78);
}

static void add_host(Fleet *fleet, const Recipe *recipe, guint number, guint index)
{
    guint build = number % G_N_ELEMENTS(builds);
    Chance *chance = &fleet->chance;
    g_autofree char *uuid = chance_uuid(chance);
    g_autofree char *datastores = g_strdup_printf("datastore-%u-1 datastore-%u-2", number, number);
    Host host = host_unknown();
    host.id = name_of(fleet, "host-%u-%u", number, index);
    host.name = name_of(fleet, "esx%02u-%03u.example", number, index);
    host.uuid = uuid;
    host.cluster_id = name_of(fleet, "domain-c%u", number);
    host.connection = CONNECTION_CONNECTED;
    host.power = HOST_POWER_ON;
    host.mode = HOST_MODE_NORMAL;
    host.standby_supported = 1;
    host.cpu_model = builds[build].cpu_model;
    host.evc_mode = builds[build].evc_mode;
    host.cpu_cores = builds[build].cores;
    host.cpu_threads = 2 * host.cpu_cores;
    host.core_mhz = builds[build].core_mhz;
    host.cpu_mhz = host.cpu_cores * host.core_mhz;
    host.memory_kib = builds[build].memory_gib * GIB_KIB;
    host.numa_nodes = 2;
    host.net_capacity_kibps = 2441406;
    host.vmotion = 1;
    host.datastores = datastores;
    host.networks = "network-1 network-2";
    if (index > 1 && chance_pct(chance, recipe->odd_pct))
        bind_host(fleet, &host, number);
    gboolean hot = chance_pct(chance, recipe->hot_pct);
    gboolean hot_cpu = hot && chance_pct(chance, 50),
             hot_memory = hot && (!hot_cpu || chance_pct(chance, 20));
    fleet_add_host(fleet, &host,
                   hot_cpu ? chance_between(chance, 81, 97) : draw_fill(chance, recipe->fill_cpu_pct),
                   hot_memory ? chance_between(chance, 81, 96) : draw_fill(chance, recipe->fill_memory_pct));
}

/* ---- VMs ---- */

/* What may be the matter with a VM. */
static void bind_vm(Fleet *fleet, Vm *vm, guint number)
{
    Chance *chance = &fleet->chance;
    switch (chance_below(chance, 15)) {
    case 0:
        vm->pinned = "PCI passthrough device";
        break;
    case 1:
        vm->disabled_methods = "MigrateVM_Task RelocateVM_Task";
        break;
    case 2:
        vm->memory_limit_mib = vm->memory_mib;
        break;
    case 3:
        vm->memory_hot_add = 0;
        break;
    case 4:
        vm->memory_hot_add_limit_mib = vm->memory_mib;
        break;
    case 5:
        vm->fault_tolerance = 1;
        break;
    case 6:
        vm->drs_override = (int)chance_below(chance, 4);
        break;
    case 7:
        vm->datastores = name_of(fleet, "datastore-%u-%u", number, 2);
        break;
    case 8:
        vm->role = chance_pct(chance, 50) ? VM_ROLE_SYSTEM : VM_ROLE_IGNORE;
        break;
    case 9:
        vm->evc_required = "intel-skylake";
        break;
    case 10:
        vm->cpu_reservation_mhz = 1000 * vm->vcpus;
        break;
    case 11:
        vm->memory_reservation_mib = floor(vm->memory_mib / 2);
        break;
    case 12:
        vm->memory_reservation_mib = vm->memory_mib;
        vm->memory_reservation_locked = 1;
        break;
    case 13:
        vm->power = VM_POWER_SUSPENDED;
        break;
    default:
        vm->power = VM_POWER_OFF;
    }
}

/* Sizes in steps of 256 MiB around the mean; tight ones are many small and a few large. */
static double draw_size(Chance *chance, const Recipe *recipe, double mean_mib)
{
    static const double usual[] = {0.25, 0.5, 0.5, 0.75, 1, 1, 1.5, 2.5};
    static const double tight[] = {0.25, 0.25, 0.25, 0.5, 0.5, 0.5, 0.75, 5};
    const double *sizes = recipe->tight ? tight : usual;
    double mib = mean_mib * sizes[chance_below(chance, G_N_ELEMENTS(usual))];
    return MAX(512, round(mib / 256) * 256);
}

static gboolean host_may_run_vms(const Fleet *fleet, const Host *host)
{
    const Cluster *cluster = &fleet->snapshot->clusters[fleet->snapshot->n_clusters - 1];
    return host->mode != HOST_MODE_MAINTENANCE && host->power == HOST_POWER_ON &&
           strcmp(cluster->ha_failover_hosts, host->id) != 0;
}

/* Of a few hosts, the one with most room for its goal; the cluster's first two are always in order. */
static guint pick_host(Fleet *fleet, const Span *span, double mib)
{
    const Snapshot *snapshot = fleet->snapshot;
    guint best = MIN(1, span->n_hosts - 1);
    double least = INFINITY;
    for (guint i = 0; i < CHOICES; i++) {
        guint h = chance_below(&fleet->chance, span->n_hosts);
        const Host *host = &snapshot->hosts[span->first_host + h];
        double goal = fleet_host_load(fleet, span->first_host + h)->memory_pct * host->memory_kib;
        double full = (span->configured_mib[h] + mib) / goal;
        if (host_may_run_vms(fleet, host) && full < least) {
            least = full;
            best = h;
        }
    }
    return best;
}

/* The misfortunes of memory: short, squeezed by its host, or not measured. */
static void draw_memory(Fleet *fleet, const Recipe *recipe, guint vm)
{
    Chance *chance = &fleet->chance;
    VmLoad *load = fleet_vm_load(fleet, vm);
    double kib = fleet->snapshot->vms[vm].memory_mib * MIB_KIB;
    if (chance_pct(chance, recipe->short_pct))
        fleet_give_memory(fleet, vm, chance_between(chance, 0.81, 0.94), 0.97);
    if (chance_pct(chance, recipe->odd_pct / 3)) {
        load->ballooned_kib = round(0.03 * kib);
        load->swapped_kib = round(0.01 * kib);
        load->consumed_kib = MIN(load->consumed_kib, 0.9 * kib);
        load->given = TRUE;
    }
    if (chance_pct(chance, recipe->odd_pct / 5))
        load->missing = 1 + chance_below(chance, FLEET_SAMPLES);
}

static void add_vm(Fleet *fleet, const Recipe *recipe, guint number, Span *span)
{
    static const char *const guests[] = {"rhel8_64Guest", "windows2019srv_64Guest", "debian11_64Guest"};
    Chance *chance = &fleet->chance;
    guint index = fleet->snapshot->n_vms;
    g_autofree char *uuid = chance_uuid(chance);
    Vm vm = vm_unknown();
    vm.memory_mib = draw_size(chance, recipe, span->vm_mib);
    guint place = pick_host(fleet, span, vm.memory_mib);
    const Host *host = &fleet->snapshot->hosts[span->first_host + place];
    vm.id = name_of(fleet, "vm-%u", index + 1);
    vm.name = name_of(fleet, "srv%05u", index + 1);
    vm.folder = name_of(fleet, "Team %02u", index % 40);
    vm.instance_uuid = uuid;
    vm.cluster_id = host->cluster_id;
    vm.pool_id = name_of(fleet, "resgroup-%u-%u", number, chance_below(chance, POOLS));
    vm.host_id = host->id;
    vm.power = VM_POWER_ON;
    vm.connection = host->connection == CONNECTION_CONNECTED ? VM_CONNECTED : VM_DISCONNECTED;
    vm.guest_id = guests[chance_below(chance, G_N_ELEMENTS(guests))];
    vm.hardware_version = "vmx-19";
    vm.vcpus = 1 << chance_below(chance, 5);
    vm.cpu_reservation_mhz = 0;
    vm.cpu_limit_mhz = INFINITY;
    vm.memory_reservation_mib = 0;
    vm.memory_limit_mib = INFINITY;
    vm.memory_reservation_locked = 0;
    vm.cpu_hot_add = chance_pct(chance, 50);
    vm.memory_hot_add = chance_pct(chance, 80);
    vm.memory_hot_add_limit_mib = 16 * vm.memory_mib;
    vm.memory_hot_add_step_mib = 128;
    vm.fault_tolerance = 0;
    vm.evc_required = host->evc_mode;
    vm.datastores = name_of(fleet, "datastore-%u-%u", number, 1);
    vm.networks = "network-1";
    if (chance_pct(chance, recipe->odd_pct))
        bind_vm(fleet, &vm, number);
    fleet_add_vm(fleet, &vm, chance_between(chance, 0.02, 0.7), chance_between(chance, 0.05, 0.7),
                 chance_between(chance, CONSUMED - 0.2, CONSUMED + 0.2));
    fleet_vm_load(fleet, index)->rhythm = (Rhythm)chance_below(chance, N_RHYTHMS);
    if (vm.connection == VM_DISCONNECTED)
        fleet_vm_load(fleet, index)->missing = FLEET_SAMPLES;
    if (vm.power != VM_POWER_ON)
        return;
    span->configured_mib[place] += vm.memory_mib;
    draw_memory(fleet, recipe, index);
}

/* ---- rules ---- */

/* TRUE where the VM joins the members without the rule being broken from the start. */
static gboolean fits_members(const Fleet *fleet, int type, const guint *members, guint n, guint vm)
{
    const Vm *vms = fleet->snapshot->vms;
    for (guint i = 0; i < n; i++) {
        gboolean together = strcmp(vms[members[i]].host_id, vms[vm].host_id) == 0;
        if (members[i] == vm || (type == RULE_VM_AFFINITY && !together) ||
            (type == RULE_VM_ANTI_AFFINITY && together))
            return FALSE;
    }
    return TRUE;
}

/* Hosts for a rule of VMs and hosts: those that the members are on, or for 'not there', others. */
static char *draw_hosts(Fleet *fleet, const Span *span, int type, gboolean broken, const guint *members,
                        guint n)
{
    const Snapshot *snapshot = fleet->snapshot;
    g_autoptr(GString) list = g_string_new(NULL);
    for (guint h = span->first_host; h < span->first_host + span->n_hosts; h++) {
        gboolean home = FALSE;
        for (guint i = 0; i < n; i++)
            home = home || strcmp(snapshot->vms[members[i]].host_id, snapshot->hosts[h].id) == 0;
        gboolean wanted = home && !broken && type == RULE_VM_HOST_AFFINITY;
        gboolean unwanted = home && !broken && type == RULE_VM_HOST_ANTI_AFFINITY;
        if (wanted || (!unwanted && chance_pct(&fleet->chance, 30)))
            g_string_append_printf(list, "%s%s", list->len ? " " : "", snapshot->hosts[h].id);
    }
    return g_strdup(list->str);
}

static void add_rule(Fleet *fleet, guint number, const Span *span)
{
    Snapshot *snapshot = fleet->snapshot;
    Chance *chance = &fleet->chance;
    int type = (int)chance_below(chance, 4);
    gboolean broken = chance_pct(chance, BROKEN_PCT);
    guint members[2 * MEMBERS], n = 0, wanted = 2 + chance_below(chance, 2 * MEMBERS - 3);
    for (guint tries = 0; tries < 200 && n < wanted; tries++) {
        guint vm = span->first_vm + chance_below(chance, span->n_vms);
        if (fits_members(fleet, broken ? RULE_VM_HOST_AFFINITY : type, members, n, vm))
            members[n++] = vm;
    }
    gboolean of_hosts = type == RULE_VM_HOST_AFFINITY || type == RULE_VM_HOST_ANTI_AFFINITY;
    g_autofree char *hosts = of_hosts ? draw_hosts(fleet, span, type, broken, members, n) : NULL;
    if (n < 2 || (of_hosts && !*hosts))
        return;
    g_autoptr(GString) vms = g_string_new(NULL);
    for (guint i = 0; i < n; i++)
        g_string_append_printf(vms, "%s%s", i ? " " : "", snapshot->vms[members[i]].id);
    Rule rule = rule_unknown();
    rule.id = name_of(fleet, "rule-%u-%u", number, snapshot->n_rules + 1);
    rule.name = name_of(fleet, "rule %u", snapshot->n_rules + 1);
    rule.cluster_id = name_of(fleet, "domain-c%u", number);
    rule.type = type;
    rule.mandatory = chance_pct(chance, 50);
    rule.enabled = chance_pct(chance, 95);
    rule.vm_ids = snapshot_string(snapshot, vms->str);
    rule.host_ids = snapshot_string(snapshot, hosts);
    snapshot_add_rule(snapshot, &rule);
}

/* ---- the whole ---- */

/* Every third 'Test' pool has a limit, somewhere between what it holds and a third more. */
static void limit_pools(Fleet *fleet)
{
    Snapshot *snapshot = fleet->snapshot;
    g_autofree double *used_mib = g_new0(double, snapshot->n_pools);
    for (guint i = 0; i < snapshot->n_vms; i++) {
        const VmLoad *load = fleet_vm_load(fleet, i);
        if (snapshot->vms[i].power == VM_POWER_ON)
            used_mib[snapshot->vms[i].pool] += (load->consumed_kib + load->overhead_kib) / MIB_KIB;
    }
    for (guint p = 2; p < POOLS * snapshot->n_clusters; p += 9)
        snapshot->pools[p].memory_limit_mib = ceil(used_mib[p] * chance_between(&fleet->chance, 1, 1.3)) + 1;
}

static void add_all_of_cluster(Fleet *fleet, const Recipe *recipe, guint number, Span span)
{
    add_cluster(fleet, number, &span);
    add_pools(fleet, number);
    span.first_host = fleet->snapshot->n_hosts;
    span.first_vm = fleet->snapshot->n_vms;
    for (guint i = 1; i <= span.n_hosts; i++)
        add_host(fleet, recipe, number, i);
    double host_mib = builds[number % G_N_ELEMENTS(builds)].memory_gib * 1024;
    g_autofree double *configured = g_new0(double, span.n_hosts);
    span.configured_mib = configured;
    span.vm_mib = recipe->fill_memory_pct / 100 * host_mib * span.n_hosts / MAX(1, span.n_vms) / CONSUMED;
    for (guint i = 0; i < span.n_vms; i++)
        add_vm(fleet, recipe, number, &span);
    for (guint i = 0; span.n_vms > 1 && i < recipe->rules_per_vm * span.n_vms / MEMBERS; i++)
        add_rule(fleet, number, &span);
}

Fleet *synthetic_new(guint64 seed, gint64 taken_at, const Recipe *recipe, GError **error)
{
    if (recipe->clusters < 1 || recipe->hosts < recipe->clusters || recipe->vms < 0) {
        g_set_error(error, VMANGER_ERROR, 0,
                    "found %d clusters, %d hosts, %d VMs: expected at least one cluster and a host for each",
                    recipe->clusters, recipe->hosts, recipe->vms);
        return NULL;
    }
    g_autoptr(Fleet) fleet = fleet_new(seed, taken_at);
    SnapshotInfo *info = &fleet->snapshot->info;
    info->source_type = "vsphere";
    info->source = "https://vcenter.example/sdk";
    info->source_id = name_of(fleet, "00000000-0000-4000-8000-%04x%08x", 0, (guint)seed);
    info->product = "VMware vCenter Server 8.0.3";
    info->api_version = "8.0.3.0";
    guint clusters = (guint)recipe->clusters, hosts = (guint)recipe->hosts, vms = (guint)recipe->vms;
    for (guint c = 0; c < clusters; c++) {
        Span span = {.n_hosts = hosts / clusters + (c < hosts % clusters),
                     .n_vms = vms / clusters + (c < vms % clusters)};
        add_all_of_cluster(fleet, recipe, c + 1, span);
    }
    if (recipe->strained_pct > 0 && !strain_clusters(fleet, recipe->strained_pct, error))
        return NULL;
    if (!fleet_fit(fleet, error))
        return NULL;
    limit_pools(fleet);
    return g_steal_pointer(&fleet);
}
