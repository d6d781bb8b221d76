/* SPDX-License-Identifier: MIT */
#include "analyze/pressure.h"

#include <math.h>

#define KIB_OF_MIB 1024.0
#define KIB_OF_GIB (1024.0 * 1024)

/* VMs are sized in MiB: less than one of them is how counters round */
#define LEAST_KIB KIB_OF_MIB
#define LEAST_KIBPS 1.0

#define HIGH_STATE_TIMES 4 /* of the memory that the host keeps free, at least */

/* what a VM holds, and how much more it is to get */
typedef struct Claim {
    double held, overhead, reclaimed, swapped_in; /* held: NAN where not measured */
    double unlimited, within_limit, granted;      /* more: by its size; its own limit; its pools' too */
    int pool;                                     /* whose limit cuts most, -1 for none */
} Claim;

double pressure_least_free(double memory_kib)
{
    static const struct {
        double to_gib, pct;
    } bands[] = {{4, 6}, {12, 4}, {28, 2}, {INFINITY, 1}};
    double free_kib = 0, from = 0;
    for (guint i = 0; i < G_N_ELEMENTS(bands); i++) {
        double to = fmin(memory_kib, bands[i].to_gib * KIB_OF_GIB);
        free_kib += fmax(0, to - from) * bands[i].pct / 100;
        from = to;
    }
    return HIGH_STATE_TIMES * free_kib;
}

double pressure_touched(double held_kib, double active_kib)
{
    return active_kib < held_kib ? active_kib + (held_kib - active_kib) / 4 : held_kib;
}

static double or_zero(double amount)
{
    return isnan(amount) ? 0 : amount;
}

/* ---- what VMs claim ---- */

/* wanted: what it is to hold in all; NAN: what it holds and what was reclaimed */
static Claim claim_of(const Vm *vm, guint i, const Means *means, double wanted)
{
    double limit = isnan(vm->memory_limit_mib) ? INFINITY : vm->memory_limit_mib * KIB_OF_MIB;
    double held = means_of_vm(means, i, METRIC_MEMORY_CONSUMED_KIB);
    double reclaimed = means_reclaimed_of_vm(means, i);
    wanted = fmin(vm->memory_mib * KIB_OF_MIB, isnan(wanted) ? held + or_zero(reclaimed) : wanted);
    return (Claim){held,
                   or_zero(means_of_vm(means, i, METRIC_MEMORY_OVERHEAD_KIB)),
                   reclaimed,
                   or_zero(means_of_vm(means, i, METRIC_MEMORY_SWAPPED_IN_KIBPS)),
                   wanted - held,
                   fmin(wanted, limit) - held,
                   fmin(wanted, limit) - held,
                   -1};
}

/* ---- resource pools ---- */

/* what the VMs below a pool hold and are to get more, and the share of the latter that its limit leaves */
typedef struct PoolClaim {
    double held, more, share;
} PoolClaim;

static guint depth_of(const Snapshot *snapshot, int pool)
{
    guint depth = 0;
    for (; pool >= 0; pool = snapshot->pools[pool].parent)
        depth++;
    return depth;
}

/* the pools, every one before its parent; the caller frees them */
static guint *pools_from_below(const Snapshot *snapshot)
{
    g_autofree guint *depths = g_new(guint, snapshot->n_pools + 1);
    guint deepest = 0, n = 0;
    guint *order = g_new0(guint, snapshot->n_pools + 1);
    for (guint i = 0; i < snapshot->n_pools; i++) {
        depths[i] = depth_of(snapshot, (int)i);
        deepest = MAX(deepest, depths[i]);
    }
    for (guint depth = deepest; depth > 0; depth--)
        for (guint i = 0; i < snapshot->n_pools; i++)
            if (depths[i] == depth)
                order[n++] = i;
    return order;
}

/* A pool at its limit leaves nothing, one below it what is left, in proportion to what its VMs are to get. */
static void share_pool(const Pool *row, PoolClaim *pool, PoolClaim *parent)
{
    double limit = isnan(row->memory_limit_mib) ? INFINITY : row->memory_limit_mib * KIB_OF_MIB;
    double room = fmax(0, limit - pool->held);
    pool->share = pool->more > room ? room / pool->more : 1;
    if (!parent)
        return;
    parent->held += pool->held;
    parent->more += pool->more * pool->share;
}

static void grant(const Snapshot *snapshot, int pool, const PoolClaim *pools, Claim *claim)
{
    double least = 1;
    for (; pool >= 0; pool = snapshot->pools[pool].parent) {
        claim->granted *= pools[pool].share;
        if (pools[pool].share < least) {
            least = pools[pool].share;
            claim->pool = pool;
        }
    }
}

static void bound_by_pools(const Snapshot *snapshot, Claim *claims)
{
    g_autofree PoolClaim *pools = g_new0(PoolClaim, snapshot->n_pools + 1);
    g_autofree guint *order = pools_from_below(snapshot);
    for (guint i = 0; i < snapshot->n_vms; i++) {
        int pool = snapshot->vms[i].pool;
        if (pool < 0 || isnan(claims[i].held))
            continue;
        pools[pool].held += claims[i].held + claims[i].overhead;
        pools[pool].more += fmax(0, claims[i].granted);
    }
    for (guint k = 0; k < snapshot->n_pools; k++) {
        const Pool *row = &snapshot->pools[order[k]];
        share_pool(row, &pools[order[k]], row->parent >= 0 ? &pools[row->parent] : NULL);
    }
    for (guint i = 0; i < snapshot->n_vms; i++)
        if (claims[i].granted > 0)
            grant(snapshot, snapshot->vms[i].pool, pools, &claims[i]);
}

/* ---- whose doing it is ---- */

/* A mean hides the moments in which memory was free no more: a host that is hot by it may have had them. */
static gboolean host_may_reclaim(const Load *host_memory)
{
    return load_usage_pct(host_memory->measured, host_memory->capacity) > host_memory->threshold_pct ||
           host_memory->capacity - host_memory->measured < pressure_least_free(host_memory->capacity);
}

static void name_pressure(const Snapshot *snapshot, const Claim *claim, double ballooned,
                          const Load *host_memory, Load *load)
{
    double by_limit = fmin(claim->reclaimed, claim->unlimited - claim->within_limit);
    double by_pools = fmin(claim->reclaimed - by_limit, claim->within_limit - claim->granted);
    double by_host = claim->reclaimed - by_limit - by_pools;
    gboolean now = ballooned >= LEAST_KIB || claim->swapped_in >= LEAST_KIBPS;
    load->reclaimed_host = load_round(RESOURCE_HOST_MEMORY, by_host);
    load->pressure = PRESSURE_NONE;
    if (now && by_host >= LEAST_KIB && by_host > by_limit + by_pools && host_may_reclaim(host_memory))
        load->pressure = PRESSURE_HOST;
    else if (by_pools >= LEAST_KIB && by_pools > by_limit)
        load->pressure = PRESSURE_POOL_LIMIT;
    else if (by_limit >= LEAST_KIB)
        load->pressure = PRESSURE_VM_LIMIT;
    else if (now && by_host >= LEAST_KIB)
        load->pressure = host_may_reclaim(host_memory) ? PRESSURE_HOST : PRESSURE_OTHER;
    if (load->pressure == PRESSURE_POOL_LIMIT)
        load->pressure_pool = snapshot->pools[claim->pool].id;
}

/* what the VM asks of its host: under host_memory=demand a quarter of what it does not touch */
static double asked_for(const Claim *claim, double active, const Policy *policy)
{
    double wanted = claim->held + claim->granted;
    if (policy->host_memory_demand)
        wanted = pressure_touched(wanted, active);
    return load_round(RESOURCE_HOST_MEMORY, wanted + claim->overhead);
}

static void fill(const Subject *subject, guint i, const Means *means, const Claim *claim)
{
    const Snapshot *snapshot = subject->snapshot;
    Load *load = &subject->vms[i].loads[RESOURCE_HOST_MEMORY];
    load->measured = load_round(RESOURCE_HOST_MEMORY, claim->held + claim->overhead);
    load->reclaimed = load_round(RESOURCE_HOST_MEMORY, claim->reclaimed);
    if (isnan(claim->held) || isnan(claim->reclaimed))
        return;
    const Assessed *host = &subject->hosts[snapshot->vms[i].host];
    name_pressure(snapshot, claim, or_zero(means_of_vm(means, i, METRIC_MEMORY_BALLOONED_KIB)),
                  &host->loads[RESOURCE_HOST_MEMORY], load);
}

/* what all VMs claim, by their estimates or (NULL) by what was measured just now; the caller frees it */
static Claim *claims_of_all(const Snapshot *snapshot, const Means *means, const Estimates *estimates,
                            Purpose purpose)
{
    Claim *claims = g_new(Claim, snapshot->n_vms + 1);
    for (guint i = 0; i < snapshot->n_vms; i++) {
        claims[i] = (Claim){.held = NAN, .granted = NAN};
        if (snapshot->vms[i].power == VM_POWER_ON)
            claims[i] = claim_of(&snapshot->vms[i], i, means,
                                 estimates ? estimates_of_vm(estimates, i, FOLLOWED_HELD, purpose) : NAN);
    }
    bound_by_pools(snapshot, claims);
    return claims;
}

static void estimate_all(Subject *subject, const Means *means, const Estimates *estimates,
                         const Policy *policy)
{
    const Snapshot *snapshot = subject->snapshot;
    for (int purpose = 0; purpose < N_PURPOSES; purpose++) {
        g_autofree Claim *claims = claims_of_all(snapshot, means, estimates, (Purpose)purpose);
        for (guint i = 0; i < snapshot->n_vms; i++) {
            Load *load = &subject->vms[i].loads[RESOURCE_HOST_MEMORY];
            if (snapshot->vms[i].power != VM_POWER_ON || isnan(claims[i].held))
                continue;
            double active = estimates_of_vm(estimates, i, FOLLOWED_MEMORY, (Purpose)purpose);
            double asked = asked_for(&claims[i], active, policy);
            if (purpose == FOR_HEAT)
                load->demand = asked;
            else
                load_set_room_demand(load, asked);
        }
    }
}

void pressure_measure(Subject *subject, const Means *means, const Estimates *estimates, const Policy *policy)
{
    const Snapshot *snapshot = subject->snapshot;
    g_autofree Claim *claims = claims_of_all(snapshot, means, NULL, FOR_HEAT);
    for (guint i = 0; i < snapshot->n_vms; i++)
        if (snapshot->vms[i].power == VM_POWER_ON)
            fill(subject, i, means, &claims[i]);
    estimate_all(subject, means, estimates, policy);
}

char *pressure_words(const Snapshot *snapshot, const Vm *vm, const Load *host_memory)
{
    double mib = host_memory->reclaimed / KIB_OF_MIB;
    int pool = host_memory->pressure == PRESSURE_POOL_LIMIT
                   ? snapshot_find_pool(snapshot, host_memory->pressure_pool)
                   : -1;
    if (pool >= 0)
        return g_strdup_printf("the limit of its resource pool %s (%.0f MiB) leaves no room: %.0f MiB of it "
                               "are ballooned, swapped or compressed",
                               snapshot->pools[pool].name, snapshot->pools[pool].memory_limit_mib, mib);
    switch (host_memory->pressure) {
    case PRESSURE_VM_LIMIT:
        return g_strdup_printf("its memory limit of %.0f MiB holds it: %.0f MiB of it are ballooned, swapped "
                               "or compressed",
                               vm->memory_limit_mib, mib);
    case PRESSURE_HOST:
        return g_strdup_printf(
            "%.0f MiB of it are ballooned, swapped or compressed: more memory would not be backed, its "
            "host has to be relieved first",
            host_memory->reclaimed_host / KIB_OF_MIB);
    case PRESSURE_OTHER:
        return g_strdup_printf("%.0f MiB of it are ballooned, or come back from swap just now, though its "
                               "host has memory free: more memory might not be backed",
                               host_memory->reclaimed_host / KIB_OF_MIB);
    default:
        return NULL;
    }
}
