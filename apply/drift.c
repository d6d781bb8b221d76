/* SPDX-License-Identifier: MIT */
#include "apply/drift.h"

#include "analyze/roles.h"

#include <math.h>
#include <string.h>

Drift *drift_new(const Snapshot *snapshot)
{
    Drift *drift = g_new0(Drift, 1);
    drift->snapshot = snapshot;
    drift->host = g_new(int, snapshot->n_vms);
    drift->memory_mib = g_new(double, snapshot->n_vms);
    drift->vcpus = g_new(double, snapshot->n_vms);
    for (guint i = 0; i < snapshot->n_vms; i++) {
        drift->host[i] = snapshot->vms[i].host;
        drift->memory_mib[i] = snapshot->vms[i].memory_mib;
        drift->vcpus[i] = snapshot->vms[i].vcpus;
    }
    drift->mode = g_new(int, snapshot->n_hosts);
    for (guint i = 0; i < snapshot->n_hosts; i++)
        drift->mode[i] = snapshot->hosts[i].mode;
    return drift;
}

void drift_free(Drift *drift)
{
    if (!drift)
        return;
    g_free(drift->host);
    g_free(drift->memory_mib);
    g_free(drift->vcpus);
    g_free(drift->mode);
    g_free(drift);
}

Mismatch *mismatch_new(double step, const char *what, const char *was, const char *is)
{
    Mismatch *difference = g_new(Mismatch, 1);
    *difference = (Mismatch){step, g_strdup(what), g_strdup(was), g_strdup(is)};
    return difference;
}

void mismatch_free(Mismatch *difference)
{
    g_free(difference->what);
    g_free(difference->was);
    g_free(difference->is);
    g_free(difference);
}

/* ---- comparing ---- */

typedef struct Comparison {
    const Drift *drift;
    const PlanRow *step;
    GPtrArray *differences, *renamed;
} Comparison;

static void differ(const Comparison *c, const char *what, const char *was, const char *is)
{
    g_ptr_array_add(c->differences, mismatch_new(c->step->step, what, was, is));
}

static void compare_name(const Comparison *c, const char *what, const char *was, const char *is)
{
    if (c->renamed && *was && strcmp(was, is) != 0)
        g_ptr_array_add(c->renamed, mismatch_new(c->step->step, what, was, is));
}

static void compare_total(const Comparison *c, const char *what, double is)
{
    g_autoptr(GString) number = g_string_new(NULL);
    table_append_number(number, is);
    if (strcmp(number->str, c->step->from) == 0)
        return;
    g_autofree char *was = g_strdup_printf("%s %s", c->step->from, c->step->unit);
    g_string_append_printf(number, " %s", c->step->unit);
    differ(c, what, was, isnan(is) ? "not known" : number->str);
}

/* A host that can be worked with; FALSE where it cannot. */
static gboolean compare_host(const Comparison *c, const char *what, const Host *host)
{
    static const char *const connections[] = {"connected", "not responding", "disconnected"};
    if (host->connection != CONNECTION_CONNECTED)
        differ(c, what, connections[CONNECTION_CONNECTED],
               host->connection < 0 ? "not known" : connections[host->connection]);
    else if (host->power != HOST_POWER_ON)
        differ(c, what, "powered on", "not powered on");
    return host->connection == CONNECTION_CONNECTED && host->power == HOST_POWER_ON;
}

static void differ_in_mode(const Comparison *c, const char *what, int expected, int mode)
{
    static const char *const modes[] = {"normal mode", "entering maintenance mode", "maintenance mode",
                                        "quarantine mode"};
    differ(c, what, modes[expected], mode < 0 ? "not known" : modes[mode]);
}

static void compare_migration(const Comparison *c, guint vm)
{
    const Snapshot *snapshot = c->drift->snapshot;
    const PlanRow *step = c->step;
    if (c->drift->host[vm] < 0) {
        g_autofree char *was = g_strdup_printf("%s (%s)", step->from, step->from_id);
        differ(c, "host", was, "not known");
        return;
    }
    const Host *from = &snapshot->hosts[c->drift->host[vm]];
    int to_index = snapshot_find_host(snapshot, step->to_id);
    if (strcmp(from->id, step->from_id) != 0) {
        g_autofree char *was = g_strdup_printf("%s (%s)", step->from, step->from_id);
        g_autofree char *is = g_strdup_printf("%s (%s)", from->name, from->id);
        differ(c, "host", was, is);
    } else {
        compare_name(c, "host", step->from, from->name);
        compare_host(c, "host", from);
    }
    if (to_index < 0) {
        differ(c, "target host", step->to_id, "no such host");
        return;
    }
    const Host *to = &snapshot->hosts[to_index];
    compare_name(c, "target host", step->to, to->name);
    int mode = c->drift->mode[to_index];
    if (compare_host(c, "target host", to) && mode != HOST_MODE_NORMAL)
        differ_in_mode(c, "target host", HOST_MODE_NORMAL, mode);
    if (to->cluster != from->cluster)
        differ(c, "target's cluster", snapshot->clusters[from->cluster].name,
               snapshot->clusters[to->cluster].name);
}

gboolean step_is_of_mode(const PlanRow *step)
{
    return step->action == ACTION_ENTER_MAINTENANCE || step->action == ACTION_EXIT_MAINTENANCE;
}

int step_mode(const PlanRow *step)
{
    return step->action == ACTION_ENTER_MAINTENANCE ? HOST_MODE_MAINTENANCE : HOST_MODE_NORMAL;
}

int step_stated_power(const PlanRow *step)
{
    if (list_contains(step->args, "power=off"))
        return VM_POWER_OFF;
    return list_contains(step->args, "power=suspended") ? VM_POWER_SUSPENDED : VM_POWER_ON;
}

static void compare_power(const Comparison *c, const Vm *vm)
{
    static const char *const powers[] = {"powered on", "powered off", "suspended"};
    int stated = step_stated_power(c->step);
    if (vm->power != stated)
        differ(c, "power", powers[stated], vm->power < 0 ? "not known" : powers[vm->power]);
    if (vm->connection >= 0 && vm->connection != VM_CONNECTED)
        differ(c, "VM", "connected", "not connected");
}

void drift_compare_maintenance(const PlanRow *step, const Host *host, int mode, const GPtrArray *running,
                               GPtrArray *differences)
{
    Comparison c = {.step = step, .differences = differences};
    if (compare_host(&c, "host", host) && (mode < 0 || mode == HOST_MODE_MAINTENANCE))
        differ_in_mode(&c, "host", HOST_MODE_NORMAL, mode);
    if (running->len == 0)
        return;
    const char *first = g_ptr_array_index(running, 0);
    g_autofree char *is =
        running->len == 1 ? g_strdup(first) : g_strdup_printf("%u, %s among them", running->len, first);
    differ(&c, "running VMs on the host", "none", is);
}

void drift_compare_exit(const PlanRow *step, const Host *host, int mode, GPtrArray *differences)
{
    Comparison c = {.step = step, .differences = differences};
    if (compare_host(&c, "host", host) && mode != HOST_MODE_MAINTENANCE)
        differ_in_mode(&c, "host", HOST_MODE_MAINTENANCE, mode);
}

static void compare_maintenance(const Comparison *c)
{
    const Snapshot *snapshot = c->drift->snapshot;
    int index = snapshot_find_host(snapshot, c->step->object_id);
    if (index < 0) {
        differ(c, "host", c->step->object_id, "no such host");
        return;
    }
    compare_name(c, "host", c->step->object, snapshot->hosts[index].name);
    if (c->step->action == ACTION_EXIT_MAINTENANCE) {
        drift_compare_exit(c->step, &snapshot->hosts[index], c->drift->mode[index], c->differences);
        return;
    }
    g_autoptr(GPtrArray) running = g_ptr_array_new();
    for (guint i = 0; i < snapshot->n_vms; i++)
        if (c->drift->host[i] == index && snapshot->vms[i].power == VM_POWER_ON &&
            !vm_is_agent(&snapshot->vms[i]))
            g_ptr_array_add(running, (gpointer)snapshot->vms[i].name);
    drift_compare_maintenance(c->step, &snapshot->hosts[index], c->drift->mode[index], running,
                              c->differences);
}

void drift_compare(const Drift *drift, const PlanRow *step, GPtrArray *differences, GPtrArray *renamed)
{
    Comparison c = {drift, step, differences, renamed};
    if (step_is_of_mode(step)) {
        compare_maintenance(&c);
        return;
    }
    int index = snapshot_find_vm(drift->snapshot, step->object_id);
    if (index < 0) {
        differ(&c, "VM", step->object_id, "no such VM");
        return;
    }
    const Vm *vm = &drift->snapshot->vms[index];
    if (*step->instance_uuid && strcmp(step->instance_uuid, vm->instance_uuid) != 0) {
        differ(&c, "instance UUID", step->instance_uuid, vm->instance_uuid);
        return;
    }
    compare_name(&c, "VM", step->object, vm->name);
    compare_power(&c, vm);
    switch (step->action) {
    case ACTION_MIGRATE:
        compare_migration(&c, (guint)index);
        break;
    case ACTION_ADD_MEMORY:
    case ACTION_RECLAIM_MEMORY:
        compare_total(&c, "memory", drift->memory_mib[index]);
        break;
    case ACTION_ADD_CPU:
        compare_total(&c, "CPUs", drift->vcpus[index]);
        break;
    default:
        differ(&c, "action", action_names[step->action], "not an action that this apply can do");
    }
}

void drift_do(Drift *drift, const PlanRow *step)
{
    if (step_is_of_mode(step)) {
        drift->mode[snapshot_find_host(drift->snapshot, step->object_id)] = step_mode(step);
        return;
    }
    int index = snapshot_find_vm(drift->snapshot, step->object_id);
    double total = 0;
    table_parse_number(step->to, FALSE, FALSE, &total);
    if (step->action == ACTION_MIGRATE)
        drift->host[index] = snapshot_find_host(drift->snapshot, step->to_id);
    else if (step->action == ACTION_ADD_MEMORY || step->action == ACTION_RECLAIM_MEMORY)
        drift->memory_mib[index] = total;
    else if (step->action == ACTION_ADD_CPU)
        drift->vcpus[index] = total;
}
