/* SPDX-License-Identifier: MIT */
#include "plan/reviewclusters.h"

#include "analyze/amount.h"
#include "analyze/page.h"
#include "analyze/pictures.h"
#include "collect/plural.h"
#include "plan/failover.h"
#include "plan/lanes.h"

#include <math.h>
#include <string.h>

static const PageColumn host_columns[] = {{"Host", FALSE}, {"CPU", TRUE}, {"Memory", TRUE}};
static const PageColumn failover_columns[] = {
    {"Cluster", FALSE}, {"CPU asked of what is left", TRUE}, {"Memory asked of what is left", TRUE}};

/* ---- hosts ---- */

/* the resources above their threshold, beside those that have bars: ", disk 95.0 % above 90 %" */
static void append_other_heat(GString *words, const Model *model, guint host)
{
    static const Resource others[] = {RESOURCE_DISK, RESOURCE_NET};
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        double use = model_usage_pct(model, host, others[i], 0),
               threshold = model->hosts[host].threshold[others[i]];
        if (heat_of(use, threshold) == HEAT_HOT)
            g_string_append_printf(words, ", %s %.1f %% above %g %%", resource_words[others[i]], use,
                                   threshold);
    }
}

/* "stays hot", and how many VMs run there */
static void append_state(Html *html, const Planned *planned, guint host)
{
    const Model *start = planned->situation->start, *end = planned->end;
    gboolean was = model_is_hot(start, host), is = model_is_hot(end, host);
    guint before = start->vms_on[host]->len, after = end->vms_on[host]->len;
    g_autoptr(GString) words = g_string_new(NULL);
    g_string_append_printf(words, "%s, %u", end->snapshot->hosts[host].id, before);
    if (after != before)
        g_string_append_printf(words, " → %u", after);
    g_string_append_printf(words, " %s", plural(after, "VM", "VMs"));
    append_other_heat(words, end, host);
    if (was || is)
        html_element(html, "b", is ? "bad" : "good",
                     is ? (was ? "▲ stays hot" : "▲ becomes hot") : "✓ no longer hot");
    else if (start->hosts[host].state == STATE_UNAVAILABLE || start->hosts[host].state == STATE_UNKNOWN)
        html_element(html, "b", "dim", state_names[start->hosts[host].state]);
    html_element(html, "small", NULL, words->str);
}

static void append_use(PageTable *rows, const Planned *planned, guint host, Resource resource)
{
    Html *html = rows->html;
    double before = model_usage_pct(planned->situation->start, host, resource, 0),
           after = model_usage_pct(planned->end, host, resource, 0),
           threshold = planned->end->hosts[host].threshold[resource];
    page_cell(rows);
    page_sort_by(rows, after);
    if (isnan(after)) {
        html_element(html, "small", NULL, "not measured");
    } else {
        picture_bar(html, before, after, threshold);
        if (before == after)
            html_textf(html, "%.1f %%", after);
        else
            html_textf(html, "%.1f → %.1f %%", before, after);
        html_open(html, "small");
        picture_heat(html, heat_of(after, threshold));
        if (!isnan(threshold))
            html_textf(html, " %.1f points %s %g %%", fabs(threshold - after),
                       after > threshold ? "above" : "of headroom below", threshold);
        html_close(html);
    }
    page_cell_end(rows);
}

static void append_hosts(Html *html, const Planned *planned, guint cluster)
{
    const Snapshot *snapshot = planned->end->snapshot;
    html_element(html, "h3", NULL, "Its hosts before and after");
    PageTable rows =
        page_table(html, "hosts", "Hosts before and after", host_columns, G_N_ELEMENTS(host_columns));
    for (guint host = 0; host < snapshot->n_hosts; host++) {
        if (snapshot->hosts[host].cluster != (int)cluster)
            continue;
        page_row(&rows, NULL);
        page_cell(&rows);
        html_element(html, "span", "name", snapshot->hosts[host].name);
        append_state(html, planned, host);
        page_cell_end(&rows);
        append_use(&rows, planned, host, RESOURCE_CPU);
        append_use(&rows, planned, host, RESOURCE_HOST_MEMORY);
        page_row_end(&rows);
    }
    page_table_end(&rows);
}

/* ---- clusters ---- */

static void append_pair(Html *html, const char *name, double before, double after, const char *format)
{
    static const char *const arrow = " → ";
    char was[G_ASCII_DTOSTR_BUF_SIZE], is[G_ASCII_DTOSTR_BUF_SIZE];
    if (isnan(before))
        return;
    g_ascii_formatd(was, sizeof was, format, before);
    g_ascii_formatd(is, sizeof is, format, after);
    gboolean stays = strcmp(was, is) == 0;
    page_figure(html, name, "%s%s%s", stays ? "" : was, stays ? "" : arrow, is);
}

static void append_figures(Html *html, const ClusterFigures *figures)
{
    const ClusterStatus *before = &figures->before, *after = &figures->after;
    g_autofree char *duration = review_duration(figures->makespan_s);
    page_figures_begin(html);
    append_pair(html, "Hot hosts", before->hot_hosts, after->hot_hosts, "%.0f");
    append_pair(html, "Short VMs", before->short_vms, after->short_vms, "%.0f");
    append_pair(html, "Highest CPU, %", before->max_cpu_pct, after->max_cpu_pct, "%.1f");
    append_pair(html, "Highest memory, %", before->max_memory_pct, after->max_memory_pct, "%.1f");
    append_pair(html, "Deviation of CPU, points", before->sd_cpu, after->sd_cpu, "%.1f");
    append_pair(html, "Deviation of memory, points", before->sd_memory, after->sd_memory, "%.1f");
    append_pair(html, "Lacking if one fails, MiB", before->failover_lack_mib, after->failover_lack_mib,
                "%.0f");
    append_pair(html, "Lacking if one fails, MHz", before->failover_lack_mhz, after->failover_lack_mhz,
                "%.0f");
    page_figure(html, "Steps", "%.0f, about %s", figures->steps, duration);
    page_figure(html, "Migrations", "%.0f, %.1f GiB", figures->moves, figures->copy_mib / 1024);
    html_close(html);
}

static void append_cluster(Html *html, const Review *review, const PlanCluster *cluster)
{
    g_autofree char *heading = g_strdup_printf("Cluster %s", *cluster->name ? cluster->name : cluster->id);
    page_section(html, "cluster", heading);
    append_figures(html, &cluster->figures);
    int known = review->planned ? snapshot_find_cluster(review->planned->end->snapshot, cluster->id) : -1;
    if (known >= 0)
        append_hosts(html, review->planned, (guint)known);
    lanes_append(html, review->plan, review->spans, cluster->id);
    html_close(html);
}

static gboolean has_rows(const ChangePlan *plan, const char *cluster_id)
{
    for (guint i = 0; i < plan->rows->len; i++)
        if (strcmp(g_array_index(plan->rows, PlanRow, i).cluster_id, cluster_id) == 0)
            return TRUE;
    return FALSE;
}

void review_clusters(Html *html, const Review *review)
{
    guint idle = 0;
    for (guint i = 0; i < review->plan->clusters->len; i++) {
        const PlanCluster *cluster = &g_array_index(review->plan->clusters, PlanCluster, i);
        if (has_rows(review->plan, cluster->id))
            append_cluster(html, review, cluster);
        else
            idle++;
    }
    if (idle)
        html_elementf(html, "p", "dim", "%u %s with nothing to do %s not shown.", idle,
                      plural(idle, "cluster", "clusters"), plural(idle, "is", "are"));
}

/* ---- if the largest host fails ---- */

static void append_loss(PageTable *rows, const Model *end, guint cluster, Resource resource)
{
    Failover failover = failover_of(end, cluster, resource);
    g_autoptr(GString) words = g_string_new(NULL);
    double share = failover.capacity > 0 ? failover.demand / failover.capacity : NAN;
    page_cell(rows);
    page_sort_by(rows, share * 100);
    if (failover.lost < 0 || isnan(share)) {
        html_text(rows->html, "no host is left");
        page_cell_end(rows);
        return;
    }
    picture_share(rows->html, share, failover.lack > 0 ? HEAT_HOT : HEAT_NONE);
    g_string_append_printf(words, "%.1f %%: ", share * 100);
    amount_append(words, resource, failover.demand);
    g_string_append(words, " of ");
    amount_append(words, resource, failover.capacity);
    html_text(rows->html, words->str);
    html_open(rows->html, "small");
    if (failover.lack > 0) {
        g_autoptr(GString) lack = g_string_new("▲ ");
        amount_append(lack, resource, failover.lack);
        html_elementf(rows->html, "b", "bad", "%s lacking ", lack->str);
    }
    html_textf(rows->html, "without %s", end->snapshot->hosts[failover.lost].name);
    html_close(rows->html);
    page_cell_end(rows);
}

void review_failover(Html *html, const Review *review)
{
    if (!review->planned)
        return;
    const Model *end = review->planned->end;
    const Legality *legality = review->planned->situation->legality;
    gboolean checked = FALSE;
    page_section(html, NULL, "If the largest host fails afterwards");
    PageTable rows = page_table(html, "hosts", "If the largest host fails", failover_columns,
                                G_N_ELEMENTS(failover_columns));
    for (guint i = 0; i < end->snapshot->n_clusters; i++) {
        const Cluster *cluster = &end->snapshot->clusters[i];
        if (!situation_decides(review->planned->situation, i))
            continue;
        checked |= failover_is_checked(end, i);
        page_row(&rows, NULL);
        page_cell_name(&rows, *cluster->name ? cluster->name : cluster->id,
                       failover_is_checked(end, i) ? ""
                       : cluster->ha == 1          ? "not checked: ha_check=off"
                                                   : "HA is not on: nothing restarts its VMs");
        append_loss(&rows, end, i, RESOURCE_CPU);
        append_loss(&rows, end, i, RESOURCE_HOST_MEMORY);
        page_row_end(&rows);
    }
    page_table_end(&rows);
    g_autofree char *words = legality_restart_words(legality, end);
    if (checked)
        html_element(html, "p", NULL,
                     *words ? g_strchug(words) : "HA could restart every VM that any other host could run.");
    html_close(html);
}
