/* SPDX-License-Identifier: MIT */
#include "collect/references.h"

#include "collect/escape.h"

#include <string.h>

static gboolean refer(const Snapshot *s, int table, const char *id, int *index, RowFault *fault,
                      const char *column, const char *expected)
{
    *index = *id ? snapshot_find(s, table, id) : -1;
    return !*id || *index >= 0 || row_blame(fault, column, id, expected);
}

static gboolean link_pool(const Snapshot *s, Pool *pool, RowFault *fault)
{
    if (!refer(s, TABLE_CLUSTERS, pool->cluster_id, &pool->cluster, fault, "cluster_id",
               "an id of clusters.csv"))
        return FALSE;
    return refer(s, TABLE_POOLS, pool->parent_id, &pool->parent, fault, "parent_id", "an id of pools.csv");
}

static gboolean pool_ancestry_ends(const Snapshot *s, const Pool *pool, RowFault *fault)
{
    guint steps = 0;
    for (int at = pool->parent; at >= 0; at = s->pools[at].parent) {
        if (s->pools[at].cluster != pool->cluster)
            return row_blame(fault, "parent_id", pool->parent_id, "a pool of the same cluster");
        if (++steps > s->n_pools)
            return row_blame(fault, "parent_id", pool->parent_id, "pools that are not their own ancestors");
    }
    return TRUE;
}

static gboolean link_host(const Snapshot *s, Host *host, RowFault *fault)
{
    if (!(host->core_mhz > 0))
        return row_blame(fault, "core_mhz", "0", "more than 0");
    if (!(host->cpu_mhz > 0))
        return row_blame(fault, "cpu_mhz", "0", "more than 0");
    if (!(host->memory_kib > 0))
        return row_blame(fault, "memory_kib", "0", "more than 0");
    return refer(s, TABLE_CLUSTERS, host->cluster_id, &host->cluster, fault, "cluster_id",
                 "an id of clusters.csv");
}

static gboolean place_vm(const Snapshot *s, Vm *vm, RowFault *fault)
{
    if (!(vm->vcpus > 0))
        return row_blame(fault, "vcpus", "0", "at least 1");
    if (!(vm->memory_mib > 0))
        return row_blame(fault, "memory_mib", "0", "at least 1");
    if (!refer(s, TABLE_HOSTS, vm->host_id, &vm->host, fault, "host_id", "an id of hosts.csv") ||
        !refer(s, TABLE_POOLS, vm->pool_id, &vm->pool, fault, "pool_id", "an id of pools.csv"))
        return FALSE;
    if (vm->host < 0)
        return row_blame(fault, "host_id", "", "an id of hosts.csv");
    vm->cluster = s->hosts[vm->host].cluster;
    if (*vm->cluster_id && strcmp(vm->cluster_id, s->clusters[vm->cluster].id) != 0)
        return row_blame(fault, "cluster_id", vm->cluster_id, "the cluster of its host");
    if (vm->pool >= 0 && s->pools[vm->pool].cluster != vm->cluster)
        return row_blame(fault, "pool_id", vm->pool_id, "a pool of the VM's cluster");
    return TRUE;
}

static gboolean members_exist(const Snapshot *s, int table, const char *list, RowFault *fault,
                              const char *column)
{
    g_auto(GStrv) ids = list_split(list);
    for (char **id = ids; *id; id++)
        if (snapshot_find(s, table, *id) < 0)
            return row_blame(fault, column, g_string_chunk_insert_const(s->strings, *id),
                             table == TABLE_VMS ? "ids of vms.csv" : "ids of hosts.csv");
    return TRUE;
}

static gboolean link_vm(const Snapshot *s, Vm *vm, RowFault *fault)
{
    return place_vm(s, vm, fault) && members_exist(s, TABLE_VMS, vm->ft_partner_ids, fault, "ft_partner_ids");
}

static gboolean link_rule(const Snapshot *s, Rule *rule, RowFault *fault)
{
    return refer(s, TABLE_CLUSTERS, rule->cluster_id, &rule->cluster, fault, "cluster_id",
                 "an id of clusters.csv") &&
           members_exist(s, TABLE_VMS, rule->vm_ids, fault, "vm_ids") &&
           members_exist(s, TABLE_HOSTS, rule->host_ids, fault, "host_ids");
}

static gboolean link_row(Snapshot *s, int table, guint index, RowFault *fault)
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

gboolean references_resolve(Snapshot *s, int *table, guint *index, RowFault *fault)
{
    if (!snapshot_index(s, table, index))
        return row_blame(fault, "id", snapshot_row_id(s, *table, *index),
                         "each id once in clusters, pools, hosts, VMs, and once in another table");
    for (*table = 0; *table < N_TABLES; ++*table)
        for (*index = 0; *index < snapshot_rows(s, *table).n; ++*index)
            if (!link_row(s, *table, *index, fault))
                return FALSE;
    *table = TABLE_POOLS;
    for (*index = 0; *index < s->n_pools; ++*index)
        if (!pool_ancestry_ends(s, &s->pools[*index], fault))
            return FALSE;
    return TRUE;
}

/* What is built of other sources than files must be fit for files. */
static gboolean rows_can_be_read(Snapshot *s, int *table, guint *index, RowFault *fault)
{
    for (*table = 0; *table < N_TABLES; ++*table) {
        Rows rows = snapshot_rows(s, *table);
        for (*index = 0; *index < rows.n; ++*index) {
            g_autofree char *found = NULL, *expected = NULL;
            const Table *columns = snapshot_tables[*table];
            guint wrong =
                table_find_unreadable(columns, rows.rows + *index * rows.size, 0, &found, &expected);
            if (wrong < columns->n_columns)
                return row_blame(fault, columns->columns[wrong].name,
                                 g_string_chunk_insert(s->strings, found),
                                 g_string_chunk_insert(s->strings, expected));
        }
    }
    return TRUE;
}

gboolean snapshot_link(Snapshot *snapshot, GError **error)
{
    int table;
    guint index;
    RowFault fault;
    if (rows_can_be_read(snapshot, &table, &index, &fault) &&
        references_resolve(snapshot, &table, &index, &fault))
        return TRUE;
    g_autofree char *found = escape_for_message(fault.found);
    g_set_error(error, VMANGER_ERROR, 0, "%s: %s: %s: found %s: expected %s", snapshot_tables[table]->file,
                snapshot_row_id(snapshot, table, index), fault.column, found, fault.expected);
    return FALSE;
}
