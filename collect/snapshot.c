/* SPDX-License-Identifier: MIT */
#include "collect/snapshot.h"

#include "collect/sums.h"

#include <string.h>

/* ---- the tables alike ---- */

const Table *const snapshot_tables[N_TABLES] = {&clusters_table, &pools_table, &hosts_table,
                                                &vms_table,      &rules_table, &evc_modes_table};
static const gsize row_sizes[N_TABLES] = {sizeof(Cluster), sizeof(Pool), sizeof(Host),
                                          sizeof(Vm),      sizeof(Rule), sizeof(EvcMode)};

Rows snapshot_rows(const Snapshot *s, int table)
{
    gsize size = row_sizes[table];
    switch (table) {
    case TABLE_CLUSTERS:
        return (Rows){(char *)s->clusters, s->n_clusters, size};
    case TABLE_POOLS:
        return (Rows){(char *)s->pools, s->n_pools, size};
    case TABLE_HOSTS:
        return (Rows){(char *)s->hosts, s->n_hosts, size};
    case TABLE_VMS:
        return (Rows){(char *)s->vms, s->n_vms, size};
    case TABLE_RULES:
        return (Rows){(char *)s->rules, s->n_rules, size};
    default:
        return (Rows){(char *)s->evc_modes, s->n_evc_modes, size};
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

/* Arrays grow at powers of two. */
void snapshot_add(Snapshot *snapshot, int table, gconstpointer row)
{
    Rows r = snapshot_rows(snapshot, table);
    if ((r.n & (r.n - 1)) == 0)
        r.rows = g_realloc_n(r.rows, r.n ? (gsize)r.n * 2 : 1, r.size);
    memcpy(r.rows + r.n * r.size, row, r.size);
    r.n++;
    set_rows(snapshot, table, r);
}

/* Every row begins with its id. */
const char *snapshot_row_id(const Snapshot *snapshot, int table, guint index)
{
    Rows r = snapshot_rows(snapshot, table);
    return *(const char **)(r.rows + index * r.size);
}

/* ---- the snapshot in memory ---- */

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
        g_free(snapshot_rows(snapshot, table).rows);
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

void snapshot_add_cluster(Snapshot *snapshot, const Cluster *cluster)
{
    snapshot_add(snapshot, TABLE_CLUSTERS, cluster);
}

void snapshot_add_pool(Snapshot *snapshot, const Pool *pool)
{
    snapshot_add(snapshot, TABLE_POOLS, pool);
}

void snapshot_add_host(Snapshot *snapshot, const Host *host)
{
    snapshot_add(snapshot, TABLE_HOSTS, host);
}

void snapshot_add_vm(Snapshot *snapshot, const Vm *vm)
{
    snapshot_add(snapshot, TABLE_VMS, vm);
}

void snapshot_add_rule(Snapshot *snapshot, const Rule *rule)
{
    snapshot_add(snapshot, TABLE_RULES, rule);
}

void snapshot_add_evc_mode(Snapshot *snapshot, const EvcMode *mode)
{
    snapshot_add(snapshot, TABLE_EVC_MODES, mode);
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

/* ---- ids ---- */

/* An entity in the hash: table and index in one pointer, never NULL. */
static gpointer entity_pack(int table, guint index)
{
    return GSIZE_TO_POINTER(((gsize)index << 3 | (gsize)table) + 1);
}

int snapshot_find(const Snapshot *snapshot, int table, const char *id)
{
    gsize packed = GPOINTER_TO_SIZE(g_hash_table_lookup(snapshot->entities, id));
    return packed && (int)((packed - 1) & 7) == table ? (int)((packed - 1) >> 3) : -1;
}

static gboolean index_table(Snapshot *s, int table, guint *index)
{
    g_autoptr(GHashTable) own_ids = g_hash_table_new(g_str_hash, g_str_equal);
    GHashTable *ids = table == TABLE_RULES || table == TABLE_EVC_MODES ? own_ids : s->entities;
    for (*index = 0; *index < snapshot_rows(s, table).n; ++*index)
        if (!g_hash_table_insert(ids, (gpointer)snapshot_row_id(s, table, *index),
                                 entity_pack(table, *index)))
            return FALSE;
    return TRUE;
}

gboolean snapshot_index(Snapshot *snapshot, int *table, guint *index)
{
    g_hash_table_remove_all(snapshot->entities);
    for (*table = 0; *table < N_TABLES; ++*table)
        if (!index_table(snapshot, *table, index))
            return FALSE;
    return TRUE;
}

int snapshot_find_cluster(const Snapshot *snapshot, const char *id)
{
    return snapshot_find(snapshot, TABLE_CLUSTERS, id);
}

int snapshot_find_pool(const Snapshot *snapshot, const char *id)
{
    return snapshot_find(snapshot, TABLE_POOLS, id);
}

int snapshot_find_host(const Snapshot *snapshot, const char *id)
{
    return snapshot_find(snapshot, TABLE_HOSTS, id);
}

int snapshot_find_vm(const Snapshot *snapshot, const char *id)
{
    return snapshot_find(snapshot, TABLE_VMS, id);
}

/* ---- what rows say ---- */

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

/* ---- sums ---- */

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
