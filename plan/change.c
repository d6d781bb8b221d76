/* SPDX-License-Identifier: MIT */
#include "plan/change.h"

#include "analyze/buffer.h"

#include <math.h>
#include <string.h>

#define KIB_PER_MIB 1024.0
#define MIB_PER_GIB 1024.0
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

Change change_migration(const Model *model, guint vm, guint to)
{
    return (Change){.action = ACTION_MIGRATE, .vm = (int)vm, .from = model->vms[vm].host, .to = (int)to};
}

Change change_growth(const Model *model, int action, guint vm, double total)
{
    const ModelVm *at = &model->vms[vm];
    return (Change){.action = action,
                    .vm = (int)vm,
                    .from = at->host,
                    .to = at->host,
                    .was = action == ACTION_ADD_CPU ? at->vcpus : at->memory_mib,
                    .amount = total};
}

Change change_of_host(int action, guint host)
{
    return (Change){.action = action, .vm = -1, .from = (int)host, .to = (int)host};
}

Change change_reversed(const Change *change)
{
    Change back = *change;
    back.from = change->to;
    back.to = change->from;
    back.was = change->amount;
    back.amount = change->was;
    return back;
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

static void load_host(ModelHost *host, const ModelVm *vm, double sign)
{
    for (int r = 0; r < N_RESOURCES; r++) {
        if (r == RESOURCE_MEMORY || isnan(vm->demand[r]))
            continue;
        host->demand[r] = table_round(host->demand[r] + sign * vm->demand[r]);
        host->room[r] = table_round(host->room[r] + sign * vm->room[r]);
    }
}

/* An unmeasured VM sits in its host's base, which stays; on the target it counts at its configured size. */
static void move_load(const Model *model, guint vm, ModelHost *source, ModelHost *target)
{
    const ModelVm *mover = &model->vms[vm];
    if (mover->measured) {
        load_host(source, mover, -1);
        load_host(target, mover, 1);
    } else {
        target->demand[RESOURCE_HOST_MEMORY] += model_vm_memory(model, vm);
        target->room[RESOURCE_HOST_MEMORY] += model_vm_memory(model, vm);
    }
    source->cpu_reserved_mhz -= model_vm_cpu_reserved(model, vm);
    target->cpu_reserved_mhz += model_vm_cpu_reserved(model, vm);
    source->memory_reserved_mib -= model_vm_memory_reserved(model, vm);
    target->memory_reserved_mib += model_vm_memory_reserved(model, vm);
    source->memory_overhead_mib -= model_vm_overhead(model, vm);
    target->memory_overhead_mib += model_vm_overhead(model, vm);
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

/* what a VM that runs holds of its pools now, in place of so much before */
static void hold_in_pools(Model *model, guint vm, double before_mib)
{
    if (model->vms[vm].running)
        pool_debit(model->snapshot, model->vms[vm].row->pool, model_vm_memory_held(model, vm) - before_mib,
                   model->pool_reserved_mib);
}

static void add_memory(Model *model, guint vm, double to_mib)
{
    ModelVm *grown = &model->vms[vm];
    if (!grown->running) {
        grown->memory_mib = to_mib;
        return;
    }
    ModelHost *host = &model->hosts[grown->host];
    double kib = (to_mib - grown->memory_mib) * KIB_PER_MIB;
    double reserved = model_vm_memory_reserved(model, vm), overhead = model_vm_overhead(model, vm);
    grown->memory_mib = to_mib;
    grown->demand[RESOURCE_HOST_MEMORY] += kib;
    grown->measured_host_memory += kib;
    host->demand[RESOURCE_HOST_MEMORY] += kib;
    grown->room[RESOURCE_HOST_MEMORY] += kib;
    host->room[RESOURCE_HOST_MEMORY] += kib;
    host->memory_reserved_mib += model_vm_memory_reserved(model, vm) - reserved;
    host->memory_overhead_mib += model_vm_overhead(model, vm) - overhead;
    hold_in_pools(model, vm, reserved + overhead);
    debit(&model->buffer_memory[host->cluster], kib);
    model->lendable[host->cluster] -= kib;
    pool_debit(model->snapshot, model->vms[vm].row->pool, kib, model->pool_memory);
}

/* KiB above what the VM can hold at a size */
static double above_size(const Model *model, guint vm, double to_mib, double held_kib)
{
    return fmax(0, held_kib - (to_mib + overhead_mib(to_mib, model->vms[vm].vcpus)) * KIB_PER_MIB);
}

/* What a reclaim sets free counts for the next plan: buffers and pools are not credited with it. */
static void reclaim_memory(Model *model, guint vm, double to_mib)
{
    ModelVm *shrunk = &model->vms[vm];
    ModelHost *host = &model->hosts[shrunk->host];
    double reserved = model_vm_memory_reserved(model, vm), overhead = model_vm_overhead(model, vm);
    shrunk->memory_mib = to_mib;
    if (!shrunk->running)
        return;
    host->memory_reserved_mib += model_vm_memory_reserved(model, vm) - reserved;
    host->memory_overhead_mib += model_vm_overhead(model, vm) - overhead;
    hold_in_pools(model, vm, reserved + overhead);
    if (!shrunk->measured)
        return; /* it sits in its host's base, which stays */
    double demand = above_size(model, vm, to_mib, shrunk->demand[RESOURCE_HOST_MEMORY]);
    double room = above_size(model, vm, to_mib, shrunk->room[RESOURCE_HOST_MEMORY]);
    shrunk->demand[RESOURCE_HOST_MEMORY] -= demand;
    host->demand[RESOURCE_HOST_MEMORY] -= demand;
    shrunk->room[RESOURCE_HOST_MEMORY] -= room;
    host->room[RESOURCE_HOST_MEMORY] -= room;
    shrunk->measured_host_memory -= above_size(model, vm, to_mib, shrunk->measured_host_memory);
}

static void add_cpu(Model *model, guint vm, double to_vcpus)
{
    ModelVm *grown = &model->vms[vm];
    double mhz = (to_vcpus - grown->vcpus) * model->snapshot->hosts[grown->host].core_mhz;
    double overhead = model_vm_overhead(model, vm), held = model_vm_memory_held(model, vm);
    grown->vcpus = to_vcpus;
    model->hosts[grown->host].memory_overhead_mib += model_vm_overhead(model, vm) - overhead;
    hold_in_pools(model, vm, held);
    debit(&model->buffer_cpu[model->hosts[grown->host].cluster], mhz);
    pool_debit(model->snapshot, model->vms[vm].row->pool, mhz, model->pool_cpu);
}

/* ---- what each action is ---- */

/* a plan's row being read; the file is what errors name */
typedef struct Reading {
    const char *file;
    const PlanRow *row;
} Reading;

static gboolean fail_row(const Reading *reading, const char *column, const char *found, const char *expected,
                         GError **error)
{
    g_set_error(error, VMANGER_ERROR, 0, "%s:%" G_GUINT64_FORMAT ": %s: found %s: expected %s", reading->file,
                reading->row->line, column, *found ? found : "nothing", expected);
    return FALSE;
}

/* reads from and to of a row into a change whose subject is known */
typedef gboolean (*ReadRow)(const Model *model, const Reading *reading, Change *change, GError **error);

static gboolean read_hosts(const Model *model, const Reading *reading, Change *change, GError **error)
{
    const PlanRow *row = reading->row;
    change->from = snapshot_find_host(model->snapshot, row->from_id);
    change->to = snapshot_find_host(model->snapshot, row->to_id);
    if (change->from < 0)
        return fail_row(reading, "from_id", row->from_id, "a host of the snapshot", error);
    return change->to >= 0 || fail_row(reading, "to_id", row->to_id, "a host of the snapshot", error);
}

static gboolean read_totals(const Model *model, const Reading *reading, Change *change, GError **error)
{
    const PlanRow *row = reading->row;
    change->from = change->to = model->vms[change->vm].host;
    if (!table_parse_number(row->from, FALSE, FALSE, &change->was))
        return fail_row(reading, "from", row->from, "a whole number", error);
    if (!table_parse_number(row->to, FALSE, FALSE, &change->amount) || change->amount <= change->was)
        return fail_row(reading, "to", row->to, "a whole number above from", error);
    return TRUE;
}

static gboolean read_smaller_total(const Model *model, const Reading *reading, Change *change, GError **error)
{
    const PlanRow *row = reading->row;
    change->from = change->to = model->vms[change->vm].host;
    if (!table_parse_number(row->from, FALSE, FALSE, &change->was))
        return fail_row(reading, "from", row->from, "a whole number", error);
    if (!table_parse_number(row->to, FALSE, FALSE, &change->amount) ||
        !(change->amount < change->was && change->amount > 0))
        return fail_row(reading, "to", row->to, "a whole number below from, and above 0", error);
    return TRUE;
}

static void apply_migration(Model *model, const Change *change)
{
    migrate(model, (guint)change->vm, (guint)change->to);
}

static void apply_memory(Model *model, const Change *change)
{
    add_memory(model, (guint)change->vm, change->amount);
}

static void apply_reclaim(Model *model, const Change *change)
{
    reclaim_memory(model, (guint)change->vm, change->amount);
}

static void apply_vcpus(Model *model, const Change *change)
{
    add_cpu(model, (guint)change->vm, change->amount);
}

static void apply_maintenance(Model *model, const Change *change)
{
    model_enter_maintenance(model, (guint)change->to);
}

static void apply_exit(Model *model, const Change *change)
{
    model_exit_maintenance(model, (guint)change->to);
}

static double seconds_of_migration(const Model *model, const Change *change)
{
    return model->move_setup_s + model->move_slope * model->vms[change->vm].copy_factor *
                                     change_copy_bytes(model, change) * BITS_PER_BYTE /
                                     (model->policy->vmotion_mbps * 1e6);
}

static double seconds_of_memory(const Model *model, const Change *change)
{
    (void)model;
    return fabs(change->amount - change->was) / MIB_PER_GIB;
}

static double seconds_of_vcpus(const Model *model, const Change *change)
{
    (void)model;
    return change->amount - change->was;
}

static double seconds_of_mode(const Model *model, const Change *change)
{
    (void)change;
    return model->move_setup_s;
}

/* how the demands of its two hosts change */
static void move_demands(const Model *model, const Change *change, ModelHost *from, ModelHost *to)
{
    move_load(model, (guint)change->vm, from, to);
}

static void grow_demand(const Model *model, const Change *change, ModelHost *from, ModelHost *to)
{
    (void)from;
    if (model->vms[change->vm].running)
        to->demand[RESOURCE_HOST_MEMORY] += (change->amount - change->was) * KIB_PER_MIB;
}

static void shrink_demand(const Model *model, const Change *change, ModelHost *from, ModelHost *to)
{
    (void)from;
    const ModelVm *vm = &model->vms[change->vm];
    if (vm->running && vm->measured)
        to->demand[RESOURCE_HOST_MEMORY] -=
            above_size(model, (guint)change->vm, change->amount, vm->demand[RESOURCE_HOST_MEMORY]);
}

/* What there is to know of an action; a new one is a line here, and one in plan/legality for what forbids it.
 * NULL: it is advised at most, and no plan's row of it can be carried out. */
typedef struct ActionType {
    const char *unit; /* of the totals that a size leads from and to; "" for another */
    gboolean of_host; /* its subject is a host, else a VM */
    ReadRow read;     /* NULL: nothing but the subject */
    void (*apply)(Model *model, const Change *change);
    double (*seconds)(const Model *model, const Change *change); /* unshared */
    void (*demands)(const Model *model, const Change *change, ModelHost *from, ModelHost *to);
} ActionType;

static const ActionType types[] = {
    [ACTION_MIGRATE] = {"", FALSE, read_hosts, apply_migration, seconds_of_migration, move_demands},
    [ACTION_ADD_MEMORY] = {"MiB", FALSE, read_totals, apply_memory, seconds_of_memory, grow_demand},
    [ACTION_ADD_CPU] = {"vCPU", FALSE, read_totals, apply_vcpus, seconds_of_vcpus, NULL},
    [ACTION_RECLAIM_MEMORY] = {"MiB", FALSE, read_smaller_total, apply_reclaim, seconds_of_memory,
                               shrink_demand},
    [ACTION_ENTER_MAINTENANCE] = {"", TRUE, NULL, apply_maintenance, seconds_of_mode, NULL},
    [ACTION_EXIT_MAINTENANCE] = {"", TRUE, NULL, apply_exit, seconds_of_mode, NULL},
    [ACTION_DEPLOY] = {"", FALSE, NULL, NULL, NULL, NULL},
};

const char *action_unit(int action)
{
    return types[action].unit ? types[action].unit : "";
}

gboolean action_is_growth(int action)
{
    return action == ACTION_ADD_MEMORY || action == ACTION_ADD_CPU;
}

gboolean action_is_of_size(int action)
{
    return action >= 0 && *action_unit(action) != '\0';
}

void change_apply(Model *model, const Change *change)
{
    if (types[change->action].apply)
        types[change->action].apply(model, change);
}

Model *model_with(const Model *start, const GArray *changes, guint n)
{
    Model *end = model_copy(start);
    for (guint i = 0; i < n; i++)
        change_apply(end, &g_array_index(changes, Change, i));
    return end;
}

Model *model_after(const Model *start, const GArray *changes)
{
    return model_with(start, changes, changes->len);
}

/* the actions that a plan's rows may ask for: "migrate, add_memory, … or enter_maintenance" */
static char *actions_known(void)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < G_N_ELEMENTS(types); i++)
        if (types[i].apply)
            g_ptr_array_add(names, (gpointer)action_names[i]);
    const char *last = g_ptr_array_steal_index(names, names->len - 1);
    g_ptr_array_add(names, NULL);
    g_autofree char *others = g_strjoinv(", ", (char **)names->pdata);
    return g_strdup_printf("%s or %s", others, last);
}

gboolean change_of_row(const Model *model, const char *plan_name, const PlanRow *row, Change *change,
                       GError **error)
{
    const Reading reading = {plan_name, row};
    const ActionType *type = row->action >= 0 ? &types[row->action] : NULL;
    *change = (Change){.action = row->action, .vm = -1};
    if (!type || !type->apply) {
        g_autofree char *known = actions_known();
        return fail_row(&reading, "action", type ? action_names[row->action] : "", known, error);
    }
    if (type->of_host) {
        change->from = change->to = snapshot_find_host(model->snapshot, row->object_id);
        if (change->to < 0)
            return fail_row(&reading, "object_id", row->object_id, "a host of the snapshot", error);
    } else {
        change->vm = snapshot_find_vm(model->snapshot, row->object_id);
        if (change->vm < 0)
            return fail_row(&reading, "object_id", row->object_id, "a VM of the snapshot", error);
    }
    return !type->read || type->read(model, &reading, change, error);
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

char *change_effect(const Model *model, const Change *change)
{
    GString *words = g_string_new(NULL);
    const Host *names = model->snapshot->hosts;
    const ModelHost *from = &model->hosts[change->from], *to = &model->hosts[change->to];
    ModelHost from_after = *from, to_after = *to;
    if (types[change->action].demands) {
        types[change->action].demands(model, change, &from_after, &to_after);
        if (change->from != change->to)
            append_host_words(words, names[change->from].name, from, &from_after);
        append_host_words(words, names[change->to].name, to, &to_after);
    }
    return g_string_free(words, FALSE);
}

double change_copy_bytes(const Model *model, const Change *change)
{
    if (change->action != ACTION_MIGRATE || !model->vms[change->vm].running)
        return 0;
    const ModelVm *vm = &model->vms[change->vm];
    double active = vm->demand[RESOURCE_MEMORY], held = vm->measured_host_memory;
    double dirtied = vm->measured && active > 0 && held > 0 ? active / held : 0;
    return model_vm_memory(model, (guint)change->vm) * 1024 * (1 + model->policy->dirty_factor * dirtied);
}

double change_seconds(const Model *model, const Change *change)
{
    return types[change->action].seconds ? types[change->action].seconds(model, change) : 0;
}

/* what apply is to find of a VM that does not run; "" of one that does */
static const char *power_arg(const Model *model, guint vm)
{
    if (model->vms[vm].running)
        return "";
    return model->vms[vm].row->power == VM_POWER_OFF ? "power=off" : "power=suspended";
}

char *change_args(const Model *model, const Change *change)
{
    const Policy *policy = model->policy;
    const char *power = change->vm >= 0 ? power_arg(model, (guint)change->vm) : "";
    if (change->action == ACTION_MIGRATE)
        return g_strdup_printf("copy_mib=%.0f%s%s", ceil(change_copy_bytes(model, change) / (1024 * 1024)),
                               *power ? " " : "", power);
    if (change->vm >= 0)
        return g_strdup(power);
    gboolean vsan = change->action == ACTION_ENTER_MAINTENANCE &&
                    model->snapshot->clusters[model->hosts[change->to].cluster].vsan != 0;
    return vsan && *policy->vsan_mode ? g_strdup_printf("vsan_mode=%s", policy->vsan_mode) : g_strdup("");
}
