/* SPDX-License-Identifier: MIT */
#include "plan/effect.h"

#include "analyze/buffer.h"

#include <math.h>
#include <string.h>

#define KIB_PER_MIB 1024.0
#define BITS_PER_BYTE 8.0

static void clear_change(gpointer data)
{
    Change *change = data;
    g_free(change->reason);
    if (change->after)
        g_array_unref(change->after);
}

GArray *change_list_new(void)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(Change));
    g_array_set_clear_func(list, clear_change);
    return list;
}

void change_list_take(GArray *into, GArray *changes)
{
    g_array_append_vals(into, changes->data, changes->len);
    for (guint i = 0; i < changes->len; i++)
        g_array_index(changes, Change, i) = (Change){.vm = -1};
    g_array_set_size(changes, 0);
}

static void leave(GArray *vms, guint vm)
{
    for (guint i = 0; i < vms->len; i++) {
        if (g_array_index(vms, guint, i) == vm) {
            g_array_remove_index(vms, i);
            return;
        }
    }
}

static void join(GArray *vms, guint vm)
{
    guint at = 0;
    while (at < vms->len && g_array_index(vms, guint, at) < vm)
        at++;
    g_array_insert_val(vms, at, vm);
}

static void load_host(ModelHost *host, const double demand[N_RESOURCES], double sign)
{
    for (int r = 0; r < N_RESOURCES; r++)
        if (r != RESOURCE_MEMORY && !isnan(demand[r]))
            host->demand[r] = table_round(host->demand[r] + sign * demand[r]);
}

/* An unmeasured VM sits in its host's base, which stays; on the target it counts at its configured size. */
static void move_load(const Model *model, guint vm, ModelHost *source, ModelHost *target)
{
    const ModelVm *mover = &model->vms[vm];
    if (mover->measured) {
        load_host(source, mover->demand, -1);
        load_host(target, mover->demand, 1);
    } else {
        target->demand[RESOURCE_HOST_MEMORY] += model_vm_memory(model, vm);
    }
    source->cpu_reserved_mhz -= model_vm_cpu_reserved(model, vm);
    target->cpu_reserved_mhz += model_vm_cpu_reserved(model, vm);
    source->memory_reserved_mib -= model_vm_memory_reserved(model, vm);
    target->memory_reserved_mib += model_vm_memory_reserved(model, vm);
}

static void migrate(Model *model, guint vm, guint to)
{
    ModelVm *mover = &model->vms[vm];
    if (mover->running) {
        move_load(model, vm, &model->hosts[mover->host], &model->hosts[to]);
        leave(model->vms_on[mover->host], vm);
        join(model->vms_on[to], vm);
    }
    mover->host = (int)to;
}

static void debit(double *buffer, double amount)
{
    *buffer = MAX(0, *buffer - amount);
}

static void add_memory(Model *model, guint vm, double to_mib)
{
    ModelVm *grown = &model->vms[vm];
    ModelHost *host = &model->hosts[grown->host];
    double kib = (to_mib - grown->memory_mib) * KIB_PER_MIB;
    double reserved = model_vm_memory_reserved(model, vm);
    grown->memory_mib = to_mib;
    grown->demand[RESOURCE_HOST_MEMORY] += kib;
    grown->measured_host_memory += kib;
    host->demand[RESOURCE_HOST_MEMORY] += kib;
    host->memory_reserved_mib += model_vm_memory_reserved(model, vm) - reserved;
    debit(&model->buffer_memory[host->cluster], kib);
    pool_debit(model->snapshot, model->snapshot->vms[vm].pool, kib, model->pool_memory);
}

static void add_cpu(Model *model, guint vm, double to_vcpus)
{
    ModelVm *grown = &model->vms[vm];
    double mhz = (to_vcpus - grown->vcpus) * model->snapshot->hosts[grown->host].core_mhz;
    grown->vcpus = to_vcpus;
    debit(&model->buffer_cpu[model->hosts[grown->host].cluster], mhz);
    pool_debit(model->snapshot, model->snapshot->vms[vm].pool, mhz, model->pool_cpu);
}

void effect_apply(Model *model, const Change *change)
{
    switch (change->action) {
    case ACTION_MIGRATE:
        migrate(model, (guint)change->vm, (guint)change->to);
        break;
    case ACTION_ADD_MEMORY:
        add_memory(model, (guint)change->vm, change->amount);
        break;
    case ACTION_ADD_CPU:
        add_cpu(model, (guint)change->vm, change->amount);
        break;
    case ACTION_ENTER_MAINTENANCE:
        model->hosts[change->to].usable = model->hosts[change->to].target = FALSE;
        break;
    default:
        break;
    }
}

static gboolean fail_row(const char *plan_name, const PlanRow *row, const char *column, const char *found,
                         const char *expected, GError **error)
{
    g_set_error(error, VMANGER_ERROR, 0, "%s:%" G_GUINT64_FORMAT ": %s: found %s: expected %s", plan_name,
                row->line, column, *found ? found : "nothing", expected);
    return FALSE;
}

static gboolean amounts_of_row(const char *plan_name, const PlanRow *row, Change *change, GError **error)
{
    if (!table_parse_number(row->from, FALSE, FALSE, &change->was))
        return fail_row(plan_name, row, "from", row->from, "a whole number", error);
    if (!table_parse_number(row->to, FALSE, FALSE, &change->amount) || change->amount <= change->was)
        return fail_row(plan_name, row, "to", row->to, "a whole number above from", error);
    return TRUE;
}

gboolean effect_of_row(const Model *model, const char *plan_name, const PlanRow *row, Change *change,
                       GError **error)
{
    const Snapshot *snapshot = model->snapshot;
    *change = (Change){.action = row->action, .vm = -1};
    if (row->action == ACTION_ENTER_MAINTENANCE) {
        change->from = change->to = snapshot_find_host(snapshot, row->object_id);
        return change->to >= 0 ||
               fail_row(plan_name, row, "object_id", row->object_id, "a host of the snapshot", error);
    }
    if (row->action != ACTION_MIGRATE && row->action != ACTION_ADD_MEMORY && row->action != ACTION_ADD_CPU)
        return fail_row(plan_name, row, "action", row->action >= 0 ? action_names[row->action] : "",
                        "migrate, add_memory, add_cpu or enter_maintenance", error);
    change->vm = snapshot_find_vm(snapshot, row->object_id);
    if (change->vm < 0)
        return fail_row(plan_name, row, "object_id", row->object_id, "a VM of the snapshot", error);
    if (row->action != ACTION_MIGRATE) {
        change->from = change->to = model->vms[change->vm].host;
        return amounts_of_row(plan_name, row, change, error);
    }
    change->from = snapshot_find_host(snapshot, row->from_id);
    change->to = snapshot_find_host(snapshot, row->to_id);
    if (change->from < 0)
        return fail_row(plan_name, row, "from_id", row->from_id, "a host of the snapshot", error);
    return change->to >= 0 || fail_row(plan_name, row, "to_id", row->to_id, "a host of the snapshot", error);
}

static void append_pct(GString *words, double pct)
{
    if (isnan(pct))
        g_string_append(words, "unknown");
    else
        g_string_append_printf(words, "%.1f", pct);
}

static void append_host_words(GString *words, const char *name, const ModelHost *before,
                              const ModelHost *after)
{
    static const Resource shown[] = {RESOURCE_CPU, RESOURCE_HOST_MEMORY};
    g_string_append_printf(words, "%s%s:", words->len ? "; " : "", name);
    for (guint i = 0; i < G_N_ELEMENTS(shown); i++) {
        Resource r = shown[i];
        g_string_append_printf(words, "%s %s ", i ? "," : "", resource_words[r]);
        append_pct(words, load_usage_pct(before->demand[r], before->capacity[r]));
        g_string_append(words, " to ");
        append_pct(words, load_usage_pct(after->demand[r], after->capacity[r]));
        g_string_append(words, " %");
    }
}

char *effect_words(const Model *model, const Change *change)
{
    GString *words = g_string_new(NULL);
    const Host *names = model->snapshot->hosts;
    const ModelHost *from = &model->hosts[change->from], *to = &model->hosts[change->to];
    ModelHost from_after = *from, to_after = *to;
    if (change->action == ACTION_MIGRATE) {
        move_load(model, (guint)change->vm, &from_after, &to_after);
        append_host_words(words, names[change->from].name, from, &from_after);
        append_host_words(words, names[change->to].name, to, &to_after);
    } else if (change->action == ACTION_ADD_MEMORY) {
        to_after.demand[RESOURCE_HOST_MEMORY] += (change->amount - change->was) * KIB_PER_MIB;
        append_host_words(words, names[change->to].name, to, &to_after);
    }
    return g_string_free(words, FALSE);
}

double effect_copy_bytes(const Model *model, const Change *change)
{
    if (change->action != ACTION_MIGRATE || !model->vms[change->vm].running)
        return 0;
    const ModelVm *vm = &model->vms[change->vm];
    double active = vm->demand[RESOURCE_MEMORY], held = vm->measured_host_memory;
    double dirtied = vm->measured && active > 0 && held > 0 ? active / held : 0;
    return model_vm_memory(model, (guint)change->vm) * 1024 * (1 + model->policy->dirty_factor * dirtied);
}

double effect_seconds(const Model *model, const Change *change)
{
    switch (change->action) {
    case ACTION_MIGRATE:
        return model->move_setup_s + model->move_slope * effect_copy_bytes(model, change) * BITS_PER_BYTE /
                                         (model->policy->vmotion_mbps * 1e6);
    case ACTION_ADD_MEMORY:
        return (change->amount - change->was) / 1024;
    case ACTION_ADD_CPU:
        return change->amount - change->was;
    default:
        return model->move_setup_s;
    }
}
