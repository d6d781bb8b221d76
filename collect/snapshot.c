/* SPDX-License-Identifier: MIT */
#include "collect/snapshot.h"

#include "collect/escape.h"
#include "collect/format.h"
#include "collect/samples.h"
#include "collect/sums.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SAMPLES_FILE "samples.csv"
#define COPY_BYTES (256 * 1024)

/* ---- the tables in memory ---- */

enum { TABLE_CLUSTERS, TABLE_POOLS, TABLE_HOSTS, TABLE_VMS, TABLE_RULES, TABLE_EVC_MODES, N_TABLES };

static const Table *const tables[N_TABLES] = {&clusters_table, &pools_table, &hosts_table,
                                              &vms_table,      &rules_table, &evc_modes_table};
static const gsize row_sizes[N_TABLES] = {sizeof(Cluster), sizeof(Pool), sizeof(Host),
                                          sizeof(Vm),      sizeof(Rule), sizeof(EvcMode)};

/* where a table's rows and their number stand in the snapshot */
typedef struct Rows {
    char *rows;
    guint n;
} Rows;

static Rows rows_of(const Snapshot *s, int table)
{
    switch (table) {
    case TABLE_CLUSTERS:
        return (Rows){(char *)s->clusters, s->n_clusters};
    case TABLE_POOLS:
        return (Rows){(char *)s->pools, s->n_pools};
    case TABLE_HOSTS:
        return (Rows){(char *)s->hosts, s->n_hosts};
    case TABLE_VMS:
        return (Rows){(char *)s->vms, s->n_vms};
    case TABLE_RULES:
        return (Rows){(char *)s->rules, s->n_rules};
    default:
        return (Rows){(char *)s->evc_modes, s->n_evc_modes};
    }
}

static void set_rows(Snapshot *s, int table, Rows r)
{
    switch (table) {
    case TABLE_CLUSTERS:
        s->clusters = (Cluster *)r.rows;
        s->n_clusters = r.n;
        break;
    case TABLE_POOLS:
        s->pools = (Pool *)r.rows;
        s->n_pools = r.n;
        break;
    case TABLE_HOSTS:
        s->hosts = (Host *)r.rows;
        s->n_hosts = r.n;
        break;
    case TABLE_VMS:
        s->vms = (Vm *)r.rows;
        s->n_vms = r.n;
        break;
    case TABLE_RULES:
        s->rules = (Rule *)r.rows;
        s->n_rules = r.n;
        break;
    default:
        s->evc_modes = (EvcMode *)r.rows;
        s->n_evc_modes = r.n;
    }
}

Snapshot *snapshot_new(void)
{
    Snapshot *snapshot = g_new0(Snapshot, 1);
    snapshot->strings = g_string_chunk_new(64 * 1024);
    snapshot->sums = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    snapshot->entities = g_hash_table_new(g_str_hash, g_str_equal);
    table_clear_row(&snapshot_table, &snapshot->info);
    snapshot->info.format = SNAPSHOT_FORMAT;
    return snapshot;
}

void snapshot_free(Snapshot *snapshot)
{
    if (!snapshot)
        return;
    for (int table = 0; table < N_TABLES; table++)
        g_free(rows_of(snapshot, table).rows);
    g_hash_table_destroy(snapshot->entities);
    g_hash_table_destroy(snapshot->sums);
    g_string_chunk_free(snapshot->strings);
    g_free(snapshot->digest);
    g_free(snapshot);
}

const char *snapshot_string(Snapshot *snapshot, const char *text)
{
    return text && *text ? g_string_chunk_insert_const(snapshot->strings, text) : "";
}

/* Arrays grow at powers of two. */
static void add_row(Snapshot *snapshot, int table, gconstpointer row)
{
    Rows r = rows_of(snapshot, table);
    gsize size = row_sizes[table];
    if ((r.n & (r.n - 1)) == 0)
        r.rows = g_realloc_n(r.rows, r.n ? (gsize)r.n * 2 : 1, size);
    memcpy(r.rows + r.n * size, row, size);
    r.n++;
    set_rows(snapshot, table, r);
}

void snapshot_add_cluster(Snapshot *snapshot, const Cluster *cluster)
{
    add_row(snapshot, TABLE_CLUSTERS, cluster);
}

void snapshot_add_pool(Snapshot *snapshot, const Pool *pool)
{
    add_row(snapshot, TABLE_POOLS, pool);
}

void snapshot_add_host(Snapshot *snapshot, const Host *host)
{
    add_row(snapshot, TABLE_HOSTS, host);
}

void snapshot_add_vm(Snapshot *snapshot, const Vm *vm)
{
    add_row(snapshot, TABLE_VMS, vm);
}

void snapshot_add_rule(Snapshot *snapshot, const Rule *rule)
{
    add_row(snapshot, TABLE_RULES, rule);
}

void snapshot_add_evc_mode(Snapshot *snapshot, const EvcMode *mode)
{
    add_row(snapshot, TABLE_EVC_MODES, mode);
}

Cluster cluster_unknown(void)
{
    Cluster cluster;
    table_clear_row(&clusters_table, &cluster);
    return cluster;
}

Pool pool_unknown(void)
{
    Pool pool = {.parent = -1, .cluster = -1};
    table_clear_row(&pools_table, &pool);
    return pool;
}

Host host_unknown(void)
{
    Host host = {.cluster = -1};
    table_clear_row(&hosts_table, &host);
    return host;
}

Vm vm_unknown(void)
{
    Vm vm = {.cluster = -1, .pool = -1, .host = -1};
    table_clear_row(&vms_table, &vm);
    return vm;
}

Rule rule_unknown(void)
{
    Rule rule = {.cluster = -1};
    table_clear_row(&rules_table, &rule);
    return rule;
}

EvcMode evc_mode_unknown(void)
{
    EvcMode mode;
    table_clear_row(&evc_modes_table, &mode);
    return mode;
}

/* ---- references ---- */

/* An entity in the hash: table and index in one pointer, never NULL. */
static gpointer entity_pack(int table, guint index)
{
    return GSIZE_TO_POINTER(((gsize)index << 3 | (gsize)table) + 1);
}

static int entity_find(const Snapshot *snapshot, int table, const char *id)
{
    gsize packed = GPOINTER_TO_SIZE(g_hash_table_lookup(snapshot->entities, id));
    return packed && (int)((packed - 1) & 7) == table ? (int)((packed - 1) >> 3) : -1;
}

int snapshot_find_cluster(const Snapshot *snapshot, const char *id)
{
    return entity_find(snapshot, TABLE_CLUSTERS, id);
}

int snapshot_find_pool(const Snapshot *snapshot, const char *id)
{
    return entity_find(snapshot, TABLE_POOLS, id);
}

int snapshot_find_host(const Snapshot *snapshot, const char *id)
{
    return entity_find(snapshot, TABLE_HOSTS, id);
}

int snapshot_find_vm(const Snapshot *snapshot, const char *id)
{
    return entity_find(snapshot, TABLE_VMS, id);
}

gboolean list_contains(const char *list, const char *id)
{
    gsize length = strlen(id);
    for (const char *at = list; (at = strstr(at, id)); at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return TRUE;
    return FALSE;
}

char **list_split(const char *list)
{
    return *list ? g_strsplit(list, " ", -1) : g_new0(char *, 1);
}

static const EvcMode *find_evc_mode(const Snapshot *snapshot, const char *id)
{
    for (guint i = 0; i < snapshot->n_evc_modes; i++)
        if (strcmp(snapshot->evc_modes[i].id, id) == 0)
            return &snapshot->evc_modes[i];
    return NULL;
}

/* EVCMode's own definition of a superset: the tier is not lower and no track is missing. */
int snapshot_evc_includes(const Snapshot *snapshot, const char *wider, const char *narrower)
{
    if (*wider && strcmp(wider, narrower) == 0)
        return 1;
    const EvcMode *a = find_evc_mode(snapshot, wider), *b = find_evc_mode(snapshot, narrower);
    if (!a || !b)
        return -1;
    if (strcmp(a->vendor, b->vendor) != 0 || a->tier < b->tier)
        return 0;
    g_auto(GStrv) tracks = list_split(b->tracks);
    for (char **track = tracks; *track; track++)
        if (!list_contains(a->tracks, *track))
            return 0;
    return 1;
}

gboolean host_is_failover(const Snapshot *snapshot, const Host *host)
{
    const Cluster *cluster = &snapshot->clusters[host->cluster];
    return cluster->ha == 1 && cluster->ha_policy == HA_POLICY_HOSTS &&
           list_contains(cluster->ha_failover_hosts, host->id);
}

/* What is wrong with a row's reference or number: which column, what stands there, what should. */
typedef struct Fault {
    const char *column, *found, *expected;
} Fault;

static gboolean blame(Fault *fault, const char *column, const char *found, const char *expected)
{
    *fault = (Fault){column, found, expected};
    return FALSE;
}

static gboolean refer(const Snapshot *s, int table, const char *id, int *index, Fault *fault,
                      const char *column, const char *expected)
{
    *index = *id ? entity_find(s, table, id) : -1;
    return !*id || *index >= 0 || blame(fault, column, id, expected);
}

static gboolean link_pool(const Snapshot *s, Pool *pool, Fault *fault)
{
    if (!refer(s, TABLE_CLUSTERS, pool->cluster_id, &pool->cluster, fault, "cluster_id",
               "an id of clusters.csv"))
        return FALSE;
    return refer(s, TABLE_POOLS, pool->parent_id, &pool->parent, fault, "parent_id", "an id of pools.csv");
}

static gboolean pool_ancestry_ends(const Snapshot *s, const Pool *pool, Fault *fault)
{
    guint steps = 0;
    for (int at = pool->parent; at >= 0; at = s->pools[at].parent) {
        if (s->pools[at].cluster != pool->cluster)
            return blame(fault, "parent_id", pool->parent_id, "a pool of the same cluster");
        if (++steps > s->n_pools)
            return blame(fault, "parent_id", pool->parent_id, "pools that are not their own ancestors");
    }
    return TRUE;
}

static gboolean link_host(const Snapshot *s, Host *host, Fault *fault)
{
    if (!(host->core_mhz > 0))
        return blame(fault, "core_mhz", "0", "more than 0");
    if (!(host->cpu_mhz > 0))
        return blame(fault, "cpu_mhz", "0", "more than 0");
    if (!(host->memory_kib > 0))
        return blame(fault, "memory_kib", "0", "more than 0");
    return refer(s, TABLE_CLUSTERS, host->cluster_id, &host->cluster, fault, "cluster_id",
                 "an id of clusters.csv");
}

static gboolean place_vm(const Snapshot *s, Vm *vm, Fault *fault)
{
    if (!(vm->vcpus > 0))
        return blame(fault, "vcpus", "0", "at least 1");
    if (!(vm->memory_mib > 0))
        return blame(fault, "memory_mib", "0", "at least 1");
    if (!refer(s, TABLE_HOSTS, vm->host_id, &vm->host, fault, "host_id", "an id of hosts.csv") ||
        !refer(s, TABLE_POOLS, vm->pool_id, &vm->pool, fault, "pool_id", "an id of pools.csv"))
        return FALSE;
    if (vm->host < 0)
        return blame(fault, "host_id", "", "an id of hosts.csv");
    vm->cluster = s->hosts[vm->host].cluster;
    if (*vm->cluster_id && strcmp(vm->cluster_id, s->clusters[vm->cluster].id) != 0)
        return blame(fault, "cluster_id", vm->cluster_id, "the cluster of its host");
    if (vm->pool >= 0 && s->pools[vm->pool].cluster != vm->cluster)
        return blame(fault, "pool_id", vm->pool_id, "a pool of the VM's cluster");
    return TRUE;
}

static gboolean members_exist(const Snapshot *s, int table, const char *list, Fault *fault,
                              const char *column)
{
    g_auto(GStrv) ids = list_split(list);
    for (char **id = ids; *id; id++)
        if (entity_find(s, table, *id) < 0)
            return blame(fault, column, g_string_chunk_insert_const(s->strings, *id),
                         table == TABLE_VMS ? "ids of vms.csv" : "ids of hosts.csv");
    return TRUE;
}

static gboolean link_vm(const Snapshot *s, Vm *vm, Fault *fault)
{
    return place_vm(s, vm, fault) && members_exist(s, TABLE_VMS, vm->ft_partner_ids, fault, "ft_partner_ids");
}

static gboolean link_rule(const Snapshot *s, Rule *rule, Fault *fault)
{
    return refer(s, TABLE_CLUSTERS, rule->cluster_id, &rule->cluster, fault, "cluster_id",
                 "an id of clusters.csv") &&
           members_exist(s, TABLE_VMS, rule->vm_ids, fault, "vm_ids") &&
           members_exist(s, TABLE_HOSTS, rule->host_ids, fault, "host_ids");
}

static gboolean link_row(Snapshot *s, int table, guint index, Fault *fault)
{
    switch (table) {
    case TABLE_CLUSTERS:
        return members_exist(s, TABLE_HOSTS, s->clusters[index].ha_failover_hosts, fault,
                             "ha_failover_hosts");
    case TABLE_POOLS:
        return link_pool(s, &s->pools[index], fault);
    case TABLE_HOSTS:
        return link_host(s, &s->hosts[index], fault);
    case TABLE_VMS:
        return link_vm(s, &s->vms[index], fault);
    case TABLE_RULES:
        return link_rule(s, &s->rules[index], fault);
    default:
        return TRUE; /* EVC modes refer to nothing */
    }
}

/* Every row begins with its id. */
static const char *row_id(const Snapshot *s, int table, guint index)
{
    return *(const char **)(rows_of(s, table).rows + index * row_sizes[table]);
}

static gboolean index_table(Snapshot *s, int table, guint *index, Fault *fault)
{
    g_autoptr(GHashTable) own_ids = g_hash_table_new(g_str_hash, g_str_equal);
    GHashTable *ids = table == TABLE_RULES || table == TABLE_EVC_MODES ? own_ids : s->entities;
    for (*index = 0; *index < rows_of(s, table).n; ++*index) {
        const char *id = row_id(s, table, *index);
        if (!g_hash_table_insert(ids, (gpointer)id, entity_pack(table, *index)))
            return blame(fault, "id", id,
                         "each id once in clusters, pools, hosts, VMs, and once in another table");
    }
    return TRUE;
}

/* the first row at fault, by table and index; FALSE where there is one */
static gboolean find_fault(Snapshot *s, int *table, guint *index, Fault *fault)
{
    g_hash_table_remove_all(s->entities);
    for (*table = 0; *table < N_TABLES; ++*table)
        if (!index_table(s, *table, index, fault))
            return FALSE;
    for (*table = 0; *table < N_TABLES; ++*table)
        for (*index = 0; *index < rows_of(s, *table).n; ++*index)
            if (!link_row(s, *table, *index, fault))
                return FALSE;
    *table = TABLE_POOLS;
    for (*index = 0; *index < s->n_pools; ++*index)
        if (!pool_ancestry_ends(s, &s->pools[*index], fault))
            return FALSE;
    return TRUE;
}

gboolean snapshot_link(Snapshot *snapshot, GError **error)
{
    int table;
    guint index;
    Fault fault;
    if (find_fault(snapshot, &table, &index, &fault))
        return TRUE;
    g_autofree char *found = escape_for_message(fault.found);
    g_set_error(error, VMANGER_ERROR, 0, "%s: %s: %s: found %s: expected %s", tables[table]->file,
                row_id(snapshot, table, index), fault.column, found, fault.expected);
    return FALSE;
}

/* ---- reading ---- */

gboolean snapshot_check_sum(const Snapshot *snapshot, const char *file, const char *path, const char *sha256,
                            GError **error)
{
    if (!snapshot->digest)
        return TRUE;
    const char *sum = g_hash_table_lookup(snapshot->sums, file);
    if (g_strcmp0(sum, sha256) == 0)
        return TRUE;
    g_set_error(error, VMANGER_ERROR, 0, "%s: found SHA-256 %s: expected %s, as " SUMS_FILE " says", path,
                sha256, sum ? sum : "a line for it");
    return FALSE;
}

/* Reads all rows of a table, handing each to take; lines, where not NULL, receives where each began. */
static gboolean read_rows(Snapshot *snapshot, const Table *table, const char *directory, gpointer row,
                          void (*take)(Snapshot *, gconstpointer), GArray *lines, GError **error)
{
    g_autofree char *path = g_build_filename(directory, table->file, NULL);
    g_autoptr(CsvReader) csv = csv_reader_open(path, NULL, error);
    if (!csv)
        return FALSE;
    g_autoptr(GError) failure = NULL;
    if (!csv_reader_next(csv, &failure)) {
        if (failure)
            g_propagate_error(error, g_steal_pointer(&failure));
        else
            csv_reader_fail(csv, "header", "", "a header row", error);
        return FALSE;
    }
    g_autoptr(TableReader) reader = table_reader_new(table, csv, snapshot->strings, error);
    if (!reader)
        return FALSE;
    while (table_reader_next(reader, row, &failure)) {
        guint64 line = csv_reader_line(csv);
        g_array_append_val(lines, line);
        take(snapshot, row);
    }
    if (failure) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    g_autofree char *sha256 = csv_reader_sha256(csv);
    return snapshot_check_sum(snapshot, table->file, path, sha256, error);
}

static void take_info(Snapshot *snapshot, gconstpointer row)
{
    snapshot->info = *(const SnapshotInfo *)row;
}

static void take_cluster(Snapshot *snapshot, gconstpointer row)
{
    snapshot_add_cluster(snapshot, row);
}

static void take_pool(Snapshot *snapshot, gconstpointer row)
{
    snapshot_add_pool(snapshot, row);
}

static void take_host(Snapshot *snapshot, gconstpointer row)
{
    snapshot_add_host(snapshot, row);
}

static void take_vm(Snapshot *snapshot, gconstpointer row)
{
    snapshot_add_vm(snapshot, row);
}

static void take_rule(Snapshot *snapshot, gconstpointer row)
{
    snapshot_add_rule(snapshot, row);
}

static void take_evc_mode(Snapshot *snapshot, gconstpointer row)
{
    snapshot_add_evc_mode(snapshot, row);
}

static void set_fault(GError **error, const char *directory, const Table *table, guint64 line,
                      const Fault *fault)
{
    g_autofree char *found = escape_for_message(fault->found);
    g_set_error(error, VMANGER_ERROR, 0, "%s/%s:%" G_GUINT64_FORMAT ": %s: found %s: expected %s", directory,
                table->file, line, fault->column, found, fault->expected);
}

static gboolean info_is_right(const SnapshotInfo *info, guint n_rows, Fault *fault)
{
    if (n_rows != 1)
        return blame(fault, "row", n_rows ? "a second one" : "", "one row");
    if (strcmp(info->format, SNAPSHOT_FORMAT) != 0)
        return blame(fault, "format", info->format, SNAPSHOT_FORMAT);
    if (!(info->window_s > 0))
        return blame(fault, "window_s", "0", "more than 0");
    return info->interval_s > 0 || blame(fault, "interval_s", "0", "more than 0");
}

static gboolean read_info(Snapshot *snapshot, const char *directory, GError **error)
{
    g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(guint64));
    SnapshotInfo info;
    if (!read_rows(snapshot, &snapshot_table, directory, &info, take_info, lines, error))
        return FALSE;
    Fault fault;
    if (info_is_right(&snapshot->info, lines->len, &fault))
        return TRUE;
    guint64 line = lines->len ? g_array_index(lines, guint64, lines->len - 1) : 1;
    set_fault(error, directory, &snapshot_table, line, &fault);
    return FALSE;
}

static gboolean read_tables(Snapshot *snapshot, const char *directory, GArray *lines[N_TABLES],
                            GError **error)
{
    Cluster cluster = cluster_unknown();
    Pool pool = pool_unknown();
    Host host = host_unknown();
    Vm vm = vm_unknown();
    Rule rule = rule_unknown();
    EvcMode mode = evc_mode_unknown();
    g_autofree char *modes = g_build_filename(directory, evc_modes_table.file, NULL);
    gboolean modes_known =
        g_hash_table_contains(snapshot->sums, evc_modes_table.file) || g_file_test(modes, G_FILE_TEST_EXISTS);
    if (!read_info(snapshot, directory, error) ||
        !read_rows(snapshot, &clusters_table, directory, &cluster, take_cluster, lines[TABLE_CLUSTERS],
                   error) ||
        !read_rows(snapshot, &pools_table, directory, &pool, take_pool, lines[TABLE_POOLS], error) ||
        !read_rows(snapshot, &hosts_table, directory, &host, take_host, lines[TABLE_HOSTS], error) ||
        !read_rows(snapshot, &vms_table, directory, &vm, take_vm, lines[TABLE_VMS], error) ||
        !read_rows(snapshot, &rules_table, directory, &rule, take_rule, lines[TABLE_RULES], error) ||
        (modes_known && !read_rows(snapshot, &evc_modes_table, directory, &mode, take_evc_mode,
                                   lines[TABLE_EVC_MODES], error)))
        return FALSE;
    int table;
    guint index;
    Fault fault;
    if (find_fault(snapshot, &table, &index, &fault))
        return TRUE;
    set_fault(error, directory, tables[table], g_array_index(lines[table], guint64, index), &fault);
    return FALSE;
}

static Snapshot *read_directory(const char *directory, SnapshotFlags flags, GError **error)
{
    g_autoptr(Snapshot) snapshot = snapshot_new();
    g_autofree char *sums = g_build_filename(directory, SUMS_FILE, NULL);
    if (!g_file_test(directory, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: found no directory: expected a snapshot", directory);
        return NULL;
    }
    if (g_file_test(sums, G_FILE_TEST_EXISTS)) {
        if (!sums_read(sums, snapshot->sums, &snapshot->digest, error) ||
            !sums_name_every_file(snapshot->sums, directory, error))
            return NULL;
    } else if (!(flags & SNAPSHOT_UNSUMMED_OK)) {
        g_set_error(
            error, VMANGER_ERROR, 0,
            "%s: found no such file: expected the sums of a complete snapshot (collect %s -o NEW checks the "
            "tables and writes them)",
            sums, directory);
        return NULL;
    }
    GArray *lines[N_TABLES];
    for (int i = 0; i < N_TABLES; i++)
        lines[i] = g_array_new(FALSE, FALSE, sizeof(guint64));
    gboolean ok = read_tables(snapshot, directory, lines, error);
    for (int i = 0; i < N_TABLES; i++)
        g_array_free(lines[i], TRUE);
    return ok ? g_steal_pointer(&snapshot) : NULL;
}

Snapshot *snapshot_read(const char *directory, SnapshotFlags flags, GError **error)
{
    Snapshot *snapshot = read_directory(directory, flags, error);
    if (!snapshot)
        format_blame(directory, FORMAT_SNAPSHOT, error);
    return snapshot;
}

/* ---- writing ---- */

struct SnapshotWriter {
    AtomicDirectory *directory;
    AtomicFile *samples;
    GHashTable *sums; /* file name to hex, of what has been written */
};

static AtomicFile *begin_file(const SnapshotWriter *writer, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(atomic_directory_path(writer->directory), name, NULL);
    return atomic_file_new(path, error);
}

static gboolean end_file(SnapshotWriter *writer, AtomicFile *file, const char *name, GError **error)
{
    char *sha256 = NULL;
    if (!atomic_file_commit(file, &sha256, error))
        return FALSE;
    g_hash_table_insert(writer->sums, g_strdup(name), sha256);
    return TRUE;
}

SnapshotWriter *snapshot_writer_new(const char *path, GError **error)
{
    g_autoptr(SnapshotWriter) writer = g_new0(SnapshotWriter, 1);
    writer->sums = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    writer->directory = atomic_directory_new(path, error);
    if (!writer->directory)
        return NULL;
    writer->samples = begin_file(writer, SAMPLES_FILE, error);
    if (!writer->samples)
        return NULL;
    g_autoptr(GString) header = g_string_new(NULL);
    table_append_header(&samples_table, header);
    atomic_file_take(writer->samples, header);
    return g_steal_pointer(&writer);
}

void snapshot_writer_free(SnapshotWriter *writer)
{
    if (!writer)
        return;
    g_clear_pointer(&writer->samples, atomic_file_free);
    atomic_directory_free(writer->directory);
    g_hash_table_destroy(writer->sums);
    g_free(writer);
}

void snapshot_writer_samples(SnapshotWriter *writer, const char *rows, gsize length)
{
    atomic_file_write(writer->samples, rows, length);
}

gboolean snapshot_writer_copy(SnapshotWriter *writer, const Snapshot *snapshot, const Table *table,
                              const char *directory, GError **error)
{
    g_autofree char *path = g_build_filename(directory, table->file, NULL);
    g_autoptr(AtomicFile) file = begin_file(writer, table->file, error);
    if (!file)
        return FALSE;
    FILE *source = fopen(path, "re");
    g_autofree char *bytes = g_malloc(COPY_BYTES);
    gsize length;
    while (source && (length = fread(bytes, 1, COPY_BYTES, source)) > 0)
        atomic_file_write(file, bytes, length);
    gboolean ok = source && !ferror(source);
    if (!ok)
        g_set_error(error, VMANGER_ERROR, 0, "%s: cannot be read: %s", path, g_strerror(errno));
    if (source)
        fclose(source);
    return ok && end_file(writer, file, table->file, error) &&
           snapshot_check_sum(snapshot, table->file, path, g_hash_table_lookup(writer->sums, table->file),
                              error);
}

static gboolean write_table(SnapshotWriter *writer, const Table *table, Rows rows, gsize row_size,
                            GError **error)
{
    if (g_hash_table_contains(writer->sums, table->file))
        return TRUE;
    g_autoptr(AtomicFile) file = begin_file(writer, table->file, error);
    if (!file)
        return FALSE;
    g_autoptr(GString) text = g_string_new(NULL);
    table_append_header(table, text);
    for (guint i = 0; i < rows.n; i++) {
        table_append_row(table, rows.rows + i * row_size, text);
        atomic_file_take(file, text);
    }
    atomic_file_take(file, text);
    return end_file(writer, file, table->file, error);
}

static gboolean write_sums(SnapshotWriter *writer, char **digest, GError **error)
{
    g_autoptr(AtomicFile) file = begin_file(writer, SUMS_FILE, error);
    if (!file)
        return FALSE;
    g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(writer->sums), (GCompareFunc)strcmp);
    g_autoptr(GString) text = g_string_new(NULL);
    for (GList *name = names; name; name = name->next)
        g_string_append_printf(text, "%s  %s\n", (char *)g_hash_table_lookup(writer->sums, name->data),
                               (char *)name->data);
    atomic_file_take(file, text);
    return atomic_file_commit(file, digest, error);
}

gboolean snapshot_writer_commit(SnapshotWriter *writer, const Snapshot *snapshot, char **digest,
                                GError **error)
{
    Rows info = {(char *)&snapshot->info, 1};
    if (!write_table(writer, &snapshot_table, info, sizeof(SnapshotInfo), error))
        return FALSE;
    for (int table = 0; table < N_TABLES; table++)
        if ((table != TABLE_EVC_MODES || snapshot->n_evc_modes > 0) &&
            !write_table(writer, tables[table], rows_of(snapshot, table), row_sizes[table], error))
            return FALSE;
    return end_file(writer, writer->samples, SAMPLES_FILE, error) && write_sums(writer, digest, error) &&
           atomic_directory_commit(writer->directory, error);
}
