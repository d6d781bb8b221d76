/* SPDX-License-Identifier: MIT */
#include "collect/queryperf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ABSENT G_MAXUINT
#define USUAL_DELAY_S 60
#define MOST_INTERVAL_S (366.0 * 24 * 3600)
#define HUNDREDTHS_OF_PERCENT 10000

struct PerfReader {
    const Snapshot *snapshot;
    const CounterSet *set;
    const CounterKey *keys;
    guint n_samples, dropped;
    int interval_s;
    char *times_text; /* the last sampleInfoCSV: entities mostly share it */
    GArray *slots;    /* guint: where each sample stands in the grid; ABSENT: older */
    gint64 start;
    double *seconds;         /* [n_samples] of the interval that ends there; 0: there is no sample */
    double *sums[N_METRICS]; /* the grid; NAN where nothing was measured */
    gboolean measured[N_METRICS];
};

PerfReader *perf_reader_new(const Snapshot *snapshot, const CounterSet *set, const CounterKey *keys,
                            guint n_samples, int interval_s)
{
    PerfReader *reader = g_new0(PerfReader, 1);
    reader->snapshot = snapshot;
    reader->set = set;
    reader->keys = keys;
    reader->n_samples = n_samples;
    reader->interval_s = interval_s;
    reader->slots = g_array_new(FALSE, FALSE, sizeof(guint));
    reader->seconds = g_new0(double, n_samples);
    for (int metric = 0; metric < N_METRICS; metric++)
        reader->sums[metric] = g_new(double, n_samples);
    return reader;
}

void perf_reader_free(PerfReader *reader)
{
    if (!reader)
        return;
    for (int metric = 0; metric < N_METRICS; metric++)
        g_free(reader->sums[metric]);
    g_array_unref(reader->slots);
    g_free(reader->times_text);
    g_free(reader->seconds);
    g_free(reader);
}

/* ---- times ---- */

/* a sample's time is the end of its interval */
typedef struct SampleTime {
    gint64 end;
    double seconds;
} SampleTime;

/* The window ends with the last sample, or now where that is older than a server's usual delay: what is
 * missing at the end is then missing, not old. Samples missing in the answer leave gaps in the grid. */
static void lay_out(PerfReader *reader, const GArray *times)
{
    g_array_set_size(reader->slots, 0);
    for (guint slot = 0; slot < reader->n_samples; slot++)
        reader->seconds[slot] = 0;
    const SampleTime *at = (const SampleTime *)(gpointer)times->data;
    gint64 last = 0;
    for (guint i = 0; i < times->len; i++)
        last = MAX(last, at[i].end);
    gint64 late_s = reader->snapshot->info.taken_at - last;
    if (late_s > USUAL_DELAY_S)
        last += late_s / reader->interval_s * reader->interval_s;
    reader->start = last - (gint64)reader->n_samples * reader->interval_s;
    for (guint i = 0; i < times->len; i++) {
        gint64 back = (last - at[i].end + reader->interval_s / 2) / reader->interval_s;
        guint slot = back < reader->n_samples ? reader->n_samples - 1 - (guint)back : ABSENT;
        g_array_append_val(reader->slots, slot);
        if (slot != ABSENT)
            reader->seconds[slot] = at[i].seconds;
    }
}

static void add_time(GArray *times, const char *interval, gint64 end)
{
    double seconds = interval ? g_ascii_strtod(interval, NULL) : 0;
    SampleTime time = {end, seconds > 0 && seconds < MOST_INTERVAL_S ? seconds : 0};
    g_array_append_val(times, time);
}

/* "20,2026-11-21T20:15:20Z,20,2026-11-21T20:15:40Z": interval, time, and so on */
static void read_csv_times(PerfReader *reader, const char *text)
{
    if (g_strcmp0(text, reader->times_text) == 0)
        return;
    g_free(reader->times_text);
    reader->times_text = g_strdup(text);
    g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(SampleTime));
    g_auto(GStrv) cells = g_strsplit(text, ",", -1);
    for (char **cell = cells; cell[0] && cell[1]; cell += 2) {
        gint64 end;
        if (!vcenter_parse_time(cell[1], &end))
            break;
        add_time(times, cell[0], end);
    }
    lay_out(reader, times);
}

static void read_times(PerfReader *reader, const Element *answer)
{
    g_clear_pointer(&reader->times_text, g_free);
    g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(SampleTime));
    for (const Element *one = answer->first; one; one = one->next) {
        const char *text = strcmp(one->name, "sampleInfo") == 0 ? element_text(one, "timestamp") : NULL;
        gint64 end;
        if (text && vcenter_parse_time(text, &end))
            add_time(times, element_text(one, "interval"), end);
    }
    lay_out(reader, times);
}

/* ---- values ---- */

/* These counters are whole numbers, -1 or nothing where a sample is missing. NAN for what is none. */
static double parse_value(const char *text)
{
    double value = 0;
    const char *at = text;
    for (; g_ascii_isdigit(*at); at++)
        value = value * 10 + (*at - '0');
    gboolean whole = at > text && (*at == ',' || *at == '\0');
    return whole && isfinite(value) ? value : NAN;
}

static void add_value(PerfReader *reader, int metric, double scale, guint index, const char *text)
{
    double value = parse_value(text) * scale;
    guint slot = index < reader->slots->len ? g_array_index(reader->slots, guint, index) : ABSENT;
    if (isnan(value) || slot == ABSENT)
        return;
    double *sum = &reader->sums[metric][slot];
    *sum = isnan(*sum) ? value : *sum + value;
    reader->measured[metric] = TRUE;
}

/* PerfMetricSeriesCSV has one value of all samples, PerfMetricIntSeries one value of each. */
static void add_series(PerfReader *reader, int metric, double scale, const Element *series, gboolean is_csv)
{
    guint index = 0;
    for (const Element *value = series->first; value; value = value->next) {
        if (strcmp(value->name, "value") != 0)
            continue;
        if (!is_csv) {
            add_value(reader, metric, scale, index++, value->text);
            continue;
        }
        for (const char *at = value->text; at; at = strchr(at, ',')) {
            at += *at == ',';
            add_value(reader, metric, scale, index++, at);
        }
    }
}

static const Counter *counter_of(const PerfReader *reader, const Element *series, gboolean is_host)
{
    const char *text = element_text(series, "id.counterId");
    gint64 key = text ? g_ascii_strtoll(text, NULL, 10) : 0;
    for (guint i = 0; i < reader->set->n && key > 0; i++) {
        const Counter *counter = &reader->set->counters[i];
        if (reader->keys[i].key == key && (is_host ? counter->of_hosts : counter->of_vms))
            return counter;
    }
    return NULL;
}

/* TRUE where the answer has the counter also for single instances, so that the aggregate would count twice */
static gboolean has_instances(const PerfReader *reader, const Element *answer, const Counter *counter,
                              gboolean is_host)
{
    for (const Element *series = answer->first; series; series = series->next) {
        const char *instance = element_text(series, "id.instance");
        if (instance && *instance && counter_of(reader, series, is_host) == counter)
            return TRUE;
    }
    return FALSE;
}

/* vm: its index, -1 for a host */
static void sum_counters(PerfReader *reader, const Element *answer, int vm, gboolean is_csv)
{
    gboolean is_host = vm < 0;
    double share = is_host ? NAN : reader->snapshot->vms[vm].memory_mib * 1024 / HUNDREDTHS_OF_PERCENT;
    for (int metric = 0; metric < N_METRICS; metric++) {
        reader->measured[metric] = FALSE;
        for (guint slot = 0; slot < reader->n_samples; slot++)
            reader->sums[metric][slot] = NAN;
    }
    for (const Element *series = answer->first; series; series = series->next) {
        const Counter *counter =
            strcmp(series->name, "value") == 0 ? counter_of(reader, series, is_host) : NULL;
        const char *instance = element_text(series, "id.instance");
        gboolean aggregate = !instance || !*instance;
        if (!counter ||
            (aggregate && counter->by_instance && has_instances(reader, answer, counter, is_host)) ||
            (!aggregate && !counter->by_instance))
            continue;
        add_series(reader, counter->metric, counter->share_of_size ? share : 1, series, is_csv);
    }
}

/* A glitch of the server's must not make the whole snapshot unreadable. */
static gboolean drop_absurd(PerfReader *reader, const Series *row)
{
    double most = series_most(reader->snapshot, row);
    double *sums = reader->sums[row->metric];
    gboolean any = FALSE;
    for (guint slot = 0; slot < reader->n_samples; slot++) {
        if (sums[slot] > most) {
            sums[slot] = NAN;
            reader->dropped++;
        }
        any |= !isnan(sums[slot]);
    }
    return any;
}

guint perf_reader_dropped(const PerfReader *reader)
{
    return reader->dropped;
}

static Series series_of(const PerfReader *reader, int metric, int host, int vm)
{
    return (Series){.entity_id = host >= 0 ? reader->snapshot->hosts[host].id : reader->snapshot->vms[vm].id,
                    .instance = "",
                    .metric = metric,
                    .origin = ORIGIN_REALTIME,
                    .start = reader->start,
                    .interval_s = reader->interval_s,
                    .host = host,
                    .vm = vm};
}

static void read_answer(PerfReader *reader, const Element *answer, int host, int vm)
{
    const Element *csv_times = element_at(answer, "sampleInfoCSV");
    if (csv_times)
        read_csv_times(reader, csv_times->text);
    else
        read_times(reader, answer);
    sum_counters(reader, answer, vm, csv_times != NULL);
    for (int metric = 0; metric < N_METRICS; metric++) {
        Series row = series_of(reader, metric, host, vm);
        if (reader->measured[metric])
            reader->measured[metric] = drop_absurd(reader, &row);
    }
}

guint perf_reader_take(PerfReader *reader, const Element *answer, int host, int vm, GString *rows)
{
    guint n_rows = 0;
    read_answer(reader, answer, host, vm);
    for (int metric = 0; metric < N_METRICS; metric++) {
        if (!reader->measured[metric])
            continue;
        Series row = series_of(reader, metric, host, vm);
        series_append_row(&row, reader->sums[metric], reader->n_samples, rows);
        n_rows++;
    }
    return n_rows;
}

gint64 perf_reader_read(PerfReader *reader, const Element *answer, int vm)
{
    read_answer(reader, answer, -1, vm);
    return reader->start;
}

const double *perf_reader_values(const PerfReader *reader, int metric)
{
    return reader->measured[metric] ? reader->sums[metric] : NULL;
}

const double *perf_reader_seconds(const PerfReader *reader)
{
    return reader->seconds;
}
