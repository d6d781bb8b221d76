/* SPDX-License-Identifier: MIT */
#include "tests/check/steps.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- identity ---- */

static void expect_text(World *world, const PlanRow *row, const char *column, const char *found,
                        const char *expected)
{
    if (strcmp(found, expected) != 0)
        complain(world, row, "%s is \"%s\": the snapshot has \"%s\"", column, found, expected);
}

static void check_cluster(World *world, const PlanRow *row, int cluster)
{
    expect_text(world, row, "cluster_id", row->cluster_id, world->snapshot->clusters[cluster].id);
    expect_text(world, row, "cluster", row->cluster, world->snapshot->clusters[cluster].name);
}

static guint bearers(const World *world, const char *name)
{
    guint n = 0;
    for (guint i = 0; i < world->snapshot->n_vms; i++)
        n += strcmp(world->snapshot->vms[i].name, name) == 0;
    return n;
}

/* by name, and by id where others bear the name as well */
static void check_names(World *world, const PlanRow *row, char **ids, guint n_ids)
{
    const char *found = strstr(row->args, " names=");
    g_auto(GStrv) names = g_strsplit(found ? found + strlen(" names=") : "", "|", 0);
    guint n = g_strv_length(names);
    if (n == 0 || n > n_ids || (n < n_ids && strlen(row->args) < 20000))
        complain(world, row, "args: %u names of %u VMs", n, n_ids);
    for (guint i = 0; i < MIN(n, n_ids); i++) {
        int vm = snapshot_find_vm(world->snapshot, ids[i]);
        g_autofree char *name = g_uri_unescape_string(names[i], NULL);
        const char *own = vm < 0 ? "" : world->snapshot->vms[vm].name;
        g_autofree char *full = g_strdup_printf("%s (%s)", own, ids[i]);
        expect_text(world, row, "args", name, bearers(world, own) > 1 ? full : own);
    }
}

/* what several VMs of a cluster share is a row about the cluster, and names them */
static void check_shared(World *world, const PlanRow *row, int cluster)
{
    const char *names = strstr(row->args, " names=");
    g_autofree char *without = g_strndup(row->args, names ? (gsize)(names - row->args) : strlen(row->args));
    g_auto(GStrv) parts = g_strsplit_set(without, " |", 0);
    guint n = g_strv_length(parts);
    g_autofree char *count = g_strdup_printf("count=%u", n ? n - 1 : 0);
    expect_text(world, row, "object", row->object, world->snapshot->clusters[cluster].name);
    check_cluster(world, row, cluster);
    if (row->kind == ROW_STEP || n < 3 || strcmp(parts[0], count) != 0 || !g_str_has_prefix(parts[1], "ids="))
        complain(world, row, "args: %s: expected count= and so many ids", row->args);
    for (guint i = 1; i < n; i++) {
        const char *id = parts[i] + (i == 1 && g_str_has_prefix(parts[i], "ids=") ? strlen("ids=") : 0);
        int vm = snapshot_find_vm(world->snapshot, id);
        if (vm < 0 || world->snapshot->vms[vm].cluster != cluster)
            complain(world, row, "args: %s is no VM of the cluster", id);
    }
    const char *ids = strstr(without, "ids=");
    g_auto(GStrv) listed = g_strsplit(ids ? ids + strlen("ids=") : "", "|", 0);
    check_names(world, row, listed, g_strv_length(listed));
}

static gboolean check_object(World *world, const PlanRow *row)
{
    const Snapshot *snapshot = world->snapshot;
    int cluster = *row->args ? snapshot_find_cluster(snapshot, row->object_id) : -1;
    if (cluster >= 0 && row->kind != ROW_STEP) {
        check_shared(world, row, cluster);
        return FALSE; /* the rest of a row is about one VM or host */
    }
    int vm = snapshot_find_vm(snapshot, row->object_id), host = snapshot_find_host(snapshot, row->object_id);
    if (vm < 0 && host < 0) {
        complain(world, row, "object_id %s is in no table", row->object_id);
        return FALSE;
    }
    expect_text(world, row, "object", row->object,
                vm >= 0 ? snapshot->vms[vm].name : snapshot->hosts[host].name);
    expect_text(world, row, "instance_uuid", row->instance_uuid,
                vm >= 0 ? snapshot->vms[vm].instance_uuid : "");
    check_cluster(world, row, vm >= 0 ? snapshot->vms[vm].cluster : snapshot->hosts[host].cluster);
    return vm >= 0;
}

static void check_end(World *world, const PlanRow *row, const char *column, const char *id, const char *name)
{
    int host = snapshot_find_host(world->snapshot, id);
    if (host < 0)
        complain(world, row, "%s_id %s is no host", column, id);
    else
        expect_text(world, row, column, name, world->snapshot->hosts[host].name);
}

/* ---- where a VM can run ---- */

static gboolean cpu_is_compatible(const Snapshot *snapshot, const Vm *vm, const Host *from, const Host *to)
{
    gboolean same_model = *from->cpu_model && strcmp(from->cpu_model, to->cpu_model) == 0;
    gboolean cluster_evc = *snapshot->clusters[vm->cluster].evc_mode != '\0';
    gboolean own_evc = *vm->evc_required && strcmp(vm->evc_required, to->evc_mode) == 0;
    return same_model || cluster_evc || own_evc;
}

static const char *state_obstacle(const World *world, const Vm *vm, int to)
{
    const Host *host = &world->snapshot->hosts[to];
    if (host->cluster != vm->cluster)
        return "the target is in another cluster";
    if (host->connection != CONNECTION_CONNECTED || host->power != HOST_POWER_ON)
        return "the target is not connected and on";
    if (world->hosts[to].mode != HOST_MODE_NORMAL)
        return "the target is not in normal mode";
    if (host_is_failover(world->snapshot, host))
        return "the target is a failover host";
    if (vm->power == VM_POWER_ON && !world->hosts[to].usable)
        return "the target is unmeasured";
    if (world->hosts[to].to_empty)
        return "the target is to be emptied";
    if (policy_matches(world->policy->evacuate_next, NULL, host->name))
        return "the target is emptied next";
    if (policy_matches(world->policy->exclude_hosts, NULL, host->name))
        return "the target is excluded";
    return NULL;
}

/* A VM that does not run is registered elsewhere, without vMotion; a powered-off one starts on any CPU. */
static const char *fact_obstacle(const World *world, const Vm *vm, int from, int to)
{
    const Snapshot *snapshot = world->snapshot;
    const Host *source = &snapshot->hosts[from], *target = &snapshot->hosts[to];
    const Facts *facts = &world->facts;
    if (vm->power == VM_POWER_ON && facts->vmotion && (source->vmotion != 1 || target->vmotion != 1))
        return "no vMotion on one of the hosts";
    gboolean stated = facts->capabilities && *vm->requires;
    if (vm->power != VM_POWER_OFF && facts->cpu_model && !stated &&
        !cpu_is_compatible(snapshot, vm, source, target))
        return "the CPUs are not compatible";
    return facts_lacking(facts, vm, world->vms[vm - snapshot->vms].vcpus, target);
}

/* ---- which VM may be touched ---- */

/* One that does not run goes along with the others of a host that is emptied, and back, where the policy says
 * so.
 */
static gboolean goes_along(const World *world, const Vm *vm)
{
    int host = world->vms[vm - world->snapshot->vms].host;
    return world->policy->evacuate_powered_off && (world->hosts[host].to_empty || world->goes_home);
}

static const char *untouchable(const World *world, const Vm *vm)
{
    if (vm->power != VM_POWER_ON && !goes_along(world, vm))
        return "the VM is not running";
    if (vm->role >= 0 || policy_matches(world->policy->system_vms, vm->folder, vm->name))
        return "a system VM";
    if (policy_matches(world->policy->exclude_vms, vm->folder, vm->name))
        return "the VM is excluded";
    if (vm->connection > VM_CONNECTED)
        return "the VM is not connected";
    return NULL;
}

static const char *unmovable(const World *world, const Vm *vm, int from)
{
    const Host *source = &world->snapshot->hosts[from];
    if (*vm->pinned)
        return "the VM is pinned";
    if (list_contains(vm->disabled_methods, "RelocateVM_Task") ||
        list_contains(vm->disabled_methods, "MigrateVM_Task"))
        return "migration is disabled for the VM";
    if (!world->vms[vm - world->snapshot->vms].measured &&
        !(vm->power == VM_POWER_ON ? world->hosts[from].to_empty : goes_along(world, vm)))
        return "the VM is not measured, and its host is not to be emptied";
    if (source->connection != CONNECTION_CONNECTED || source->power != HOST_POWER_ON)
        return "its host is not connected and on";
    if (policy_matches(world->policy->exclude_hosts, NULL, source->name))
        return "its host is excluded";
    return NULL;
}

static const char *left_to_drs(const World *world, const Vm *vm)
{
    const Policy *policy = world->policy;
    if (!policy->drs_clusters_plan && world->snapshot->clusters[vm->cluster].drs == DRS_FULL)
        return "the cluster is left to DRS";
    if (policy->respect_drs_overrides &&
        (vm->drs_override == DRS_OVERRIDE_DISABLED || vm->drs_override == DRS_OVERRIDE_MANUAL))
        return "the VM has a DRS override";
    return NULL;
}

/* args say what the VM's power state is, unless it runs */
static void check_power(World *world, const PlanRow *row, const Vm *vm)
{
    static const char *const words[] = {
        [VM_POWER_ON] = NULL, [VM_POWER_OFF] = "power=off", [VM_POWER_SUSPENDED] = "power=suspended"};
    for (int power = VM_POWER_OFF; row->kind == ROW_STEP && power <= VM_POWER_SUSPENDED; power++)
        if (list_contains(row->args, words[power]) != (vm->power == power))
            complain(world, row, "args are \"%s\": wrong about %s", row->args, words[power]);
}

static void check_migration(World *world, const PlanRow *row, guint vm)
{
    const Vm *at = &world->snapshot->vms[vm];
    int from = snapshot_find_host(world->snapshot, row->from_id),
        to = snapshot_find_host(world->snapshot, row->to_id);
    check_end(world, row, "from", row->from_id, row->from);
    check_end(world, row, "to", row->to_id, row->to);
    if (from < 0 || to < 0)
        return;
    const char *drs = at->power == VM_POWER_ON ? left_to_drs(world, at) : NULL; /* DRS moves running VMs */
    check_power(world, row, at);
    const char *obstacles[] = {untouchable(world, at), unmovable(world, at, from),
                               state_obstacle(world, at, to), fact_obstacle(world, at, from, to),
                               row->kind == ROW_STEP ? drs
                               : drs                 ? NULL
                                                     : "advised, though no DRS has it"};
    for (guint i = 0; i < G_N_ELEMENTS(obstacles); i++)
        if (obstacles[i])
            complain(world, row, "%s to %s: %s", row->object_id, row->to_id, obstacles[i]);
}

/* ---- sizes ---- */

/* what an unset limit is: 16 times the size, but at most 3 GiB for a Linux guest that starts below that */
static double most_memory(const Vm *vm)
{
    static const char *const linuxes[] = {"linux",  "rhel", "debian", "ubuntu",
                                          "centos", "sles", "suse",   "fedora"};
    if (!isnan(vm->memory_hot_add_limit_mib))
        return vm->memory_hot_add_limit_mib;
    g_autofree char *guest = g_ascii_strdown(vm->guest_id, -1);
    for (guint i = 0; i < G_N_ELEMENTS(linuxes); i++)
        if (strstr(guest, linuxes[i]) && vm->memory_mib < 3072)
            return MIN(3072, 16 * vm->memory_mib);
    return 16 * vm->memory_mib;
}

static gboolean hot_add_is_on(const World *world, int flag)
{
    return flag == 1 || (flag < 0 && world->facts.is_export);
}

static gboolean is_multiple(double total, double step)
{
    return !(step > 0) || fmod(total, step) == 0;
}

static const char *memory_obstacle(const World *world, guint vm, double to)
{
    const Vm *row = &world->snapshot->vms[vm];
    const VmAt *at = &world->vms[vm];
    if (!hot_add_is_on(world, row->memory_hot_add))
        return "memory hot-add is not on";
    if (row->fault_tolerance == 1)
        return "fault tolerance is on";
    if (list_contains(row->disabled_methods, "ReconfigVM_Task"))
        return "reconfiguration is disabled";
    if (!is_multiple(to, row->memory_hot_add_step_mib))
        return "not a multiple of the hot-add step";
    if (to > most_memory(row))
        return "above the hot-add limit";
    if (row->memory_limit_mib < to)
        return "above the VM's memory limit";
    if (at->pressure > PRESSURE_NONE)
        return "its memory is reclaimed now";
    if (!world->hosts[at->host].usable)
        return "its host is not usable";
    if (at->state != STATE_SHORT)
        return "the VM is not short";
    return NULL;
}

/* threshold adds the smallest legal amount of at least a step; optimize at most memory_max_growth_pct, unless
 * one legal step is more */
static gboolean growth_is_bounded(const World *world, guint vm, double was, double to)
{
    const Policy *policy = world->policy;
    double step = world->snapshot->vms[vm].memory_hot_add_step_mib;
    double one = was + policy->memory_step_mib;
    double least = step > 0 ? ceil(one / step) * step : one;
    if (policy->strategy == STRATEGY_THRESHOLD)
        return to == least;
    return to <= MAX(least, world->vms_at_start[vm].memory_mib * (1 + policy->memory_max_growth_pct / 100));
}

static void check_memory(World *world, const PlanRow *row, guint vm)
{
    double was, to;
    if (!table_parse_number(row->from, FALSE, FALSE, &was) || !table_parse_number(row->to, FALSE, FALSE, &to))
        return; /* world_take says so */
    const char *obstacle = memory_obstacle(world, vm, to);
    if (was != world->vms[vm].memory_mib || to <= was || strcmp(row->unit, "MiB") != 0)
        complain(world, row, "from %s to %s %s: the VM then has %.0f MiB", row->from, row->to, row->unit,
                 world->vms[vm].memory_mib);
    if (obstacle && row->kind == ROW_STEP)
        complain(world, row, "to %s MiB: %s", row->to, obstacle);
    if (row->kind == ROW_ADVICE && strcmp(row->cause, "undersized") != 0 &&
        hot_add_is_on(world, world->snapshot->vms[vm].memory_hot_add))
        complain(world, row, "advised, though hot-add is on");
    if (row->kind == ROW_STEP && !growth_is_bounded(world, vm, was, to))
        complain(world, row, "from %s to %s MiB is not the growth that the policy sets", row->from, row->to);
}

/* Steps take memory from VMs that are off alone; how much was lent the plan's inputs do not say. */
static void check_reclaim(World *world, const PlanRow *row, guint vm)
{
    const Vm *at = &world->snapshot->vms[vm];
    double was, to;
    if (!table_parse_number(row->from, FALSE, FALSE, &was) || !table_parse_number(row->to, FALSE, FALSE, &to))
        return;
    if (was != world->vms[vm].memory_mib || !(to < was && to > 0) || strcmp(row->unit, "MiB") != 0)
        complain(world, row, "from %s to %s %s: the VM then has %.0f MiB", row->from, row->to, row->unit,
                 world->vms[vm].memory_mib);
    if (row->kind != ROW_STEP)
        return;
    if (at->power != VM_POWER_OFF || strcmp(row->args, "power=off") != 0)
        complain(world, row, "args are \"%s\": it is not off, or not said to be", row->args);
    if (at->memory_reservation_locked != 1 && at->memory_reservation_mib > to)
        complain(world, row, "to %s MiB: more is reserved", row->to);
}

static void check_cpu(World *world, const PlanRow *row, guint vm)
{
    const Vm *at = &world->snapshot->vms[vm];
    const Policy *policy = world->policy;
    double was, to;
    if (!table_parse_number(row->from, FALSE, FALSE, &was) || !table_parse_number(row->to, FALSE, FALSE, &to))
        return;
    if (was != world->vms[vm].vcpus || to <= was || strcmp(row->unit, "vCPU") != 0)
        complain(world, row, "from %s to %s %s: the VM then has %.0f vCPUs", row->from, row->to, row->unit,
                 world->vms[vm].vcpus);
    if (row->kind == ROW_STEP && (!hot_add_is_on(world, at->cpu_hot_add) || at->fault_tolerance == 1))
        complain(world, row, "CPU hot-add is not on, or fault tolerance is");
    if (!is_multiple(to, at->cores_per_socket))
        complain(world, row, "%s vCPUs are not whole sockets of %.0f", row->to, at->cores_per_socket);
    if (to > world->snapshot->hosts[world->vms[vm].host].cpu_threads)
        complain(world, row, "%s vCPUs: more than its host has threads", row->to);
    if (to > at->vcpus + MAX(policy->cpu_step, at->cores_per_socket) * policy->cpu_max_steps)
        complain(world, row, "%s vCPUs: more than the policy's steps", row->to);
}

static void check_maintenance(World *world, const PlanRow *row)
{
    int host = snapshot_find_host(world->snapshot, row->object_id);
    if (host < 0)
        return;
    const Host *at = &world->snapshot->hosts[host];
    if (!world->hosts[host].to_empty)
        complain(world, row, "nobody asked to empty this host");
    if (policy_matches(world->policy->exclude_hosts, NULL, at->name))
        complain(world, row, "the host is excluded");
    if (at->connection != CONNECTION_CONNECTED || at->power != HOST_POWER_ON ||
        at->mode == HOST_MODE_MAINTENANCE)
        complain(world, row, "the host is not connected and on, or in maintenance mode");
    int vsan = world->snapshot->clusters[at->cluster].vsan;
    gboolean with_mode = vsan != 0 && *world->policy->vsan_mode;
    g_autofree char *mode =
        with_mode ? g_strdup_printf("vsan_mode=%s", world->policy->vsan_mode) : g_strdup("");
    if (vsan == 1 && !with_mode)
        complain(world, row, "a vSAN host, and no vsan_mode");
    if (strcmp(row->args, mode) != 0)
        complain(world, row, "args are \"%s\": expected \"%s\"", row->args, mode);
    for (guint i = 0; i < world->snapshot->n_vms; i++)
        if (world->vms[i].running && world->vms[i].host == host &&
            !leaves_by_itself(&world->snapshot->vms[i]))
            complain(world, row, "%s still runs there", world->snapshot->vms[i].id);
}

static void check_exit(World *world, const PlanRow *row)
{
    int host = snapshot_find_host(world->snapshot, row->object_id);
    if (host < 0)
        return;
    const Host *at = &world->snapshot->hosts[host];
    if (world->hosts[host].to_empty)
        complain(world, row, "the host is to be emptied");
    if (policy_matches(world->policy->exclude_hosts, NULL, at->name))
        complain(world, row, "the host is excluded");
    if (!host_is_live(at) || world->hosts[host].mode != HOST_MODE_MAINTENANCE)
        complain(world, row, "the host is not connected and on, or not in maintenance mode");
    if (*row->args)
        complain(world, row, "args are \"%s\": expected none", row->args);
}

/* ---- figures ---- */

static void check_estimate(World *world, const PlanRow *row, guint vm)
{
    const Policy *policy = world->policy;
    const VmAt *at = &world->vms[vm];
    double active = at->demand[RESOURCE_MEMORY], held = at->measured_kib, expected, to;
    double again = at->measured && active > 0 && held > 0 ? policy->dirty_factor * active / held : 0;
    double bytes = vm_needs_kib(at) * 1024 * (1 + again);
    if (row->action == ACTION_MIGRATE)
        expected = policy->migration_setup_s + bytes * 8 / (policy->vmotion_mbps * 1e6);
    else if (!table_parse_number(row->to, FALSE, FALSE, &to))
        return;
    else
        expected = row->action == ACTION_ADD_CPU ? to - at->vcpus : fabs(to - at->memory_mib) / 1024;
    if (!(fabs(row->est_s - ceil(expected - 0.0005)) < 1e-6))
        complain(world, row, "est_s is %.0f: the formula gives %.3f, to be rounded up", row->est_s, expected);
    g_autofree char *copies = g_strdup_printf("copy_mib=%.0f", ceil(bytes / (1024 * 1024)));
    if (row->action == ACTION_MIGRATE && !list_contains(row->args, copies))
        complain(world, row, "args are \"%s\": expected %s", row->args, copies);
}

static void append_pct(GString *text, double demand, double capacity)
{
    if (capacity > 0 && !isnan(demand))
        g_string_append_printf(text, "%.1f", table_round(table_round(demand) / capacity * 100));
    else
        g_string_append(text, "unknown");
}

/* "esx01: CPU 81.0 to 79.5 %, memory 60.0 to 58.1 %" */
static void expect_words(World *world, const PlanRow *row, int host, double cpu, double kib)
{
    const HostAt *at = &world->hosts[host];
    g_autoptr(GString) text = g_string_new(world->snapshot->hosts[host].name);
    g_string_append(text, ": CPU ");
    append_pct(text, at->demand[RESOURCE_CPU], at->capacity[RESOURCE_CPU]);
    g_string_append(text, " to ");
    append_pct(text, at->demand[RESOURCE_CPU] + cpu, at->capacity[RESOURCE_CPU]);
    g_string_append(text, " %, memory ");
    append_pct(text, at->demand[RESOURCE_HOST_MEMORY], at->capacity[RESOURCE_HOST_MEMORY]);
    g_string_append(text, " to ");
    append_pct(text, at->demand[RESOURCE_HOST_MEMORY] + kib, at->capacity[RESOURCE_HOST_MEMORY]);
    g_string_append(text, " %");
    if (!strstr(row->effect, text->str))
        complain(world, row, "effect is \"%s\": expected \"%s\" in it", row->effect, text->str);
}

static void check_effect(World *world, const PlanRow *row, guint vm)
{
    const VmAt *at = &world->vms[vm];
    double to, cpu = at->measured ? at->demand[RESOURCE_CPU] : 0;
    int target = snapshot_find_host(world->snapshot, row->to_id);
    if (row->action == ACTION_MIGRATE && target >= 0) {
        expect_words(world, row, at->host, -cpu, at->measured ? -at->demand[RESOURCE_HOST_MEMORY] : 0);
        expect_words(world, row, target, cpu, vm_needs_kib(at));
    } else if (row->action == ACTION_ADD_MEMORY && table_parse_number(row->to, FALSE, FALSE, &to)) {
        expect_words(world, row, at->host, 0, (to - at->memory_mib) * 1024);
    }
}

void check_row(World *world, const PlanRow *row)
{
    gboolean of_vm = check_object(world, row);
    if (!*row->reason)
        complain(world, row, "no reason given");
    if (row->action == ACTION_ENTER_MAINTENANCE && row->kind == ROW_STEP)
        check_maintenance(world, row);
    if (row->action == ACTION_EXIT_MAINTENANCE && row->kind == ROW_STEP)
        check_exit(world, row);
    if (!of_vm || row->kind == ROW_UNSOLVED)
        return;
    guint vm = (guint)snapshot_find_vm(world->snapshot, row->object_id);
    if (row->action == ACTION_MIGRATE)
        check_migration(world, row, vm);
    if (row->action == ACTION_ADD_MEMORY)
        check_memory(world, row, vm);
    if (row->action == ACTION_RECLAIM_MEMORY)
        check_reclaim(world, row, vm);
    if (row->action == ACTION_ADD_CPU)
        check_cpu(world, row, vm);
    if (row->action != ACTION_MIGRATE && untouchable(world, &world->snapshot->vms[vm]))
        complain(world, row, "%s", untouchable(world, &world->snapshot->vms[vm]));
    if (row->kind == ROW_STEP) {
        check_estimate(world, row, vm);
        check_effect(world, row, vm);
    }
}
