/* SPDX-License-Identifier: MIT */
#include "tests/check/world.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const full_words[N_FULL] = {"memory", "CPU reservations", "memory reservations"};

void complain(World *world, const PlanRow *row, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    world->violations++;
    if (!row)
        printf("%s: %s\n", world->plan->name, text);
    else if (row->kind == ROW_STEP)
        printf("%s:%" G_GUINT64_FORMAT ": step %.0f (%s %s): %s\n", world->plan->name, row->line, row->step,
               action_names[row->action], row->object_id, text);
    else
        printf("%s:%" G_GUINT64_FORMAT ": %s\n", world->plan->name, row->line, text);
}

double host_pct(const HostAt *host, Resource resource)
{
    return host->capacity[resource] > 0
               ? table_round(table_round(host->demand[resource]) / host->capacity[resource] * 100)
               : NAN;
}

gboolean host_is_hot(const HostAt *host)
{
    for (int r = 0; r < N_RESOURCES; r++)
        if (host_pct(host, (Resource)r) > host->threshold[r])
            return TRUE;
    return FALSE;
}

double vm_needs_kib(const VmAt *vm)
{
    if (!vm->running)
        return 0;
    return vm->measured ? vm->demand[RESOURCE_HOST_MEMORY] : vm->memory_mib * 1024;
}

gboolean host_is_live(const Host *host)
{
    return host->connection == CONNECTION_CONNECTED && host->power == HOST_POWER_ON;
}

/* ---- reservations ---- */

static double or_zero(double number)
{
    return isnan(number) ? 0 : number;
}

double vm_reserved_mib(const World *world, const VmAt *vms, guint vm)
{
    const Vm *row = &world->snapshot->vms[vm];
    if (!vms[vm].running)
        return 0;
    return row->memory_reservation_locked == 1 ? vms[vm].memory_mib
                                               : MAX(0, or_zero(row->memory_reservation_mib));
}

/* The overhead is a straight line through VMware's table of it, in whole MiB. */
double vm_held_mib(const World *world, const VmAt *vms, guint vm)
{
    const VmAt *at = &vms[vm];
    return at->running
               ? vm_reserved_mib(world, vms, vm) + ceil(14.3 + 4.05 * at->vcpus + 0.00743 * at->memory_mib)
               : 0;
}

double vm_reserved_mhz(const World *world, const VmAt *vms, guint vm)
{
    return vms[vm].running ? MAX(0, or_zero(world->snapshot->vms[vm].cpu_reservation_mhz)) : 0;
}

/* ---- the start ---- */

static const Assessed *find(const World *world, const char *id, GError **error)
{
    const Assessed *found = assessment_find(world->assessment, world->snapshot->info.source_id, id);
    if (!found)
        g_set_error(error, VMANGER_ERROR, 0, "the assessment lacks %s", id);
    return found;
}

static gboolean place_host(World *world, guint i, GError **error)
{
    const Host *row = &world->snapshot->hosts[i];
    const Assessed *assessed = find(world, row->id, error);
    HostAt *host = &world->hosts[i];
    if (!assessed)
        return FALSE;
    for (int r = 0; r < N_RESOURCES; r++) {
        host->capacity[r] = assessed->loads[r].capacity;
        host->threshold[r] = assessed->loads[r].threshold_pct;
        host->demand[r] = assessed->loads[r].demand;
    }
    host->state = assessed->state;
    host->mode = row->mode;
    host->usable = row->connection == CONNECTION_CONNECTED && row->power == HOST_POWER_ON &&
                   row->mode == HOST_MODE_NORMAL && !isnan(host->demand[RESOURCE_CPU]) &&
                   !isnan(host->demand[RESOURCE_HOST_MEMORY]) && !host_is_failover(world->snapshot, row);
    host->to_empty =
        row->mode == HOST_MODE_ENTERING || policy_matches(world->policy->evacuate, NULL, row->name);
    host->held[FULL_MEMORY] = or_zero(host->demand[RESOURCE_HOST_MEMORY]);
    host->most[FULL_MEMORY] = row->memory_kib;
    return TRUE;
}

/* what a VM takes of each kind on a host, as it stands */
static void taken_by_vm(const World *world, guint vm, double taken[N_FULL])
{
    taken[FULL_MEMORY] = vm_needs_kib(&world->vms[vm]);
    taken[FULL_CPU_RESERVATION] = vm_reserved_mhz(world, world->vms, vm);
    taken[FULL_MEMORY_RESERVATION] = vm_held_mib(world, world->vms, vm);
}

static gboolean place_vm(World *world, guint i, GError **error)
{
    const Vm *row = &world->snapshot->vms[i];
    const Assessed *assessed = find(world, row->id, error);
    VmAt *vm = &world->vms[i];
    if (!assessed)
        return FALSE;
    for (int r = 0; r < N_RESOURCES; r++)
        vm->demand[r] = assessed->loads[r].demand;
    vm->measured_kib = assessed->loads[RESOURCE_HOST_MEMORY].measured;
    vm->pressure = assessed->loads[RESOURCE_HOST_MEMORY].pressure;
    vm->memory_mib = row->memory_mib;
    vm->vcpus = row->vcpus;
    vm->running = row->power == VM_POWER_ON;
    vm->measured =
        vm->running && !isnan(vm->demand[RESOURCE_CPU]) && !isnan(vm->demand[RESOURCE_HOST_MEMORY]);
    vm->host = row->host;
    vm->state = assessed->state;
    double taken[N_FULL];
    taken_by_vm(world, i, taken);
    for (int kind = FULL_CPU_RESERVATION; kind < N_FULL; kind++)
        world->hosts[row->host].held[kind] += taken[kind];
    return TRUE;
}

/* the part of its hosts' amount that the cluster says it has for VMs; NAN where that says nothing */
static double part_for_vms(const World *world, int cluster, double said, gboolean of_memory)
{
    double all = 0;
    for (guint i = 0; i < world->snapshot->n_hosts; i++) {
        const Host *host = &world->snapshot->hosts[i];
        if (host->cluster == cluster && host_is_live(host) && host->mode != HOST_MODE_MAINTENANCE)
            all += of_memory ? host->memory_kib / 1024 : host->cpu_mhz;
    }
    return said > 0 && said <= all ? said / all : NAN;
}

/* MiB of its memory that a hypervisor keeps, where its cluster does not say: what it uses itself, where that
 * is known, and a hundredth at least */
static double kept_mib(const World *world, guint i)
{
    double least = world->snapshot->hosts[i].memory_kib / 1024 / 100;
    const Assessed *assessed =
        assessment_find(world->assessment, world->snapshot->info.source_id, world->snapshot->hosts[i].id);
    for (guint vm = 0; vm < world->snapshot->n_vms; vm++)
        if (world->vms[vm].host == (int)i && world->vms[vm].running && !world->vms[vm].measured)
            return least; /* it hides in what the host uses itself */
    return MAX(least, or_zero(assessed->loads[RESOURCE_HOST_MEMORY].base / 1024));
}

/* What can be reserved on a host: what runs there was admitted, so it fits, unless it is more than there is.
 */
static void find_reservable(World *world, guint i)
{
    const Host *row = &world->snapshot->hosts[i];
    const Cluster *cluster = &world->snapshot->clusters[row->cluster];
    HostAt *host = &world->hosts[i];
    double mib = row->memory_kib / 1024, reserved_mib = 0;
    double mhz = host->held[FULL_CPU_RESERVATION];
    double part_mhz = part_for_vms(world, row->cluster, cluster->cpu_reservable_mhz, FALSE);
    double part_mib = part_for_vms(world, row->cluster, cluster->memory_reservable_mib, TRUE);
    double for_vms = isnan(part_mib) ? mib - kept_mib(world, i) : mib * part_mib;
    for (guint vm = 0; vm < world->snapshot->n_vms; vm++)
        reserved_mib += world->vms[vm].host == (int)i ? vm_reserved_mib(world, world->vms, vm) : 0;
    double runs = reserved_mib > mib ? mib : host->held[FULL_MEMORY_RESERVATION];
    host->most[FULL_CPU_RESERVATION] =
        isnan(part_mhz) ? row->cpu_mhz : MAX(row->cpu_mhz * part_mhz, MIN(mhz, row->cpu_mhz));
    host->most[FULL_MEMORY_RESERVATION] = floor(MAX(for_vms, ceil(runs)));
}

World *world_new(const Snapshot *snapshot, const Assessment *assessment, const Policy *policy,
                 const ChangePlan *plan, GError **error)
{
    g_autoptr(World) world = g_new0(World, 1);
    guint last = 0;
    world->snapshot = snapshot;
    world->assessment = assessment;
    world->policy = policy;
    world->plan = plan;
    world->facts = facts_of(snapshot, assessment);
    world->hosts = g_new0(HostAt, snapshot->n_hosts);
    world->vms = g_new0(VmAt, snapshot->n_vms);
    world->steps = g_array_new(FALSE, FALSE, sizeof(Step));
    for (guint i = 0; i < snapshot->n_hosts; i++)
        if (!place_host(world, i, error))
            return NULL;
    for (guint i = 0; i < snapshot->n_vms; i++)
        if (!place_vm(world, i, error))
            return NULL;
    for (guint i = 0; i < snapshot->n_hosts; i++)
        find_reservable(world, i);
    for (guint i = 0; i < plan->rows->len; i++)
        if (g_array_index(plan->rows, PlanRow, i).kind == ROW_STEP)
            last = MAX(last, (guint)g_array_index(plan->rows, PlanRow, i).step);
    world->place = g_array_sized_new(FALSE, TRUE, sizeof(guint), last + 1);
    g_array_set_size(world->place, last + 1);
    world->words = plan->rows->len / 64 + 1;
    world->before = g_new0(guint64, (gsize)world->words * (plan->rows->len + 1));
    world->hosts_at_start = g_memdup2(world->hosts, snapshot->n_hosts * sizeof *world->hosts);
    world->vms_at_start = g_memdup2(world->vms, snapshot->n_vms * sizeof *world->vms);
    return g_steal_pointer(&world);
}

void world_free(World *world)
{
    if (!world)
        return;
    g_free(world->hosts);
    g_free(world->hosts_at_start);
    g_free(world->vms);
    g_free(world->vms_at_start);
    if (world->place)
        g_array_unref(world->place);
    g_array_unref(world->steps);
    g_free(world->before);
    g_free(world);
}

/* ---- steps ---- */

const Step *world_step(const World *world, guint index)
{
    return &g_array_index(world->steps, Step, index);
}

gboolean step_is_before(const World *world, guint earlier, guint later)
{
    return (world->before[(gsize)later * world->words + earlier / 64] >> (earlier % 64) & 1) != 0;
}

/* A step comes after those that it names, and after all that they come after. */
static gboolean order_step(World *world, const PlanRow *row, guint index)
{
    guint64 *own = world->before + (gsize)index * world->words;
    g_autoptr(GArray) after = plan_row_after(row);
    for (guint i = 0; i < after->len; i++) {
        guint number = (guint)g_array_index(after, double, i);
        guint place = number < world->place->len ? g_array_index(world->place, guint, number) : 0;
        if (place == 0) {
            complain(world, row, "comes after step %u, which does not stand above it", number);
            return FALSE;
        }
        for (guint w = 0; w < world->words; w++)
            own[w] |= world->before[(gsize)(place - 1) * world->words + w];
        own[(place - 1) / 64] |= (guint64)1 << ((place - 1) % 64);
    }
    g_array_index(world->place, guint, (guint)row->step) = index + 1;
    return TRUE;
}

static gboolean resolve_vm(World *world, const PlanRow *row, Step *step)
{
    step->vm = snapshot_find_vm(world->snapshot, row->object_id);
    if (step->vm < 0) {
        complain(world, row, "no VM of this id in the snapshot");
        return FALSE;
    }
    step->from = step->to = world->vms[step->vm].host;
    if (row->action != ACTION_MIGRATE) {
        if (table_parse_number(row->from, FALSE, FALSE, &step->was) &&
            table_parse_number(row->to, FALSE, FALSE, &step->amount))
            return TRUE;
        complain(world, row, "its totals are no numbers");
        return FALSE;
    }
    step->from = snapshot_find_host(world->snapshot, row->from_id);
    step->to = snapshot_find_host(world->snapshot, row->to_id);
    if (step->from >= 0 && step->to >= 0 && step->from == world->vms[step->vm].host)
        return TRUE;
    complain(world, row, "from %s to %s: the VM is then on %s", row->from_id, row->to_id,
             world->snapshot->hosts[world->vms[step->vm].host].id);
    return FALSE;
}

static gboolean resolve(World *world, const PlanRow *row, Step *step)
{
    *step = (Step){.row = row, .vm = -1, .from = -1, .to = -1};
    switch (row->action) {
    case ACTION_MIGRATE:
    case ACTION_ADD_MEMORY:
    case ACTION_ADD_CPU:
    case ACTION_RECLAIM_MEMORY:
        return resolve_vm(world, row, step);
    case ACTION_ENTER_MAINTENANCE:
    case ACTION_EXIT_MAINTENANCE:
        step->from = step->to = snapshot_find_host(world->snapshot, row->object_id);
        if (step->to < 0)
            complain(world, row, "no host of this id in the snapshot");
        return step->to >= 0;
    default:
        complain(world, row, "an action that no plan of today has");
        return FALSE;
    }
}

/* "copies host_memory × (1 + dirty_factor × active / consumed)" */
static double bytes_to_copy(const World *world, const VmAt *vm)
{
    double active = vm->demand[RESOURCE_MEMORY], held = vm->measured_kib;
    double again = vm->measured && active > 0 && held > 0 ? world->policy->dirty_factor * active / held : 0;
    return vm_needs_kib(vm) * 1024 * (1 + again);
}

static void carry_migration(World *world, Step *step)
{
    VmAt *vm = &world->vms[step->vm];
    HostAt *from = &world->hosts[step->from], *to = &world->hosts[step->to];
    taken_by_vm(world, (guint)step->vm, step->brought);
    memcpy(step->released, step->brought, sizeof step->released);
    step->bytes = bytes_to_copy(world, vm);
    if (!vm->measured)
        step->released[FULL_MEMORY] = 0; /* it is part of its host's base, which stays */
    for (int r = 0; r < N_RESOURCES; r++) {
        step->demand[r] = vm->running ? or_zero(vm->demand[r]) : 0;
        if (!vm->measured)
            step->demand[r] = r == RESOURCE_HOST_MEMORY ? step->brought[FULL_MEMORY] : 0;
        from->demand[r] -= vm->measured ? step->demand[r] : 0;
        to->demand[r] += step->demand[r];
    }
    for (int kind = 0; kind < N_FULL; kind++) {
        from->held[kind] -= step->released[kind];
        to->held[kind] += step->brought[kind];
    }
    vm->host = step->to;
}

/* A larger VM takes more to run, and where its reservation is locked to its size it reserves more. */
static void carry_growth(World *world, Step *step)
{
    VmAt *vm = &world->vms[step->vm];
    HostAt *host = &world->hosts[step->to];
    double held = vm_held_mib(world, world->vms, (guint)step->vm);
    if (step->row->action == ACTION_ADD_CPU) {
        vm->vcpus = step->amount;
    } else {
        double kib = (step->amount - vm->memory_mib) * 1024;
        step->brought[FULL_MEMORY] = step->demand[RESOURCE_HOST_MEMORY] = kib;
        vm->memory_mib = step->amount;
        vm->demand[RESOURCE_HOST_MEMORY] += kib;
        vm->measured_kib += kib;
        host->demand[RESOURCE_HOST_MEMORY] += kib;
    }
    step->brought[FULL_MEMORY_RESERVATION] = vm_held_mib(world, world->vms, (guint)step->vm) - held;
    for (int kind = 0; kind < N_FULL; kind++)
        host->held[kind] += step->brought[kind];
}

/* A VM that is off holds nothing: its size is all that changes. */
static void carry_reclaim(World *world, const Step *step)
{
    world->vms[step->vm].memory_mib = step->amount;
}

/* In maintenance mode it is nobody's load any more; out of it, measured and not kept for failover, it is
 * used. */
static void change_mode(World *world, const Step *step)
{
    HostAt *host = &world->hosts[step->to];
    gboolean enters = step->row->action == ACTION_ENTER_MAINTENANCE;
    host->mode = enters ? HOST_MODE_MAINTENANCE : HOST_MODE_NORMAL;
    host->usable = !enters && !isnan(host->demand[RESOURCE_CPU]) &&
                   !isnan(host->demand[RESOURCE_HOST_MEMORY]) &&
                   !host_is_failover(world->snapshot, &world->snapshot->hosts[step->to]);
}

gboolean world_take(World *world, const PlanRow *row)
{
    Step step;
    if (!resolve(world, row, &step) || !order_step(world, row, world->steps->len))
        return FALSE;
    if (row->action == ACTION_MIGRATE)
        carry_migration(world, &step);
    else if (row->action == ACTION_ADD_MEMORY || row->action == ACTION_ADD_CPU)
        carry_growth(world, &step);
    else if (row->action == ACTION_RECLAIM_MEMORY)
        carry_reclaim(world, &step);
    else
        change_mode(world, &step);
    g_array_append_val(world->steps, step);
    return TRUE;
}
