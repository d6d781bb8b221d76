/* SPDX-License-Identifier: MIT */
#include "analyze/report.h"

#include "analyze/amount.h"
#include "analyze/pictures.h"
#include "analyze/roles.h"
#include "analyze/sizing.h"
#include "analyze/tally.h"
#include "collect/plural.h"

#include <math.h>
#include <string.h>

struct Report {
    Page *page;
    Html *clusters, *shorts, *unknown, *sizes, *vms;
    PageTable short_rows, unknown_rows, size_rows, vm_rows;
    guint n_clusters, n_hosts, n_vms, n_hot, n_near, n_short, n_unknown, n_sizes;
};

static const PageColumn host_columns[] = {{"Host", FALSE},
                                          {"CPU, mean", TRUE},
                                          {"CPU over the window", TRUE},
                                          {"Memory, mean", TRUE},
                                          {"Memory over the window", TRUE}};
static const PageColumn short_columns[] = {
    {"VM", FALSE}, {"Host", FALSE}, {"Guest uses", TRUE}, {"Why it is short", FALSE}};
static const PageColumn size_columns[] = {
    {"VM", FALSE}, {"Host", FALSE}, {"Size", FALSE}, {"What it has and needs", FALSE}};
static const PageColumn unknown_columns[] = {{"Host or VM", FALSE}, {"Cluster", FALSE}};
static const PageColumn vm_columns[] = {{"VM", FALSE},       {"Host", FALSE},         {"State", FALSE},
                                        {"CPU, %", TRUE},    {"Guest uses, %", TRUE}, {"Size, MiB", TRUE},
                                        {"Holds, MiB", TRUE}};

Report *report_new(const char *path, const OpenPgp *keys, GError **error)
{
    Page *page = page_new(path, keys, error);
    if (!page)
        return NULL;
    Report *report = g_new0(Report, 1);
    report->page = page;
    report->clusters = html_new();
    report->shorts = html_new();
    report->unknown = html_new();
    report->sizes = html_new();
    report->vms = html_new();
    report->short_rows = page_table(report->shorts, "short", "VMs short of memory", short_columns,
                                    G_N_ELEMENTS(short_columns));
    report->unknown_rows =
        page_table(report->unknown, "rows", "Not measured", unknown_columns, G_N_ELEMENTS(unknown_columns));
    report->size_rows = page_table(report->sizes, "rows", "Sizes that are not right", size_columns,
                                   G_N_ELEMENTS(size_columns));
    report->vm_rows = page_table(report->vms, "vms", "All VMs", vm_columns, G_N_ELEMENTS(vm_columns));
    return report;
}

void report_free(Report *report)
{
    if (!report)
        return;
    page_free(report->page);
    html_free(report->clusters);
    html_free(report->shorts);
    html_free(report->unknown);
    html_free(report->sizes);
    html_free(report->vms);
    g_free(report);
}

static const char *name_of(const Assessed *assessed)
{
    return *assessed->name ? assessed->name : assessed->id;
}

/* ---- hosts' series ---- */

/* what is drawn over time, each by host: GArray of double, percent of capacity, or NULL */
enum { DRAWN_CPU, DRAWN_MEMORY, N_DRAWN };
static const struct Drawn {
    int metric;
    Resource resource;
} drawn[N_DRAWN] = {{METRIC_CPU_USAGE_MHZ, RESOURCE_CPU}, {METRIC_MEMORY_CONSUMED_KIB, RESOURCE_HOST_MEMORY}};

static void clear_values(gpointer values)
{
    if (values)
        g_array_unref(values);
}

static gboolean take_series(const Subject *subject, const SeriesReader *reader, const Series *series,
                            GPtrArray *all, GError **error)
{
    for (guint i = 0; i < N_DRAWN; i++) {
        if (series->host < 0 || *series->instance || series->metric != drawn[i].metric)
            continue;
        GArray *values = g_array_new(FALSE, FALSE, sizeof(double));
        gpointer *place = &all->pdata[((guint)series->host * N_DRAWN) + i];
        double capacity = subject->hosts[series->host].loads[drawn[i].resource].capacity;
        clear_values(*place);
        *place = values;
        if (!series_reader_values(reader, series, values, error))
            return FALSE;
        for (guint k = 0; k < values->len; k++)
            g_array_index(values, double, k) *= 100 / capacity;
    }
    return TRUE;
}

/* [host * N_DRAWN + DRAWN_…]; the caller unrefs it */
static GPtrArray *read_series(const Subject *subject, const char *directory, GError **error)
{
    g_autoptr(SeriesReader) reader = series_reader_open(subject->snapshot, directory, error);
    if (!reader)
        return NULL;
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(clear_values);
    g_autoptr(GError) failure = NULL;
    Series series;
    g_ptr_array_set_size(all, (int)(subject->snapshot->n_hosts * N_DRAWN));
    while (series_reader_next(reader, &series, &failure))
        if (!take_series(subject, reader, &series, all, error))
            return NULL;
    if (!failure)
        return g_steal_pointer(&all);
    g_propagate_error(error, g_steal_pointer(&failure));
    return NULL;
}

/* ---- clusters ---- */

static char *words_of_states(const guint *by_state, guint n)
{
    GString *words = g_string_new(NULL);
    g_string_append_printf(words, "%u", n);
    for (guint state = 0; state <= STATE_BALANCED; state++)
        if (by_state[state])
            g_string_append_printf(words, "%s%u %s", words->len && strchr(words->str, ':') ? ", " : ": ",
                                   by_state[state], state_names[state]);
    return g_string_free(words, FALSE);
}

/* "45.9 % of 703.9 GHz" */
static char *words_of_load(const Load *load, Resource resource)
{
    GString *words = g_string_new(NULL);
    percent_append(words, load->usage_pct);
    g_string_append(words, " of ");
    amount_append(words, resource, load->capacity);
    return g_string_free(words, FALSE);
}

static void append_resource(Html *html, const char *title, const Load *load, Resource resource)
{
    g_autofree char *words = words_of_load(load, resource);
    g_autoptr(GString) buffer = g_string_new(NULL);
    if (!isnan(load->buffer)) {
        g_string_append(buffer, "; buffer ");
        amount_append(buffer, resource, load->buffer);
    }
    page_figure(html, title, "%s%s", words, buffer->str);
}

/* the mean of the window: a bar, and where it stands to its threshold */
static void append_use(PageTable *rows, const Load *load, Resource resource)
{
    Html *html = rows->html;
    g_autofree char *words = words_of_load(load, resource);
    double points = load->threshold_pct - load->usage_pct;
    page_cell(rows);
    page_sort_by(rows, load->usage_pct);
    picture_bar(html, NAN, load->usage_pct, load->threshold_pct);
    html_text(html, words);
    if (!isnan(points)) {
        html_open(html, "small");
        picture_heat(html, heat_of(load->usage_pct, load->threshold_pct));
        html_textf(html, " %.1f points %s %g %%", fabs(points), points < 0 ? "above" : "below",
                   load->threshold_pct);
        html_close(html);
    }
    page_cell_end(rows);
}

static void append_series(PageTable *rows, const GArray *values, double threshold_pct)
{
    double least = INFINITY, most = -INFINITY;
    guint present = 0;
    page_cell(rows);
    for (guint i = 0; values && i < values->len; i++) {
        double value = g_array_index(values, double, i);
        if (isnan(value))
            continue;
        least = fmin(least, value);
        most = fmax(most, value);
        present++;
    }
    if (present) {
        page_sort_by(rows, most);
        picture_series(rows->html, (const double *)(const void *)values->data, values->len, threshold_pct);
        html_elementf(rows->html, "small", NULL, "%.1f to %.1f %%, %u %s", least, most, present,
                      plural(present, "sample", "samples"));
    } else {
        html_element(rows->html, "small", NULL, "no series of the whole host");
    }
    page_cell_end(rows);
}

static void append_host(Report *report, PageTable *rows, const Assessed *host, gpointer const *series)
{

    Heat heat = HEAT_NONE;
    page_row(rows, NULL);
    page_cell(rows);
    html_element(rows->html, "span", "name", name_of(host));
    html_elementf(rows->html, "small", NULL, "%s, %s", host->id, state_names[host->state]);
    page_cell_end(rows);
    for (guint i = 0; i < N_DRAWN; i++) {
        const Load *load = &host->loads[drawn[i].resource];
        append_use(rows, load, drawn[i].resource);
        append_series(rows, series[i], load->threshold_pct);
        heat = MAX(heat, heat_of(load->usage_pct, load->threshold_pct));
    }
    page_row_end(rows);
    report->n_near += heat == HEAT_NEAR && host->state != STATE_HOT;
}

static void append_cluster(Report *report, const Subject *subject, guint cluster, const Tally *tally,
                           const GPtrArray *series)
{
    Html *html = report->clusters;
    const Assessed *assessed = &subject->clusters[cluster];
    g_autofree char *heading =
        g_strdup_printf("Cluster %s: %s", name_of(assessed), state_names[assessed->state]);
    g_autofree char *hosts = words_of_states(tally->by_state, tally->hosts);
    g_autofree char *vms = words_of_states(tally->vms_by_state, tally->running + tally->stopped);
    page_section(html, "cluster", heading);
    page_figures_begin(html);
    page_figure(html, "Hosts", "%s", hosts);
    page_figure(html, "VMs", "%s", vms);
    append_resource(html, "CPU of usable hosts", &assessed->loads[RESOURCE_CPU], RESOURCE_CPU);
    append_resource(html, "Memory of usable hosts", &assessed->loads[RESOURCE_HOST_MEMORY],
                    RESOURCE_HOST_MEMORY);
    html_close(html);
    PageTable rows = page_table(html, "measured", "Hosts", host_columns, G_N_ELEMENTS(host_columns));
    for (guint i = subject->host_begin[cluster]; i < subject->host_begin[cluster + 1]; i++) {
        guint host = subject->host_order[i];
        append_host(report, &rows, &subject->hosts[host], &series->pdata[(gsize)host * N_DRAWN]);
    }
    page_table_end(&rows);
    html_close(html);
}

/* ---- VMs ---- */

static void append_percent_cell(PageTable *rows, double pct)
{
    page_cell_textf(rows, isnan(pct) ? "" : "%.1f", pct);
}

static void append_mib_cell(PageTable *rows, double kib)
{
    page_cell_textf(rows, isnan(kib) ? "" : "%.0f", kib / 1024);
}

static void append_vm(PageTable *rows, const Assessed *vm, const char *host)
{
    page_row(rows, NULL);
    page_cell_name(rows, name_of(vm), "");
    page_cell_text(rows, host);
    page_cell_text(rows, state_names[vm->state]);
    append_percent_cell(rows, vm->loads[RESOURCE_CPU].usage_pct);
    append_percent_cell(rows, vm->loads[RESOURCE_MEMORY].usage_pct);
    append_mib_cell(rows, vm->loads[RESOURCE_MEMORY].capacity);
    append_mib_cell(rows, vm->loads[RESOURCE_HOST_MEMORY].demand);
    page_row_end(rows);
}

static void append_size(Report *report, const Subject *subject, guint i, const Policy *policy)
{
    const Vm *row = &subject->snapshot->vms[i];
    const Assessed *vm = &subject->vms[i];
    PageTable *rows = &report->size_rows;
    Sizing sizing = sizing_judge(row, &subject->snapshot->hosts[row->host], vm, policy);
    if (sizing.word == SIZE_UNKNOWN || sizing.word == SIZE_RIGHT)
        return;
    g_autofree char *words = sizing_words(row, vm, &sizing, policy);
    page_row(rows, NULL);
    page_cell_name(rows, name_of(vm), vm->id);
    page_cell_text(rows, name_of(&subject->hosts[row->host]));
    page_cell_text(rows, size_words[sizing.word]);
    page_cell_text(rows, words);
    page_row_end(rows);
    report->n_sizes++;
}

static void append_short(Report *report, const Assessed *vm, const char *host)
{
    const Load *memory = &vm->loads[RESOURCE_MEMORY];
    PageTable *rows = &report->short_rows;
    g_autofree char *words = words_of_load(memory, RESOURCE_MEMORY);
    page_row(rows, NULL);
    page_cell_name(rows, name_of(vm), vm->id);
    page_cell_text(rows, host);
    page_cell_text(rows, words);
    page_cell_text(rows, memory->reason);
    page_row_end(rows);
    report->n_short++;
}

static void append_unknown(Report *report, const Assessed *entity, const Assessed *cluster)
{
    page_row(&report->unknown_rows, NULL);
    page_cell_name(&report->unknown_rows, name_of(entity), entity->id);
    page_cell_text(&report->unknown_rows, name_of(cluster));
    page_row_end(&report->unknown_rows);
    report->n_unknown++;
}

gboolean report_add(Report *report, const Subject *subject, const char *directory, const Policy *policy,
                    GError **error)
{
    const Snapshot *snapshot = subject->snapshot;
    g_autoptr(GPtrArray) series = read_series(subject, directory, error);
    if (!series)
        return FALSE;
    g_autofree Tally *tallies = tally_of(subject);
    for (guint i = 0; i < snapshot->n_clusters; i++)
        append_cluster(report, subject, i, &tallies[i], series);
    for (guint i = 0; i < snapshot->n_hosts; i++) {
        const Assessed *host = &subject->hosts[i];
        report->n_hot += host->state == STATE_HOT;
        if (host->state == STATE_UNKNOWN)
            append_unknown(report, host, &subject->clusters[snapshot->hosts[i].cluster]);
    }
    for (guint i = 0; i < snapshot->n_vms; i++) {
        const Assessed *vm = &subject->vms[i];
        const char *host = name_of(&subject->hosts[snapshot->vms[i].host]);
        append_vm(&report->vm_rows, vm, host);
        if (vm->state == STATE_SHORT && !vm_is_system(policy, &snapshot->vms[i]))
            append_short(report, vm, host);
        if (!vm_is_system(policy, &snapshot->vms[i]))
            append_size(report, subject, i, policy);
        if (vm->state == STATE_UNKNOWN)
            append_unknown(report, vm, &subject->clusters[snapshot->vms[i].cluster]);
    }
    report->n_clusters += snapshot->n_clusters;
    report->n_hosts += snapshot->n_hosts;
    report->n_vms += snapshot->n_vms;
    return TRUE;
}

/* ---- the whole ---- */

static void append_snapshots(Html *html, const Assessment *assessment)
{
    html_open(html, "ul");
    html_attribute(html, "class", "list");
    for (guint i = 0; i < assessment->snapshots->len; i++) {
        const AssessedSnapshot *snapshot = &g_array_index(assessment->snapshots, AssessedSnapshot, i);
        html_open(html, "li");
        html_text(html, "Snapshot of ");
        page_time(html, snapshot->taken_at);
        html_textf(html, ", source %s, digest ", snapshot->source_id);
        html_element(html, "code", NULL, snapshot->digest);
        html_close(html);
    }
    html_open(html, "li");
    html_text(html, "Policy's digest ");
    html_element(html, "code", NULL, assessment->policy);
    html_close(html);
    html_close(html);
}

static void append_totals(Html *html, const Report *report, const Policy *policy)
{
    page_figures_begin(html);
    page_figure(html, "Hosts", "%u: %u hot, %u within 2 points", report->n_hosts, report->n_hot,
                report->n_near);
    page_figure(html, "VMs", "%u: %u short of memory", report->n_vms, report->n_short);
    page_figure(html, "Clusters", "%u", report->n_clusters);
    page_figure(html, "Not measured", "%u", report->n_unknown);
    page_figure(html, "Hot above", "%g %% CPU, %g %% memory", policy->cpu_hot_pct, policy->memory_hot_pct);
    page_figure(html, "Short above", "%g %% of a VM's memory", policy->short_pct);
    html_close(html);
}

static void append_table(Html *html, const char *heading, Html *table, guint rows)
{
    if (rows == 0)
        return;
    g_autofree char *counted = g_strdup_printf("%s (%u)", heading, rows);
    page_section(html, NULL, counted);
    html_take(html, table);
    html_close(html);
}

gboolean report_write(Report *report, const Assessment *assessment, const Policy *policy, GError **error)
{
    Html *html = page_body(report->page);
    pictures_define(html);
    html_element(html, "h1", NULL, "Hosts and VMs against their thresholds");
    append_snapshots(html, assessment);
    append_totals(html, report, policy);
    html_open(html, "ul");
    html_attribute(html, "class", "key");
    picture_key(html);
    html_close(html);
    html_take(html, report->clusters);
    append_table(html, "VMs short of memory", report->shorts, report->n_short);
    append_table(html, "Not measured", report->unknown, report->n_unknown);
    append_table(html, "Sizes that are not right", report->sizes, report->n_sizes);
    append_table(html, "All VMs", report->vms, report->n_vms);
    return page_write(report->page, "vmanger: assessment", error);
}
