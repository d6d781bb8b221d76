/* SPDX-License-Identifier: MIT */
#include "plan/archiveloads.h"

#include "collect/means.h"
#include "collect/openpgp.h"
#include "collect/references.h"
#include "collect/snapshotreader.h"

#include <math.h>
#include <string.h>

#define LONGEST 2 /* times the usual interval */

/* what a VM asked for in one snapshot */
typedef struct VmAsk {
    guint vm;
    gboolean runs;
    double amounts[N_ASKED];
} VmAsk;

typedef struct HostAsk {
    double amounts[N_ASKED];
} HostAsk;

/* one snapshot, of which no more is kept */
typedef struct Instant {
    gint64 taken_at;
    GArray *vms;    /* VmAsk */
    HostAsk *hosts; /* [n_hosts of the first] */
} Instant;

typedef struct Reading {
    const char *directory;
    double min_samples_pct;
    Snapshot *start;     /* of the first, and the VMs that came later */
    GHashTable *vms;     /* UUID or id -> index in start */
    GHashTable *ids;     /* of start, and of VMs that came later */
    GHashTable *strange; /* UUIDs or ids of VMs left out */
    GPtrArray *instants; /* Instant */
    guint origins[N_ORIGINS];
} Reading;

static void instant_free(gpointer data)
{
    Instant *instant = data;
    g_array_free(instant->vms, TRUE);
    g_free(instant->hosts);
    g_free(instant);
}

static void reading_clear(Reading *reading)
{
    snapshot_free(reading->start);
    g_hash_table_destroy(reading->vms);
    g_hash_table_destroy(reading->ids);
    g_hash_table_destroy(reading->strange);
    g_ptr_array_unref(reading->instants);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_clear)

/* ---- who is there ---- */

static const char *key_of(const Vm *vm)
{
    return *vm->instance_uuid ? vm->instance_uuid : vm->id;
}

static void know_vm(Reading *reading, guint index)
{
    const Vm *vm = &reading->start->vms[index];
    g_hash_table_insert(reading->vms, (gpointer)key_of(vm), GUINT_TO_POINTER(index));
    g_hash_table_add(reading->ids, (gpointer)vm->id);
}

static void begin(Reading *reading, Snapshot *first)
{
    reading->start = first;
    for (guint i = 0; i < first->n_clusters; i++)
        g_hash_table_add(reading->ids, (gpointer)first->clusters[i].id);
    for (guint i = 0; i < first->n_pools; i++)
        g_hash_table_add(reading->ids, (gpointer)first->pools[i].id);
    for (guint i = 0; i < first->n_hosts; i++)
        g_hash_table_add(reading->ids, (gpointer)first->hosts[i].id);
    for (guint i = 0; i < first->n_vms; i++)
        know_vm(reading, i);
}

/* Strings of another snapshot become the first's own. */
static void own_strings(Snapshot *start, Vm *vm)
{
    for (guint i = 0; i < vms_table.n_columns; i++) {
        const Column *column = &vms_table.columns[i];
        if (column->type > CELL_PLAIN)
            continue;
        const char **text = (const char **)(gpointer)((char *)vm + column->offset);
        *text = snapshot_string(start, *text);
    }
}

/* What it refers to and the first snapshot lacks, it does without. */
static gboolean take_newcomer(Reading *reading, const Vm *newcomer)
{
    Snapshot *start = reading->start;
    int host = snapshot_find_host(start, newcomer->host_id);
    if (host < 0 || g_hash_table_contains(reading->ids, newcomer->id))
        return FALSE;
    Vm vm = *newcomer;
    own_strings(start, &vm);
    int pool = snapshot_find_pool(start, vm.pool_id);
    if (pool < 0 || start->pools[pool].cluster != start->hosts[host].cluster)
        vm.pool_id = "";
    vm.cluster_id = "";
    g_auto(GStrv) partners = list_split(vm.ft_partner_ids);
    for (char **partner = partners; *partner; partner++)
        if (snapshot_find_vm(start, *partner) < 0)
            vm.ft_partner_ids = "";
    snapshot_add_vm(start, &vm);
    know_vm(reading, start->n_vms - 1);
    return TRUE;
}

/* the VM's index in the first snapshot; -1 for one that is left out */
static int index_of(Reading *reading, const Vm *vm)
{
    gpointer index;
    if (g_hash_table_lookup_extended(reading->vms, key_of(vm), NULL, &index))
        return (int)GPOINTER_TO_UINT(index);
    if (take_newcomer(reading, vm))
        return (int)reading->start->n_vms - 1;
    if (!g_hash_table_contains(reading->strange, key_of(vm)))
        g_hash_table_add(reading->strange, g_strdup(key_of(vm)));
    return -1;
}

/* ---- what they asked for ---- */

static gboolean is_limited(const Snapshot *snapshot, const Vm *vm)
{
    if (isfinite(vm->memory_limit_mib))
        return TRUE;
    for (int pool = vm->pool; pool >= 0; pool = snapshot->pools[pool].parent)
        if (isfinite(snapshot->pools[pool].memory_limit_mib))
            return TRUE;
    return FALSE;
}

static double or_zero(double amount)
{
    return isnan(amount) ? 0 : amount;
}

static void ask_for_vm(const Snapshot *snapshot, const Means *means, guint i, double *amounts)
{
    double usage = means_of_vm(means, i, METRIC_CPU_USAGE_MHZ);
    double demand = means_of_vm(means, i, METRIC_CPU_DEMAND_MHZ);
    double consumed = means_of_vm(means, i, METRIC_MEMORY_CONSUMED_KIB);
    gboolean limited = is_limited(snapshot, &snapshot->vms[i]);
    amounts[ASKED_CPU_MHZ] = isnan(usage) ? NAN : fmax(usage, or_zero(demand));
    amounts[ASKED_ACTIVE_KIB] = means_of_vm(means, i, METRIC_MEMORY_ACTIVE_KIB);
    amounts[ASKED_HELD_KIB] = limited ? consumed : consumed + or_zero(means_reclaimed_of_vm(means, i));
    amounts[ASKED_OVERHEAD_KIB] = means_of_vm(means, i, METRIC_MEMORY_OVERHEAD_KIB);
    amounts[ASKED_DISK_KIBPS] = means_of_vm(means, i, METRIC_DISK_KIBPS);
    amounts[ASKED_NET_KIBPS] = means_of_vm(means, i, METRIC_NET_KIBPS);
}

/* what of a host's measurement its VM's is, which the host is then without */
static void leave_own(const Means *means, guint i, double *own)
{
    own[ASKED_CPU_MHZ] -= or_zero(means_of_vm(means, i, METRIC_CPU_USAGE_MHZ));
    double consumed = means_of_vm(means, i, METRIC_MEMORY_CONSUMED_KIB);
    if (!isnan(consumed))
        own[ASKED_HELD_KIB] -= consumed + or_zero(means_of_vm(means, i, METRIC_MEMORY_OVERHEAD_KIB));
    own[ASKED_DISK_KIBPS] -= or_zero(means_of_vm(means, i, METRIC_DISK_KIBPS));
    own[ASKED_NET_KIBPS] -= or_zero(means_of_vm(means, i, METRIC_NET_KIBPS));
}

static void begin_hosts(const Reading *reading, const Snapshot *snapshot, const Means *means,
                        Instant *instant)
{
    const Snapshot *start = reading->start;
    instant->hosts = g_new0(HostAsk, start->n_hosts + 1);
    for (guint i = 0; i < start->n_hosts; i++) {
        int at = snapshot_find_host(snapshot, start->hosts[i].id);
        double *own = instant->hosts[i].amounts;
        for (int asked = 0; asked < N_ASKED; asked++)
            own[asked] = NAN;
        if (at < 0)
            continue;
        own[ASKED_CPU_MHZ] = means_of_host(means, (guint)at, METRIC_CPU_USAGE_MHZ);
        own[ASKED_HELD_KIB] = means_of_host(means, (guint)at, METRIC_MEMORY_CONSUMED_KIB);
        own[ASKED_DISK_KIBPS] = means_of_host(means, (guint)at, METRIC_DISK_KIBPS);
        own[ASKED_NET_KIBPS] = means_of_host(means, (guint)at, METRIC_NET_KIBPS);
    }
}

static void take_vms(Reading *reading, const Snapshot *snapshot, const Means *means, Instant *instant)
{
    instant->vms = g_array_new(FALSE, FALSE, sizeof(VmAsk));
    for (guint i = 0; i < snapshot->n_vms; i++) {
        const Vm *vm = &snapshot->vms[i];
        int index = index_of(reading, vm), host = snapshot_find_host(reading->start, vm->host_id);
        if (vm->power != VM_POWER_ON || index < 0) /* one that is left out stays in its host's own */
            continue;
        if (host >= 0)
            leave_own(means, i, instant->hosts[host].amounts);
        VmAsk ask = {.vm = (guint)index, .runs = TRUE};
        ask_for_vm(snapshot, means, i, ask.amounts);
        g_array_append_val(instant->vms, ask);
    }
    for (guint i = 0; i < reading->start->n_hosts; i++)
        for (int asked = 0; asked < N_ASKED; asked++) {
            double *own = &instant->hosts[i].amounts[asked];
            *own = isnan(*own) ? NAN : fmax(0, *own);
        }
}

/* ---- the archive ---- */

static gboolean follows(const Reading *reading, const char *path, const Snapshot *snapshot, GError **error)
{
    if (!reading->start)
        return TRUE;
    const Instant *last = reading->instants->pdata[reading->instants->len - 1];
    if (strcmp(snapshot->info.source_id, reading->start->info.source_id) != 0) {
        g_set_error(error, VMANGER_ERROR, 0,
                    "%s/%s:2: source_id: found %s: expected %s, the source of the archive's first snapshot",
                    path, snapshot_table.file, snapshot->info.source_id, reading->start->info.source_id);
        return FALSE;
    }
    if (snapshot->info.taken_at > last->taken_at)
        return TRUE;
    g_autofree char *found = table_format_time(snapshot->info.taken_at);
    g_autofree char *before = table_format_time(last->taken_at);
    g_set_error(
        error, VMANGER_ERROR, 0,
        "%s/%s:2: taken_at: found %s: expected a time after %s, that of the snapshot before it by name", path,
        snapshot_table.file, found, before);
    return FALSE;
}

static gboolean take_snapshot(Reading *reading, const char *path, GError **error)
{
    g_autoptr(Snapshot) snapshot = snapshot_read(path, SNAPSHOT_STRICT, error);
    if (!snapshot || !follows(reading, path, snapshot, error))
        return FALSE;
    g_autoptr(Means) means = means_read(snapshot, path, reading->min_samples_pct, error);
    if (!means)
        return FALSE;
    Snapshot *now = snapshot;
    if (!reading->start) {
        begin(reading, g_steal_pointer(&snapshot));
        memcpy(reading->origins, means->origins, sizeof reading->origins);
    }
    Instant *instant = g_new0(Instant, 1);
    instant->taken_at = now->info.taken_at;
    begin_hosts(reading, now, means, instant);
    take_vms(reading, now, means, instant);
    g_ptr_array_add(reading->instants, instant);
    return TRUE;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The link to the newest is none of them, nor is what collect has not finished. */
static gboolean is_snapshot(const char *path, const char *name)
{
    g_autofree char *table = g_build_filename(path, snapshot_table.file, NULL);
    g_autofree char *secret = g_strconcat(table, OPENPGP_SUFFIX, NULL);
    return *name != '.' && !g_file_test(path, G_FILE_TEST_IS_SYMLINK) &&
           (g_file_test(table, G_FILE_TEST_EXISTS) || g_file_test(secret, G_FILE_TEST_EXISTS));
}

static GPtrArray *find_snapshots(const char *directory, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(GDir) dir = g_dir_open(directory, 0, &failure);
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(directory, name, NULL);
        if (is_snapshot(path, name))
            g_ptr_array_add(paths, g_steal_pointer(&path));
    }
    g_ptr_array_sort(paths, compare_names);
    if (paths->len >= 2)
        return g_steal_pointer(&paths);
    g_set_error(error, VMANGER_ERROR, 0,
                "%s: found %s: expected two snapshots or more, as collect --archive %s keeps them", directory,
                failure      ? failure->message
                : paths->len ? "one snapshot"
                             : "no snapshots in it",
                directory);
    return NULL;
}

static int compare_seconds(gconstpointer a, gconstpointer b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static gint64 taken_at(const Reading *reading, guint i)
{
    return ((const Instant *)reading->instants->pdata[i])->taken_at;
}

static double usual_length(const Reading *reading)
{
    g_autoptr(GArray) lengths = g_array_new(FALSE, FALSE, sizeof(double));
    for (guint i = 1; i < reading->instants->len; i++) {
        double length = (double)(taken_at(reading, i) - taken_at(reading, i - 1));
        g_array_append_val(lengths, length);
    }
    g_array_sort(lengths, compare_seconds);
    return g_array_index(lengths, double, (lengths->len - 1) / 2);
}

static void fill_interval(LoadHistory *history, guint t, const Instant *instant)
{
    for (guint i = 0; i < instant->vms->len; i++) {
        const VmAsk *ask = &g_array_index(instant->vms, VmAsk, i);
        history->running[(gsize)t * history->start->n_vms + ask->vm] = ask->runs;
        for (int asked = 0; asked < N_ASKED; asked++)
            if (!isnan(ask->amounts[asked]))
                *loadhistory_of_vm(history, asked, t, ask->vm) = ask->amounts[asked];
    }
    for (guint i = 0; i < history->start->n_hosts; i++)
        for (int asked = 0; asked < N_ASKED; asked++)
            if (!isnan(instant->hosts[i].amounts[asked]))
                *loadhistory_of_host(history, asked, t, i) = instant->hosts[i].amounts[asked];
}

static LoadHistory *make_history(Reading *reading, GError **error)
{
    Snapshot *start = reading->start;
    guint n = reading->instants->len;
    g_assert(start); /* there are two instants */
    if (!loadhistory_can_hold(reading->directory, start->n_vms + start->n_hosts, n, error) ||
        !snapshot_link(start, error))
        return NULL;
    double usual = usual_length(reading);
    LoadHistory *history = loadhistory_new(reading->directory, g_steal_pointer(&reading->start), n);
    memcpy(history->origins, reading->origins, sizeof history->origins);
    history->left_out = g_hash_table_size(reading->strange);
    for (guint t = 0; t < n; t++) {
        history->ends[t] = taken_at(reading, t);
        history->lengths[t] =
            t == 0 ? usual : fmin(LONGEST * usual, (double)(history->ends[t] - history->ends[t - 1]));
        fill_interval(history, t, reading->instants->pdata[t]);
    }
    return history;
}

LoadHistory *archiveloads_read(const char *directory, double min_samples_pct, GError **error)
{
    g_autoptr(GPtrArray) paths = find_snapshots(directory, error);
    if (!paths)
        return NULL;
    g_auto(Reading) reading = {.directory = directory,
                               .min_samples_pct = min_samples_pct,
                               .vms = g_hash_table_new(g_str_hash, g_str_equal),
                               .ids = g_hash_table_new(g_str_hash, g_str_equal),
                               .strange = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                               .instants = g_ptr_array_new_with_free_func(instant_free)};
    for (guint i = 0; i < paths->len; i++)
        if (!take_snapshot(&reading, paths->pdata[i], error))
            return NULL;
    return make_history(&reading, error);
}
