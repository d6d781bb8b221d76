/* SPDX-License-Identifier: MIT */
#include "analyze/assessment.h"

#include "analyze/peaks.h"
#include "collect/atomic.h"
#include "collect/digest.h"
#include "collect/escape.h"
#include "collect/format.h"

#include <math.h>
#include <string.h>

#define STRING_BYTES 65536
#define MOST_SPAN_S 1e10

const char *const resource_names[] = {"cpu", "memory", "host_memory", "disk", "net", NULL};
const char *const resource_words[] = {"CPU", "memory", "memory", "disk throughput", "network throughput"};
const char *const resource_units[] = {"MHz", "KiB", "KiB", "KiB/s", "KiB/s", NULL};
const char *const state_names[] = {"normal",       "unavailable", "hot",     "cold",      "off",
                                   "short",        "idle",        "unknown", "saturated", "load_balance",
                                   "power_saving", "balanced",    NULL};
static const char *const pressure_names[] = {"none", "vm_limit", "pool_limit", "host", "other", NULL};
static const char *const entity_names[] = {"cluster", "host", "vm", NULL};

/* the states that each kind of entity may have, as bits */
static const guint states_of_kind[] = {
    [ENTITY_CLUSTER] =
        1 << STATE_SATURATED | 1 << STATE_LOAD_BALANCE | 1 << STATE_POWER_SAVING | 1 << STATE_BALANCED,
    [ENTITY_HOST] =
        1 << STATE_NORMAL | 1 << STATE_UNAVAILABLE | 1 << STATE_HOT | 1 << STATE_COLD | 1 << STATE_UNKNOWN,
    [ENTITY_VM] =
        1 << STATE_NORMAL | 1 << STATE_OFF | 1 << STATE_SHORT | 1 << STATE_IDLE | 1 << STATE_UNKNOWN,
};

/* one row of the file: one resource of one entity */
typedef struct Row {
    Assessed entity; /* without its loads */
    int resource;
    const char *unit;
    Load load;
} Row;

#define AT(member) G_STRUCT_OFFSET(Row, member)
#define REQUIRED COLUMN_REQUIRED
#define PRESENT COLUMN_PRESENT
static const Column columns[] = {
    {"entity", CELL_WORD, AT(entity.kind), REQUIRED, 0, entity_names},
    {"id", CELL_ID, AT(entity.id), REQUIRED, 0, NULL},
    {"name", CELL_TEXT, AT(entity.name), 0, 0, NULL},
    {"source_id", CELL_ID, AT(entity.source_id), REQUIRED, 0, NULL},
    {"cluster_id", CELL_ID, AT(entity.cluster_id), REQUIRED, 0, NULL},
    {"resource", CELL_WORD, AT(resource), REQUIRED, 0, resource_names},
    {"unit", CELL_PLAIN, AT(unit), REQUIRED, 0, NULL},
    {"capacity", CELL_DECIMAL, AT(load.capacity), PRESENT, 0, NULL},
    {"allocated", CELL_DECIMAL, AT(load.allocated), PRESENT, 0, NULL},
    {"measured", CELL_DECIMAL, AT(load.measured), PRESENT, 0, NULL},
    {"reclaimed", CELL_DECIMAL, AT(load.reclaimed), PRESENT, 0, NULL},
    {"demand", CELL_DECIMAL, AT(load.demand), PRESENT, 0, NULL},
    {"base", CELL_DECIMAL, AT(load.base), PRESENT, 0, NULL},
    {"usage_pct", CELL_DECIMAL, AT(load.usage_pct), PRESENT, 0, NULL},
    {"threshold_pct", CELL_DECIMAL, AT(load.threshold_pct), PRESENT, 0, NULL},
    {"state", CELL_WORD, AT(entity.state), REQUIRED, 0, state_names},
    {"buffer", CELL_DECIMAL, AT(load.buffer), PRESENT, 0, NULL},
    {"reclaimed_host", CELL_DECIMAL, AT(load.reclaimed_host), PRESENT, 0, NULL},
    {"pressure", CELL_WORD, AT(load.pressure), PRESENT, 0, pressure_names},
    {"pressure_pool_id", CELL_ID, AT(load.pressure_pool), PRESENT, 0, NULL},
    {"room_demand", CELL_DECIMAL, AT(load.room_demand), 0, 0, NULL},
    {"size_used", CELL_DECIMAL, AT(load.size_used), 0, 0, NULL},
    {"size_need", CELL_DECIMAL, AT(load.size_need), 0, 0, NULL},
    {"size_span_s", CELL_WHOLE, AT(load.size_span_s), 0, MOST_SPAN_S, NULL},
    {"peaks", CELL_LIST, AT(load.peaks), 0, 0, NULL},
    {"reason", CELL_TEXT, AT(load.reason), 0, 0, NULL},
};
static const Table assessment_table = {"assessment.csv", columns, G_N_ELEMENTS(columns), FALSE};

/* ---- in memory ---- */

Assessment *assessment_new(void)
{
    Assessment *assessment = g_new0(Assessment, 1);
    assessment->snapshots = g_array_new(FALSE, FALSE, sizeof(AssessedSnapshot));
    assessment->entities = g_array_new(FALSE, FALSE, sizeof(Assessed));
    assessment->strings = g_string_chunk_new(STRING_BYTES);
    assessment->index = g_hash_table_new(g_str_hash, g_str_equal);
    assessment->rollups = g_string_new(NULL);
    assessment->policy = "";
    assessment->estimator = "";
    assessment->window_from = assessment->window_to = -1;
    return assessment;
}

void assessment_free(Assessment *assessment)
{
    if (!assessment)
        return;
    g_hash_table_destroy(assessment->index);
    g_array_free(assessment->snapshots, TRUE);
    g_array_free(assessment->entities, TRUE);
    g_string_chunk_free(assessment->strings);
    g_free(assessment->digest);
    g_string_free(assessment->rollups, TRUE);
    g_free(assessment);
}

Load load_unknown(void)
{
    return (Load){.capacity = NAN,
                  .allocated = NAN,
                  .measured = NAN,
                  .reclaimed = NAN,
                  .demand = NAN,
                  .base = NAN,
                  .usage_pct = NAN,
                  .threshold_pct = NAN,
                  .buffer = NAN,
                  .room_demand = NAN,
                  .size_used = NAN,
                  .size_need = NAN,
                  .size_span_s = NAN,
                  .peaks = "",
                  .reclaimed_host = NAN,
                  .pressure = -1,
                  .pressure_pool = "",
                  .reason = ""};
}

/* of such loads */
static Assessed assessed_unknown(void)
{
    Assessed assessed = {.id = "", .name = "", .source_id = "", .cluster_id = "", .state = STATE_UNKNOWN};
    for (int i = 0; i < N_RESOURCES; i++)
        assessed.loads[i] = load_unknown();
    return assessed;
}

double load_round(Resource resource, double amount)
{
    return resource == RESOURCE_CPU ? table_round(amount) : round(amount);
}

double load_room_demand(const Load *load)
{
    return isnan(load->room_demand) ? load->demand : load->room_demand;
}

void load_set_room_demand(Load *load, double room_demand)
{
    load->room_demand = room_demand > load->demand ? room_demand : NAN;
}

double load_asked_for(const Load *load)
{
    return isnan(load->demand) ? load->allocated : load->demand;
}

double load_usage_pct(double demand, double capacity)
{
    return capacity > 0 ? table_round(demand / capacity * 100) : NAN;
}

gboolean load_is_stated(const Load *load)
{
    return !isnan(load->capacity) || !isnan(load->measured);
}

static char *index_key(const char *source_id, const char *id)
{
    return g_strconcat(source_id, "\n", id, NULL);
}

/* Appends the entity, its strings copied; FALSE where its key is there already. */
static gboolean add_entity(Assessment *assessment, const Assessed *entity)
{
    g_autofree char *key = index_key(entity->source_id, entity->id);
    if (g_hash_table_contains(assessment->index, key))
        return FALSE;
    char *kept = g_string_chunk_insert(assessment->strings, key);
    Assessed copy = *entity;
    copy.id = kept + strlen(entity->source_id) + 1;
    copy.name = *entity->name ? g_string_chunk_insert(assessment->strings, entity->name) : "";
    copy.source_id = g_string_chunk_insert_const(assessment->strings, entity->source_id);
    copy.cluster_id = g_string_chunk_insert_const(assessment->strings, entity->cluster_id);
    g_array_append_val(assessment->entities, copy);
    g_hash_table_insert(assessment->index, kept, GUINT_TO_POINTER(assessment->entities->len));
    return TRUE;
}

static void add_named(Assessment *assessment, const Snapshot *snapshot, EntityKind kind, const char *id,
                      const char *name, int cluster)
{
    Assessed entity = assessed_unknown();
    entity.kind = kind;
    entity.id = id;
    entity.name = name;
    entity.source_id = snapshot->info.source_id;
    entity.cluster_id = snapshot->clusters[cluster].id;
    add_entity(assessment, &entity);
}

static gboolean source_is_new(const Assessment *assessment, const SnapshotInfo *info, GError **error)
{
    for (guint i = 0; i < assessment->entities->len; i++) {
        if (strcmp(g_array_index(assessment->entities, Assessed, i).source_id, info->source_id) != 0)
            continue;
        g_set_error(error, VMANGER_ERROR, 0,
                    "found source %s assessed already: expected its snapshots as one history",
                    info->source_id);
        return FALSE;
    }
    return TRUE;
}

void assessment_add_history(Assessment *assessment, const Snapshot *snapshot)
{
    AssessedSnapshot row = {
        g_string_chunk_insert(assessment->strings, snapshot->digest ? snapshot->digest : ""),
        g_string_chunk_insert_const(assessment->strings, snapshot->info.source_id), snapshot->info.taken_at};
    g_array_append_val(assessment->snapshots, row);
}

void assessment_add_rollup(Assessment *assessment, const char *source_id, gint64 taken_at)
{
    g_autofree char *time = table_format_time(taken_at);
    g_string_append_printf(assessment->rollups, "#rollup,%s,%s\n", source_id, time);
}

gboolean assessment_add_snapshot(Assessment *assessment, const Snapshot *snapshot, guint *first,
                                 GError **error)
{
    if (!source_is_new(assessment, &snapshot->info, error))
        return FALSE;
    *first = assessment->entities->len;
    assessment_add_history(assessment, snapshot);
    for (guint i = 0; i < snapshot->n_clusters; i++)
        add_named(assessment, snapshot, ENTITY_CLUSTER, snapshot->clusters[i].id, snapshot->clusters[i].name,
                  (int)i);
    for (guint i = 0; i < snapshot->n_hosts; i++)
        add_named(assessment, snapshot, ENTITY_HOST, snapshot->hosts[i].id, snapshot->hosts[i].name,
                  snapshot->hosts[i].cluster);
    for (guint i = 0; i < snapshot->n_vms; i++)
        add_named(assessment, snapshot, ENTITY_VM, snapshot->vms[i].id, snapshot->vms[i].name,
                  snapshot->vms[i].cluster);
    return TRUE;
}

static Assessed *find_entity(const Assessment *assessment, const char *source_id, const char *id)
{
    g_autofree char *key = index_key(source_id, id);
    guint place = GPOINTER_TO_UINT(g_hash_table_lookup(assessment->index, key));
    return place ? &g_array_index(assessment->entities, Assessed, place - 1) : NULL;
}

const Assessed *assessment_find(const Assessment *assessment, const char *source_id, const char *id)
{
    return find_entity(assessment, source_id, id);
}

/* ---- reading ---- */

/* the n-th cell of the present row, "" beyond its end */
static const char *cell_or_empty(const CsvReader *csv, guint n)
{
    return n < csv_reader_n_cells(csv) ? csv_reader_cell(csv, n) : "";
}

static gboolean read_snapshot_row(Assessment *assessment, const CsvReader *csv, GError **error)
{
    AssessedSnapshot row = {cell_or_empty(csv, 1), cell_or_empty(csv, 2), -1};
    const char *time = cell_or_empty(csv, 3);
    const char *found = !digest_is_hex(row.digest)                              ? row.digest
                        : !*row.source_id || !escape_id_is_clean(row.source_id) ? row.source_id
                        : !table_parse_time(time, &row.taken_at)                ? time
                                                                                : NULL;
    if (found) {
        csv_reader_fail(csv, "#snapshot", found, "a SHA-256, a source_id and a time in UTC", error);
        return FALSE;
    }
    row.digest = g_string_chunk_insert(assessment->strings, row.digest);
    row.source_id = g_string_chunk_insert_const(assessment->strings, row.source_id);
    g_array_append_val(assessment->snapshots, row);
    return TRUE;
}

static gboolean read_origins_row(Assessment *assessment, const CsvReader *csv, GError **error)
{
    for (guint i = 1; i < csv_reader_n_cells(csv) && *csv_reader_cell(csv, i); i++) {
        g_auto(GStrv) parts = g_strsplit(csv_reader_cell(csv, i), "=", 2);
        double count = 0;
        int origin = 0;
        while (origin < N_ORIGINS && strcmp(origin_names[origin], parts[0]) != 0)
            origin++;
        if (origin == N_ORIGINS || !parts[1] || !table_parse_number(parts[1], FALSE, FALSE, &count) ||
            count > G_MAXINT) {
            csv_reader_fail(csv, "#origins", csv_reader_cell(csv, i), "an origin=number of series", error);
            return FALSE;
        }
        assessment->origins[origin] = (guint)count;
    }
    return TRUE;
}

static gboolean read_rollup_row(Assessment *assessment, const CsvReader *csv, GError **error)
{
    gint64 taken_at;
    const char *source_id = cell_or_empty(csv, 1);
    if (!*source_id || !escape_id_is_clean(source_id) ||
        !table_parse_time(cell_or_empty(csv, 2), &taken_at)) {
        g_autofree char *found = g_strdup_printf("%s,%s", source_id, cell_or_empty(csv, 2));
        csv_reader_fail(csv, "#rollup", found, "a source_id and a time in UTC", error);
        return FALSE;
    }
    assessment_add_rollup(assessment, source_id, taken_at);
    return TRUE;
}

/* Rows of an unknown key are left to those who know them. */
static gboolean read_key_row(Assessment *assessment, const CsvReader *csv, GError **error)
{
    const char *key = csv_reader_cell(csv, 0);
    const char *value = cell_or_empty(csv, 1);
    const char *expected = NULL;
    if (strcmp(key, "#snapshot") == 0)
        return read_snapshot_row(assessment, csv, error);
    if (strcmp(key, "#rollup") == 0)
        return read_rollup_row(assessment, csv, error);
    if (strcmp(key, "#origins") == 0)
        return read_origins_row(assessment, csv, error);
    if (strcmp(key, "#format") == 0)
        expected = strcmp(value, ASSESSMENT_FORMAT) == 0 ? NULL : ASSESSMENT_FORMAT;
    else if (strcmp(key, "#policy") == 0)
        expected = digest_is_hex(value) ? NULL : "a SHA-256";
    else if (strcmp(key, "#window_from") == 0)
        expected = table_parse_time(value, &assessment->window_from) ? NULL : "a time in UTC";
    else if (strcmp(key, "#window_to") == 0)
        expected = table_parse_time(value, &assessment->window_to) ? NULL : "a time in UTC";
    if (expected) {
        csv_reader_fail(csv, key, value, expected, error);
        return FALSE;
    }
    if (strcmp(key, "#policy") == 0)
        assessment->policy = g_string_chunk_insert(assessment->strings, value);
    if (strcmp(key, "#estimator") == 0)
        assessment->estimator = g_string_chunk_insert(assessment->strings, value);
    return TRUE;
}

/* Reads the `#` rows and stops at the header, which is then the present row. */
static gboolean read_key_rows(Assessment *assessment, CsvReader *csv, GError **error)
{
    g_autoptr(GError) failure = NULL;
    gboolean format = FALSE;
    while (csv_reader_next(csv, &failure)) {
        const char *key = csv_reader_cell(csv, 0);
        if (*key != '#') {
            const char *missing = !format                       ? "#format"
                                  : !assessment->snapshots->len ? "#snapshot"
                                  : !*assessment->policy        ? "#policy"
                                                                : NULL;
            if (missing)
                csv_reader_fail(csv, missing, "", "such a row before the table, as analyze writes it", error);
            return !missing;
        }
        format = format || strcmp(key, "#format") == 0;
        if (!read_key_row(assessment, csv, error))
            return FALSE;
    }
    if (failure)
        g_propagate_error(error, g_steal_pointer(&failure));
    else
        csv_reader_fail(csv, "header", "", "a header row", error);
    return FALSE;
}

/* what is wrong with a row; no column: nothing */
static RowFault fault_of(const Assessed *entity, const Row *row)
{
    const char *state = state_names[row->entity.state];
    if (entity->kind != row->entity.kind)
        return (RowFault){"entity", entity_names[row->entity.kind], entity_names[entity->kind]};
    if (strcmp(row->unit, resource_units[row->resource]) != 0)
        return (RowFault){"unit", row->unit, resource_units[row->resource]};
    if (!(states_of_kind[entity->kind] >> row->entity.state & 1))
        return (RowFault){"state", state, "a state of such an entity"};
    if (entity->state != row->entity.state)
        return (RowFault){"state", state, "the state of the entity's other rows"};
    if (load_is_stated(&entity->loads[row->resource]))
        return (RowFault){"resource", resource_names[row->resource], "each resource of an entity once"};
    g_autoptr(GArray) peaks = *row->load.peaks ? peaks_read(row->load.peaks) : NULL;
    if (*row->load.peaks && !peaks)
        return (RowFault){"peaks", row->load.peaks, "ages in days and KiB: 0=3145728 1=2097152"};
    if (!load_is_stated(&row->load))
        return (RowFault){"capacity", "", "a capacity or a measured load"};
    return (RowFault){NULL, NULL, NULL};
}

/* the row's entity, added where it is new; last is the index of the one of the row before */
static Assessed *entity_of_row(Assessment *assessment, const Row *row, guint *last)
{
    Assessed *before =
        *last < assessment->entities->len ? &g_array_index(assessment->entities, Assessed, *last) : NULL;
    if (before && strcmp(before->id, row->entity.id) == 0 &&
        strcmp(before->source_id, row->entity.source_id) == 0)
        return before;
    Assessed added = assessed_unknown();
    added.kind = row->entity.kind;
    added.state = row->entity.state;
    added.id = row->entity.id;
    added.name = row->entity.name;
    added.source_id = row->entity.source_id;
    added.cluster_id = row->entity.cluster_id;
    Assessed *entity = add_entity(assessment, &added)
                           ? &g_array_index(assessment->entities, Assessed, assessment->entities->len - 1)
                           : find_entity(assessment, row->entity.source_id, row->entity.id);
    *last = (guint)(entity - &g_array_index(assessment->entities, Assessed, 0));
    return entity;
}

/* The texts of a load are copied to where the assessment has its own. */
static void keep_texts(Assessment *assessment, Load *load)
{
    load->pressure_pool =
        *load->pressure_pool ? g_string_chunk_insert_const(assessment->strings, load->pressure_pool) : "";
    load->peaks = *load->peaks ? g_string_chunk_insert(assessment->strings, load->peaks) : "";
    load->reason = *load->reason ? g_string_chunk_insert_const(assessment->strings, load->reason) : "";
}

static gboolean read_table(Assessment *assessment, CsvReader *csv, GError **error)
{
    g_autoptr(TableReader) table = table_reader_new(&assessment_table, csv, NULL, error);
    if (!table)
        return FALSE;
    g_autoptr(GError) failure = NULL;
    Row row;
    guint last = G_MAXUINT;
    while (table_reader_next(table, &row, &failure)) {
        Assessed *entity = entity_of_row(assessment, &row, &last);
        RowFault fault = fault_of(entity, &row);
        if (fault.column) {
            csv_reader_fail(csv, fault.column, fault.found, fault.expected, error);
            return FALSE;
        }
        entity->loads[row.resource] = row.load;
        keep_texts(assessment, &entity->loads[row.resource]);
    }
    if (!failure)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

Assessment *assessment_read(const char *path, GError **error)
{
    g_autoptr(CsvReader) csv = csv_reader_open(path, NULL, error);
    g_autoptr(Assessment) assessment = assessment_new();
    if (!csv || !read_key_rows(assessment, csv, error) || !read_table(assessment, csv, error)) {
        format_blame(path, FORMAT_ASSESSMENT, error);
        return NULL;
    }
    assessment->digest = csv_reader_sha256(csv);
    return g_steal_pointer(&assessment);
}

Assessment *assessment_read_head(const char *path, GError **error)
{
    g_autoptr(CsvReader) csv = csv_reader_open(path, NULL, error);
    g_autoptr(Assessment) assessment = assessment_new();
    return csv && read_key_rows(assessment, csv, error) ? g_steal_pointer(&assessment) : NULL;
}

/* ---- several as one ---- */

void assessment_take_head(Assessment *assessment, const Assessment *other)
{
    if (!*assessment->policy) {
        assessment->policy = g_string_chunk_insert(assessment->strings, other->policy);
        assessment->estimator = g_string_chunk_insert(assessment->strings, other->estimator);
    }
    for (guint i = 0; i < other->snapshots->len; i++) {
        AssessedSnapshot row = g_array_index(other->snapshots, AssessedSnapshot, i);
        row.digest = g_string_chunk_insert(assessment->strings, row.digest);
        row.source_id = g_string_chunk_insert_const(assessment->strings, row.source_id);
        g_array_append_val(assessment->snapshots, row);
    }
    g_string_append_len(assessment->rollups, other->rollups->str, (gssize)other->rollups->len);
    assessment_note_window(assessment, other->window_from, other->window_to);
    for (int i = 0; i < N_ORIGINS; i++)
        assessment->origins[i] += other->origins[i];
}

void assessment_note_window(Assessment *assessment, gint64 from, gint64 to)
{
    if (from >= 0)
        assessment->window_from = assessment->window_from < 0 ? from : MIN(assessment->window_from, from);
    assessment->window_to = MAX(assessment->window_to, to);
}

void assessment_take_entity(Assessment *assessment, const Assessed *entity)
{
    if (!add_entity(assessment, entity))
        return;
    Assessed *copy = &g_array_index(assessment->entities, Assessed, assessment->entities->len - 1);
    for (int i = 0; i < N_RESOURCES; i++)
        keep_texts(assessment, &copy->loads[i]);
}

/* ---- writing ---- */

static void append_key_row(GString *out, const char *key, const char *value)
{
    csv_append_cell(out, key, TRUE);
    csv_append_cell(out, value, FALSE);
    g_string_append_c(out, '\n');
}

static void append_time_row(GString *out, const char *key, gint64 seconds)
{
    if (seconds < 0)
        return;
    g_autofree char *time = table_format_time(seconds);
    append_key_row(out, key, time);
}

static void append_key_rows(const Assessment *assessment, GString *out)
{
    append_key_row(out, "#format", ASSESSMENT_FORMAT);
    for (guint i = 0; i < assessment->snapshots->len; i++) {
        const AssessedSnapshot *row = &g_array_index(assessment->snapshots, AssessedSnapshot, i);
        g_autofree char *time = table_format_time(row->taken_at);
        g_string_append_printf(out, "#snapshot,%s,%s,%s\n", row->digest, row->source_id, time);
    }
    g_string_append_len(out, assessment->rollups->str, (gssize)assessment->rollups->len);
    append_key_row(out, "#policy", assessment->policy);
    append_key_row(out, "#estimator", assessment->estimator);
    append_time_row(out, "#window_from", assessment->window_from);
    append_time_row(out, "#window_to", assessment->window_to);
    g_string_append(out, "#origins");
    for (int i = 0; i < N_ORIGINS; i++)
        if (assessment->origins[i])
            g_string_append_printf(out, ",%s=%u", origin_names[i], assessment->origins[i]);
    g_string_append_c(out, '\n');
}

static void append_entity(const Assessed *entity, GString *out)
{
    Row row = {.entity = *entity};
    for (int i = 0; i < N_RESOURCES; i++) {
        if (!load_is_stated(&entity->loads[i]))
            continue;
        row.resource = i;
        row.unit = resource_units[i];
        row.load = entity->loads[i];
        table_append_row(&assessment_table, &row, out);
    }
}

void assessment_append_left_out(GString *out, const char *site, const char *why)
{
    csv_append_cell(out, "#left_out", TRUE);
    csv_append_cell(out, site, FALSE);
    csv_append_cell(out, why, FALSE);
    g_string_append_c(out, '\n');
}

AtomicFile *assessment_begin(const Assessment *head, const GString *further, const char *path,
                             const OpenPgp *keys, GError **error)
{
    AtomicFile *file = atomic_file_new(path, keys, error);
    if (!file)
        return NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    append_key_rows(head, text);
    g_string_append_len(text, further->str, (gssize)further->len);
    table_append_header(&assessment_table, text);
    atomic_file_take(file, text);
    return file;
}

void assessment_write_entities(const Assessment *assessment, AtomicFile *file)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < assessment->entities->len; i++) {
        append_entity(&g_array_index(assessment->entities, Assessed, i), text);
        atomic_file_take(file, text);
    }
}

gboolean assessment_write(Assessment *assessment, const char *path, const OpenPgp *keys, GError **error)
{
    g_autoptr(GString) none = g_string_new(NULL);
    g_autoptr(AtomicFile) file = assessment_begin(assessment, none, path, keys, error);
    if (!file)
        return FALSE;
    assessment_write_entities(assessment, file);
    g_clear_pointer(&assessment->digest, g_free);
    return atomic_file_commit(file, &assessment->digest, error);
}
