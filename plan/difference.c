/* SPDX-License-Identifier: MIT */
#include "plan/difference.h"

#include "collect/escape.h"
#include "collect/plural.h"
#include "plan/comparison.h"
#include "plan/planjson.h"
#include "plan/show.h"

#include <math.h>
#include <string.h>

/* ---- finding it ---- */

static void pair_rows(Difference *difference, const ChangePlan *before, const ChangePlan *after)
{
    g_autoptr(Comparison) comparison = comparison_of(before, after);
    for (guint i = 0; i < comparison->rows->len; i++) {
        const DifferentRow *row = &g_array_index(comparison->rows, DifferentRow, i);
        RowPair pair = {row->before, row->now};
        g_array_append_val(difference->rows[row->now ? row->now->kind : row->before->kind], pair);
    }
    for (int kind = 0; kind < (int)G_N_ELEMENTS(difference->alike); kind++)
        difference->alike[kind] = comparison->same[kind];
}

/* one figure of a cluster's end */
typedef struct Figure {
    const char *label, *unit;
    gsize offset; /* of a double in ClusterStatus, or in ClusterFigures */
} Figure;

static const Figure standing[] = {
    {"hot hosts", "", G_STRUCT_OFFSET(ClusterStatus, hot_hosts)},
    {"short VMs", "", G_STRUCT_OFFSET(ClusterStatus, short_vms)},
    {"highest CPU", " %", G_STRUCT_OFFSET(ClusterStatus, max_cpu_pct)},
    {"highest memory", " %", G_STRUCT_OFFSET(ClusterStatus, max_memory_pct)},
    {"deviation of CPU", " points", G_STRUCT_OFFSET(ClusterStatus, sd_cpu)},
    {"deviation of memory", " points", G_STRUCT_OFFSET(ClusterStatus, sd_memory)},
    {"lacking if one fails", " MiB", G_STRUCT_OFFSET(ClusterStatus, failover_lack_mib)},
    {"lacking if one fails", " MHz", G_STRUCT_OFFSET(ClusterStatus, failover_lack_mhz)},
};

static const Figure amounts[] = {
    {"steps", "", G_STRUCT_OFFSET(ClusterFigures, steps)},
    {"migrations", "", G_STRUCT_OFFSET(ClusterFigures, moves)},
    {"memory to copy", " MiB", G_STRUCT_OFFSET(ClusterFigures, copy_mib)},
    {"all steps take", " s", G_STRUCT_OFFSET(ClusterFigures, makespan_s)},
};

static double figure_in(gconstpointer figures, const Figure *figure)
{
    return G_STRUCT_MEMBER(double, figures, figure->offset);
}

static gboolean differs(gconstpointer before, gconstpointer after, const Figure *figures, guint n)
{
    for (guint i = 0; i < n; i++) {
        double a = figure_in(before, &figures[i]), b = figure_in(after, &figures[i]);
        if (isnan(a) != isnan(b) || (!isnan(a) && a != b))
            return TRUE;
    }
    return FALSE;
}

static void pair_clusters(Difference *difference, const ChangePlan *before, const ChangePlan *after)
{
    for (guint i = 0; i < before->clusters->len; i++) {
        const PlanCluster *cluster = &g_array_index(before->clusters, PlanCluster, i);
        ClusterPair pair = {cluster, changeplan_find_cluster(after, cluster->id)};
        if (pair.after &&
            (differs(&cluster->figures.after, &pair.after->figures.after, standing, G_N_ELEMENTS(standing)) ||
             differs(&cluster->figures, &pair.after->figures, amounts, G_N_ELEMENTS(amounts))))
            g_array_append_val(difference->clusters, pair);
    }
}

Difference *difference_new(const ChangePlan *before, const ChangePlan *after)
{
    Difference *difference = g_new0(Difference, 1);
    for (int kind = 0; kind < 3; kind++)
        difference->rows[kind] = g_array_new(FALSE, FALSE, sizeof(RowPair));
    difference->clusters = g_array_new(FALSE, FALSE, sizeof(ClusterPair));
    pair_rows(difference, before, after);
    pair_clusters(difference, before, after);
    return difference;
}

void difference_free(Difference *difference)
{
    if (!difference)
        return;
    for (int kind = 0; kind < 3; kind++)
        g_array_unref(difference->rows[kind]);
    g_array_unref(difference->clusters);
    g_free(difference);
}

/* ---- for people ---- */

static void append_escaped(GString *out, const char *text)
{
    g_autofree char *safe = escape_for_terminal(text);
    g_string_append(out, safe);
}

/* "    hot hosts              2            0            1"; now is NAN where there is none */
static void append_figure(GString *out, const Figure *figure, double now, double before, double after)
{
    if (isnan(before) || before == after)
        return;
    g_string_append_printf(out, "    %-22s", figure->label);
    const double values[] = {now, before, after};
    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autoptr(GString) number = g_string_new(NULL);
        table_append_number(number, values[i]);
        g_string_append_printf(out, " %12s", number->str);
    }
    g_string_append_printf(out, "%s\n", figure->unit);
}

static void append_cluster(GString *out, const ClusterPair *pair)
{
    const ClusterFigures *before = &pair->before->figures, *after = &pair->after->figures;
    g_string_append(out, "  Cluster ");
    append_escaped(out, pair->before->name);
    g_string_append_printf(out, "\n    %-22s %12s %12s %12s\n", "", "now", "plan", "what if");
    for (guint i = 0; i < G_N_ELEMENTS(standing); i++)
        append_figure(out, &standing[i], figure_in(&before->before, &standing[i]),
                      figure_in(&before->after, &standing[i]), figure_in(&after->after, &standing[i]));
    for (guint i = 0; i < G_N_ELEMENTS(amounts); i++)
        append_figure(out, &amounts[i], NAN, figure_in(before, &amounts[i]), figure_in(after, &amounts[i]));
}

static void append_pair(GString *out, const RowPair *pair)
{
    const PlanRow *shown = pair->after ? pair->after : pair->before;
    g_assert(shown); /* one of the plans has it */
    g_string_append(out, !pair->after ? "  - " : !pair->before ? "  + " : "  ~ ");
    show_row_change(out, shown);
    if (pair->before && pair->after && *shown->to) {
        g_string_append(out, ", not to ");
        append_escaped(out, pair->before->to);
    }
    g_string_append(out, "\n      ");
    append_escaped(out, shown->reason);
    g_string_append_c(out, '\n');
}

static void append_rows(GString *out, const Difference *difference, int kind, guint most)
{
    static const char *const titles[] = {"Steps", "Advice", "Unsolved"};
    const GArray *pairs = difference->rows[kind];
    if (pairs->len > 0)
        g_string_append_printf(out, "\n%s (- not any more, + new, ~ another way)\n", titles[kind]);
    for (guint i = 0; i < pairs->len && (most == 0 || i < most); i++)
        append_pair(out, &g_array_index(pairs, RowPair, i));
    if (most > 0 && pairs->len > most)
        g_string_append_printf(out, "  ... and %u more (-v lists all)\n", pairs->len - most);
}

char *difference_text(const Difference *difference, char *const *assumed, guint most)
{
    GString *out = g_string_new("What if");
    for (char *const *one = assumed; *one; one++) {
        g_string_append(out, one == assumed ? " " : ", ");
        append_escaped(out, *one);
    }
    g_string_append_c(out, '\n');
    for (guint i = 0; i < difference->clusters->len; i++)
        append_cluster(out, &g_array_index(difference->clusters, ClusterPair, i));
    for (int kind = 0; kind < 3; kind++)
        append_rows(out, difference, kind, most);
    g_string_append(out, "\nThe same in both: ");
    plural_append(out, difference->alike[ROW_STEP], "step, ", "steps, ");
    g_string_append_printf(out, "%u advised, %u unsolved.\n", difference->alike[ROW_ADVICE],
                           difference->alike[ROW_UNSOLVED]);
    return g_string_free(out, FALSE);
}

/* ---- for machines ---- */

static void add_rows(Json *json, const Difference *difference, const char *name, int kind)
{
    const GArray *pairs = difference->rows[kind];
    json_begin_object(json, name);
    json_add_number(json, "alike", difference->alike[kind]);
    json_begin_list(json, "pairs");
    for (guint i = 0; i < pairs->len; i++) {
        const RowPair *pair = &g_array_index(pairs, RowPair, i);
        json_begin_object(json, NULL);
        if (pair->before)
            planjson_add_row(json, "before", pair->before);
        if (pair->after)
            planjson_add_row(json, "after", pair->after);
        json_end_object(json);
    }
    json_end_list(json);
    json_end_object(json);
}

char *difference_json(const Difference *difference, char *const *assumed)
{
    g_autoptr(Json) json = json_new(DIFFERENCE_SCHEMA);
    json_begin_list(json, "assumed");
    for (char *const *one = assumed; *one; one++)
        json_add_text(json, NULL, *one);
    json_end_list(json);
    json_begin_list(json, "clusters");
    for (guint i = 0; i < difference->clusters->len; i++) {
        const ClusterPair *pair = &g_array_index(difference->clusters, ClusterPair, i);
        json_begin_object(json, NULL);
        planjson_add_cluster(json, "before", pair->before);
        planjson_add_cluster(json, "after", pair->after);
        json_end_object(json);
    }
    json_end_list(json);
    add_rows(json, difference, "steps", ROW_STEP);
    add_rows(json, difference, "advice", ROW_ADVICE);
    add_rows(json, difference, "unsolved", ROW_UNSOLVED);
    return json_finish(json);
}
