/* SPDX-License-Identifier: MIT */
#include "plan/world.h"

#include "analyze/pressure.h"
#include "collect/references.h"

#include <math.h>
#include <string.h>

#define KIB_OF_MIB 1024.0
#define KIB_OF_GIB (1024.0 * 1024)
#define SECONDS_OF_MINUTE 60.0

/* a VM, and what it asks for in the interval */
typedef struct WorldVm {
    int target;           /* the host that it is moving to, or -1 */
    double added;         /* KiB of memory that were added to it */
    double asks[N_ASKED]; /* NAN: not measured */
    gboolean runs;
    /* the same as it stands: within the VM's size; KiB, MHz */
    double cpu, held, weighed, overhead;
    double since;                                 /* seconds: settled until then */
    double cpu_mark, memory_mark;                 /* its host's integrals at that time */
    double used_s, held_s, active_s, ballooned_s; /* integrals of the interval */
} WorldVm;

/* a host, and what is asked of it now */
typedef struct WorldHost {
    double own[N_ASKED]; /* beside its VMs */
    double cpu, memory, weighed, disk, net;
    guint n_running;
    double since;                           /* seconds: settled until then */
    double cpu_share_s, memory_share_s;     /* integrals of the share that its VMs get */
    double used_s, memory_s, disk_s, net_s; /* integrals of what a meter shows */
} WorldHost;

struct World {
    const LoadHistory *history;
    const Policy *yardstick;
    Snapshot *snapshot;
    guint interval;
    WorldVm *vms;
    WorldHost *hosts;
    WorldAccount account; /* of the interval, minutes still in seconds */
};

static double or_zero(double amount)
{
    return isnan(amount) ? 0 : amount;
}

/* ---- the inventory ---- */

/* The copy's strings are those of the original. */
static Snapshot *copy_inventory(const Snapshot *from)
{
    Snapshot *copy = snapshot_new();
    copy->info = from->info;
    copy->digest = g_strdup("replay");
    for (int table = 0; table < N_TABLES; table++) {
        Rows rows = snapshot_rows(from, table);
        for (guint i = 0; i < rows.n; i++)
            snapshot_add(copy, table, rows.rows + i * rows.size);
    }
    gboolean linked = snapshot_link(copy, NULL);
    g_assert(linked); /* as the original is */
    return copy;
}

World *world_new(const LoadHistory *history, const Policy *yardstick)
{
    World *world = g_new0(World, 1);
    world->history = history;
    world->yardstick = yardstick;
    world->snapshot = copy_inventory(history->start);
    world->vms = g_new0(WorldVm, world->snapshot->n_vms + 1);
    world->hosts = g_new0(WorldHost, world->snapshot->n_hosts + 1);
    for (guint i = 0; i < world->snapshot->n_vms; i++)
        world->vms[i].target = -1;
    return world;
}

void world_free(World *world)
{
    if (!world)
        return;
    snapshot_free(world->snapshot);
    g_free(world->vms);
    g_free(world->hosts);
    g_free(world);
}

const Snapshot *world_snapshot(const World *world)
{
    return world->snapshot;
}

/* ---- what is asked for ---- */

static double cpu_capacity(const World *world, const Vm *row)
{
    double limit = isnan(row->cpu_limit_mhz) ? INFINITY : row->cpu_limit_mhz;
    return fmin(row->vcpus * world->snapshot->hosts[row->host].core_mhz, limit);
}

/* what the VM asks its host for, as it stands */
static void size_up(const World *world, guint i)
{
    WorldVm *vm = &world->vms[i];
    const Vm *row = &world->snapshot->vms[i];
    vm->cpu = fmin(or_zero(vm->asks[ASKED_CPU_MHZ]), cpu_capacity(world, row));
    vm->held =
        fmin(or_zero(vm->asks[ASKED_HELD_KIB]) + (vm->runs ? vm->added : 0), row->memory_mib * KIB_OF_MIB);
    vm->overhead = or_zero(vm->asks[ASKED_OVERHEAD_KIB]);
    vm->weighed = world->yardstick->host_memory_demand
                      ? pressure_touched(vm->held, vm->asks[ASKED_ACTIVE_KIB])
                      : vm->held;
}

static double migration_cpu(const WorldVm *vm)
{
    return vm->target >= 0 ? WORLD_MIGRATION_CPU * vm->cpu : 0;
}

static void start_count(WorldHost *host)
{
    host->cpu = or_zero(host->own[ASKED_CPU_MHZ]);
    host->memory = host->weighed = or_zero(host->own[ASKED_HELD_KIB]);
    host->disk = or_zero(host->own[ASKED_DISK_KIBPS]);
    host->net = or_zero(host->own[ASKED_NET_KIBPS]);
    host->n_running = 0;
}

/* what a VM asks of the host on which it runs, and of the one that it is moving to */
static void burden_home(WorldHost *host, const WorldVm *vm)
{
    host->cpu += vm->cpu + migration_cpu(vm);
    host->memory += vm->held + vm->overhead;
    host->weighed += vm->weighed + vm->overhead;
    host->disk += or_zero(vm->asks[ASKED_DISK_KIBPS]);
    host->net += or_zero(vm->asks[ASKED_NET_KIBPS]);
    host->n_running += vm->runs;
}

static void burden_target(WorldHost *host, const WorldVm *vm)
{
    host->cpu += migration_cpu(vm);
    host->memory += vm->held + vm->overhead;
    host->weighed += vm->weighed + vm->overhead;
}

/* sums up all hosts */
static void count_all(const World *world)
{
    for (guint i = 0; i < world->snapshot->n_hosts; i++)
        start_count(&world->hosts[i]);
    for (guint i = 0; i < world->snapshot->n_vms; i++) {
        const WorldVm *vm = &world->vms[i];
        burden_home(&world->hosts[world->snapshot->vms[i].host], vm);
        if (vm->target >= 0)
            burden_target(&world->hosts[vm->target], vm);
    }
}

/* sums up one host anew, so that nothing is left of what was added to it and taken off */
static void count_host(const World *world, int host)
{
    WorldHost *at = &world->hosts[host];
    start_count(at);
    for (guint i = 0; i < world->snapshot->n_vms; i++) {
        const WorldVm *vm = &world->vms[i];
        if (world->snapshot->vms[i].host == host)
            burden_home(at, vm);
        if (vm->target == host)
            burden_target(at, vm);
    }
}

void world_begin(World *world, guint interval)
{
    const LoadHistory *history = world->history;
    Snapshot *snapshot = world->snapshot;
    world->interval = interval;
    world->account = (WorldAccount){0};
    snapshot->info.taken_at = history->ends[interval];
    for (guint i = 0; i < snapshot->n_vms; i++) {
        WorldVm *vm = &world->vms[i];
        *vm = (WorldVm){.target = vm->target, .added = vm->added};
        vm->runs = loadhistory_vm_runs(history, interval, i);
        for (int asked = 0; asked < N_ASKED; asked++)
            vm->asks[asked] = vm->runs ? loadhistory_vm_asks(history, asked, interval, i) : NAN;
        snapshot->vms[i].power = vm->runs ? VM_POWER_ON : VM_POWER_OFF;
        size_up(world, i);
    }
    for (guint i = 0; i < snapshot->n_hosts; i++) {
        world->hosts[i] = (WorldHost){0};
        for (int asked = 0; asked < N_ASKED; asked++)
            world->hosts[i].own[asked] = loadhistory_host_asks(history, asked, interval, i);
    }
    count_all(world);
}

/* ---- time passes ---- */

/* the share of what is asked for that there is */
static double share_of(double asked, double capacity)
{
    return asked > capacity && asked > 0 ? capacity / asked : 1;
}

static gboolean is_hot(const Policy *yardstick, const Host *row, const WorldHost *host)
{
    return host->cpu > row->cpu_mhz * yardstick->cpu_hot_pct / 100 ||
           host->weighed > row->memory_kib * yardstick->memory_hot_pct / 100 ||
           host->disk > row->disk_capacity_kibps * yardstick->disk_hot_pct / 100 ||
           host->net > row->net_capacity_kibps * yardstick->net_hot_pct / 100;
}

/* accounts for a host up to a time, since when nothing has changed on it */
static void settle_host(World *world, guint i, double at_s)
{
    WorldHost *host = &world->hosts[i];
    const Host *row = &world->snapshot->hosts[i];
    WorldAccount *account = &world->account;
    double seconds = at_s - host->since;
    double cpu_lack = fmax(0, host->cpu - row->cpu_mhz),
           memory_lack = fmax(0, host->memory - row->memory_kib);
    host->since = at_s;
    account->hot_minutes += is_hot(world->yardstick, row, host) ? seconds : 0;
    account->full_minutes += cpu_lack > 0 || memory_lack > 0 ? seconds : 0;
    account->cpu_lack_host += cpu_lack * seconds;
    account->memory_lack_host += memory_lack * seconds;
    account->on_minutes += row->power == HOST_POWER_ON ? seconds : 0;
    account->in_use_minutes += host->n_running > 0 ? seconds : 0;
    host->cpu_share_s += share_of(host->cpu, row->cpu_mhz) * seconds;
    host->memory_share_s += share_of(host->memory, row->memory_kib) * seconds;
    host->used_s += fmin(host->cpu, row->cpu_mhz) * seconds;
    host->memory_s += fmin(host->memory, row->memory_kib) * seconds;
    host->disk_s += host->disk * seconds;
    host->net_s += host->net * seconds;
}

/* the same of a VM, whose host is settled up to that time */
static void settle_vm(World *world, guint i, double at_s)
{
    WorldVm *vm = &world->vms[i];
    const Vm *row = &world->snapshot->vms[i];
    const WorldHost *host = &world->hosts[row->host];
    double seconds = at_s - vm->since, size = row->memory_mib * KIB_OF_MIB;
    double active = or_zero(vm->asks[ASKED_ACTIVE_KIB]), shared = host->memory_share_s - vm->memory_mark;
    WorldAccount *account = &world->account;
    vm->since = at_s;
    account->cpu_lack += (or_zero(vm->asks[ASKED_CPU_MHZ]) - vm->cpu) * seconds;
    account->memory_lack += fmax(0, active - size) * seconds;
    account->short_minutes += active > size * world->yardstick->short_pct / 100 ? seconds : 0;
    vm->used_s += vm->cpu * (host->cpu_share_s - vm->cpu_mark);
    vm->held_s += vm->held * shared;
    vm->ballooned_s += vm->held * fmax(0, seconds - shared);
    vm->active_s += fmin(active, size) * seconds;
    vm->cpu_mark = host->cpu_share_s;
    vm->memory_mark = host->memory_share_s;
}

/* ---- steps ---- */

static void settle_for(World *world, double at_s, const Change *change)
{
    settle_host(world, (guint)change->from, at_s);
    if (change->to != change->from)
        settle_host(world, (guint)change->to, at_s);
    if (change->vm >= 0)
        settle_vm(world, (guint)change->vm, at_s);
}

static void count_for(const World *world, const Change *change)
{
    count_host(world, change->from);
    if (change->to != change->from)
        count_host(world, change->to);
}

void world_step_begins(World *world, double at_s, const Change *change)
{
    if (change->action != ACTION_MIGRATE)
        return;
    settle_for(world, at_s, change);
    world->vms[change->vm].target = change->to;
    count_for(world, change);
}

static void arrive(World *world, const Change *change)
{
    WorldVm *vm = &world->vms[change->vm];
    Vm *row = &world->snapshot->vms[change->vm];
    const WorldHost *host = &world->hosts[change->to];
    vm->target = -1;
    vm->cpu_mark = host->cpu_share_s;
    vm->memory_mark = host->memory_share_s;
    row->host = change->to;
    row->host_id = world->snapshot->hosts[change->to].id;
}

void world_step_ends(World *world, double at_s, const Change *change)
{
    Snapshot *snapshot = world->snapshot;
    settle_for(world, at_s, change);
    switch (change->action) {
    case ACTION_MIGRATE:
        arrive(world, change);
        break;
    case ACTION_ADD_MEMORY:
        world->vms[change->vm].added += (change->amount - change->was) * KIB_OF_MIB;
        snapshot->vms[change->vm].memory_mib = change->amount;
        break;
    case ACTION_RECLAIM_MEMORY:
        world->vms[change->vm].added =
            fmax(0, world->vms[change->vm].added - (change->was - change->amount) * KIB_OF_MIB);
        snapshot->vms[change->vm].memory_mib = change->amount;
        break;
    case ACTION_ADD_CPU:
        snapshot->vms[change->vm].vcpus = change->amount;
        break;
    case ACTION_ENTER_MAINTENANCE:
        snapshot->hosts[change->to].mode = HOST_MODE_MAINTENANCE;
        break;
    case ACTION_EXIT_MAINTENANCE:
        snapshot->hosts[change->to].mode = HOST_MODE_NORMAL;
        break;
    default:
        return;
    }
    if (change->vm >= 0)
        size_up(world, (guint)change->vm);
    count_for(world, change);
}

/* ---- what it was ---- */

static void measure_host(const World *world, guint i, double seconds, Measured *measured)
{
    const WorldHost *host = &world->hosts[i];
    if (!isnan(host->own[ASKED_CPU_MHZ]))
        measured_set_host(measured, i, METRIC_CPU_USAGE_MHZ, host->used_s / seconds);
    if (!isnan(host->own[ASKED_HELD_KIB]))
        measured_set_host(measured, i, METRIC_MEMORY_CONSUMED_KIB, host->memory_s / seconds);
    if (!isnan(host->own[ASKED_DISK_KIBPS]))
        measured_set_host(measured, i, METRIC_DISK_KIBPS, host->disk_s / seconds);
    if (!isnan(host->own[ASKED_NET_KIBPS]))
        measured_set_host(measured, i, METRIC_NET_KIBPS, host->net_s / seconds);
}

static void measure_vm(const World *world, guint i, double seconds, Measured *measured)
{
    const WorldVm *vm = &world->vms[i];
    const struct {
        Asked asked;
        Metric metric;
        double value;
    } meters[] = {
        {ASKED_CPU_MHZ, METRIC_CPU_USAGE_MHZ, vm->used_s / seconds},
        {ASKED_CPU_MHZ, METRIC_CPU_DEMAND_MHZ, vm->cpu},
        {ASKED_ACTIVE_KIB, METRIC_MEMORY_ACTIVE_KIB, vm->active_s / seconds},
        {ASKED_HELD_KIB, METRIC_MEMORY_CONSUMED_KIB, vm->held_s / seconds},
        {ASKED_HELD_KIB, METRIC_MEMORY_BALLOONED_KIB, vm->ballooned_s / seconds},
        {ASKED_OVERHEAD_KIB, METRIC_MEMORY_OVERHEAD_KIB, vm->overhead},
        {ASKED_DISK_KIBPS, METRIC_DISK_KIBPS, vm->asks[ASKED_DISK_KIBPS]},
        {ASKED_NET_KIBPS, METRIC_NET_KIBPS, vm->asks[ASKED_NET_KIBPS]},
    };
    /* One of which the history knows no CPU was not measured, though it holds memory. */
    if (!vm->runs || isnan(vm->asks[ASKED_CPU_MHZ]))
        return;
    for (guint k = 0; k < G_N_ELEMENTS(meters); k++)
        if (!isnan(vm->asks[meters[k].asked]))
            measured_set_vm(measured, i, meters[k].metric, meters[k].value);
}

/* seconds become minutes, KiB·s GiB·min, and the whole holds its part */
static WorldAccount close_account(WorldAccount account, double seconds)
{
    account.minutes = seconds / SECONDS_OF_MINUTE;
    account.hot_minutes /= SECONDS_OF_MINUTE;
    account.full_minutes /= SECONDS_OF_MINUTE;
    account.short_minutes /= SECONDS_OF_MINUTE;
    account.on_minutes /= SECONDS_OF_MINUTE;
    account.in_use_minutes /= SECONDS_OF_MINUTE;
    account.cpu_lack += account.cpu_lack_host;
    account.memory_lack_host /= KIB_OF_GIB * SECONDS_OF_MINUTE;
    account.memory_lack = account.memory_lack / (KIB_OF_GIB * SECONDS_OF_MINUTE) + account.memory_lack_host;
    return account;
}

WorldAccount world_end(World *world, Measured *measured)
{
    double seconds = world->history->lengths[world->interval];
    measured_next(measured);
    for (guint i = 0; i < world->snapshot->n_hosts; i++) {
        settle_host(world, i, seconds);
        measure_host(world, i, seconds, measured);
    }
    for (guint i = 0; i < world->snapshot->n_vms; i++) {
        settle_vm(world, i, seconds);
        measure_vm(world, i, seconds, measured);
    }
    return close_account(world->account, seconds);
}

void world_account_add(WorldAccount *sum, const WorldAccount *account)
{
    sum->minutes += account->minutes;
    sum->hot_minutes += account->hot_minutes;
    sum->full_minutes += account->full_minutes;
    sum->cpu_lack += account->cpu_lack;
    sum->cpu_lack_host += account->cpu_lack_host;
    sum->memory_lack += account->memory_lack;
    sum->memory_lack_host += account->memory_lack_host;
    sum->short_minutes += account->short_minutes;
    sum->on_minutes += account->on_minutes;
    sum->in_use_minutes += account->in_use_minutes;
}
