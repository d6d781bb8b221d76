/* SPDX-License-Identifier: MIT */
#include "samples/strain.h"

#include "collect/references.h"

#include <math.h>
#include <string.h>

#define STREAM 1000000  /* of the first cluster's chance: above those of VMs' samples */
#define GRAIN_MIB 128   /* of VMs' sizes */
#define MOST_SIZES 2.5  /* of the VMs on a host, of its memory */
#define TOLD_PART 0.985 /* of hosts' memory that a cluster says it has for VMs */

/* A cluster under strain: its rows, and what is drawn for it. */
typedef struct Strained {
    Fleet *fleet;
    Chance chance;
    guint cluster;
    GArray *hosts, *vms; /* guint */
} Strained;

static guint at(const GArray *indices, guint i)
{
    return g_array_index(indices, guint, i);
}

static Host *host_of(const Strained *strained, guint i)
{
    return &strained->fleet->snapshot->hosts[at(strained->hosts, i)];
}

static Vm *vm_of(const Strained *strained, guint i)
{
    return &strained->fleet->snapshot->vms[at(strained->vms, i)];
}

static gboolean is_live(const Host *host)
{
    return host->connection == CONNECTION_CONNECTED && host->power == HOST_POWER_ON &&
           host->mode != HOST_MODE_MAINTENANCE;
}

/* ---- what is reserved ---- */

/* MiB with what it takes to run the VM, as plan estimates it */
static double held_mib(const Vm *vm)
{
    double reserved = vm->memory_reservation_locked == 1 ? vm->memory_mib : vm->memory_reservation_mib;
    return vm->power == VM_POWER_ON ? reserved + ceil(14.3 + 4.05 * vm->vcpus + 0.00743 * vm->memory_mib) : 0;
}

/* what the host has for VMs, by its cluster's word, or without what its hypervisor uses (fleet_add_host) */
static double reservable_mib(const Strained *strained, guint host)
{
    const Cluster *cluster = &strained->fleet->snapshot->clusters[strained->cluster];
    double mib = host_of(strained, host)->memory_kib / MIB_KIB;
    return cluster->memory_reservable_mib > 0 ? TOLD_PART * mib : mib - MAX(0.01 * mib, 4096 + 0.005 * mib);
}

static double held_on(const Strained *strained, guint host)
{
    double sum = 0;
    for (guint i = 0; i < strained->vms->len; i++)
        if (vm_of(strained, i)->host == (int)at(strained->hosts, host))
            sum += held_mib(vm_of(strained, i));
    return sum;
}

/* reserves memory for VMs on the host until so much is held there, where they are large enough */
static void reserve_on(const Strained *strained, guint host, double until_mib)
{
    for (guint i = 0; i < strained->vms->len; i++) {
        Vm *vm = vm_of(strained, i);
        double missing = ceil(until_mib - held_on(strained, host));
        if (vm->host != (int)at(strained->hosts, host) || vm->power != VM_POWER_ON || missing <= 0)
            continue;
        vm->memory_reservation_mib = MIN(vm->memory_mib, vm->memory_reservation_mib + missing);
    }
}

/* a VM that runs on a host that is live, as a place in vms; -1 where few draws find none */
static int draw_vm(Strained *strained)
{
    for (guint tries = 0; strained->vms->len > 0 && tries < 20; tries++) {
        guint i = chance_below(&strained->chance, strained->vms->len);
        const Vm *vm = vm_of(strained, i);
        if (vm->power == VM_POWER_ON && vm->role < 0 && vm->connection == VM_CONNECTED &&
            is_live(&strained->fleet->snapshot->hosts[vm->host]))
            return (int)i;
    }
    return -1;
}

/* ---- hosts that are not there ---- */

static gboolean takes_vms(const Strained *strained, guint host)
{
    const Cluster *cluster = &strained->fleet->snapshot->clusters[strained->cluster];
    return is_live(host_of(strained, host)) &&
           strcmp(cluster->ha_failover_hosts, host_of(strained, host)->id) != 0;
}

/* TRUE where sizes would stay within what loads can be fitted to */
static gboolean has_space(const Strained *strained, guint host, const Vm *more)
{
    double mib = more->memory_mib;
    for (guint i = 0; i < strained->vms->len; i++)
        if (vm_of(strained, i)->host == (int)at(strained->hosts, host))
            mib += vm_of(strained, i)->memory_mib;
    return mib < MOST_SIZES * host_of(strained, host)->memory_kib / MIB_KIB;
}

/* to the others of the first n in turn; where there is none, they stay */
static void move_all_off(const Strained *strained, guint host, guint n)
{
    guint to = 0;
    for (guint i = 0; n > 0 && i < strained->vms->len; i++) {
        Vm *vm = vm_of(strained, i);
        for (guint tries = 0; tries < n && (to == host || !takes_vms(strained, to)); tries++)
            to = (to + 1) % n;
        if (vm->host != (int)at(strained->hosts, host) || to == host || !takes_vms(strained, to) ||
            !has_space(strained, to, vm))
            continue;
        vm->host = (int)at(strained->hosts, to);
        vm->host_id = host_of(strained, to)->id;
        to = (to + 1) % n;
    }
}

static gboolean is_empty(const Strained *strained, guint host)
{
    for (guint i = 0; i < strained->vms->len; i++)
        if (vm_of(strained, i)->host == (int)at(strained->hosts, host))
            return FALSE;
    return TRUE;
}

/* hardly as many threads as the largest VM on it has vCPUs */
static void narrow(const Strained *strained, guint host)
{
    double vcpus = 4;
    for (guint i = 0; i < strained->vms->len; i++)
        if (vm_of(strained, i)->host == (int)at(strained->hosts, host))
            vcpus = MAX(vcpus, vm_of(strained, i)->vcpus);
    host_of(strained, host)->cpu_threads = vcpus;
}

/* its VMs go on, and nobody measures them */
static void lose(const Strained *strained, guint host)
{
    host_of(strained, host)->connection = CONNECTION_NOT_RESPONDING;
    for (guint i = 0; i < strained->vms->len; i++) {
        if (vm_of(strained, i)->host != (int)at(strained->hosts, host))
            continue;
        vm_of(strained, i)->connection = VM_DISCONNECTED;
        fleet_vm_load(strained->fleet, at(strained->vms, i))->missing = FLEET_SAMPLES;
    }
}

static guint count_takers(const Strained *strained)
{
    guint n = 0;
    for (guint i = 0; i < strained->hosts->len; i++)
        n += takes_vms(strained, i);
    return n;
}

/* The first two hosts stay in order, and dedicated failover hosts are among them. */
static void strain_host(Strained *strained, guint host)
{
    Host *row = host_of(strained, host);
    if (count_takers(strained) < 3)
        return; /* the others could not run what they would have to */
    switch (chance_below(&strained->chance, 6)) {
    case 0:
    case 1:
        move_all_off(strained, host, strained->hosts->len);
        if (!is_empty(strained, host))
            break;
        row->power = HOST_POWER_STANDBY;
        row->connection = CONNECTION_NOT_RESPONDING;
        break;
    case 2:
        lose(strained, host);
        break;
    case 3:
        row->mode = HOST_MODE_QUARANTINE;
        break;
    case 4:
        narrow(strained, host);
        break;
    default:
        move_all_off(strained, host, strained->hosts->len); /* and it stays, empty */
    }
}

static void strain_hosts(Strained *strained)
{
    for (guint i = 2; i < strained->hosts->len; i++)
        if (is_live(host_of(strained, i)) && chance_pct(&strained->chance, 25))
            strain_host(strained, i);
}

/* so little load that hosts could be spared, or so much that several are lacking */
static void set_loads(Strained *strained, double least_cpu, double most_cpu, double least_memory,
                      double most_memory)
{
    for (guint i = 0; i < strained->hosts->len; i++) {
        HostLoad *load = fleet_host_load(strained->fleet, at(strained->hosts, i));
        load->cpu_pct = chance_between(&strained->chance, least_cpu, most_cpu);
        load->memory_pct = chance_between(&strained->chance, least_memory, most_memory);
    }
}

/* Few hosts would do, were there not those whose VMs have to be run elsewhere. */
static void calm_down(Strained *strained)
{
    Cluster *cluster = &strained->fleet->snapshot->clusters[strained->cluster];
    guint last = strained->hosts->len - 1;
    if (last > 1 && chance_pct(&strained->chance, 50))
        lose(strained, last);
    gboolean piled = chance_pct(&strained->chance, 75);
    for (guint host = 2; piled && host <= last; host++)
        if (takes_vms(strained, host))
            move_all_off(strained, host, 2);
    if (piled)
        set_loads(strained, 10, 50, 25, 65);
    else
        set_loads(strained, 3, 14, 4, 16);
    if (chance_pct(&strained->chance, 50) && cluster->ha_policy != HA_POLICY_HOSTS) {
        cluster->ha = 0;
        cluster->ha_policy = HA_POLICY_OFF;
    }
}

/* ---- VMs ---- */

/* a size in whole grains, and what its guest and its host use of it */
static void resize(Strained *strained, guint i, double mib, double active_share, double consumed_share)
{
    Vm *vm = vm_of(strained, i);
    vm->memory_mib = MAX(4 * GRAIN_MIB, floor(mib / GRAIN_MIB) * GRAIN_MIB);
    vm->memory_hot_add_limit_mib = 16 * vm->memory_mib;
    vm->memory_limit_mib = INFINITY;
    fleet_give_memory(strained->fleet, at(strained->vms, i), active_share, consumed_share);
}

/* short, and its reservation follows its size */
static void lock_short(Strained *strained, guint i, double mib)
{
    Vm *vm = vm_of(strained, i);
    resize(strained, i, mib, chance_between(&strained->chance, 0.82, 0.94), 0.97);
    vm->memory_hot_add = 1;
    vm->memory_reservation_mib = vm->memory_mib;
    vm->memory_reservation_locked = 1;
}

static void lock_some(Strained *strained)
{
    guint n = 1 + chance_below(&strained->chance, 4);
    for (guint k = 0; k < n; k++) {
        int i = draw_vm(strained);
        if (i >= 0)
            lock_short(strained, (guint)i, vm_of(strained, (guint)i)->memory_mib);
    }
}

/* A VM so large that one other host alone has as much unreserved, and that one hardly. */
static void add_monster(Strained *strained)
{
    guint n = strained->hosts->len, spared = chance_below(&strained->chance, n);
    int i = draw_vm(strained);
    if (i < 0)
        return;
    Vm *vm = vm_of(strained, (guint)i);
    double mib = chance_between(&strained->chance, 0.25, 0.5) * host_of(strained, 0)->memory_kib / MIB_KIB;
    resize(strained, (guint)i, mib, 0.3, 0.5);
    vm->memory_reservation_mib = vm->memory_mib;
    vm->memory_reservation_locked = chance_pct(&strained->chance, 50);
    for (guint host = 0; host < n; host++) {
        double left = held_mib(vm) + chance_between(&strained->chance, 0, 6144);
        if ((int)at(strained->hosts, host) == vm->host)
            continue;
        if (host != spared)
            left = chance_between(&strained->chance, 0.5, 0.98) * held_mib(vm);
        reserve_on(strained, host, reservable_mib(strained, host) - left);
    }
}

/* More than there is, of memory or of CPU, where the VMs on it are large enough. */
static void overreserve(Strained *strained)
{
    guint host = chance_below(&strained->chance, strained->hosts->len);
    const Host *row = host_of(strained, host);
    if (chance_pct(&strained->chance, 50)) {
        reserve_on(strained, host, row->memory_kib / MIB_KIB * chance_between(&strained->chance, 1.01, 1.2));
        return;
    }
    double most = row->cpu_mhz * chance_between(&strained->chance, 1.02, 1.4), sum = 0;
    for (guint i = 0; i < strained->vms->len && sum < most; i++) {
        Vm *vm = vm_of(strained, i);
        if (vm->host != (int)at(strained->hosts, host) || vm->power != VM_POWER_ON)
            continue;
        vm->cpu_reservation_mhz = floor(vm->vcpus * row->core_mhz);
        sum += vm->cpu_reservation_mhz;
    }
}

/* ---- HA ---- */

static double held_in_cluster(const Strained *strained)
{
    double sum = 0;
    for (guint i = 0; i < strained->vms->len; i++)
        sum += held_mib(vm_of(strained, i));
    return sum;
}

static double reservable_in_cluster(const Strained *strained, guint *n_hosts)
{
    double sum = 0;
    *n_hosts = 0;
    for (guint i = 0; i < strained->hosts->len; i++) {
        sum += is_live(host_of(strained, i)) ? reservable_mib(strained, i) : 0;
        *n_hosts += is_live(host_of(strained, i));
    }
    return sum;
}

/* the percentage that leaves a few additions, or none */
static void keep_percentage(Strained *strained, Cluster *cluster)
{
    guint n;
    double all = reservable_in_cluster(strained, &n);
    double left = all - held_in_cluster(strained) - chance_between(&strained->chance, -500, 2000);
    cluster->ha_policy = HA_POLICY_PERCENT;
    cluster->ha_reserve_memory_pct = floor(CLAMP(left / all * 100, 0, 99) * 1000) / 1000;
    cluster->ha_reserve_cpu_pct = 10;
}

/* a locked VM so large that there are just slots enough for all, or not quite */
static void keep_slots(Strained *strained, Cluster *cluster)
{
    guint n_hosts;
    double all = reservable_in_cluster(strained, &n_hosts), failures = 1 + chance_below(&strained->chance, 2);
    int i = draw_vm(strained);
    cluster->ha_policy = HA_POLICY_SLOTS;
    cluster->ha_failures = chance_pct(&strained->chance, 80) ? failures : NAN;
    if (i < 0 || n_hosts <= failures)
        return;
    double per_host = ceil(strained->vms->len / (n_hosts - failures));
    double slot = all / n_hosts / per_host;
    lock_short(strained, (guint)i, slot / 1.0074 - 31 - chance_between(&strained->chance, -200, 1200));
}

static void strain_ha(Strained *strained)
{
    Cluster *cluster = &strained->fleet->snapshot->clusters[strained->cluster];
    if (cluster->ha_policy == HA_POLICY_HOSTS)
        return;
    cluster->ha = 1;
    cluster->ha_reserve_cpu_pct = cluster->ha_reserve_memory_pct = cluster->ha_failures = NAN;
    cluster->ha_policy = HA_POLICY_OFF;
    if (chance_pct(&strained->chance, 45))
        keep_percentage(strained, cluster);
    else if (chance_pct(&strained->chance, 45))
        keep_slots(strained, cluster);
}

/* ---- pools ---- */

/* the root of a cluster's pools, "Production" and "Test" below it, and one in "Production" */
enum { POOL_ROOT, POOL_PRODUCTION, POOL_TEST, POOL_INNER, N_POOLS };

static const char *pool_id(const Strained *strained, guint number)
{
    g_autofree char *id = g_strdup_printf("resgroup-%u-%u", strained->cluster + 1, number);
    return snapshot_string(strained->fleet->snapshot, id);
}

static void add_inner_pool(Strained *strained)
{
    Pool pool = pool_unknown();
    pool.id = pool_id(strained, POOL_INNER);
    pool.name = snapshot_string(strained->fleet->snapshot, "Inner");
    pool.parent_id = pool_id(strained, POOL_PRODUCTION);
    pool.cluster_id = strained->fleet->snapshot->clusters[strained->cluster].id;
    pool.cpu_limit_mhz = pool.memory_limit_mib = INFINITY;
    snapshot_add_pool(strained->fleet->snapshot, &pool);
    for (guint i = 0; i < strained->vms->len; i++)
        if (chance_pct(&strained->chance, 30))
            vm_of(strained, i)->pool_id = pool.id;
}

static double held_by_vms(const Strained *strained, const Pool *pool)
{
    double sum = 0;
    for (guint i = 0; i < strained->vms->len; i++)
        if (vm_of(strained, i)->pool_id == pool->id)
            sum += held_mib(vm_of(strained, i));
    return sum;
}

/* what the pool above must hold for one: its reservation, or more where it may borrow */
static double held_for(const Pool *pool, double used)
{
    return pool->memory_expandable == 0 ? pool->memory_reservation_mib
                                        : MAX(pool->memory_reservation_mib, used);
}

/* a reservation a little above or below what is used, now and then none or a limit near by */
static void bound_pool(Strained *strained, Pool *pool, double used)
{
    Chance *chance = &strained->chance;
    pool->memory_expandable = chance_pct(chance, 10) ? -1 : chance_pct(chance, 50);
    double reservation = ceil(used + chance_between(chance, -300, 900)),
           limit = ceil(used + chance_between(chance, 0, 900));
    pool->memory_reservation_mib = chance_pct(chance, 20) ? 0 : MAX(0, reservation);
    if (chance_pct(chance, 15))
        pool->memory_limit_mib = MAX(pool->memory_reservation_mib, limit);
}

/* what the source would tell: what is used, and what can be had here and above, of which something else may
 * leave less; now and then not what is reserved */
static double tell(Strained *strained, Pool *pool, double used, double above)
{
    double left = MAX(0, pool->memory_reservation_mib - used) + (pool->memory_expandable == 0 ? 0 : above);
    double less = floor(chance_between(&strained->chance, 0, 900));
    pool->memory_reservation_used_mib = ceil(used);
    pool->memory_unreserved_mib = chance_pct(&strained->chance, 30) ? MIN(floor(left), less) : floor(left);
    if (chance_pct(&strained->chance, 10))
        pool->memory_reservation_mib = NAN;
    return pool->memory_unreserved_mib;
}

/* The inner pool joins the table's end, so pools of before are looked up by id. */
static void strain_pools(Strained *strained)
{
    const Snapshot *snapshot = strained->fleet->snapshot;
    Pool *pools[N_POOLS];
    double used[N_POOLS];
    guint n_hosts;
    add_inner_pool(strained);
    for (guint k = 0; k < N_POOLS; k++) {
        int index = snapshot_find_pool(snapshot, pool_id(strained, k));
        pools[k] = &snapshot->pools[index < 0 ? (int)snapshot->n_pools - 1 : index];
        used[k] = held_by_vms(strained, pools[k]);
    }
    bound_pool(strained, pools[POOL_INNER], used[POOL_INNER]);
    used[POOL_PRODUCTION] += held_for(pools[POOL_INNER], used[POOL_INNER]);
    bound_pool(strained, pools[POOL_PRODUCTION], used[POOL_PRODUCTION]);
    bound_pool(strained, pools[POOL_TEST], used[POOL_TEST]);
    used[POOL_ROOT] +=
        held_for(pools[POOL_PRODUCTION], used[POOL_PRODUCTION]) + held_for(pools[POOL_TEST], used[POOL_TEST]);
    pools[POOL_ROOT]->memory_expandable = chance_pct(&strained->chance, 50);
    pools[POOL_ROOT]->memory_reservation_mib = 0;
    if (chance_pct(&strained->chance, 60))
        pools[POOL_ROOT]->memory_reservation_mib =
            MAX(floor(reservable_in_cluster(strained, &n_hosts)), ceil(used[POOL_ROOT]));
    if (chance_pct(&strained->chance, 50))
        return;
    double above = tell(strained, pools[POOL_ROOT], used[POOL_ROOT], 0);
    tell(strained, pools[POOL_TEST], used[POOL_TEST], above);
    above = tell(strained, pools[POOL_PRODUCTION], used[POOL_PRODUCTION], above);
    tell(strained, pools[POOL_INNER], used[POOL_INNER], above);
}

/* ---- the cluster ---- */

static void strain_power(Strained *strained)
{
    static const int dpm[] = {DRS_OFF, DRS_OFF, DRS_OFF, DRS_OFF, -1, DRS_MANUAL, DRS_FULL};
    Cluster *cluster = &strained->fleet->snapshot->clusters[strained->cluster];
    cluster->dpm = dpm[chance_below(&strained->chance, G_N_ELEMENTS(dpm))];
    cluster->vsan = chance_pct(&strained->chance, 15);
}

/* what its hosts have for VMs, as a vCenter tells it */
static void tell_reservable(Strained *strained)
{
    Cluster *cluster = &strained->fleet->snapshot->clusters[strained->cluster];
    double kib = 0, mhz = 0;
    for (guint i = 0; i < strained->hosts->len; i++) {
        kib += is_live(host_of(strained, i)) ? host_of(strained, i)->memory_kib : 0;
        mhz += is_live(host_of(strained, i)) ? host_of(strained, i)->cpu_mhz : 0;
    }
    cluster->memory_reservable_mib = floor(kib / MIB_KIB * TOLD_PART);
    cluster->cpu_reservable_mhz = floor(mhz * 0.99);
}

static void strain(Strained *strained)
{
    Chance *chance = &strained->chance;
    strain_power(strained);
    if (chance_pct(chance, 50))
        strain_hosts(strained);
    if (chance_pct(chance, 40))
        tell_reservable(strained);
    gboolean calm = chance_pct(chance, 50);
    if (calm)
        calm_down(strained);
    else if (chance_pct(chance, 10))
        set_loads(strained, 90, 98, 40, 75);
    if (!calm && chance_pct(chance, 40))
        add_monster(strained);
    if (chance_pct(chance, 15))
        overreserve(strained);
    if (chance_pct(chance, 70))
        lock_some(strained);
    if (strained->hosts->len > 1 && !calm) /* what HA holds back would keep all hosts on */
        strain_ha(strained);
    if (chance_pct(chance, 60))
        strain_pools(strained);
}

static GArray *rows_of(const Strained *strained, gboolean of_hosts)
{
    const Snapshot *snapshot = strained->fleet->snapshot;
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < (of_hosts ? snapshot->n_hosts : snapshot->n_vms); i++)
        if ((of_hosts ? snapshot->hosts[i].cluster : snapshot->vms[i].cluster) == (int)strained->cluster)
            g_array_append_val(rows, i);
    return rows;
}

gboolean strain_clusters(Fleet *fleet, double pct, GError **error)
{
    if (!snapshot_link(fleet->snapshot, error))
        return FALSE;
    for (guint cluster = 0; cluster < fleet->snapshot->n_clusters; cluster++) {
        Strained strained = {
            .fleet = fleet, .chance = chance_new(fleet->seed, STREAM + cluster), .cluster = cluster};
        if (!chance_pct(&strained.chance, pct))
            continue;
        strained.hosts = rows_of(&strained, TRUE);
        strained.vms = rows_of(&strained, FALSE);
        strain(&strained);
        g_array_unref(strained.hosts);
        g_array_unref(strained.vms);
    }
    return TRUE;
}
