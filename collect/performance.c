/* SPDX-License-Identifier: MIT */
#include "collect/performance.h"

#include "collect/plural.h"
#include "collect/queryperf.h"

#include <math.h>
#include <string.h>

#define BATCH_ENTITIES 50
#define PARALLEL 4

/* A host or a running VM. */
typedef struct Entity {
    const char *id;
    int host, vm;      /* its index in the snapshot, -1 in the other table */
    gboolean measured; /* its samples were read */
    gboolean gone;     /* deleted meanwhile */
} Entity;

typedef struct Performance Performance;

/* One query's entities and the rows made of its answer, kept until those of the queries before are written.
 */
typedef struct Batch {
    Performance *performance;
    guint first, n; /* entities */
    GString *rows;
    gboolean started, done, repeat;
} Batch;

struct Performance {
    Vcenter *vcenter;
    const Program *program;
    const Snapshot *snapshot;
    GArray *entities;
    GHashTable *index_of; /* an entity's id to its index */
    guint n_samples;      /* of a series */
    CounterKey *keys;     /* by counter */
    PerfReader *reader;
    SnapshotWriter *writer;
    Batch *batches;
    guint n_batches, written;
};

static gboolean find_counters(Performance *performance, GPtrArray *warnings, GError **error)
{
    if (!vcenter_manager(performance->vcenter, "perfManager"))
        return TRUE;
    if (!counters_find(performance->vcenter, &realtime_counters, performance->keys, error))
        return FALSE;
    for (guint i = 0; i < realtime_counters.n; i++)
        if (performance->keys[i].key == 0)
            g_ptr_array_add(warnings, g_strdup_printf("the server has no counter %s",
                                                      realtime_counters.counters[i].name));
    return TRUE;
}

/* ---- queries ---- */

static void append_query(const Performance *performance, const Entity *entity, GString *body)
{
    g_string_append(body, "<querySpec>");
    soap_append_reference(body, "entity", entity->host >= 0 ? "HostSystem" : "VirtualMachine", entity->id);
    g_string_append_printf(body, "<maxSample>%u</maxSample>", performance->n_samples);
    for (guint i = 0; i < realtime_counters.n; i++) {
        const Counter *counter = &realtime_counters.counters[i];
        if (performance->keys[i].key > 0 && (entity->host >= 0 ? counter->of_hosts : counter->of_vms))
            g_string_append_printf(body,
                                   "<metricId><counterId>%d</counterId><instance>%s</instance></metricId>",
                                   performance->keys[i].key, counter->by_instance ? "*" : "");
    }
    g_string_append_printf(body, "<intervalId>%d</intervalId><format>csv</format></querySpec>",
                           PERFORMANCE_INTERVAL_S);
}

static void batch_begin(gpointer data)
{
    Batch *batch = data;
    if (!batch->rows)
        batch->rows = g_string_new(NULL);
    g_string_truncate(batch->rows, 0);
}

static gboolean batch_take(const Element *element, gpointer data, GError **error)
{
    (void)error;
    Batch *batch = data;
    Performance *performance = batch->performance;
    const char *id = element_text(element, "entity");
    guint index = id ? GPOINTER_TO_UINT(g_hash_table_lookup(performance->index_of, id)) : 0;
    if (index == 0 || index - 1 < batch->first || index - 1 >= batch->first + batch->n)
        return TRUE;
    Entity *entity = &g_array_index(performance->entities, Entity, index - 1);
    entity->measured =
        perf_reader_take(performance->reader, element, entity->host, entity->vm, batch->rows) > 0;
    return TRUE;
}

/* One entity that was deleted meanwhile fails the whole query: ask again without it. */
static gboolean batch_fault(const SoapFault *fault, gpointer data)
{
    Batch *batch = data;
    if (strcmp(fault->type, "ManagedObjectNotFound") != 0)
        return FALSE;
    const char *id = element_text(fault->detail, "obj");
    guint index = id ? GPOINTER_TO_UINT(g_hash_table_lookup(batch->performance->index_of, id)) : 0;
    if (index == 0 || g_array_index(batch->performance->entities, Entity, index - 1).gone)
        return FALSE;
    g_array_index(batch->performance->entities, Entity, index - 1).gone = TRUE;
    batch->repeat = TRUE;
    return TRUE;
}

static gboolean batch_done(gpointer data, GError **error)
{
    (void)error;
    Batch *batch = data;
    Performance *performance = batch->performance;
    batch->done = !batch->repeat;
    batch->started = batch->done;
    batch->repeat = FALSE;
    while (performance->written < performance->n_batches && performance->batches[performance->written].done) {
        GString *rows = performance->batches[performance->written++].rows;
        snapshot_writer_samples(performance->writer, rows->str, rows->len);
        g_string_free(rows, TRUE);
    }
    program_progress(performance->program, "reading samples: %u of %u hosts and VMs",
                     MIN(performance->written * BATCH_ENTITIES, performance->entities->len),
                     performance->entities->len);
    return TRUE;
}

static gboolean next_batch(SoapCall *call, gpointer data)
{
    Performance *performance = data;
    guint i = performance->written;
    while (i < performance->n_batches && performance->batches[i].started)
        i++;
    if (i == performance->n_batches)
        return FALSE;
    Batch *batch = &performance->batches[i];
    batch->started = TRUE;
    GString *body = g_string_new(NULL);
    vcenter_append_manager(performance->vcenter, body, "_this", "perfManager");
    for (guint n = 0; n < batch->n; n++) {
        const Entity *entity = &g_array_index(performance->entities, Entity, batch->first + n);
        if (!entity->gone)
            append_query(performance, entity, body);
    }
    *call = (SoapCall){.method = "QueryPerf",
                       .body = g_string_free(body, FALSE),
                       .depth = 3,
                       .begin = batch_begin,
                       .take = batch_take,
                       .fault = batch_fault,
                       .done = batch_done,
                       .data = batch};
    return TRUE;
}

static gboolean query_samples(Performance *performance, GError **error)
{
    guint n = performance->entities->len;
    performance->n_batches = (n + BATCH_ENTITIES - 1) / BATCH_ENTITIES;
    performance->batches = g_new0(Batch, performance->n_batches);
    for (guint i = 0; i < performance->n_batches; i++)
        performance->batches[i] = (Batch){.performance = performance,
                                          .first = i * BATCH_ENTITIES,
                                          .n = MIN(BATCH_ENTITIES, n - i * BATCH_ENTITIES)};
    gboolean ok = soap_run(performance->vcenter->soap, PARALLEL, next_batch, performance, error);
    for (guint i = performance->written; i < performance->n_batches; i++)
        if (performance->batches[i].rows)
            g_string_free(performance->batches[i].rows, TRUE);
    return ok;
}

/* ---- quickStats ---- */

/* Properties of HostListSummaryQuickStats and VirtualMachineQuickStats; those in MB times 1024 are KiB. A
 * VM's hostMemoryUsage counts its overhead in (vSphere Web Services API, VirtualMachineQuickStats). */
static const struct {
    const char *of_host, *of_vm;
    int metric;
    double scale;
    const char *less_of_vm; /* what is to be taken off */
} quick_stats[] = {
    {"overallCpuUsage", "overallCpuUsage", METRIC_CPU_USAGE_MHZ, 1, NULL},
    {NULL, "overallCpuDemand", METRIC_CPU_DEMAND_MHZ, 1, NULL},
    {NULL, "guestMemoryUsage", METRIC_MEMORY_ACTIVE_KIB, 1024, NULL},
    {"overallMemoryUsage", "hostMemoryUsage", METRIC_MEMORY_CONSUMED_KIB, 1024, "consumedOverheadMemory"},
    {NULL, "balloonedMemory", METRIC_MEMORY_BALLOONED_KIB, 1024, NULL},
    {NULL, "swappedMemory", METRIC_MEMORY_SWAPPED_KIB, 1024, NULL},
    {NULL, "compressedMemory", METRIC_MEMORY_COMPRESSED_KIB, 1, NULL},
    {NULL, "consumedOverheadMemory", METRIC_MEMORY_OVERHEAD_KIB, 1024, NULL},
};

typedef struct QuickStats {
    const Performance *performance;
    gboolean of_hosts;
    gint64 start;
    double window_s;
    GString *rows;
    gsize mark; /* length of the rows of whole pages */
} QuickStats;

static void quick_begin(gboolean first, gpointer data)
{
    QuickStats *quick = data;
    quick->mark = first ? 0 : quick->mark;
    g_string_truncate(quick->rows, quick->mark);
}

static void quick_page(gpointer data)
{
    QuickStats *quick = data;
    quick->mark = quick->rows->len;
}

/* A server that has not measured yet says 0 for everything. */
static gboolean take_quick_stats(const PropertyObject *object, gpointer data, GError **error)
{
    (void)error;
    QuickStats *quick = data;
    const Element *stats = object->values[0];
    guint index = GPOINTER_TO_UINT(g_hash_table_lookup(quick->performance->index_of, object->id));
    if (index == 0)
        return TRUE;
    const Entity *entity = &g_array_index(quick->performance->entities, Entity, index - 1);
    if (!(inventory_parse(element_text(stats, quick->of_hosts ? "overallMemoryUsage" : "hostMemoryUsage")) >
          0))
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(quick_stats); i++) {
        const char *name = quick->of_hosts ? quick_stats[i].of_host : quick_stats[i].of_vm;
        double value = name ? inventory_parse(element_text(stats, name)) * quick_stats[i].scale : NAN;
        const char *less = quick->of_hosts ? NULL : quick_stats[i].less_of_vm;
        double off = less ? inventory_parse(element_text(stats, less)) * quick_stats[i].scale : NAN;
        Series row = {.entity_id = entity->id,
                      .instance = "",
                      .metric = quick_stats[i].metric,
                      .origin = ORIGIN_QUICKSTATS,
                      .start = quick->start,
                      .interval_s = quick->window_s,
                      .host = entity->host,
                      .vm = entity->vm};
        value -= off > 0 ? MIN(off, value) : 0;
        if (value >= 0 && value <= series_most(quick->performance->snapshot, &row))
            series_append_row(&row, &value, 1, quick->rows);
    }
    return TRUE;
}

static gboolean read_quick_stats(Performance *performance, gboolean of_hosts, QuickStats *quick,
                                 GError **error)
{
    static const char *const paths[] = {"summary.quickStats"};
    g_autoptr(GPtrArray) ids = g_ptr_array_new();
    for (guint i = 0; i < performance->entities->len; i++) {
        const Entity *entity = &g_array_index(performance->entities, Entity, i);
        if ((entity->host >= 0) == of_hosts && !entity->measured && !entity->gone)
            g_ptr_array_add(ids, (gpointer)entity->id);
    }
    if (ids->len == 0)
        return TRUE;
    g_ptr_array_add(ids, NULL);
    quick->of_hosts = of_hosts;
    PropertyQuery query = {.kind = of_hosts ? "HostSystem" : "VirtualMachine",
                           .paths = paths,
                           .n_paths = 1,
                           .ids = (const char *const *)ids->pdata,
                           .take = take_quick_stats,
                           .begin = quick_begin,
                           .page = quick_page,
                           .data = quick};
    if (!properties_retrieve(performance->vcenter, &query, 1, error))
        return FALSE;
    snapshot_writer_samples(performance->writer, quick->rows->str, quick->rows->len);
    return TRUE;
}

/* ---- all of it ---- */

static void add_entity(Performance *performance, const char *id, int host, int vm)
{
    Entity entity = {.id = id, .host = host, .vm = vm};
    g_array_append_val(performance->entities, entity);
    g_hash_table_insert(performance->index_of, (gpointer)id, GUINT_TO_POINTER(performance->entities->len));
}

static char *words_of_dropped(guint n)
{
    GString *words = g_string_new(NULL);
    plural_append(words, n, "sample above 400 % of a capacity was dropped",
                  "samples above 400 % of a capacity were dropped");
    return g_string_free(words, FALSE);
}

static gboolean measure(Performance *performance, const Snapshot *snapshot, double window_s,
                        GPtrArray *warnings, GError **error)
{
    for (guint i = 0; i < snapshot->n_hosts; i++)
        if (snapshot->hosts[i].connection == CONNECTION_CONNECTED &&
            snapshot->hosts[i].power == HOST_POWER_ON)
            add_entity(performance, snapshot->hosts[i].id, (int)i, -1);
    for (guint i = 0; i < snapshot->n_vms; i++)
        if (snapshot->vms[i].power == VM_POWER_ON && snapshot->vms[i].connection == VM_CONNECTED)
            add_entity(performance, snapshot->vms[i].id, -1, (int)i);
    if (!find_counters(performance, warnings, error) || !query_samples(performance, error))
        return FALSE;
    if (perf_reader_dropped(performance->reader) > 0)
        g_ptr_array_add(warnings, words_of_dropped(perf_reader_dropped(performance->reader)));
    g_autoptr(GString) rows = g_string_new(NULL);
    QuickStats quick = {.performance = performance,
                        .start = snapshot->info.taken_at - (gint64)window_s,
                        .window_s = window_s,
                        .rows = rows};
    return read_quick_stats(performance, TRUE, &quick, error) &&
           read_quick_stats(performance, FALSE, &quick, error);
}

gboolean performance_collect(Vcenter *vcenter, const Program *program, const Snapshot *snapshot,
                             double window_s, SnapshotWriter *writer, GPtrArray *warnings, GError **error)
{
    Performance performance = {
        .vcenter = vcenter, .program = program, .snapshot = snapshot, .writer = writer};
    performance.n_samples = (guint)ceil(window_s / PERFORMANCE_INTERVAL_S);
    performance.entities = g_array_new(FALSE, FALSE, sizeof(Entity));
    performance.index_of = g_hash_table_new(g_str_hash, g_str_equal);
    performance.keys = g_new0(CounterKey, realtime_counters.n);
    performance.reader = perf_reader_new(snapshot, &realtime_counters, performance.keys,
                                         performance.n_samples, PERFORMANCE_INTERVAL_S);
    gboolean ok = measure(&performance, snapshot, window_s, warnings, error);
    program_progress(program, NULL);
    perf_reader_free(performance.reader);
    g_array_unref(performance.entities);
    g_hash_table_destroy(performance.index_of);
    g_free(performance.batches);
    g_free(performance.keys);
    return ok;
}
