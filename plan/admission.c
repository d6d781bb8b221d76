/* SPDX-License-Identifier: MIT */
#include "plan/admission.h"

#include "analyze/buffer.h"

#include <math.h>

#define KIB_PER_MIB 1024.0
/* hosts that HA needs to keep a percentage free ("Cluster Resources Percentage Admission Control") */
#define LEAST_HOSTS 2
#define LEAST_MHZ 32.0 /* of a VM without a CPU reservation (das.vmcpuminmhz) */

/* ---- the cluster ---- */

/* TRUE for a host whose memory VMs can be restarted in: one that is to be emptied will not be there */
static gboolean counts(const Model *model, guint host, guint cluster)
{
    return model->hosts[host].cluster == (int)cluster && model_is_live(model, host) &&
           model->hosts[host].mode != HOST_MODE_MAINTENANCE && !model_is_to_empty(model, host) &&
           !model->hosts[host].standing_by;
}

static gboolean is_asked(const Model *model, guint cluster, int ha_policy)
{
    const Cluster *row = &model->snapshot->clusters[cluster];
    return row->ha == 1 && row->ha_policy == ha_policy;
}

/* what the cluster's hosts can reserve, by each host that counts (reservable[n]), and hold by VMs; MiB of
 * memory or MHz of CPU */
typedef struct Reserved {
    double *reservable, sum, held;
    guint n;
} Reserved;

static void reserved_clear(Reserved *reserved)
{
    g_free(reserved->reservable);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reserved, reserved_clear)

static double mhz_held(const Model *model, guint host)
{
    const GArray *vms = model->vms_on[host];
    double sum = 0;
    for (guint i = 0; i < vms->len; i++)
        sum += MAX(LEAST_MHZ, model_vm_cpu_reserved(model, g_array_index(vms, guint, i)));
    return sum;
}

static guint count_hosts(const Model *now, guint cluster)
{
    guint n = 0;
    for (guint host = 0; host < now->snapshot->n_hosts; host++)
        n += counts(now, host, cluster);
    return n;
}

static Reserved reserved_in(const Model *now, guint cluster, Resource resource)
{
    gboolean memory = resource == RESOURCE_HOST_MEMORY;
    Reserved reserved = {.reservable = g_new(double, now->snapshot->n_hosts + 1)};
    for (guint host = 0; host < now->snapshot->n_hosts; host++) {
        const ModelHost *at = &now->hosts[host];
        if (at->cluster != (int)cluster || !model_is_live(now, host))
            continue;
        reserved.held += memory ? at->memory_reserved_mib + at->memory_overhead_mib : mhz_held(now, host);
        if (!counts(now, host, cluster))
            continue;
        double reservable = memory ? at->memory_reservable_mib : at->cpu_reservable_mhz;
        reserved.reservable[reserved.n++] = reservable;
        reserved.sum += reservable;
    }
    return reserved;
}

/* what may still be reserved of a resource where a percentage is kept free */
static double room_by_percent(const Model *now, guint cluster, Resource resource)
{
    double unit = resource == RESOURCE_HOST_MEMORY ? KIB_PER_MIB : 1; /* the share is of KiB, or MHz */
    g_auto(Reserved) reserved = reserved_in(now, cluster, resource);
    for (guint i = 0; i < reserved.n; i++)
        reserved.reservable[i] *= unit;
    double share =
        buffer_ha_share(&now->snapshot->clusters[cluster], resource, reserved.reservable, reserved.n);
    return floor(reserved.sum - share / unit) - reserved.held;
}

double admission_cluster_room(const Model *now, guint cluster)
{
    return is_asked(now, cluster, HA_POLICY_PERCENT) ? room_by_percent(now, cluster, RESOURCE_HOST_MEMORY)
                                                     : INFINITY;
}

/* ---- the cluster, in slots ---- */

/* what a slot is: enough for any VM that runs in the cluster, one of them (vm; -1: none) with so much more
 * memory */
static void size_slot(const Model *now, guint cluster, int vm, double more, double *mib, double *mhz)
{
    *mib = 0;
    *mhz = LEAST_MHZ;
    for (guint host = 0; host < now->snapshot->n_hosts; host++) {
        const GArray *vms = now->vms_on[host];
        for (guint i = 0; now->hosts[host].cluster == (int)cluster && i < vms->len; i++) {
            guint one = g_array_index(vms, guint, i);
            *mib = MAX(*mib, model_vm_memory_held(now, one) + ((int)one == vm ? more : 0));
            *mhz = MAX(*mhz, model_vm_cpu_reserved(now, one));
        }
    }
}

static int compare_descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* slots that are left over when the hosts with most of them have failed and every VM has one; less than 0
 * where some have none */
static double spare_slots(const Model *now, guint cluster, int vm, double more)
{
    guint n = 0;
    double failures = now->snapshot->clusters[cluster].ha_failures, spare = 0, mib, mhz;
    g_autofree double *slots = g_new0(double, now->snapshot->n_hosts + 1);
    size_slot(now, cluster, vm, more, &mib, &mhz);
    for (guint host = 0; host < now->snapshot->n_hosts; host++) {
        const ModelHost *at = &now->hosts[host];
        if (counts(now, host, cluster))
            slots[n++] = MIN(floor(at->memory_reservable_mib / mib), floor(at->cpu_reservable_mhz / mhz));
        if (at->cluster == (int)cluster && model_is_live(now, host))
            spare -= now->vms_on[host]->len;
    }
    qsort(slots, n, sizeof *slots, compare_descending);
    for (guint i = 0; i < n; i++)
        if (i >= (isnan(failures) ? 1 : failures))
            spare += slots[i];
    return spare;
}

gboolean admission_by_cluster(const Model *now, guint vm, double more, Obstacle *why)
{
    guint cluster = (guint)now->vms[vm].row->cluster;
    const char *name = now->snapshot->clusters[cluster].name;
    if (is_asked(now, cluster, HA_POLICY_SLOTS))
        return spare_slots(now, cluster, (int)vm, more) >= 0 ||
               obstacle_set(why, OBSTACLE_ADMISSION, -1,
                            "its reservation is locked to its size, and the slots of HA admission control "
                            "in %s would be too few for all VMs",
                            name);
    double room = admission_cluster_room(now, cluster);
    return more <= room ||
           obstacle_set(why, OBSTACLE_ADMISSION, -1,
                        "its reservation is locked to its size, and HA admission control lets %s reserve "
                        "%.0f MiB more, %.0f MiB are needed",
                        name, MAX(0, room), more);
}

gboolean admission_is_kept(const Model *now, guint cluster)
{
    if (is_asked(now, cluster, HA_POLICY_SLOTS))
        return spare_slots(now, cluster, -1, 0) >= 0;
    return !is_asked(now, cluster, HA_POLICY_PERCENT) ||
           (count_hosts(now, cluster) >= LEAST_HOSTS &&
            room_by_percent(now, cluster, RESOURCE_HOST_MEMORY) >= 0 &&
            room_by_percent(now, cluster, RESOURCE_CPU) >= 0);
}

/* ---- pools ---- */

/* what a pool takes of its parent's reservation */
static double taken_of_parent(const Pool *pool, double used)
{
    double own = isnan(pool->memory_reservation_mib) ? 0 : pool->memory_reservation_mib;
    return pool->memory_expandable == 0 ? own : MAX(own, used);
}

/* what the pool has reserved by what is in it, as the model stands: of a pool below it what that has set
 * aside, and where that may borrow what it needs beyond */
static double held_in_pool(const Model *model, guint pool)
{
    const Snapshot *snapshot = model->snapshot;
    double held = model->pool_reserved_mib[pool];
    for (guint i = 0; i < snapshot->n_pools; i++) {
        const Pool *below = &snapshot->pools[i];
        if (below->parent != (int)pool)
            continue;
        double needed = below->memory_expandable == 0 ? 0 : held_in_pool(model, i);
        held += taken_of_parent(below, needed) - model->pool_reserved_mib[i];
    }
    return held;
}

static double used_of_pool(const Model *start, const Model *now, guint pool);

/* what has been reserved in the pool since the start: of a pool below it only what that has borrowed */
static double added_in_pool(const Model *start, const Model *now, guint pool)
{
    const Snapshot *snapshot = now->snapshot;
    double added = now->pool_reserved_mib[pool] - start->pool_reserved_mib[pool];
    for (guint i = 0; added > 0 && i < snapshot->n_pools; i++) {
        double below = now->pool_reserved_mib[i] - start->pool_reserved_mib[i];
        if (snapshot->pools[i].parent == (int)pool && below > 0)
            added += taken_of_parent(&snapshot->pools[i], used_of_pool(start, now, i)) -
                     taken_of_parent(&snapshot->pools[i], used_of_pool(start, start, i)) - below;
    }
    return added;
}

static double used_of_pool(const Model *start, const Model *now, guint pool)
{
    double said = now->snapshot->pools[pool].memory_reservation_used_mib;
    return isnan(said) ? held_in_pool(now, pool) : said + added_in_pool(start, now, pool);
}

/* TRUE where the pool's reservation says nothing: it is not known, or that of a root, which is the cluster's
 */
static gboolean is_unbounded(const Pool *pool)
{
    return isnan(pool->memory_reservation_mib) || (pool->parent < 0 && !(pool->memory_reservation_mib > 0));
}

/* of its own reservation, without what it may borrow */
static double left_in_pool(const Model *start, const Model *now, guint pool)
{
    const Pool *row = &now->snapshot->pools[pool];
    return is_unbounded(row) ? 0
                             : MAX(0, floor(row->memory_reservation_mib - used_of_pool(start, now, pool)));
}

/* what the pool's limit leaves to be reserved */
static double left_of_limit(const Pool *pool, double used)
{
    return floor(pool_limit(pool, RESOURCE_HOST_MEMORY) / KIB_PER_MIB - used);
}

double admission_pool_room(const Model *start, const Model *now, guint pool)
{
    const Pool *row = &now->snapshot->pools[pool];
    double said = isnan(row->memory_unreserved_mib)
                      ? INFINITY
                      : floor(row->memory_unreserved_mib - added_in_pool(start, now, pool));
    if (is_unbounded(row))
        return MAX(0, said);
    double used = used_of_pool(start, now, pool), room = left_in_pool(start, now, pool);
    if (row->memory_expandable != 0)
        room += row->parent < 0 ? INFINITY : admission_pool_room(start, now, (guint)row->parent);
    return MAX(0, MIN(MIN(room, left_of_limit(row, used)), said));
}

double admission_pool_bound(const Model *start, guint pool)
{
    const Snapshot *snapshot = start->snapshot;
    double bound = admission_pool_room(start, start, pool);
    for (guint i = 0; i < snapshot->n_pools; i++)
        for (int up = snapshot->pools[i].parent; up >= 0; up = snapshot->pools[up].parent)
            if (up == (int)pool)
                bound += left_in_pool(start, start, i);
    return bound;
}

/* the pool, or that above it, whose limit it is that no more than room can be reserved; NULL where it is none
 */
static const Pool *pool_that_limits(const Model *start, const Model *now, int pool, double room)
{
    const Pool *pools = now->snapshot->pools;
    for (; pool >= 0; pool = pools[pool].memory_expandable == 0 ? -1 : pools[pool].parent)
        if (left_of_limit(&pools[pool], used_of_pool(start, now, (guint)pool)) <= room)
            return &pools[pool];
    return NULL;
}

gboolean admission_by_pools(const Model *start, const Model *now, guint vm, double more, Obstacle *why)
{
    int pool = now->vms[vm].row->pool;
    double room = pool < 0 ? INFINITY : admission_pool_room(start, now, (guint)pool);
    if (more <= room)
        return TRUE;
    const Pool *row = &now->snapshot->pools[pool], *limit = pool_that_limits(start, now, pool, room);
    const char *what_for = now->vms[vm].row->memory_reservation_locked == 1
                               ? " (its reservation is locked to its size)"
                               : " to run a larger VM";
    if (limit)
        return obstacle_set(why, OBSTACLE_POOL_LIMIT, -1,
                            "the memory limit of resource pool %s lets %.0f MiB more be reserved, %.0f MiB "
                            "are needed%s",
                            limit->name, room, more, what_for);
    return obstacle_set(why, OBSTACLE_POOL_RESERVATION, -1,
                        "resource pool %s%s can reserve %.0f MiB more, %.0f MiB are needed%s", row->name,
                        row->memory_expandable == 0 ? ", which is not expandable," : " and those above it",
                        room, more, what_for);
}
