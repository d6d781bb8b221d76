/* SPDX-License-Identifier: MIT */
#include "collect/samples.h"

#include <math.h>
#include <string.h>

#define ABSURD 4.0        /* times the capacity: turbo makes a little over 1 legal, this is no measurement */
#define MOST_SERIES_S 1e9 /* thirty years */
#define MOST_DIGITS 15    /* before the point: with three decimals more, a number is still exact enough */
#define MOST_HOST_VCPUS 4096 /* vSphere's configuration maximum is 4096 vCPUs on a host */
#define ABSURD_KIBPS 1e9     /* a terabyte a second: a VM's rate has no capacity to be held against */

/* which series of an entity's metric there have been */
enum { SEEN_INSTANCES = 1, SEEN_WHOLE = 2 };

struct SeriesReader {
    const Snapshot *snapshot;
    char *path;
    CsvReader *csv;
    TableReader *table;
    char *entity_id; /* of the row before: rows of one entity mostly stand together */
    int host, vm;
    guint8 *seen;          /* [entity * N_METRICS + metric], hosts before VMs */
    GHashTable *instances; /* metric and instance of the series of one entity so far */
    guint instances_of;    /* that entity */
};

SeriesReader *series_reader_open(const Snapshot *snapshot, const char *directory, GError **error)
{
    g_autoptr(SeriesReader) reader = g_new0(SeriesReader, 1);
    reader->snapshot = snapshot;
    reader->seen = g_new0(guint8, (gsize)(snapshot->n_hosts + snapshot->n_vms) * N_METRICS);
    reader->instances = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    reader->instances_of = G_MAXUINT;
    reader->path = g_build_filename(directory, samples_table.file, NULL);
    reader->csv = csv_reader_open(reader->path, NULL, error);
    if (!reader->csv)
        return NULL;
    g_autoptr(GError) failure = NULL;
    if (!csv_reader_next(reader->csv, &failure)) {
        if (failure)
            g_propagate_error(error, g_steal_pointer(&failure));
        else
            csv_reader_fail(reader->csv, "header", "", "a header row", error);
        return NULL;
    }
    reader->table = table_reader_new(&samples_table, reader->csv, NULL, error);
    return reader->table ? g_steal_pointer(&reader) : NULL;
}

void series_reader_free(SeriesReader *reader)
{
    if (!reader)
        return;
    table_reader_free(reader->table);
    csv_reader_free(reader->csv);
    g_hash_table_destroy(reader->instances);
    g_free(reader->seen);
    g_free(reader->entity_id);
    g_free(reader->path);
    g_free(reader);
}

static gboolean find_entity(SeriesReader *reader, const char *id, GError **error)
{
    if (g_strcmp0(reader->entity_id, id) == 0)
        return TRUE;
    reader->vm = snapshot_find_vm(reader->snapshot, id);
    reader->host = reader->vm < 0 ? snapshot_find_host(reader->snapshot, id) : -1;
    if (reader->vm < 0 && reader->host < 0) {
        csv_reader_fail(reader->csv, "entity_id", id, "an id of vms.csv or hosts.csv", error);
        return FALSE;
    }
    g_free(reader->entity_id);
    reader->entity_id = g_strdup(id);
    return TRUE;
}

/* TRUE for a series that there has not been. Instances are known for one entity at a time. */
static gboolean series_is_new(SeriesReader *reader, const Series *series)
{
    guint entity = series->vm >= 0 ? reader->snapshot->n_hosts + (guint)series->vm : (guint)series->host;
    guint8 *seen = &reader->seen[(gsize)entity * N_METRICS + (gsize)series->metric];
    guint8 before = *seen;
    *seen |= *series->instance ? SEEN_INSTANCES : SEEN_WHOLE;
    if (!*series->instance)
        return !(before & SEEN_WHOLE);
    if (entity != reader->instances_of) {
        g_hash_table_remove_all(reader->instances);
        reader->instances_of = entity;
        if (before & SEEN_INSTANCES)
            return FALSE;
    }
    return g_hash_table_add(reader->instances, g_strdup_printf("%d %s", series->metric, series->instance));
}

gboolean series_reader_next(SeriesReader *reader, Series *series, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (!table_reader_next(reader->table, series, &failure)) {
        if (failure) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        g_autofree char *sha256 = csv_reader_sha256(reader->csv);
        snapshot_check_sum(reader->snapshot, samples_table.file, reader->path, sha256, error);
        return FALSE;
    }
    if (!(series->interval_s > 0)) {
        csv_reader_fail(reader->csv, "interval_s", "0", "at least 1", error);
        return FALSE;
    }
    if (!find_entity(reader, series->entity_id, error))
        return FALSE;
    series->host = reader->host;
    series->vm = reader->vm;
    if (!series_is_new(reader, series)) {
        csv_reader_fail(reader->csv, "instance", series->instance,
                        "each instance of an entity's metric once, its instances in adjoining rows", error);
        return FALSE;
    }
    return TRUE;
}

double series_most(const Snapshot *snapshot, const Series *series)
{
    const Vm *vm = series->vm >= 0 ? &snapshot->vms[series->vm] : NULL;
    const Host *host = &snapshot->hosts[vm ? vm->host : series->host];
    switch (series->metric) {
    case METRIC_CPU_USAGE_MHZ:
    case METRIC_CPU_DEMAND_MHZ:
        return ABSURD * (vm ? vm->vcpus * host->core_mhz : host->cpu_mhz);
    case METRIC_CPU_READY_MS:
        return ABSURD * (vm ? vm->vcpus : MOST_HOST_VCPUS) * series->interval_s * 1000;
    case METRIC_MEMORY_ACTIVE_KIB:
    case METRIC_MEMORY_CONSUMED_KIB:
    case METRIC_MEMORY_BALLOONED_KIB:
    case METRIC_MEMORY_SWAPPED_KIB:
    case METRIC_MEMORY_COMPRESSED_KIB:
    case METRIC_MEMORY_OVERHEAD_KIB:
        return ABSURD * (vm ? vm->memory_mib * 1024 : host->memory_kib);
    default:
        return ABSURD_KIBPS;
    }
}

static const char *const value_expected =
    "numbers with at most three decimals, or '-', separated by single spaces, none above 400 % of the capacity "
    "or 1000000000 KiB/s";

/* Reads one value and goes past it: the most of a reader's time is spent here, so no library function is
 * called per value. */
static gboolean parse_value(const char **text, double *value)
{
    const char *at = *text;
    if (at[0] == '-' && (at[1] == ' ' || at[1] == '\0')) {
        *value = NAN;
        *text = at + 1;
        return TRUE;
    }
    gint64 number = 0;
    const char *digits = at;
    for (; *at >= '0' && *at <= '9' && at - digits <= MOST_DIGITS; at++)
        number = number * 10 + (*at - '0');
    if (at == digits || at - digits > MOST_DIGITS)
        return FALSE;
    static const double scale[] = {1, 10, 100, 1000};
    int places = 0;
    if (*at == '.') {
        for (at++; *at >= '0' && *at <= '9' && places < 3; at++, places++)
            number = number * 10 + (*at - '0');
        if (places == 0)
            return FALSE;
    }
    *value = (double)number / scale[places];
    *text = at;
    return *at == ' ' || *at == '\0';
}

gboolean series_reader_values(const SeriesReader *reader, const Series *series, GArray *values,
                              GError **error)
{
    double most = series_most(reader->snapshot, series);
    const char *at = series->values;
    g_array_set_size(values, 0);
    for (;;) {
        const char *word = at;
        double value;
        if (!parse_value(&at, &value) || value > most) {
            g_autofree char *found = g_strndup(word, strcspn(word, " "));
            csv_reader_fail(reader->csv, "values", found, value_expected, error);
            return FALSE;
        }
        g_array_append_val(values, value);
        if (*at == '\0')
            break;
        at++;
    }
    if (values->len * series->interval_s <= MOST_SERIES_S)
        return TRUE;
    g_autofree char *found = g_strdup_printf("%u values", values->len);
    csv_reader_fail(reader->csv, "interval_s", found, "a series of at most 1000000000 seconds", error);
    return FALSE;
}

const char *series_reader_raw(const SeriesReader *reader, gsize *length)
{
    return csv_reader_raw(reader->csv, length);
}

void series_append_row(const Series *series, const double *values, guint n_values, GString *out)
{
    gboolean decimals = series->metric == METRIC_CPU_USAGE_MHZ || series->metric == METRIC_CPU_DEMAND_MHZ;
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < n_values; i++) {
        if (i > 0)
            g_string_append_c(text, ' ');
        if (isnan(values[i]))
            g_string_append_c(text, '-');
        else
            table_append_number(text, decimals ? values[i] : round(values[i]));
    }
    Series row = *series;
    row.values = text->str;
    table_append_row(&samples_table, &row, out);
}
