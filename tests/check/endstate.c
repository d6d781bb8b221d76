/* SPDX-License-Identifier: MIT */
#include "tests/check/endstate.h"

#include "tests/check/power.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDING 0.002

static const PlanRow *row_at(const World *world, guint index)
{
    return &g_array_index(world->plan->rows, PlanRow, index);
}

/* ---- figures of a cluster ---- */

/* VMs that vmanger leaves alone are nobody's business */
static gboolean is_short(const World *world, guint i, const VmAt *vm)
{
    const Vm *row = &world->snapshot->vms[i];
    double size = vm->memory_mib * 1024;
    return vm->state == STATE_SHORT && row->role < 0 &&
           !policy_matches(world->policy->system_vms, row->folder, row->name) &&
           table_round(vm->demand[RESOURCE_MEMORY] / size * 100) > world->policy->short_pct;
}

/* the standard deviation over usable hosts, by its definition; most receives the highest */
static double spread(const World *world, const HostAt *hosts, int cluster, Resource resource, double *most)
{
    double sum = 0, squares = 0;
    guint n = 0;
    *most = 0;
    for (guint i = 0; i < world->snapshot->n_hosts; i++) {
        if (world->snapshot->hosts[i].cluster != cluster || !hosts[i].usable)
            continue;
        sum += host_pct(&hosts[i], resource);
        *most = MAX(*most, host_pct(&hosts[i], resource));
        n++;
    }
    for (guint i = 0; i < world->snapshot->n_hosts; i++)
        if (world->snapshot->hosts[i].cluster == cluster && hosts[i].usable)
            squares += pow(host_pct(&hosts[i], resource) - sum / n, 2);
    return n ? sqrt(squares / n) : 0;
}

/* all of it worked out here: of plan/ only the struct is taken that the reader of plan.csv fills */
static ClusterStatus status_of(const World *world, const HostAt *hosts, const VmAt *vms, int cluster)
{
    ClusterStatus status = {.failover_lack_mib = NAN, .failover_lack_mhz = NAN};
    status.sd_cpu = spread(world, hosts, cluster, RESOURCE_CPU, &status.max_cpu_pct);
    status.sd_memory = spread(world, hosts, cluster, RESOURCE_HOST_MEMORY, &status.max_memory_pct);
    for (guint i = 0; i < world->snapshot->n_hosts; i++)
        status.hot_hosts +=
            world->snapshot->hosts[i].cluster == cluster && hosts[i].usable && host_is_hot(&hosts[i]);
    for (guint i = 0; i < world->snapshot->n_vms; i++)
        status.short_vms += world->snapshot->vms[i].cluster == cluster && is_short(world, i, &vms[i]);
    if (world->snapshot->clusters[cluster].ha == 1 && world->policy->ha_check != HA_CHECK_OFF) {
        status.failover_lack_mib =
            ceil(lack_without_largest(world, hosts, vms, cluster, RESOURCE_HOST_MEMORY, NULL) / 1024);
        status.failover_lack_mhz = ceil(lack_without_largest(world, hosts, vms, cluster, RESOURCE_CPU, NULL));
    }
    return status;
}

/* what cannot be known must not be told either */
static void expect_figure(World *world, const PlanCluster *row, const char *key, double found,
                          double expected)
{
    if (isnan(expected) ? !isnan(found) : !(fabs(found - expected) <= ROUNDING))
        complain(world, NULL, "#cluster %s: %s=%.3f: recomputed %.3f", row->id, key, found, expected);
}

static void expect_status(World *world, const PlanCluster *row, const ClusterStatus *found,
                          const ClusterStatus *expected)
{
    expect_figure(world, row, "hot_hosts", found->hot_hosts, expected->hot_hosts);
    expect_figure(world, row, "short_vms", found->short_vms, expected->short_vms);
    expect_figure(world, row, "max_cpu_pct", found->max_cpu_pct, expected->max_cpu_pct);
    expect_figure(world, row, "max_memory_pct", found->max_memory_pct, expected->max_memory_pct);
    expect_figure(world, row, "sd_cpu", found->sd_cpu, expected->sd_cpu);
    expect_figure(world, row, "sd_memory", found->sd_memory, expected->sd_memory);
    expect_figure(world, row, "failover_lack_mib", found->failover_lack_mib, expected->failover_lack_mib);
    expect_figure(world, row, "failover_lack_mhz", found->failover_lack_mhz, expected->failover_lack_mhz);
}

/* The longest chain of steps that wait for each other is a lower bound of the time that all take; what a row
 * states is rounded up to whole seconds. */
static double longest_chain(const World *world, int cluster)
{
    g_autofree double *ends = g_new0(double, world->steps->len + 1);
    double longest = 0;
    for (guint i = 0; i < world->steps->len; i++) {
        const Step *step = world_step(world, i);
        if (world->snapshot->hosts[step->to].cluster != cluster)
            continue;
        for (guint j = 0; j < i; j++)
            if (step_is_before(world, j, i))
                ends[i] = MAX(ends[i], ends[j]);
        ends[i] += MAX(0, step->row->est_s - 1);
        longest = MAX(longest, ends[i]);
    }
    return longest;
}

static void check_work(World *world, const PlanCluster *row, int cluster)
{
    double moves = 0, bytes = 0, longest = longest_chain(world, cluster);
    for (guint i = 0; i < world->steps->len; i++) {
        const Step *step = world_step(world, i);
        if (step->row->action != ACTION_MIGRATE || world->snapshot->hosts[step->to].cluster != cluster)
            continue;
        moves++;
        bytes += step->bytes;
    }
    expect_figure(world, row, "moves", row->figures.moves, moves);
    expect_figure(world, row, "copy_mib", row->figures.copy_mib, ceil(bytes / (1024 * 1024)));
    if (!(row->figures.makespan_s >= longest - 0.01))
        complain(world, NULL, "#cluster %s: makespan_s=%.3f: its steps take at least %.3f", row->id,
                 row->figures.makespan_s, longest);
}

static void check_cluster(World *world, const PlanCluster *row, const gboolean *may_heat)
{
    int cluster = snapshot_find_cluster(world->snapshot, row->id);
    if (cluster < 0 || strcmp(world->snapshot->clusters[cluster].name, row->name) != 0) {
        complain(world, NULL, "#cluster %s (%s) is not in the snapshot", row->id, row->name);
        return;
    }
    ClusterStatus before = status_of(world, world->hosts_at_start, world->vms_at_start, cluster);
    ClusterStatus after = status_of(world, world->hosts, world->vms, cluster);
    expect_status(world, row, &row->figures.before, &before);
    expect_status(world, row, &row->figures.after, &after);
    check_work(world, row, cluster);
    if ((after.failover_lack_mib > 0 || after.failover_lack_mhz > 0) &&
        !strstr(world->plan->summary, "could not bear the loss of "))
        complain(world, NULL, "#cluster %s lacks room for a lost host, and the summary does not say so",
                 row->id);
    if (after.hot_hosts > before.hot_hosts && !may_heat[cluster])
        complain(world, NULL, "#cluster %s: %.0f hosts hot, %.0f before", row->id, after.hot_hosts,
                 before.hot_hosts);
}

/* ---- what is said of what stays ---- */

/* about it alone, or about several of which it is one: "count=2 ids=vm-1|vm-2 names=web01|web02" */
static gboolean is_about(const PlanRow *row, const char *id)
{
    const char *ids = strstr(row->args, "ids=");
    g_autofree char *list = ids ? g_strndup(ids + strlen("ids="), strcspn(ids + strlen("ids="), " ")) : NULL;
    g_auto(GStrv) shared = g_strsplit(list ? list : "", "|", 0);
    return strcmp(row->object_id, id) == 0 || g_strv_contains((const char *const *)shared, id);
}

static gboolean has_row(const World *world, RowKind kind, const char *id)
{
    for (guint i = 0; i < world->plan->rows->len; i++)
        if (row_at(world, i)->kind == (int)kind && is_about(row_at(world, i), id))
            return TRUE;
    return FALSE;
}

/* VMs that have to leave a host before it can enter maintenance mode: vSphere takes its own away itself */
static guint running_on(const World *world, guint host)
{
    guint n = 0;
    for (guint i = 0; i < world->snapshot->n_vms; i++)
        n += world->vms[i].running && world->vms[i].host == (int)host &&
             !leaves_by_itself(&world->snapshot->vms[i]);
    return n;
}

static gboolean has_room_row(const World *world, const char *id)
{
    for (guint i = 0; i < world->plan->rows->len; i++)
        if (row_at(world, i)->kind == ROW_UNSOLVED && strcmp(row_at(world, i)->cause, "room") == 0 &&
            is_about(row_at(world, i), id))
            return TRUE;
    return FALSE;
}

/* TRUE where VMs have more reserved on the host than it has: by themselves, without what it takes to run them
 */
static gboolean is_overreserved(const World *world, guint i)
{
    const Host *row = &world->snapshot->hosts[i];
    double mib = 0;
    for (guint vm = 0; vm < world->snapshot->n_vms; vm++)
        mib += world->vms[vm].host == (int)i ? vm_reserved_mib(world, world->vms, vm) : 0;
    return host_is_live(row) && (table_round(world->hosts[i].held[FULL_CPU_RESERVATION]) > row->cpu_mhz ||
                                 mib > floor(row->memory_kib / 1024));
}

static void check_host(World *world, guint i, gboolean may_heat)
{
    const HostAt *host = &world->hosts[i];
    const char *id = world->snapshot->hosts[i].id;
    gboolean was_hot = world->hosts_at_start[i].state == STATE_HOT, hot = host->usable && host_is_hot(host);
    gboolean in_maintenance = host->to_empty && !host->usable;
    gboolean stays_hot = was_hot && host_is_hot(host) && !in_maintenance;
    gboolean stays_full = host->to_empty && running_on(world, i) > 0;
    gboolean unsolved = has_row(world, ROW_UNSOLVED, id), over = is_overreserved(world, i);
    if (hot && !was_hot && !may_heat)
        complain(world, NULL, "host %s becomes hot", id);
    if (stays_hot && !unsolved && !world->goes_home)
        complain(world, NULL, "host %s stays hot, and no row says so", id);
    if (stays_full && !unsolved)
        complain(world, NULL, "host %s is to be emptied and is not, and no row says so", id);
    if (over && !world->goes_home && !has_room_row(world, id) && !(host->to_empty && unsolved))
        complain(world, NULL, "host %s has more reserved than it has, and no row says so", id);
    if (unsolved && !over && !host_is_hot(host) && !host->to_empty && host->usable)
        complain(world, NULL, "host %s is called unsolved: it is not hot, full or to be emptied", id);
}

static void check_vm(World *world, guint i)
{
    const char *id = world->snapshot->vms[i].id;
    if (!world->goes_home && is_short(world, i, &world->vms[i]) && !has_row(world, ROW_UNSOLVED, id) &&
        !has_row(world, ROW_ADVICE, id))
        complain(world, NULL, "VM %s stays short, and no row says so", id);
}

static void check_told_of_rule(World *world, const Binding *binding)
{
    if (!binding->mandatory || world->goes_home || binding_breaches(binding, world->vms) == 0)
        return;
    for (guint i = 0; i < world->plan->rows->len; i++)
        if (row_at(world, i)->kind == ROW_UNSOLVED && strstr(row_at(world, i)->reason, binding->name))
            return;
    complain(world, NULL, "the mandatory rule \"%s\" stays broken, and no row says so", binding->name);
}

/* ---- buffers and pools ---- */

/* what additions take of each cluster and each pool, and what VMs took of the pools before: MHz or KiB */
typedef struct Taken {
    double *of_cluster, *of_pool, *before;
} Taken;

static void add_up_pools(const Snapshot *snapshot, int pool, double amount, double *sums)
{
    for (; pool >= 0; pool = snapshot->pools[pool].parent)
        sums[pool] += amount;
}

static Taken taken_of(const World *world, Resource resource)
{
    const Snapshot *snapshot = world->snapshot;
    Taken taken = {g_new0(double, snapshot->n_clusters), g_new0(double, snapshot->n_pools + 1),
                   g_new0(double, snapshot->n_pools + 1)};
    for (guint i = 0; i < snapshot->n_vms; i++) {
        const Vm *row = &snapshot->vms[i];
        const VmAt *start = &world->vms_at_start[i];
        double core_mhz = snapshot->hosts[start->host].core_mhz, demand = start->demand[resource];
        double size = resource == RESOURCE_CPU ? start->vcpus * core_mhz : start->memory_mib * 1024;
        double grown = resource == RESOURCE_CPU ? (world->vms[i].vcpus - start->vcpus) * core_mhz
                                                : (world->vms[i].memory_mib - start->memory_mib) * 1024;
        double uses = world->policy->buffer_unallocated || isnan(demand) ? size : demand;
        taken.of_cluster[row->cluster] += grown;
        add_up_pools(snapshot, row->pool, grown, taken.of_pool);
        add_up_pools(snapshot, row->pool, start->running ? uses : 0, taken.before);
    }
    return taken;
}

static void check_buffer(World *world, guint cluster, Resource resource, double taken)
{
    const char *id = world->snapshot->clusters[cluster].id;
    const Assessed *assessed = assessment_find(world->assessment, world->snapshot->info.source_id, id);
    const Load *load = &assessed->loads[resource];
    double open = load->buffer - load->capacity * world->policy->buffer_reserve_pct / 100;
    if (taken > 0 && !(taken <= MAX(0, open) + ROUNDING))
        complain(world, NULL, "cluster %s: additions take %.0f of its %s, %.0f is open", id, taken,
                 resource_names[resource], open);
}

/* What was lent before, the plan's inputs do not say: at least what is added now must be within. */
static void check_lending(World *world, guint cluster, double taken)
{
    const char *id = world->snapshot->clusters[cluster].id;
    const Assessed *assessed = assessment_find(world->assessment, world->snapshot->info.source_id, id);
    const Load *load = &assessed->loads[RESOURCE_HOST_MEMORY];
    double open = load->capacity * world->policy->lend_to_pct / 100 - load->demand;
    if (world->policy->strategy == STRATEGY_OPTIMIZE && taken > 0 && taken > open + ROUNDING)
        complain(world, NULL, "cluster %s: additions take %.0f KiB, lend_to_pct allows %.0f", id, taken,
                 open);
}

static void check_pool(World *world, guint pool, Resource resource, double before, double taken)
{
    const Pool *row = &world->snapshot->pools[pool];
    double limit = resource == RESOURCE_CPU ? row->cpu_limit_mhz : row->memory_limit_mib * 1024;
    if (taken > 0 && before + taken > limit + ROUNDING)
        complain(world, NULL, "pool %s: additions take %.0f of its %s, %.0f is open", row->id, taken,
                 resource_names[resource], limit - before);
}

static void check_room(World *world, Resource resource)
{
    Taken taken = taken_of(world, resource);
    for (guint i = 0; i < world->snapshot->n_clusters; i++)
        check_buffer(world, i, resource, taken.of_cluster[i]);
    for (guint i = 0; resource == RESOURCE_HOST_MEMORY && i < world->snapshot->n_clusters; i++)
        check_lending(world, i, taken.of_cluster[i]);
    for (guint i = 0; i < world->snapshot->n_pools; i++)
        check_pool(world, i, resource, taken.before[i], taken.of_pool[i]);
    g_free(taken.of_cluster);
    g_free(taken.of_pool);
    g_free(taken.before);
}

/* ---- bounds ---- */

/* A move with a detour is one move, off the host where the VM stood at the start. */
static void check_bounds(World *world)
{
    const Snapshot *snapshot = world->snapshot;
    const Policy *policy = world->policy;
    g_autofree guint *off = g_new0(guint, snapshot->n_hosts);
    guint moves = 0;
    for (guint i = 0; i < snapshot->n_vms; i++) {
        if (world->vms[i].host == world->vms_at_start[i].host)
            continue;
        moves++;
        off[world->vms_at_start[i].host]++;
    }
    if (policy->max_moves > 0 && moves > policy->max_moves)
        complain(world, NULL, "%u VMs move: max_moves is %.0f", moves, policy->max_moves);
    for (guint i = 0; i < snapshot->n_hosts; i++)
        if (policy->max_moves_per_host > 0 && !policy->published_exact && !world->hosts[i].to_empty &&
            off[i] > policy->max_moves_per_host)
            complain(world, NULL, "%u VMs move off %s: max_moves_per_host is %.0f", off[i],
                     snapshot->hosts[i].id, policy->max_moves_per_host);
}

/* ---- the header ---- */

static void expect_header(World *world, const char *key, const char *found, const char *expected)
{
    if (strcmp(found, expected) != 0)
        complain(world, NULL, "%s is \"%s\": expected \"%s\"", key, found, expected);
}

static void check_header(World *world)
{
    const ChangePlan *plan = world->plan;
    const Snapshot *snapshot = world->snapshot;
    g_autofree char *policy = policy_plan_digest(world->policy);
    expect_header(world, "#snapshot", plan->snapshot, snapshot->digest);
    expect_header(world, "#source", plan->source, snapshot->info.source);
    expect_header(world, "#source_id", plan->source_id, snapshot->info.source_id);
    expect_header(world, "#policy", plan->policy, policy);
    if (plan->taken_at != snapshot->info.taken_at)
        complain(world, NULL, "#taken_at is not the snapshot's");
    if (plan->clusters->len != snapshot->n_clusters)
        complain(world, NULL, "%u #cluster rows of %u clusters", plan->clusters->len, snapshot->n_clusters);
}

/* [clusters]: what stands above hot hosts for strategy=optimize, emptying hosts and repairing mandatory
 * rules, may heat others; nothing else may, and threshold does neither */
static gboolean *where_hosts_may_heat(const World *world, const Bindings *bindings)
{
    const Snapshot *snapshot = world->snapshot;
    gboolean *may_heat = g_new0(gboolean, snapshot->n_clusters);
    for (guint i = 0; i < snapshot->n_hosts; i++)
        for (int kind = 0; kind < N_FULL; kind++)
            may_heat[snapshot->hosts[i].cluster] |=
                world->hosts[i].to_empty || world->hosts_at_start[i].held[kind] > world->hosts[i].most[kind];
    for (guint i = 0; i < bindings->len; i++) {
        const Binding *binding = g_ptr_array_index(bindings, i);
        if (binding->mandatory && binding_breaches(binding, world->vms_at_start) > 0)
            may_heat[snapshot->vms[g_array_index(binding->vms, guint, 0)].cluster] = TRUE;
    }
    if (world->policy->strategy == STRATEGY_THRESHOLD)
        memset(may_heat, 0, snapshot->n_clusters * sizeof *may_heat);
    return may_heat;
}

void check_end_state(World *world, const Bindings *bindings)
{
    g_autofree gboolean *may_heat = where_hosts_may_heat(world, bindings);
    check_header(world);
    for (guint i = 0; i < world->plan->clusters->len; i++)
        check_cluster(world, &g_array_index(world->plan->clusters, PlanCluster, i), may_heat);
    for (guint i = 0; i < world->snapshot->n_hosts; i++)
        check_host(world, i, may_heat[world->snapshot->hosts[i].cluster]);
    for (guint i = 0; i < world->snapshot->n_vms; i++)
        check_vm(world, i);
    for (guint i = 0; i < bindings->len; i++)
        check_told_of_rule(world, g_ptr_array_index(bindings, i));
    check_room(world, RESOURCE_CPU);
    check_room(world, RESOURCE_HOST_MEMORY);
    check_bounds(world);
}
