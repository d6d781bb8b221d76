/* SPDX-License-Identifier: MIT */
#include "collect/history.h"

#include <math.h>

void history_rollups_free(Rollup *rollups)
{
    for (int i = 0; i < N_FOLLOWED; i++)
        rollup_clear(&rollups[i]);
    g_free(rollups);
}

static void vm_free(gpointer data)
{
    history_rollups_free(data);
}

static void host_free(gpointer data)
{
    Rollup *rollups = data;
    for (int i = 0; i < N_FOLLOWED_BASES; i++)
        rollup_clear(&rollups[i]);
    g_free(rollups);
}

History *history_new(void)
{
    History *history = g_new0(History, 1);
    history->newest = -1;
    history->vms = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, vm_free);
    history->hosts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, host_free);
    history->repeated = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return history;
}

void history_free(History *history)
{
    if (!history)
        return;
    g_hash_table_destroy(history->vms);
    g_hash_table_destroy(history->hosts);
    g_hash_table_destroy(history->repeated);
    g_free(history->source_id);
    g_free(history);
}

/* ---- who is who ---- */

void history_know(History *history, const Snapshot *snapshot)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < snapshot->n_vms; i++) {
        const char *uuid = snapshot->vms[i].instance_uuid;
        if (*uuid && !g_hash_table_add(seen, (gpointer)uuid))
            g_hash_table_add(history->repeated, g_strdup(uuid));
    }
}

const char *history_key_of_vm(const History *history, const Vm *vm)
{
    gboolean own = *vm->instance_uuid && !g_hash_table_contains(history->repeated, vm->instance_uuid);
    return own ? vm->instance_uuid : vm->id;
}

static const double first_bucket[] = {
    [FOLLOWED_CPU] = ROLLUP_FIRST_MHZ,
    [FOLLOWED_CPU_DEMAND] = ROLLUP_FIRST_MHZ,
    [FOLLOWED_MEMORY] = ROLLUP_FIRST_KIB,
    [FOLLOWED_HELD] = ROLLUP_FIRST_KIB,
};

Rollup *history_rollups_new(void)
{
    Rollup *rollups = g_new(Rollup, N_FOLLOWED);
    for (int i = 0; i < N_FOLLOWED; i++)
        rollup_init(&rollups[i], first_bucket[i]);
    return rollups;
}

Rollup *history_rollups_of_vm(History *history, const char *key)
{
    Rollup *rollups = g_hash_table_lookup(history->vms, key);
    if (rollups)
        return rollups;
    rollups = history_rollups_new();
    g_hash_table_insert(history->vms, g_strdup(key), rollups);
    return rollups;
}

Rollup *history_rollups_of_host(History *history, const char *id)
{
    Rollup *rollups = g_hash_table_lookup(history->hosts, id);
    if (rollups)
        return rollups;
    rollups = g_new(Rollup, N_FOLLOWED_BASES);
    rollup_init(&rollups[FOLLOWED_BASE_CPU], ROLLUP_FIRST_MHZ);
    rollup_init(&rollups[FOLLOWED_BASE_MEMORY], ROLLUP_FIRST_KIB);
    g_hash_table_insert(history->hosts, g_strdup(id), rollups);
    return rollups;
}

/* Whole or not at all: two rollups of one time cannot be added up. */
static void take_longer(Rollup *rollup, Rollup *by)
{
    gboolean longer =
        rollup->n_recent == 0 || rollup->since < 0 || (by->since >= 0 && by->since < rollup->since);
    if (by->n_recent == 0 || !longer)
        return;
    Rollup before = *rollup;
    *rollup = *by;
    *by = before;
}

void history_take_vms(History *history, History *by)
{
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, by->vms);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        Rollup *rollups = history_rollups_of_vm(history, key);
        for (int f = 0; f < N_FOLLOWED; f++)
            take_longer(&rollups[f], (Rollup *)value + f);
    }
    history->newest = MAX(history->newest, by->newest);
    if (!history->source_id)
        history->source_id = g_steal_pointer(&by->source_id);
    history_free(by);
}

/* ---- adding ---- */

static double or_zero(double amount)
{
    return isnan(amount) ? 0 : amount;
}

double history_measured(const Means *means, guint vm, double core_mhz, Followed followed)
{
    switch (followed) {
    case FOLLOWED_CPU:
        return means_of_vm(means, vm, METRIC_CPU_USAGE_MHZ);
    case FOLLOWED_CPU_DEMAND:
        return means_cpu_demand_of_vm(means, vm, core_mhz);
    case FOLLOWED_MEMORY:
        return means_of_vm(means, vm, METRIC_MEMORY_ACTIVE_KIB);
    default:
        return means_of_vm(means, vm, METRIC_MEMORY_CONSUMED_KIB) + or_zero(means_reclaimed_of_vm(means, vm));
    }
}

static void add_window(Rollup *rollup, const Snapshot *snapshot, const Means *means, guint i,
                       Followed followed)
{
    rollup_add(rollup, snapshot->info.taken_at, snapshot->info.window_s,
               history_measured(means, i, snapshot->hosts[snapshot->vms[i].host].core_mhz, followed));
}

static void add_vm(History *history, const Snapshot *snapshot, guint i, const Means *means)
{
    Rollup *rollups = history_rollups_of_vm(history, history_key_of_vm(history, &snapshot->vms[i]));
    for (int f = 0; f < N_FOLLOWED; f++)
        add_window(&rollups[f], snapshot, means, i, (Followed)f);
}

gboolean history_of_lone_window(const Snapshot *snapshot, const Means *means, guint vm, Followed followed,
                                Rollup *rollup)
{
    rollup_init(rollup, first_bucket[followed]);
    if (snapshot->vms[vm].power == VM_POWER_ON)
        add_window(rollup, snapshot, means, vm, followed);
    return rollup->n_recent > 0;
}

/* what the hosts used beside their VMs, [host × N_FOLLOWED_BASES]; the caller frees it */
static double *bases_of_hosts(const Snapshot *snapshot, const Means *means)
{
    double *bases = g_new(double, (gsize)snapshot->n_hosts *N_FOLLOWED_BASES + 1);
    for (guint i = 0; i < snapshot->n_hosts; i++) {
        bases[i * N_FOLLOWED_BASES + FOLLOWED_BASE_CPU] = means_of_host(means, i, METRIC_CPU_USAGE_MHZ);
        bases[i * N_FOLLOWED_BASES + FOLLOWED_BASE_MEMORY] =
            means_of_host(means, i, METRIC_MEMORY_CONSUMED_KIB);
    }
    for (guint i = 0; i < snapshot->n_vms; i++) {
        double *base = &bases[snapshot->vms[i].host * N_FOLLOWED_BASES];
        if (snapshot->vms[i].power != VM_POWER_ON)
            continue;
        base[FOLLOWED_BASE_CPU] -= or_zero(means_of_vm(means, i, METRIC_CPU_USAGE_MHZ));
        base[FOLLOWED_BASE_MEMORY] -= or_zero(means_of_vm(means, i, METRIC_MEMORY_CONSUMED_KIB) +
                                              or_zero(means_of_vm(means, i, METRIC_MEMORY_OVERHEAD_KIB)));
    }
    return bases;
}

static gboolean is_next(const History *history, const Snapshot *snapshot, GError **error)
{
    const SnapshotInfo *info = &snapshot->info;
    if (!history->source_id)
        return TRUE;
    if (g_strcmp0(history->source_id, info->source_id) != 0) {
        g_set_error(error, VMANGER_ERROR, 0, "found a snapshot of source %s: expected one of %s",
                    info->source_id, history->source_id);
        return FALSE;
    }
    if (info->taken_at > history->newest)
        return TRUE;
    g_autofree char *before = table_format_time(history->newest), *now = table_format_time(info->taken_at);
    g_set_error(
        error, VMANGER_ERROR, 0,
        "found a snapshot of source %s of %s after one of %s: expected each to be newer than the one before",
        info->source_id, now, before);
    return FALSE;
}

gboolean history_add(History *history, const Snapshot *snapshot, const Means *means, GError **error)
{
    const SnapshotInfo *info = &snapshot->info;
    if (!is_next(history, snapshot, error))
        return FALSE;
    if (!history->source_id)
        history->source_id = g_strdup(info->source_id);
    history->newest = info->taken_at;
    history_know(history, snapshot);
    for (guint i = 0; i < snapshot->n_vms; i++)
        if (snapshot->vms[i].power == VM_POWER_ON)
            add_vm(history, snapshot, i, means);
    g_autofree double *bases = bases_of_hosts(snapshot, means);
    for (guint i = 0; i < snapshot->n_hosts; i++) {
        Rollup *rollups = history_rollups_of_host(history, snapshot->hosts[i].id);
        for (int f = 0; f < N_FOLLOWED_BASES; f++) {
            double base = bases[i * N_FOLLOWED_BASES + (guint)f];
            rollup_add(&rollups[f], info->taken_at, info->window_s, isnan(base) ? NAN : fmax(0, base));
        }
    }
    return TRUE;
}

/* ---- asking ---- */

static const Rollup *if_any(const Rollup *rollups, int of)
{
    return rollups && rollups[of].n_recent > 0 ? &rollups[of] : NULL;
}

const Rollup *history_of_vm(const History *history, const Snapshot *snapshot, guint vm, Followed followed)
{
    return if_any(g_hash_table_lookup(history->vms, history_key_of_vm(history, &snapshot->vms[vm])),
                  followed);
}

const Rollup *history_of_host(const History *history, const Snapshot *snapshot, guint host,
                              FollowedBase followed)
{
    return if_any(g_hash_table_lookup(history->hosts, snapshot->hosts[host].id), followed);
}
