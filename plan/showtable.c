/* SPDX-License-Identifier: MIT */
#include "plan/showtable.h"

#include <math.h>

#define NAME_WIDTH 20 /* characters */
#define CELL_WIDTH 15

/* a cell of a number of columns, the text at its right */
static void append_cell(GString *out, const char *text)
{
    glong length = g_utf8_strlen(text, -1);
    g_string_append_printf(out, "%*s%s", (int)MAX(1, CELL_WIDTH - length), "", text);
}

/* "91 -> 78.5 %": green where it gets less, yellow where it gets more */
static void append_change(GString *out, const Style *style, double before, double after, const char *unit)
{
    g_autoptr(GString) text = g_string_new(NULL);
    table_append_number(text, before);
    if (before != after) {
        g_string_append(text, style->utf8 ? " → " : " -> ");
        table_append_number(text, after);
    }
    g_string_append(text, isnan(before) ? "" : unit);
    append_cell(out, text->str);
    if (after < before)
        style_paint(out, out->len - text->len, text->len, style, STYLE_GOOD);
    else if (after > before)
        style_paint(out, out->len - text->len, text->len, style, STYLE_WARNING);
}

/* to a tenth: tables are for a look */
static double rounded(double pct)
{
    return isnan(pct) ? NAN : round(pct * 10) / 10;
}

static void append_cluster(GString *out, const PlanCluster *cluster, const Style *style)
{
    const ClusterStatus *before = &cluster->figures.before, *after = &cluster->figures.after;
    g_string_append(out, "  ");
    style_append_name(out, cluster->name, NAME_WIDTH);
    append_change(out, style, before->hot_hosts, after->hot_hosts, "");
    append_change(out, style, before->short_vms, after->short_vms, "");
    append_change(out, style, rounded(before->max_cpu_pct), rounded(after->max_cpu_pct), " %");
    append_change(out, style, rounded(before->max_memory_pct), rounded(after->max_memory_pct), " %");
    g_autofree char *steps = g_strdup_printf("%.0f", cluster->figures.steps);
    append_cell(out, steps);
    g_string_append_c(out, '\n');
}

void showtable_append(GString *out, const GPtrArray *clusters, const Style *style)
{
    static const char *const titles[] = {"hot hosts", "short VMs", "highest CPU", "highest memory", "steps"};
    g_string_append(out, "  ");
    style_append_name(out, "Cluster", NAME_WIDTH);
    for (guint i = 0; i < G_N_ELEMENTS(titles); i++)
        append_cell(out, titles[i]);
    g_string_append_c(out, '\n');
    for (guint i = 0; i < clusters->len; i++)
        append_cluster(out, clusters->pdata[i], style);
}
