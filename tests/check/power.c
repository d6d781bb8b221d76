/* SPDX-License-Identifier: MIT */
#include "tests/check/power.h"

#include <math.h>
#include <string.h>

#define ROUNDING 1.0 /* MHz, KiB */

static const Resource both[] = {RESOURCE_CPU, RESOURCE_HOST_MEMORY};

/* the hosts that the plan advises one thing for */
typedef struct Advised {
    World *world;
    int action;
    gboolean *hosts;
} Advised;

static const PlanRow *row_at(const World *world, guint index)
{
    return &g_array_index(world->plan->rows, PlanRow, index);
}

static const PlanRow *row_about(const Advised *advised, guint host)
{
    const World *world = advised->world;
    for (guint i = 0; i < world->plan->rows->len; i++)
        if (row_at(world, i)->kind == ROW_ADVICE && row_at(world, i)->action == advised->action &&
            strcmp(row_at(world, i)->object_id, world->snapshot->hosts[host].id) == 0)
            return row_at(world, i);
    return NULL;
}

static void find_advised(const Advised *advised)
{
    World *world = advised->world;
    for (guint i = 0; i < world->plan->rows->len; i++) {
        const PlanRow *row = row_at(world, i);
        int host = row->action == advised->action ? snapshot_find_host(world->snapshot, row->object_id) : -1;
        if (row->action == advised->action && (row->kind != ROW_ADVICE || host < 0 || advised->hosts[host]))
            complain(world, row, "%s: expected one row of advice a host", action_names[row->action]);
        if (host >= 0)
            advised->hosts[host] = TRUE;
    }
}

static int state_of_cluster(const World *world, int cluster)
{
    return assessment_find(world->assessment, world->snapshot->info.source_id,
                           world->snapshot->clusters[cluster].id)
        ->state;
}

static gboolean is_excluded(const World *world, guint host)
{
    return policy_matches(world->policy->exclude_hosts, NULL, world->snapshot->hosts[host].name);
}

/* ---- the loss of a host ---- */

/* what the VMs of a host ask of others when it is lost, or emptied */
static double brings(const World *world, const VmAt *vms, guint host, Resource resource)
{
    double sum = 0;
    for (guint i = 0; i < world->snapshot->n_vms; i++) {
        const VmAt *vm = &vms[i];
        if (!vm->running || vm->host != (int)host || leaves_by_itself(&world->snapshot->vms[i]))
            continue;
        if (resource == RESOURCE_HOST_MEMORY)
            sum += vm_needs_kib(vm);
        else if (vm->measured)
            sum += vm->demand[resource];
    }
    return sum;
}

double lack_without_largest(const World *world, const HostAt *hosts, const VmAt *vms, int cluster,
                            Resource resource, const gboolean *gone)
{
    double room = 0, most = 0, demand = 0;
    for (guint i = 0; i < world->snapshot->n_hosts; i++) {
        const Host *row = &world->snapshot->hosts[i];
        if (row->cluster != cluster || (gone && gone[i]))
            continue;
        if (hosts[i].to_empty) {
            demand += brings(world, vms, i, resource);
        } else if (!host_is_live(row) || row->mode != HOST_MODE_NORMAL) {
            most = MAX(most, brings(world, vms, i, resource)); /* it may be the one that is lost */
        } else if (!isnan(hosts[i].demand[resource])) {
            room += hosts[i].capacity[resource];
            most = MAX(most, hosts[i].capacity[resource]);
            demand += hosts[i].demand[resource];
        }
    }
    return MAX(0, table_round(demand - (room - most)));
}

/* ---- standby ---- */

static gboolean is_counted_on(const Advised *asleep, guint host)
{
    const HostAt *at = &asleep->world->hosts[host];
    return at->usable && !at->to_empty && !asleep->hosts[host];
}

static gboolean holds_vms(const World *world, guint host)
{
    for (guint i = 0; i < world->snapshot->n_vms; i++)
        if (world->vms[i].running && world->vms[i].host == (int)host &&
            !leaves_by_itself(&world->snapshot->vms[i]))
            return TRUE;
    return FALSE;
}

static gboolean may_stand_by(const World *world, guint host)
{
    const HostAt *at = &world->hosts[host];
    return at->usable && !at->to_empty && !is_excluded(world, host) &&
           world->snapshot->hosts[host].standby_supported != 0 && !holds_vms(world, host);
}

static void check_who_stands_by(const Advised *asleep, guint host)
{
    World *world = asleep->world;
    int cluster = world->snapshot->hosts[host].cluster;
    const Cluster *row = &world->snapshot->clusters[cluster];
    const PlanRow *about = row_about(asleep, host);
    if (world->policy->power != POWER_STANDBY || state_of_cluster(world, cluster) != STATE_POWER_SAVING)
        complain(world, about, "standby is advised, which nobody asked for in this cluster");
    if (row->vsan == 1)
        complain(world, about, "standby is advised in a vSAN cluster");
    if (row->dpm > DRS_OFF)
        complain(world, about, "standby is advised in a cluster with DPM");
    if (!may_stand_by(world, host))
        complain(world, about, "standby is advised for a host that is not empty, or cannot stand by");
}

/* what VMs ask for that run on hosts which are not counted on: their size where they are not measured */
static double asked_elsewhere(const Advised *asleep, int cluster, Resource resource)
{
    const World *world = asleep->world;
    double sum = 0;
    for (guint i = 0; i < world->snapshot->n_vms; i++) {
        const VmAt *vm = &world->vms[i];
        if (world->snapshot->vms[i].cluster != cluster || !vm->running ||
            is_counted_on(asleep, (guint)vm->host) || leaves_by_itself(&world->snapshot->vms[i]))
            continue;
        double size = resource == RESOURCE_CPU ? vm->vcpus * world->snapshot->hosts[vm->host].core_mhz
                                               : vm->memory_mib * 1024;
        sum += isnan(vm->demand[resource]) ? size : vm->demand[resource];
    }
    return sum;
}

/* below the thresholds, on the hosts that are counted on */
static double room_left(const Advised *asleep, int cluster, Resource resource)
{
    const World *world = asleep->world;
    double room = 0;
    for (guint i = 0; i < world->snapshot->n_hosts; i++) {
        const HostAt *at = &world->hosts[i];
        if (world->snapshot->hosts[i].cluster == cluster && is_counted_on(asleep, i))
            room += at->capacity[resource] * at->threshold[resource] / 100 - at->demand[resource];
    }
    return room;
}

static void check_what_remains(const Advised *asleep, int cluster)
{
    World *world = asleep->world;
    const Cluster *row = &world->snapshot->clusters[cluster];
    guint in_reserve = 0;
    for (guint i = 0; i < world->snapshot->n_hosts; i++)
        in_reserve +=
            world->snapshot->hosts[i].cluster == cluster && !asleep->hosts[i] && may_stand_by(world, i);
    if (in_reserve < world->policy->hosts_in_reserve)
        complain(world, NULL, "%s: standby leaves %u empty hosts, hosts_in_reserve is %.0f", row->id,
                 in_reserve, world->policy->hosts_in_reserve);
    for (guint k = 0; k < G_N_ELEMENTS(both); k++) {
        double asked = asked_elsewhere(asleep, cluster, both[k]), room = room_left(asleep, cluster, both[k]);
        if (asked > room + ROUNDING)
            complain(world, NULL, "%s: standby leaves room for %.0f of %s, VMs of lost hosts ask for %.0f",
                     row->id, room, resource_names[both[k]], asked);
        if (row->ha == 1 && world->policy->ha_check == HA_CHECK_HARD &&
            lack_without_largest(world, world->hosts, world->vms, cluster, both[k], asleep->hosts) > 0)
            complain(world, NULL, "%s: with its hosts in standby it could not bear the loss of one", row->id);
    }
}

static void check_standby(World *world)
{
    g_autofree gboolean *hosts = g_new0(gboolean, world->snapshot->n_hosts);
    g_autofree gboolean *clusters = g_new0(gboolean, world->snapshot->n_clusters);
    const Advised asleep = {world, ACTION_STANDBY_HOST, hosts};
    find_advised(&asleep);
    for (guint i = 0; i < world->snapshot->n_hosts; i++) {
        if (!hosts[i])
            continue;
        clusters[world->snapshot->hosts[i].cluster] = TRUE;
        check_who_stands_by(&asleep, i);
    }
    for (guint i = 0; i < world->snapshot->n_clusters; i++)
        if (clusters[i])
            check_what_remains(&asleep, (int)i);
}

/* ---- waking ---- */

/* the hosts had the moves been made too that others are advised to make */
static HostAt *hosts_as_advised(const World *world)
{
    HostAt *hosts = g_memdup2(world->hosts, world->snapshot->n_hosts * sizeof *hosts);
    g_autofree VmAt *vms = g_memdup2(world->vms, world->snapshot->n_vms * sizeof *vms);
    for (guint i = 0; i < world->plan->rows->len; i++) {
        const PlanRow *row = row_at(world, i);
        gboolean moves = row->kind == ROW_ADVICE && row->action == ACTION_MIGRATE;
        int vm = moves ? snapshot_find_vm(world->snapshot, row->object_id) : -1,
            to = moves ? snapshot_find_host(world->snapshot, row->to_id) : -1;
        if (vm < 0 || to < 0 || !vms[vm].running)
            continue;
        VmAt *at = &vms[vm];
        for (int r = 0; r < N_RESOURCES; r++) {
            double demand = isnan(at->demand[r]) ? 0 : at->demand[r];
            hosts[at->host].demand[r] -= at->measured ? demand : 0;
            hosts[to].demand[r] += at->measured ? demand : r == RESOURCE_HOST_MEMORY ? vm_needs_kib(at) : 0;
        }
        at->host = to;
    }
    return hosts;
}

/* a host whose load is its cluster's: one in quarantine too, which is relieved */
static gboolean carries_load(const World *world, const HostAt *hosts, guint i)
{
    const Host *row = &world->snapshot->hosts[i];
    gboolean relieved =
        host_is_live(row) && row->mode == HOST_MODE_QUARANTINE && !isnan(hosts[i].demand[RESOURCE_CPU]) &&
        !isnan(hosts[i].demand[RESOURCE_HOST_MEMORY]) && !host_is_failover(world->snapshot, row);
    return hosts[i].usable || relieved;
}

static gboolean has_hot_host(const World *world, const HostAt *hosts, int cluster)
{
    for (guint i = 0; i < world->snapshot->n_hosts; i++)
        if (world->snapshot->hosts[i].cluster == cluster && carries_load(world, hosts, i) &&
            host_is_hot(&hosts[i]))
            return TRUE;
    return FALSE;
}

/* what hosts are over their threshold, each by itself and all together, whichever is more */
static double lacking(const World *world, const HostAt *hosts, int cluster, Resource resource)
{
    double each = 0, all = 0;
    for (guint i = 0; i < world->snapshot->n_hosts; i++) {
        const HostAt *at = &hosts[i];
        if (world->snapshot->hosts[i].cluster != cluster || !carries_load(world, hosts, i))
            continue;
        double over = at->demand[resource] - at->capacity[resource] * at->threshold[resource] / 100;
        each += MAX(0, over);
        all += over;
    }
    return MAX(each, all);
}

static gboolean may_be_woken(const World *world, guint host, int cluster)
{
    const Host *row = &world->snapshot->hosts[host];
    return row->cluster == cluster && row->power == HOST_POWER_STANDBY &&
           row->mode != HOST_MODE_MAINTENANCE && !is_excluded(world, host) && !world->hosts[host].to_empty;
}

/* what a host brings that wakes */
static double brought(const HostAt *at, Resource resource)
{
    double threshold = isnan(at->threshold[resource]) ? 100 : at->threshold[resource];
    return isnan(at->capacity[resource]) ? 0 : at->capacity[resource] * threshold / 100;
}

static gboolean is_enough(const World *world, const HostAt *hosts, int cluster,
                          const double sums[N_RESOURCES])
{
    for (guint k = 0; k < G_N_ELEMENTS(both); k++)
        if (lacking(world, hosts, cluster, both[k]) > sums[both[k]] + ROUNDING)
            return FALSE;
    return TRUE;
}

/* only where something is lacking, and no more than it takes; none where VMs could not go there anyway */
static void check_waking(const Advised *woken, const HostAt *hosts, int cluster)
{
    World *world = woken->world;
    const char *id = world->snapshot->clusters[cluster].id;
    gboolean wanted =
        state_of_cluster(world, cluster) == STATE_SATURATED || has_hot_host(world, hosts, cluster);
    guint n = 0;
    double all[N_RESOURCES] = {0}, without_last[N_RESOURCES] = {0};
    for (guint i = 0; i < world->snapshot->n_hosts; i++) {
        if (!woken->hosts[i] || world->snapshot->hosts[i].cluster != cluster)
            continue;
        n++;
        memcpy(without_last, all, sizeof all);
        for (guint k = 0; k < G_N_ELEMENTS(both); k++)
            all[both[k]] += brought(&hosts[i], both[k]);
        if (!wanted || !may_be_woken(world, i, cluster))
            complain(world, row_about(woken, i),
                     "waking is advised, and nothing is lacking or it cannot wake");
    }
    if (n > 1 && is_enough(world, hosts, cluster, without_last))
        complain(world, NULL, "%s: %u hosts are to wake, fewer would do", id, n);
}

static void check_wake(World *world)
{
    g_autofree gboolean *advised = g_new0(gboolean, world->snapshot->n_hosts);
    g_autofree HostAt *hosts = hosts_as_advised(world);
    const Advised woken = {world, ACTION_WAKE_HOST, advised};
    find_advised(&woken);
    for (guint i = 0; i < world->snapshot->n_clusters; i++)
        check_waking(&woken, hosts, (int)i);
}

void check_power(World *world)
{
    check_standby(world);
    check_wake(world);
}
