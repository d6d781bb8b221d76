/* SPDX-License-Identifier: MIT */
#include "collect/inventory.h"

#include "collect/escape.h"
#include "collect/references.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- which property is which column ---- */

enum { PLACE_NAME, PLACE_PARENT };
static const char *const place_paths[] = {[PLACE_NAME] = "name", [PLACE_PARENT] = "parent"};

enum {
    POOL_NAME,
    POOL_PARENT,
    POOL_OWNER,
    POOL_CPU,
    POOL_MEMORY,
    POOL_CPU_USED,
    POOL_CPU_LEFT,
    POOL_MEMORY_USED,
    POOL_MEMORY_LEFT,
};
static const char *const pool_paths[] = {
    [POOL_NAME] = "name",
    [POOL_PARENT] = "parent",
    [POOL_OWNER] = "owner",
    [POOL_CPU] = "config.cpuAllocation",             /* ResourceAllocationInfo: MHz, -1 for unlimited */
    [POOL_MEMORY] = "config.memoryAllocation",       /* the same in MiB */
    [POOL_CPU_USED] = "runtime.cpu.reservationUsed", /* ResourcePoolResourceUsage: MHz */
    [POOL_CPU_LEFT] = "runtime.cpu.unreservedForVm",
    [POOL_MEMORY_USED] = "runtime.memory.reservationUsed", /* the same in bytes */
    [POOL_MEMORY_LEFT] = "runtime.memory.unreservedForVm",
};

typedef struct Place {
    char *name, *parent, *path; /* path: from the datacenter down; NULL until asked for */
    gboolean is_datacenter;
} Place;

static void place_free(gpointer data)
{
    Place *place = data;
    g_free(place->name);
    g_free(place->parent);
    g_free(place->path);
    g_free(place);
}

/* ---- values ---- */

double inventory_parse(const char *text)
{
    char *end = NULL;
    double number = text && *text ? g_ascii_strtod(text, &end) : NAN;
    return end && !*end && isfinite(number) ? number : NAN;
}

double inventory_amount(const char *text)
{
    double number = inventory_parse(text);
    return number >= 0 ? number : NAN;
}

int inventory_flag(const char *text)
{
    return !text ? -1 : strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
}

/* A property that could not be read leaves its cell empty, with one warning for all objects. */
static void warn_of_fault(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                          guint index)
{
    const SoapFault *fault = &object->faults[index];
    g_autofree char *key = g_strdup_printf("%s %s %s", query->kind, query->paths[index], fault->type);
    if (!g_hash_table_add(inventory->warned, g_strdup(key)))
        return;
    const char *privilege = element_text(fault->detail, "privilegeId");
    g_autofree char *reason = escape_for_terminal(*fault->message ? fault->message : fault->type);
    if (strcmp(fault->type, "NoPermission") == 0)
        g_ptr_array_add(
            inventory->warnings,
            g_strdup_printf("%s: %s cannot be read: the account lacks the privilege %s (first at %s)",
                            query->kind, query->paths[index], privilege ? privilege : "System.Read",
                            object->id));
    else
        g_ptr_array_add(inventory->warnings,
                        g_strdup_printf("%s: %s cannot be read: %s: %s (first at %s)", query->kind,
                                        query->paths[index], fault->type, reason, object->id));
}

const Element *inventory_value(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                               guint index)
{
    if (object->faults[index].type)
        warn_of_fault(inventory, query, object, index);
    return object->values[index];
}

const char *inventory_text(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                           guint index)
{
    const Element *value = inventory_value(inventory, query, object, index);
    return value ? value->text : NULL;
}

double inventory_number(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                        guint index)
{
    return inventory_parse(inventory_text(inventory, query, object, index));
}

int inventory_flag_of(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                      guint index)
{
    return inventory_flag(inventory_text(inventory, query, object, index));
}

const char *inventory_string(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                             guint index)
{
    return snapshot_string(inventory->snapshot, inventory_text(inventory, query, object, index));
}

/* the position of a text in a NULL-terminated list; -1 where it is not there */
const char *const vsphere_host_connections[] = {"connected", "notResponding", "disconnected", NULL};
const char *const vsphere_host_powers[] = {"poweredOn", "standBy", "poweredOff", "unknown", NULL};
const char *const vsphere_vm_connections[] = {"connected", "disconnected", "inaccessible",
                                              "invalid",   "orphaned",     NULL};
const char *const vsphere_vm_powers[] = {"poweredOn", "poweredOff", "suspended", NULL};

int inventory_word(const char *text, const char *const *words)
{
    for (int i = 0; text && words[i]; i++)
        if (strcmp(text, words[i]) == 0)
            return i;
    return -1;
}

const char *inventory_id(Inventory *inventory, const char *id)
{
    if (!id)
        return "";
    g_autofree char *clean = escape_id(id);
    return snapshot_string(inventory->snapshot, clean);
}

const char *inventory_list(Inventory *inventory, const Element *first, const char *name)
{
    g_autoptr(GString) list = g_string_new(NULL);
    for (const Element *one = first; one; one = one->next) {
        if (strcmp(one->name, name) != 0)
            continue;
        g_autofree char *id = escape_id(one->text);
        g_string_append_printf(list, "%s%s", list->len ? " " : "", id);
    }
    return snapshot_string(inventory->snapshot, list->str);
}

/* an array of references or of strings, whatever its elements are called */
const char *inventory_ids(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                          guint index)
{
    const Element *value = inventory_value(inventory, query, object, index);
    return value && value->first ? inventory_list(inventory, value->first, value->first->name) : "";
}

const char *inventory_name(Inventory *inventory, const char *name)
{
    g_autoptr(GString) decoded = g_string_new(NULL);
    for (const char *at = name; *at; at++) {
        int c = g_ascii_strncasecmp(at, "%2f", 3) == 0   ? '/'
                : g_ascii_strncasecmp(at, "%5c", 3) == 0 ? '\\'
                : strncmp(at, "%25", 3) == 0             ? '%'
                                                         : '\0';
        g_string_append_c(decoded, c ? (char)c : *at);
        at += c ? 2 : 0;
    }
    return snapshot_string(inventory->snapshot, decoded->str);
}

/* Without it the tables would lie, and so there are none. */
gboolean inventory_refuse(const Inventory *inventory, const PropertyQuery *query,
                          const PropertyObject *object, guint index, GError **error)
{
    const SoapFault *fault = &object->faults[index];
    const char *privilege = element_text(fault->detail, "privilegeId");
    g_autofree char *name = escape_for_message(object->values[0] ? object->values[0]->text : object->id);
    g_set_error(
        error, VMANGER_ERROR, 0,
        "%s: %s %s: %s cannot be read (%s): expected the privilege %s on every host, VM, cluster and pool; "
        "the role Read-only at the vCenter's root, propagated, has it",
        inventory->vcenter->connection->url, query->kind, name, query->paths[index],
        fault->type ? fault->type : "it is not set to anything known", privilege ? privilege : "System.Read");
    return FALSE;
}

/* FALSE and an error where one of the properties (ended by -1) has a fault */
gboolean inventory_require(const Inventory *inventory, const PropertyQuery *query,
                           const PropertyObject *object, const int *indices, GError **error)
{
    for (; *indices >= 0; indices++)
        if (object->faults[*indices].type)
            return inventory_refuse(inventory, query, object, (guint)*indices, error);
    return TRUE;
}

/* ResourceAllocationInfo: -1 is unlimited */
double inventory_limit(const Element *allocation)
{
    double limit = inventory_parse(element_text(allocation, "limit"));
    return limit < 0 ? INFINITY : limit;
}

/* ---- reading a table page by page ---- */

#define MIB (1024.0 * 1024)
#define MOST_COUNTERS 6
#define MOST_PATH 64 /* folders */

/* A query and the counts that grow with it, which go back where a page is read anew. */
typedef struct Reading {
    Inventory *inventory;
    const PropertyQuery *query;
    const char *progress; /* "VMs" */
    guint *counters[MOST_COUNTERS], marks[MOST_COUNTERS];
} Reading;

static void begin_page(gboolean first, gpointer data)
{
    Reading *reading = data;
    for (guint i = 0; i < MOST_COUNTERS; i++) {
        guint *counter = reading->counters[i];
        reading->marks[i] = first ? 0 : reading->marks[i];
        if (counter)
            *counter = reading->marks[i];
    }
}

static void end_page(gpointer data)
{
    Reading *reading = data;
    for (guint i = 0; i < MOST_COUNTERS && reading->counters[i]; i++)
        reading->marks[i] = *reading->counters[i];
    if (reading->progress)
        program_progress(reading->inventory->program, "reading %s: %u", reading->progress, reading->marks[0]);
}

/* ---- the tree ---- */

void inventory_keep_place(Inventory *inventory, const PropertyObject *object, const char *name,
                          const char *parent)
{
    Place *place = g_new0(Place, 1);
    place->name = g_strdup(name);
    place->parent = g_strdup(parent ? parent : "");
    place->is_datacenter = strcmp(object->kind, "Datacenter") == 0;
    g_hash_table_replace(inventory->places, g_strdup(object->id), place);
}

static gboolean take_place(const PropertyObject *object, gpointer data, GError **error)
{
    (void)error;
    Reading *reading = data;
    const char *name = inventory_text(reading->inventory, reading->query, object, PLACE_NAME);
    const char *parent = inventory_text(reading->inventory, reading->query, object, PLACE_PARENT);
    inventory_keep_place(reading->inventory, object,
                         inventory_name(reading->inventory, name ? name : object->id), parent);
    return TRUE;
}

/* The names from the datacenter down to a place. */
static const char *path_of(const Inventory *inventory, const char *id)
{
    Place *place = g_hash_table_lookup(inventory->places, id);
    if (!place || place->path)
        return place ? place->path : "";
    g_autoptr(GString) path = g_string_new(NULL);
    const Place *at = place;
    for (guint depth = 0; at && depth < MOST_PATH; depth++) { /* a tree that bites its tail has an end, too */
        g_string_prepend(path, at->name);
        at = at->is_datacenter ? NULL : g_hash_table_lookup(inventory->places, at->parent);
        if (at)
            g_string_prepend_c(path, '/');
    }
    place->path = g_strdup(path->str);
    return place->path;
}

/* The same below the datacenter's folder "vm", as people see it. */
static const char *folder_of(const Inventory *inventory, const char *id)
{
    const char *path = path_of(inventory, id);
    for (int hidden = 0; hidden < 2; hidden++) {
        const char *slash = strchr(path, '/');
        path = slash ? slash + 1 : "";
    }
    return path;
}

/* ---- clusters and pools ---- */

static gboolean take_cluster(const PropertyObject *object, gpointer data, GError **error)
{
    Reading *reading = data;
    return inventory_take_cluster(reading->inventory, reading->query, object, error);
}

static void read_usage(Inventory *inventory, const PropertyQuery *query, const PropertyObject *object,
                       Pool *pool)
{
    pool->cpu_reservation_used_mhz =
        inventory_amount(inventory_text(inventory, query, object, POOL_CPU_USED));
    pool->cpu_unreserved_mhz = inventory_amount(inventory_text(inventory, query, object, POOL_CPU_LEFT));
    pool->memory_reservation_used_mib =
        ceil(inventory_amount(inventory_text(inventory, query, object, POOL_MEMORY_USED)) / MIB);
    pool->memory_unreserved_mib =
        floor(inventory_amount(inventory_text(inventory, query, object, POOL_MEMORY_LEFT)) / MIB);
}

static gboolean take_pool(const PropertyObject *object, gpointer data, GError **error)
{
    Reading *reading = data;
    Inventory *inventory = reading->inventory;
    static const int required[] = {POOL_NAME, POOL_OWNER, -1};
    if (!inventory_require(inventory, reading->query, object, required, error))
        return FALSE;
    const Element *parent = inventory_value(inventory, reading->query, object, POOL_PARENT);
    const Element *cpu = inventory_value(inventory, reading->query, object, POOL_CPU);
    const Element *memory = inventory_value(inventory, reading->query, object, POOL_MEMORY);
    Pool pool = pool_unknown();
    pool.id = inventory_id(inventory, object->id);
    pool.name =
        inventory_name(inventory, object->values[POOL_NAME] ? object->values[POOL_NAME]->text : object->id);
    gboolean nested =
        parent && (strcmp(parent->kind, "ResourcePool") == 0 || strcmp(parent->kind, "VirtualApp") == 0);
    pool.parent_id = nested ? inventory_id(inventory, parent->text) : "";
    pool.cluster_id = inventory_id(inventory, inventory_text(inventory, reading->query, object, POOL_OWNER));
    pool.cpu_reservation_mhz = inventory_parse(element_text(cpu, "reservation"));
    pool.cpu_limit_mhz = inventory_limit(cpu);
    pool.cpu_expandable = inventory_flag(element_text(cpu, "expandableReservation"));
    pool.cpu_shares = inventory_parse(element_text(cpu, "shares.shares"));
    pool.memory_reservation_mib = inventory_parse(element_text(memory, "reservation"));
    pool.memory_limit_mib = inventory_limit(memory);
    pool.memory_expandable = inventory_flag(element_text(memory, "expandableReservation"));
    pool.memory_shares = inventory_parse(element_text(memory, "shares.shares"));
    read_usage(inventory, reading->query, object, &pool);
    snapshot_add_pool(inventory->snapshot, &pool);
    return TRUE;
}

/* ---- hosts and VMs ---- */

static gboolean take_host(const PropertyObject *object, gpointer data, GError **error)
{
    Reading *reading = data;
    return inventory_take_host(reading->inventory, reading->query, object, error);
}

static gboolean take_vm(const PropertyObject *object, gpointer data, GError **error)
{
    Reading *reading = data;
    return inventory_take_vm(reading->inventory, reading->query, object, error);
}

static gboolean take_datastore(const PropertyObject *object, gpointer data, GError **error)
{
    Reading *reading = data;
    return inventory_take_datastore(reading->inventory, reading->query, object, error);
}

/* ---- all of it ---- */

enum {
    READ_FOLDERS,
    READ_DATACENTERS,
    READ_CLUSTERS,
    READ_POOLS,
    READ_HOSTS,
    READ_VMS,
    READ_DATASTORES,
    N_READINGS
};

static gboolean read_tables(Inventory *inventory, GError **error)
{
    static const char *const kinds[] = {"Folder",     "Datacenter",     "ComputeResource", "ResourcePool",
                                        "HostSystem", "VirtualMachine", "Datastore",       NULL};
    g_autofree char *view = properties_view(inventory->vcenter, kinds, error);
    if (!view)
        return FALSE;
    Snapshot *s = inventory->snapshot;
    guint *left_out = inventory->left_out;
    /* the last path is asked for only where somebody made the custom attribute */
    guint n_vm = n_vm_paths - (inventory->ignore_key == 0);
    PropertyQuery queries[N_READINGS] = {
        [READ_FOLDERS] = {.paths = place_paths, .n_paths = G_N_ELEMENTS(place_paths), .take = take_place},
        [READ_DATACENTERS] = {.paths = place_paths, .n_paths = G_N_ELEMENTS(place_paths), .take = take_place},
        [READ_CLUSTERS] = {.paths = cluster_paths, .n_paths = n_cluster_paths, .take = take_cluster},
        [READ_POOLS] = {.paths = pool_paths, .n_paths = G_N_ELEMENTS(pool_paths), .take = take_pool},
        [READ_HOSTS] = {.paths = host_paths, .n_paths = n_host_paths, .take = take_host},
        [READ_VMS] = {.paths = vm_paths, .n_paths = n_vm, .since = vm_paths_since, .take = take_vm},
        [READ_DATASTORES] = {.paths = datastore_paths, .n_paths = n_datastore_paths, .take = take_datastore},
    };
    Reading readings[N_READINGS] = {
        [READ_CLUSTERS] = {.counters = {&s->n_clusters, &s->n_rules, &left_out[LEFT_OUT_DEPENDENCIES]}},
        [READ_POOLS] = {.counters = {&s->n_pools}},
        [READ_HOSTS] = {.counters = {&s->n_hosts, &left_out[LEFT_OUT_UNKNOWN_HOSTS]}, .progress = "hosts"},
        [READ_VMS] = {.counters = {&s->n_vms, &left_out[LEFT_OUT_TEMPLATES], &left_out[LEFT_OUT_ORPHANED],
                                   &left_out[LEFT_OUT_INACCESSIBLE], &left_out[LEFT_OUT_UNCONFIGURED]},
                      .progress = "VMs"},
    };
    for (int i = 0; i < N_READINGS; i++) {
        readings[i].inventory = inventory;
        readings[i].query = &queries[i];
        queries[i].kind = kinds[i];
        queries[i].view = view;
        queries[i].begin = begin_page;
        queries[i].page = end_page;
        queries[i].data = &readings[i];
        queries[i].warnings = inventory->warnings;
    }
    if (!properties_retrieve(inventory->vcenter, queries, N_READINGS, error))
        return FALSE;
    for (int i = 0; i < READ_DATASTORES; i++) /* whose rows are none */
        left_out[LEFT_OUT_VANISHED] += queries[i].vanished;
    return TRUE;
}

static GHashTable *index_rows(const void *rows, guint n, gsize size)
{
    GHashTable *index = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < n; i++) /* every row begins with its id */
        g_hash_table_insert(index, *(gpointer *)((char *)rows + i * size), GUINT_TO_POINTER(i + 1));
    return index;
}

/* What a VM's row can only say once hosts, pools and folders are known. FALSE: it is left out. */
static gboolean place_vm(Inventory *inventory, Vm *vm, GHashTable *hosts, GHashTable *pools, GError **error)
{
    Snapshot *snapshot = inventory->snapshot;
    guint host = GPOINTER_TO_UINT(g_hash_table_lookup(hosts, vm->host_id));
    if (host == 0 && g_hash_table_contains(inventory->strangers, vm->host_id)) {
        inventory->left_out[LEFT_OUT_STRANDED]++;
        return FALSE;
    }
    if (host == 0) {
        g_autofree char *name = escape_for_message(vm->name);
        g_set_error(
            error, VMANGER_ERROR, 0,
            "%s: VirtualMachine %s: its host %s cannot be seen: expected the privileges System.View and "
            "System.Read on every host; the role Read-only at the vCenter's root, propagated, has them",
            inventory->vcenter->connection->url, name, vm->host_id);
        return FALSE;
    }
    vm->cluster_id = snapshot->hosts[host - 1].cluster_id;
    guint pool = GPOINTER_TO_UINT(g_hash_table_lookup(pools, vm->pool_id));
    if (pool == 0 || strcmp(snapshot->pools[pool - 1].cluster_id, vm->cluster_id) != 0)
        vm->pool_id = "";
    vm->folder = snapshot_string(snapshot, folder_of(inventory, vm->folder));
    vm->drs_override = GPOINTER_TO_INT(g_hash_table_lookup(inventory->overrides, vm->id)) - 1;
    return TRUE;
}

static gboolean place_vms(Inventory *inventory, GHashTable *hosts, GHashTable *pools, GError **error)
{
    Snapshot *snapshot = inventory->snapshot;
    guint kept = 0;
    for (guint i = 0; i < snapshot->n_vms; i++) {
        g_autoptr(GError) failure = NULL;
        if (place_vm(inventory, &snapshot->vms[i], hosts, pools, &failure))
            snapshot->vms[kept++] = snapshot->vms[i];
        if (failure) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
    }
    snapshot->n_vms = kept;
    return TRUE;
}

/* Ids in the order of their numbers: vm-9, vm-10. */
static int compare_ids(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    while (*x && *y) {
        if (g_ascii_isdigit(*x) && g_ascii_isdigit(*y)) {
            char *x_end, *y_end;
            guint64 m = g_ascii_strtoull(x, &x_end, 10), n = g_ascii_strtoull(y, &y_end, 10);
            if (m != n)
                return m < n ? -1 : 1;
            x = x_end;
            y = y_end;
        } else if (*x++ != *y++) {
            return (guchar)x[-1] < (guchar)y[-1] ? -1 : 1;
        }
    }
    int shorter = *x ? 1 : *y ? -1 : 0;
    return shorter ? shorter : strcmp(*(const char *const *)a, *(const char *const *)b); /* vm-07, vm-7 */
}

/* A table without rows is nowhere. */
static void sort_table(void *rows, gsize n, gsize size)
{
    if (n > 0)
        qsort(rows, n, size, compare_ids);
}

static void sort_tables(Snapshot *s)
{
    sort_table(s->clusters, s->n_clusters, sizeof *s->clusters);
    sort_table(s->pools, s->n_pools, sizeof *s->pools);
    sort_table(s->hosts, s->n_hosts, sizeof *s->hosts);
    sort_table(s->vms, s->n_vms, sizeof *s->vms);
    sort_table(s->rules, s->n_rules, sizeof *s->rules);
    sort_table(s->evc_modes, s->n_evc_modes, sizeof *s->evc_modes);
}

/* A value out of its bounds is no value. Without one that each row must have there is no snapshot, as linking
 * says. */
static void drop_unreadable(Inventory *inventory, const Table *table, char *row, const char *id)
{
    table_round_row(table, row);
    for (guint i = 0; i < table->n_columns; i++) {
        g_autofree char *found = NULL, *expected = NULL;
        i = table_find_unreadable(table, row, i, &found, &expected);
        if (i == table->n_columns || table->columns[i].flags & COLUMN_REQUIRED)
            continue;
        table_clear_cell(table, row, i);
        const char *column = table->columns[i].name;
        if (!g_hash_table_add(inventory->warned, g_strdup_printf("%s %s", table->file, column)))
            continue;
        g_autofree char *shown = escape_for_message(found);
        g_ptr_array_add(inventory->warnings,
                        g_strdup_printf("%s: %s: found %s: expected %s; left empty (first at %s)",
                                        table->file, column, shown, expected, id));
    }
}

static gboolean assemble(Inventory *inventory, GError **error)
{
    Snapshot *s = inventory->snapshot;
    sort_tables(s);
    g_autoptr(GHashTable) hosts = index_rows(s->hosts, s->n_hosts, sizeof *s->hosts);
    g_autoptr(GHashTable) pools = index_rows(s->pools, s->n_pools, sizeof *s->pools);
    for (guint i = 0; i < s->n_clusters; i++)
        s->clusters[i].path = snapshot_string(s, path_of(inventory, s->clusters[i].id));
    for (guint i = 0; i < s->n_pools; i++)
        if (!g_hash_table_contains(pools, s->pools[i].parent_id)) /* or its parent cannot be seen */
            s->pools[i].parent_id = "";
    if (!place_vms(inventory, hosts, pools, error))
        return FALSE;
    g_autoptr(GHashTable) vms = index_rows(s->vms, s->n_vms, sizeof *s->vms);
    inventory_prune_members(inventory, hosts, vms);
    inventory_prune_datastores(inventory);
    for (int table = 0; table < N_TABLES; table++) {
        Rows rows = snapshot_rows(s, table);
        for (guint i = 0; i < rows.n; i++)
            drop_unreadable(inventory, snapshot_tables[table], rows.rows + i * rows.size,
                            snapshot_row_id(s, table, i));
    }
    return TRUE;
}

const char *inventory_left_out(Snapshot *snapshot, const guint counts[N_LEFT_OUT])
{
    static const char *const names[N_LEFT_OUT] = {
        [LEFT_OUT_TEMPLATES] = "templates",
        [LEFT_OUT_ORPHANED] = "orphaned",
        [LEFT_OUT_INACCESSIBLE] = "inaccessible",
        [LEFT_OUT_UNCONFIGURED] = "unconfigured",
        [LEFT_OUT_UNKNOWN_HOSTS] = "hosts_without_hardware",
        [LEFT_OUT_STRANDED] = "vms_of_such_hosts",
        [LEFT_OUT_HOSTLESS] = "vms_without_host",
        [LEFT_OUT_UNPLACED] = "vms_of_ambiguous_hosts",
        [LEFT_OUT_VANISHED] = "vanished",
        [LEFT_OUT_DEPENDENCIES] = "dependency_rules",
        [LEFT_OUT_RULES] = "empty_rules",
        [LEFT_OUT_RULE_MEMBERS] = "rule_members",
        [LEFT_OUT_COPIES] = "copies",
    };
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < N_LEFT_OUT; i++)
        if (counts[i] > 0)
            g_string_append_printf(text, "%s%s=%u", text->len ? " " : "", names[i], counts[i]);
    return snapshot_string(snapshot, text->str);
}

gboolean inventory_collect(Vcenter *vcenter, const Program *program, Snapshot *snapshot, GPtrArray *warnings,
                           GError **error)
{
    Inventory inventory = {
        .vcenter = vcenter, .program = program, .snapshot = snapshot, .warnings = warnings};
    inventory.warned = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    inventory.places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, place_free);
    inventory.overrides = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    inventory.strangers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    inventory.browsers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    inventory.lost = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    inventory.entering = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    gboolean ok = inventory_find_attribute(&inventory, error) && read_tables(&inventory, error) &&
                  inventory_read_tasks(&inventory, error) && inventory_read_evc_modes(&inventory, error) &&
                  inventory_read_hardware_versions(&inventory, error) && assemble(&inventory, error) &&
                  snapshot_link(snapshot, error);
    snapshot->info.left_out = inventory_left_out(snapshot, inventory.left_out);
    program_progress(program, NULL);
    g_hash_table_destroy(inventory.warned);
    g_hash_table_destroy(inventory.places);
    g_hash_table_destroy(inventory.overrides);
    g_hash_table_destroy(inventory.strangers);
    g_hash_table_destroy(inventory.browsers);
    g_hash_table_destroy(inventory.lost);
    g_hash_table_destroy(inventory.entering);
    return ok;
}
