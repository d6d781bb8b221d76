/* SPDX-License-Identifier: MIT */
#include "tests/check/admission.h"

#include <math.h>
#include <stdlib.h>

#define ROUNDING 1.5      /* MiB */
#define LEAST_SLOT_MHZ 32 /* of a VM that has no CPU reserved */

/* what is reserved as the steps so far leave it */
typedef struct Ledger {
    World *world;
    VmAt *vms;
    double *used, *unreserved; /* MiB, per pool; what can still be reserved in it: as the source tells, else
                                  INFINITY */
} Ledger;

/* ---- HA admission control ---- */

/* TRUE where what the host has counts for the cluster: a host that is to be emptied will not be there, unless
 * it could not be */
static gboolean counts_for_ha(const World *world, guint i, int cluster)
{
    const Host *row = &world->snapshot->hosts[i];
    gboolean stays = FALSE;
    for (guint vm = 0; vm < world->snapshot->n_vms && world->hosts[i].to_empty; vm++)
        stays = stays || (world->vms[vm].running && world->vms[vm].host == (int)i &&
                          !leaves_by_itself(&world->snapshot->vms[vm]));
    return row->cluster == cluster && host_is_live(row) && row->mode != HOST_MODE_MAINTENANCE &&
           (!world->hosts[i].to_empty || stays);
}

static int descending(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? 1 : left > right ? -1 : 0;
}

/* the sum without the largest n, NAN: one */
static double without_largest(GArray *amounts, double n)
{
    double sum = 0;
    g_array_sort(amounts, descending);
    for (guint i = isnan(n) ? 1 : (guint)n; i < amounts->len; i++)
        sum += g_array_index(amounts, double, i);
    return sum;
}

static gboolean is_held_in(const Ledger *ledger, guint vm, int cluster)
{
    const Snapshot *snapshot = ledger->world->snapshot;
    return ledger->vms[vm].running && snapshot->vms[vm].cluster == cluster &&
           host_is_live(&snapshot->hosts[ledger->vms[vm].host]);
}

/* what the cluster reserves is at most what it has without the part kept for failures */
static void check_percentage(const Ledger *ledger, const PlanRow *row, int cluster)
{
    World *world = ledger->world;
    const Cluster *at = &world->snapshot->clusters[cluster];
    g_autoptr(GArray) mib = g_array_new(FALSE, FALSE, sizeof(double));
    double all = 0, held = 0;
    for (guint i = 0; i < world->snapshot->n_hosts; i++) {
        if (!counts_for_ha(world, i, cluster))
            continue;
        all += world->hosts[i].most[FULL_MEMORY_RESERVATION];
        g_array_append_val(mib, world->hosts[i].most[FULL_MEMORY_RESERVATION]);
    }
    double most = isnan(at->ha_reserve_memory_pct) ? without_largest(mib, at->ha_failures)
                                                   : all * (1 - at->ha_reserve_memory_pct / 100);
    for (guint vm = 0; vm < world->snapshot->n_vms; vm++)
        held += is_held_in(ledger, vm, cluster) ? vm_held_mib(world, ledger->vms, vm) : 0;
    if (held > most + ROUNDING)
        complain(world, row, "HA admission control: %s then reserves %.0f MiB of at most %.0f", at->name,
                 held, most);
}

/* a slot holds any VM of the cluster; the hosts without those with most slots have one for each */
static void check_slots(const Ledger *ledger, const PlanRow *row, int cluster)
{
    World *world = ledger->world;
    const Cluster *at = &world->snapshot->clusters[cluster];
    g_autoptr(GArray) slots = g_array_new(FALSE, FALSE, sizeof(double));
    double mib = 0, mhz = LEAST_SLOT_MHZ;
    guint n = 0;
    for (guint vm = 0; vm < world->snapshot->n_vms; vm++) {
        if (!ledger->vms[vm].running || world->snapshot->vms[vm].cluster != cluster)
            continue;
        mib = MAX(mib, vm_held_mib(world, ledger->vms, vm));
        mhz = MAX(mhz, vm_reserved_mhz(world, ledger->vms, vm));
        n += is_held_in(ledger, vm, cluster);
    }
    for (guint i = 0; i < world->snapshot->n_hosts; i++) {
        const double *most = world->hosts[i].most;
        double of_host =
            MIN(floor(most[FULL_MEMORY_RESERVATION] / mib), floor(most[FULL_CPU_RESERVATION] / mhz));
        if (counts_for_ha(world, i, cluster))
            g_array_append_val(slots, of_host);
    }
    double left = without_largest(slots, at->ha_failures);
    if (n > left)
        complain(world, row, "HA admission control: %s has %.0f slots then, for %u VMs", at->name, left, n);
}

static void check_cluster(const Ledger *ledger, const PlanRow *row, int cluster)
{
    const Cluster *at = &ledger->world->snapshot->clusters[cluster];
    if (at->ha == 1 && at->ha_policy == HA_POLICY_PERCENT)
        check_percentage(ledger, row, cluster);
    if (at->ha == 1 && at->ha_policy == HA_POLICY_SLOTS)
        check_slots(ledger, row, cluster);
}

/* ---- resource pools ---- */

static double reservation_of(const Pool *pool)
{
    return isnan(pool->memory_reservation_mib) ? 0 : pool->memory_reservation_mib;
}

/* what VMs in the pool hold, and the pools in it: their reservation, and beyond it what an expandable one
 * borrows */
static double use_of(const Ledger *ledger, guint pool)
{
    const Snapshot *snapshot = ledger->world->snapshot;
    double used = 0;
    for (guint vm = 0; vm < snapshot->n_vms; vm++)
        used += snapshot->vms[vm].pool == (int)pool ? vm_held_mib(ledger->world, ledger->vms, vm) : 0;
    for (guint i = 0; i < snapshot->n_pools; i++) {
        const Pool *below = &snapshot->pools[i];
        if (below->parent == (int)pool)
            used += below->memory_expandable == 0 ? reservation_of(below)
                                                  : MAX(reservation_of(below), use_of(ledger, i));
    }
    return used;
}

/* A pool whose reservation is not known lends without end, as does a root that states none: it is the
 * cluster.
 */
static gboolean lends_freely(const Pool *pool)
{
    return isnan(pool->memory_reservation_mib) || (pool->parent < 0 && !(pool->memory_reservation_mib > 0));
}

static void check_pool_figures(const Ledger *ledger, const PlanRow *row, guint pool, double needed)
{
    const Pool *at = &ledger->world->snapshot->pools[pool];
    ledger->used[pool] += needed;
    ledger->unreserved[pool] -= needed;
    if (ledger->unreserved[pool] < -ROUNDING)
        complain(ledger->world, row, "pool %s: %.0f MiB more are reserved than it has unreserved", at->id,
                 -ledger->unreserved[pool]);
    if (!lends_freely(at) && ledger->used[pool] > at->memory_limit_mib + ROUNDING)
        complain(ledger->world, row, "pool %s: %.0f MiB are reserved in it, its limit is %.0f", at->id,
                 ledger->used[pool], at->memory_limit_mib);
}

/* Each pool gives what it has left of its reservation, and asks the one above for the rest. */
static void check_pools(const Ledger *ledger, const PlanRow *row, int pool, double needed)
{
    const Pool *pools = ledger->world->snapshot->pools;
    for (; pool >= 0 && needed > 0; pool = pools[pool].parent) {
        const Pool *at = &pools[pool];
        double left = MAX(0, at->memory_reservation_mib - ledger->used[pool]);
        check_pool_figures(ledger, row, (guint)pool, needed);
        if (lends_freely(at))
            return;
        needed -= MIN(left, needed);
        if (needed > ROUNDING && at->memory_expandable == 0) {
            complain(ledger->world, row, "pool %s is not expandable and %.0f MiB short of reservation",
                     at->id, needed);
            return;
        }
    }
}

/* ---- step by step ---- */

static void take_growth(const Ledger *ledger, const Step *step)
{
    const World *world = ledger->world;
    guint vm = (guint)step->vm;
    const Vm *row = &world->snapshot->vms[vm];
    double held = vm_held_mib(world, ledger->vms, vm);
    if (step->row->action == ACTION_ADD_CPU)
        ledger->vms[vm].vcpus = step->amount;
    else
        ledger->vms[vm].memory_mib = step->amount;
    if (!ledger->vms[vm].running)
        return;
    if (step->row->action == ACTION_ADD_MEMORY && row->memory_reservation_locked == 1)
        check_cluster(ledger, step->row, row->cluster);
    check_pools(ledger, step->row, row->pool, vm_held_mib(world, ledger->vms, vm) - held);
}

void check_admission(World *world)
{
    const Snapshot *snapshot = world->snapshot;
    g_autofree VmAt *vms = g_memdup2(world->vms_at_start, snapshot->n_vms * sizeof *vms);
    g_autofree double *used = g_new0(double, snapshot->n_pools + 1);
    g_autofree double *unreserved = g_new0(double, snapshot->n_pools + 1);
    Ledger ledger = {world, vms, used, unreserved};
    for (guint i = 0; i < snapshot->n_pools; i++) {
        const Pool *pool = &snapshot->pools[i];
        gboolean told = !isnan(pool->memory_reservation_used_mib);
        used[i] = told ? pool->memory_reservation_used_mib : use_of(&ledger, i);
        unreserved[i] = isnan(pool->memory_unreserved_mib) ? INFINITY : MAX(0, pool->memory_unreserved_mib);
    }
    for (guint i = 0; i < world->steps->len; i++) {
        const Step *step = world_step(world, i);
        if (step->row->action == ACTION_ADD_CPU || step->row->action == ACTION_ADD_MEMORY)
            take_growth(&ledger, step);
    }
}
