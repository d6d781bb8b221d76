/* SPDX-License-Identifier: MIT */
#include "plan/model.h"

#include "analyze/buffer.h"
#include "analyze/roles.h"

#include <math.h>
#include <string.h>

/* MiB: of every VM, of each of its vCPUs, of each MiB of its memory; within 1 MiB of the table's 16 figures
 */
#define OVERHEAD_MIB 14.3
#define OVERHEAD_OF_VCPU 4.05
#define OVERHEAD_OF_MIB 0.00743

int index_compare(const void *a, const void *b)
{
    guint left = *(const guint *)a, right = *(const guint *)b;
    return left < right ? -1 : left > right;
}

static gboolean check_origin(const Snapshot *snapshot, const Assessment *assessment, const Policy *policy,
                             GError **error)
{
    const AssessedSnapshot *named = NULL;
    gboolean newest = TRUE;
    for (guint i = 0; i < assessment->snapshots->len; i++) {
        const AssessedSnapshot *at = &g_array_index(assessment->snapshots, AssessedSnapshot, i);
        if (strcmp(at->digest, snapshot->digest) == 0)
            named = at;
        else if (strcmp(at->source_id, snapshot->info.source_id) == 0 &&
                 at->taken_at > snapshot->info.taken_at)
            newest = FALSE;
    }
    g_autofree char *digest = policy_analyze_digest(policy);
    if (!named)
        g_set_error(
            error, VMANGER_ERROR, 0,
            "#snapshot: found another snapshot than the one given: run analyze on that (its digest is %s)",
            snapshot->digest);
    else if (!newest)
        g_set_error(error, VMANGER_ERROR, 0,
                    "#snapshot: found a newer snapshot of this source: expected a plan on the newest");
    else if (strcmp(digest, assessment->policy) != 0)
        g_set_error(
            error, VMANGER_ERROR, 0,
            "#policy: found an assessment under another [analyze] than that of the policy now: give both "
            "programs the same --policy, or run analyze again (digests %s and %s)",
            assessment->policy, digest);
    return named && newest && strcmp(digest, assessment->policy) == 0;
}

/* An assessment that lost rows must not be taken for one with nothing to do. */
static gboolean is_complete(const Assessed *found, EntityKind kind, GError **error)
{
    for (int r = 0; r < N_RESOURCES; r++) {
        gboolean decides =
            r == RESOURCE_CPU || r == RESOURCE_HOST_MEMORY || (r == RESOURCE_MEMORY && kind == ENTITY_VM);
        if (!decides || load_is_stated(&found->loads[r]))
            continue;
        g_set_error(error, VMANGER_ERROR, 0,
                    "resource: found no row of %s and %s: expected one, as analyze writes", found->id,
                    resource_names[r]);
        return FALSE;
    }
    return TRUE;
}

static const Assessed *assessed_of(const Model *model, EntityKind kind, const char *id, GError **error)
{
    const Assessed *found = assessment_find(model->assessment, model->snapshot->info.source_id, id);
    if (!found || found->kind != (int)kind) {
        g_set_error(error, VMANGER_ERROR, 0, "id: found no row of %s: expected rows of every entity", id);
        return NULL;
    }
    return is_complete(found, kind, error) ? found : NULL;
}

/* what a host in normal mode is there for, by what is known of it */
static void open_host(Model *model, guint host, const Assessed *assessed)
{
    Host row = model->snapshot->hosts[host];
    ModelHost *at = &model->hosts[host];
    row.mode = at->mode;
    at->usable = host_is_usable(model->snapshot, &row, assessed);
    at->target = at->usable && row.vmotion != 0;
    at->source = at->usable || host_is_relieved(model->snapshot, &row, assessed);
}

static gboolean join_hosts(Model *model, GError **error)
{
    const Snapshot *snapshot = model->snapshot;
    for (guint i = 0; i < snapshot->n_hosts; i++) {
        const Assessed *assessed = assessed_of(model, ENTITY_HOST, snapshot->hosts[i].id, error);
        if (!assessed)
            return FALSE;
        ModelHost *host = &model->hosts[i];
        for (int r = 0; r < N_RESOURCES; r++) {
            host->capacity[r] = assessed->loads[r].capacity;
            host->demand[r] = assessed->loads[r].demand;
            host->threshold[r] = assessed->loads[r].threshold_pct;
            host->room[r] = load_room_demand(&assessed->loads[r]);
            host->room_pct[r] = r == RESOURCE_CPU           ? model->policy->cpu_hot_pct
                                : r == RESOURCE_HOST_MEMORY ? model->policy->memory_hot_pct
                                                            : NAN;
            model->room_apart = model->room_apart || !isnan(assessed->loads[r].room_demand) ||
                                host->threshold[r] > host->room_pct[r];
        }
        host->state = assessed->state;
        host->cluster = snapshot->hosts[i].cluster;
        host->mode = snapshot->hosts[i].mode;
        open_host(model, i, assessed);
    }
    return TRUE;
}

static gboolean join_vms(Model *model, GError **error)
{
    const Snapshot *snapshot = model->snapshot;
    for (guint i = 0; i < snapshot->n_vms; i++) {
        const Vm *row = &snapshot->vms[i];
        const Assessed *assessed = assessed_of(model, ENTITY_VM, row->id, error);
        if (!assessed)
            return FALSE;
        ModelVm *vm = &model->vms[i];
        vm->row = row;
        for (int r = 0; r < N_RESOURCES; r++) {
            vm->demand[r] = assessed->loads[r].demand;
            vm->room[r] = load_room_demand(&assessed->loads[r]);
        }
        vm->measured_host_memory = assessed->loads[RESOURCE_HOST_MEMORY].measured;
        vm->host_memory = &assessed->loads[RESOURCE_HOST_MEMORY];
        vm->memory_mib = row->memory_mib;
        vm->vcpus = row->vcpus;
        vm->host = row->host;
        vm->state = assessed->state;
        vm->running = row->power == VM_POWER_ON;
        vm->copy_factor = 1;
        vm->measured =
            vm->running && !isnan(vm->demand[RESOURCE_CPU]) && !isnan(vm->demand[RESOURCE_HOST_MEMORY]);
        vm->system = vm_is_system(model->policy, row);
        if (!vm->running)
            continue;
        g_array_append_val(model->vms_on[row->host], i);
        ModelHost *host = &model->hosts[row->host];
        host->cpu_reserved_mhz += model_vm_cpu_reserved(model, i);
        host->memory_reserved_mib += model_vm_memory_reserved(model, i);
        host->memory_overhead_mib += model_vm_overhead(model, i);
    }
    return TRUE;
}

static void mark_shared_uuids(Model *model)
{
    g_autoptr(GHashTable) bearers = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < model->n_vms; i++) {
        const char *uuid = model->vms[i].row->instance_uuid;
        ModelVm *other = *uuid ? g_hash_table_lookup(bearers, uuid) : NULL;
        if (other)
            other->shares_uuid = model->vms[i].shares_uuid = TRUE;
        else if (*uuid)
            g_hash_table_insert(bearers, (gpointer)uuid, &model->vms[i]);
    }
}

/* what the hosts of each cluster have together: those that run VMs */
static void sum_hosts(const Model *model, double *mhz, double *mib)
{
    for (guint i = 0; i < model->snapshot->n_hosts; i++) {
        const Host *host = &model->snapshot->hosts[i];
        if (!model_is_live(model, i) || host->mode == HOST_MODE_MAINTENANCE)
            continue;
        mhz[host->cluster] += host->cpu_mhz;
        mib[host->cluster] += host->memory_kib / 1024;
    }
}

/* what part of that a cluster has for VMs, by its own word; NAN where that says nothing */
static double share_for_vms(double reservable, double sum)
{
    return reservable > 0 && reservable <= sum ? reservable / sum : NAN;
}

/* MiB of its memory that the hypervisor keeps, where its cluster does not say: what it uses itself, where no
 * VM that is not measured is hidden in that, and at least a hundredth */
static double hypervisor_mib(const Model *model, guint host, double memory_mib)
{
    const Host *row = &model->snapshot->hosts[host];
    const Assessed *assessed = assessment_find(model->assessment, model->snapshot->info.source_id, row->id);
    double used = assessed->loads[RESOURCE_HOST_MEMORY].base / 1024, least = memory_mib / 100;
    for (guint i = 0; i < model->vms_on[host]->len; i++)
        if (!model->vms[g_array_index(model->vms_on[host], guint, i)].measured)
            return least;
    return used > least ? used : least;
}

/* What runs was admitted by the host itself, so it fits, whatever is estimated here. */
static void join_reservable(Model *model)
{
    const Snapshot *snapshot = model->snapshot;
    g_autofree double *sum_mhz = g_new0(double, snapshot->n_clusters + 1);
    g_autofree double *sum_mib = g_new0(double, snapshot->n_clusters + 1);
    sum_hosts(model, sum_mhz, sum_mib);
    for (guint i = 0; i < snapshot->n_hosts; i++) {
        ModelHost *host = &model->hosts[i];
        const Cluster *cluster = &snapshot->clusters[host->cluster];
        double mib = snapshot->hosts[i].memory_kib / 1024, mhz = snapshot->hosts[i].cpu_mhz;
        double cpu = share_for_vms(cluster->cpu_reservable_mhz, sum_mhz[host->cluster]);
        double memory = share_for_vms(cluster->memory_reservable_mib, sum_mib[host->cluster]);
        double held_mib = ceil(host->memory_reserved_mib + host->memory_overhead_mib);
        double for_vms = isnan(memory) ? mib - hypervisor_mib(model, i, mib) : mib * memory;
        host->cpu_reservable_mhz = isnan(cpu) ? mhz : MAX(mhz * cpu, MIN(host->cpu_reserved_mhz, mhz));
        host->memory_reservable_mib = floor(MAX(for_vms, host->memory_reserved_mib > mib ? mib : held_mib));
    }
}

static double keep_reserve(const Model *model, const Load *load)
{
    return MAX(0, load->buffer - load->capacity * model->policy->buffer_reserve_pct / 100);
}

static gboolean join_buffers(Model *model, GError **error)
{
    const Snapshot *snapshot = model->snapshot;
    for (guint i = 0; i < snapshot->n_clusters; i++) {
        const Assessed *assessed = assessed_of(model, ENTITY_CLUSTER, snapshot->clusters[i].id, error);
        if (!assessed)
            return FALSE;
        if (isnan(assessed->loads[RESOURCE_CPU].buffer) ||
            isnan(assessed->loads[RESOURCE_HOST_MEMORY].buffer)) {
            g_set_error(error, VMANGER_ERROR, 0,
                        "buffer: found nothing for %s: expected an amount, as analyze writes", assessed->id);
            return FALSE;
        }
        model->buffer_cpu[i] = keep_reserve(model, &assessed->loads[RESOURCE_CPU]);
        model->buffer_memory[i] = keep_reserve(model, &assessed->loads[RESOURCE_HOST_MEMORY]);
        model->lendable[i] = INFINITY;
    }
    return TRUE;
}

static void join_pools(Model *model)
{
    const Snapshot *snapshot = model->snapshot;
    static const Resource resources[] = {RESOURCE_CPU, RESOURCE_HOST_MEMORY};
    double *sums[] = {model->pool_cpu, model->pool_memory};
    g_autofree double *amounts = g_new(double, snapshot->n_vms);
    for (guint r = 0; r < G_N_ELEMENTS(resources); r++) {
        for (guint i = 0; i < snapshot->n_vms; i++) {
            const Assessed *vm =
                assessment_find(model->assessment, snapshot->info.source_id, model->vms[i].row->id);
            amounts[i] = buffer_amount(model->vms[i].row, &vm->loads[resources[r]], model->policy);
        }
        pool_sums(snapshot, amounts, sums[r]);
    }
    for (guint i = 0; i < snapshot->n_vms; i++)
        amounts[i] = model->vms[i].running ? model_vm_memory_held(model, i) : 0;
    pool_sums(snapshot, amounts, model->pool_reserved_mib);
}

/* One more of each than there are: memcpy wants an address even where there is nothing to copy. */
static Model *model_alloc(const Snapshot *snapshot)
{
    Model *model = g_new0(Model, 1);
    model->snapshot = snapshot;
    model->hosts = g_new0(ModelHost, snapshot->n_hosts + 1);
    model->n_vms = snapshot->n_vms;
    model->vms = g_new0(ModelVm, model->n_vms + 1);
    model->vms_on = g_new0(GArray *, snapshot->n_hosts + 1);
    model->buffer_cpu = g_new0(double, snapshot->n_clusters + 1);
    model->buffer_memory = g_new0(double, snapshot->n_clusters + 1);
    model->lendable = g_new0(double, snapshot->n_clusters + 1);
    model->pool_cpu = g_new0(double, snapshot->n_pools + 1);
    model->pool_memory = g_new0(double, snapshot->n_pools + 1);
    model->pool_reserved_mib = g_new0(double, snapshot->n_pools + 1);
    return model;
}

Model *model_new(const Snapshot *snapshot, const Assessment *assessment, const Policy *policy, GError **error)
{
    if (!check_origin(snapshot, assessment, policy, error))
        return NULL;
    g_autoptr(Model) model = model_alloc(snapshot);
    model->assessment = assessment;
    model->policy = policy;
    model_calibrate(model, policy->migration_setup_s, 1);
    for (guint i = 0; i < snapshot->n_hosts; i++)
        model->vms_on[i] = g_array_new(FALSE, FALSE, sizeof(guint));
    if (!join_hosts(model, error) || !join_vms(model, error) || !join_buffers(model, error))
        return NULL;
    join_pools(model);
    join_reservable(model);
    mark_shared_uuids(model);
    return g_steal_pointer(&model);
}

void model_calibrate(Model *model, double setup_s, double slope)
{
    model->move_setup_s = setup_s;
    model->move_slope = slope;
}

void model_limit_lending(Model *model, const double *lent_kib)
{
    for (guint i = 0; i < model->snapshot->n_clusters; i++) {
        const char *id = model->snapshot->clusters[i].id;
        const Assessed *assessed = assessment_find(model->assessment, model->snapshot->info.source_id, id);
        const Load *load = &assessed->loads[RESOURCE_HOST_MEMORY];
        model->lendable[i] = load->capacity * model->policy->lend_to_pct / 100 - load->demand - lent_kib[i];
    }
}

Model *model_copy(const Model *model)
{
    const Snapshot *snapshot = model->snapshot;
    Model *copy = model_alloc(snapshot);
    copy->assessment = model->assessment;
    copy->policy = model->policy;
    copy->room_apart = model->room_apart;
    copy->move_setup_s = model->move_setup_s;
    copy->move_slope = model->move_slope;
    memcpy(copy->hosts, model->hosts, snapshot->n_hosts * sizeof *copy->hosts);
    memcpy(copy->vms, model->vms, model->n_vms * sizeof *copy->vms);
    memcpy(copy->buffer_cpu, model->buffer_cpu, snapshot->n_clusters * sizeof(double));
    memcpy(copy->buffer_memory, model->buffer_memory, snapshot->n_clusters * sizeof(double));
    memcpy(copy->lendable, model->lendable, snapshot->n_clusters * sizeof(double));
    memcpy(copy->pool_cpu, model->pool_cpu, snapshot->n_pools * sizeof(double));
    memcpy(copy->pool_memory, model->pool_memory, snapshot->n_pools * sizeof(double));
    memcpy(copy->pool_reserved_mib, model->pool_reserved_mib, snapshot->n_pools * sizeof(double));
    for (guint i = 0; i < snapshot->n_hosts; i++)
        copy->vms_on[i] = g_array_copy(model->vms_on[i]);
    return copy;
}

void model_free(Model *model)
{
    if (!model)
        return;
    for (guint i = 0; i < model->snapshot->n_hosts; i++)
        if (model->vms_on[i])
            g_array_free(model->vms_on[i], TRUE);
    g_free(model->vms_on);
    g_free(model->hosts);
    g_free(model->vms);
    g_free(model->buffer_cpu);
    g_free(model->buffer_memory);
    g_free(model->lendable);
    g_free(model->pool_cpu);
    g_free(model->pool_memory);
    g_free(model->pool_reserved_mib);
    g_free(model);
}

double model_vm_memory(const Model *model, guint vm)
{
    const ModelVm *at = &model->vms[vm];
    if (!at->running)
        return 0;
    return at->measured ? at->demand[RESOURCE_HOST_MEMORY] : at->memory_mib * 1024;
}

double model_vm_cpu_reserved(const Model *model, guint vm)
{
    double reserved = model->vms[vm].row->cpu_reservation_mhz;
    return reserved > 0 ? reserved : 0;
}

double model_vm_memory_reserved(const Model *model, guint vm)
{
    const Vm *row = model->vms[vm].row;
    if (row->memory_reservation_locked == 1)
        return model->vms[vm].memory_mib;
    return row->memory_reservation_mib > 0 ? row->memory_reservation_mib : 0;
}

double overhead_mib(double memory_mib, double vcpus)
{
    return ceil(OVERHEAD_MIB + vcpus * OVERHEAD_OF_VCPU + memory_mib * OVERHEAD_OF_MIB);
}

double model_vm_overhead(const Model *model, guint vm)
{
    return overhead_mib(model->vms[vm].memory_mib, model->vms[vm].vcpus);
}

double model_vm_memory_held(const Model *model, guint vm)
{
    return model_vm_memory_reserved(model, vm) + model_vm_overhead(model, vm);
}

gboolean model_is_fault_tolerant(const Model *model, guint vm)
{
    const Vm *row = model->vms[vm].row;
    return row->fault_tolerance == 1 || row->ft_role >= 0;
}

gboolean model_is_export(const Model *model)
{
    static const char *const live[] = {"vsphere", "vcenter", "esxi", NULL};
    gboolean alone = TRUE;
    for (guint i = 0; i < model->assessment->snapshots->len; i++)
        alone = alone && strcmp(g_array_index(model->assessment->snapshots, AssessedSnapshot, i).source_id,
                                model->snapshot->info.source_id) == 0;
    return model->assessment->origins[ORIGIN_EXPORT] > 0 &&
           (alone || !g_strv_contains(live, model->snapshot->info.source_type));
}

gboolean model_is_live(const Model *model, guint host)
{
    const Host *row = &model->snapshot->hosts[host];
    return row->connection == CONNECTION_CONNECTED && row->power == HOST_POWER_ON;
}

void model_enter_maintenance(Model *model, guint host)
{
    ModelHost *at = &model->hosts[host];
    at->mode = HOST_MODE_MAINTENANCE;
    at->usable = at->target = at->source = FALSE;
}

void model_exit_maintenance(Model *model, guint host)
{
    const Snapshot *snapshot = model->snapshot;
    model->hosts[host].mode = HOST_MODE_NORMAL;
    open_host(model, host,
              assessment_find(model->assessment, snapshot->info.source_id, snapshot->hosts[host].id));
}

gboolean model_is_excluded(const Model *model, guint host)
{
    return policy_matches(model->policy->exclude_hosts, NULL, model->snapshot->hosts[host].name);
}

gboolean model_is_emptied_next(const Model *model, guint host)
{
    return policy_matches(model->policy->evacuate_next, NULL, model->snapshot->hosts[host].name);
}

gboolean model_is_asked_to_empty(const Model *model, guint host)
{
    const Host *row = &model->snapshot->hosts[host];
    return row->mode == HOST_MODE_ENTERING || policy_matches(model->policy->evacuate, NULL, row->name);
}

gboolean model_is_to_empty(const Model *model, guint host)
{
    return !model->hosts[host].given_up && model_is_asked_to_empty(model, host);
}

void model_give_up(Model *model, guint host)
{
    model->hosts[host].given_up = TRUE;
    model->hosts[host].target = FALSE;
}

void model_set_standing_by(Model *model, guint host, gboolean standing_by)
{
    model->hosts[host].standing_by = standing_by;
}

gboolean model_is_counted_on(const Model *model, guint host)
{
    return model_is_live(model, host) && model->hosts[host].mode == HOST_MODE_NORMAL &&
           !model_is_asked_to_empty(model, host) && !model->hosts[host].standing_by;
}

guint model_vms_to_leave(const Model *model, guint host)
{
    guint n = 0;
    for (guint i = 0; i < model->vms_on[host]->len; i++)
        n += !vm_is_agent(model->vms[g_array_index(model->vms_on[host], guint, i)].row);
    return n;
}

gboolean model_would_save_power(const Model *model, guint cluster)
{
    const Assessed *assessed = assessment_find(model->assessment, model->snapshot->info.source_id,
                                               model->snapshot->clusters[cluster].id);
    return model->policy->power != POWER_OFF && assessed->state == STATE_POWER_SAVING;
}

PowerLeft model_power_left(const Model *model, guint cluster)
{
    const Cluster *row = &model->snapshot->clusters[cluster];
    return row->vsan == 1       ? POWER_LEFT_FOR_VSAN
           : row->dpm > DRS_OFF ? POWER_LEFT_TO_DPM
                                : POWER_LEFT_TO_NOBODY;
}

gboolean model_saves_power(const Model *model, guint cluster)
{
    return model_would_save_power(model, cluster) && model_power_left(model, cluster) == POWER_LEFT_TO_NOBODY;
}

double model_usage_pct(const Model *model, guint host, Resource resource, double extra)
{
    const ModelHost *at = &model->hosts[host];
    return load_usage_pct(table_round(at->demand[resource] + extra), at->capacity[resource]);
}

double model_excess(const Model *model, guint host, Resource *worst)
{
    double most = -INFINITY;
    for (int r = 0; r < N_RESOURCES; r++) {
        double excess = model_usage_pct(model, host, (Resource)r, 0) - model->hosts[host].threshold[r];
        if (excess > most) { /* not where either is NAN */
            most = excess;
            if (worst)
                *worst = (Resource)r;
        }
    }
    return table_round(most);
}

gboolean model_is_short(const Model *model, guint vm)
{
    const ModelVm *at = &model->vms[vm];
    double used = load_usage_pct(at->demand[RESOURCE_MEMORY], at->memory_mib * 1024);
    return at->state == STATE_SHORT && !at->system && used > model->policy->short_pct;
}

gboolean model_is_hot(const Model *model, guint host)
{
    return model->hosts[host].source && model_excess(model, host, NULL) > 0;
}

gboolean model_has_room(const Model *model, guint host, const double room[N_RESOURCES])
{
    const ModelHost *at = &model->hosts[host];
    for (int r = 0; r < N_RESOURCES; r++) {
        double all = table_round(at->room[r] + (isnan(room[r]) ? 0 : room[r]));
        if (load_usage_pct(all, at->capacity[r]) > at->room_pct[r]) /* not where either is NAN */
            return FALSE;
    }
    return TRUE;
}

gboolean model_stays_normal(const Model *model, guint host, const double extra[N_RESOURCES])
{
    const ModelHost *at = &model->hosts[host];
    for (int r = 0; r < N_RESOURCES; r++) {
        double more = extra && !isnan(extra[r]) ? extra[r] : 0;
        if (!isnan(at->threshold[r]) && model_usage_pct(model, host, (Resource)r, more) > at->threshold[r])
            return FALSE;
    }
    return TRUE;
}
