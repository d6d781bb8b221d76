/* SPDX-License-Identifier: MIT */
#include "analyze/fleetpage.h"

#include "analyze/amount.h"
#include "analyze/pictures.h"

#include <math.h>

static const PageColumn left_out_columns[] = {{"Site", FALSE}, {"Why it is left out", FALSE}};
static const PageColumn site_columns[] = {
    {"Site", FALSE},      {"Hosts", TRUE},         {"Hot", TRUE},
    {"VMs", TRUE},        {"Short", TRUE},         {"Not measured", TRUE},
    {"CPU in use", TRUE}, {"Memory in use", TRUE}, {"Snapshot", FALSE}};
static const PageColumn cluster_columns[] = {
    {"Cluster", FALSE}, {"Site", FALSE}, {"Pattern", FALSE}, {"CPU in use", TRUE}, {"Memory in use", TRUE}};

static void append_use(PageTable *rows, const Load *load, Resource resource)
{
    g_autoptr(GString) words = g_string_new(NULL);
    percent_append(words, load->usage_pct);
    g_string_append(words, " of ");
    amount_append(words, resource, load->capacity);
    page_cell(rows);
    page_sort_by(rows, load->usage_pct);
    picture_bar(rows->html, NAN, load->usage_pct, load->threshold_pct);
    html_text(rows->html, words->str);
    page_cell_end(rows);
}

static void append_left_out(Html *html, const Fleet *fleet)
{
    if (fleet_left_out(fleet) == 0)
        return;
    page_section(html, NULL, "Left out");
    PageTable rows =
        page_table(html, "rows", "Sites left out", left_out_columns, G_N_ELEMENTS(left_out_columns));
    for (guint i = 0; i < fleet->sites->len; i++) {
        const Site *site = fleet->sites->pdata[i];
        if (!site->left_out)
            continue;
        page_row(&rows, NULL);
        page_cell_text(&rows, site->name);
        page_cell_text(&rows, site->left_out);
        page_row_end(&rows);
    }
    page_table_end(&rows);
    html_close(html);
}

static void append_site(PageTable *rows, const Site *site)
{
    page_row(rows, NULL);
    page_cell_text(rows, site->name);
    page_cell_textf(rows, "%u", site_count(site->hosts));
    page_cell_textf(rows, "%u", site->hosts[STATE_HOT]);
    page_cell_textf(rows, "%u", site_count(site->vms));
    page_cell_textf(rows, "%u", site->vms[STATE_SHORT]);
    page_cell_textf(rows, "%u", site_not_measured(site));
    append_use(rows, &site->cpu, RESOURCE_CPU);
    append_use(rows, &site->memory, RESOURCE_HOST_MEMORY);
    page_cell(rows);
    page_time(rows->html, site->taken_at);
    page_cell_end(rows);
    page_row_end(rows);
}

static void append_cluster(PageTable *rows, const Site *site, const Assessed *cluster)
{
    page_row(rows, NULL);
    page_cell_name(rows, *cluster->name ? cluster->name : cluster->id, cluster->id);
    page_cell_text(rows, site->name);
    page_cell_text(rows, state_names[cluster->state]);
    append_use(rows, &cluster->loads[RESOURCE_CPU], RESOURCE_CPU);
    append_use(rows, &cluster->loads[RESOURCE_HOST_MEMORY], RESOURCE_HOST_MEMORY);
    page_row_end(rows);
}

static void append_clusters(Html *html, const Fleet *fleet)
{
    page_section(html, NULL, "Clusters");
    PageTable rows = page_table(html, "places", "Clusters", cluster_columns, G_N_ELEMENTS(cluster_columns));
    for (guint i = 0; i < fleet->sites->len; i++) {
        const Site *site = fleet->sites->pdata[i];
        for (guint k = 0; !site->left_out && k < site->clusters; k++)
            append_cluster(&rows, site,
                           &g_array_index(fleet->head->entities, Assessed, site->first_cluster + k));
    }
    page_table_end(&rows);
    html_close(html);
}

gboolean fleet_page_write(Page *page, const Fleet *fleet, GError **error)
{
    Html *html = page_body(page);
    pictures_define(html);
    html_element(html, "h1", NULL, "Sites, and their hosts and VMs against their thresholds");
    page_figures_begin(html);
    page_figure(html, "Sites", "%u, %u left out", fleet->sites->len, fleet_left_out(fleet));
    page_figure(html, "Clusters", "%u", fleet->head->entities->len);
    page_figure(html, "Hot hosts", "%u", fleet_hosts(fleet, STATE_HOT));
    page_figure(html, "VMs short of memory", "%u", fleet_vms(fleet, STATE_SHORT));
    page_figure(html, "Not measured", "%u",
                fleet_hosts(fleet, STATE_UNKNOWN) + fleet_vms(fleet, STATE_UNKNOWN));
    html_close(html);
    append_left_out(html, fleet);
    page_section(html, NULL, "Sites");
    PageTable rows = page_table(html, "sites", "Sites", site_columns, G_N_ELEMENTS(site_columns));
    for (guint i = 0; i < fleet->sites->len; i++)
        if (!((const Site *)fleet->sites->pdata[i])->left_out)
            append_site(&rows, fleet->sites->pdata[i]);
    page_table_end(&rows);
    html_close(html);
    append_clusters(html, fleet);
    return page_write(page, "vmanger: sites", error);
}
