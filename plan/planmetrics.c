/* SPDX-License-Identifier: MIT */
#include "plan/planmetrics.h"

#include "plan/change.h"
#include "plan/gather.h"

#include <math.h>
#include <string.h>

#define MIB (1024.0 * 1024)
#define MHZ 1e6

/* ---- counts of rows ---- */

/* rows of one cluster and one word: how many items they stand for */
typedef struct Count {
    const PlanRow *first;
    const char *word;
    guint n;
} Count;

/* the word that rows of a kind are counted by */
static const char *word_of(const PlanRow *row)
{
    return row->kind == ROW_UNSOLVED ? row->cause : row->action < 0 ? "" : action_names[row->action];
}

/* Count, in the order in which the plan comes to them */
static GArray *count_rows(const ChangePlan *plan, int kind)
{
    GArray *counts = g_array_new(FALSE, FALSE, sizeof(Count));
    g_autoptr(GHashTable) index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind != kind || (kind == ROW_STEP && row->approve != 1))
            continue;
        char *key = g_strdup_printf("%s\n%s", row->cluster_id, word_of(row));
        guint at = GPOINTER_TO_UINT(g_hash_table_lookup(index, key));
        if (at == 0) {
            Count count = {row, word_of(row), 0};
            g_array_append_val(counts, count);
            at = counts->len;
        }
        g_hash_table_insert(index, key, GUINT_TO_POINTER(at));
        g_array_index(counts, Count, at - 1).n += gathered_count(row);
    }
    return counts;
}

static void add_counts(Prometheus *prometheus, const ChangePlan *plan, int kind, const Gauge *gauge,
                       const char *label)
{
    g_autoptr(GArray) counts = count_rows(plan, kind);
    for (guint i = 0; i < counts->len; i++) {
        const Count *count = &g_array_index(counts, Count, i);
        const GaugeLabel labels[] = {{"source_id", plan->source_id},
                                     {"cluster_id", count->first->cluster_id},
                                     {"cluster", count->first->cluster},
                                     {label, count->word},
                                     {NULL, NULL}};
        prometheus_add(prometheus, gauge, labels, count->n);
    }
}

/* ---- figures of clusters ---- */

typedef struct StatusFigure {
    Gauge gauge;
    gsize offset; /* of a double in ClusterStatus, or in ClusterFigures */
    double units; /* base units in the plan's */
} StatusFigure;

/* how a cluster stands before and after */
static const StatusFigure standing[] = {
    {{"vmanger_plan_hot_hosts", "Hot hosts of a cluster, before and after the steps."},
     G_STRUCT_OFFSET(ClusterStatus, hot_hosts),
     1},
    {{"vmanger_plan_short_vms", "VMs of a cluster that are short of memory, before and after the steps."},
     G_STRUCT_OFFSET(ClusterStatus, short_vms),
     1},
    {{"vmanger_plan_highest_cpu_ratio",
      "CPU in use on the host that is fullest by it, before and after the steps."},
     G_STRUCT_OFFSET(ClusterStatus, max_cpu_pct),
     0.01},
    {{"vmanger_plan_highest_memory_ratio",
      "Memory in use on the host that is fullest by it, before and after the steps."},
     G_STRUCT_OFFSET(ClusterStatus, max_memory_pct),
     0.01},
    {{"vmanger_plan_failover_lack_bytes",
      "Memory that would be lacking were a host lost, before and after the steps."},
     G_STRUCT_OFFSET(ClusterStatus, failover_lack_mib),
     MIB},
    {{"vmanger_plan_failover_lack_hertz",
      "CPU that would be lacking were a host lost, before and after the steps."},
     G_STRUCT_OFFSET(ClusterStatus, failover_lack_mhz),
     MHZ},
};

/* what the steps amount to */
static const StatusFigure amounts[] = {
    {{"vmanger_plan_copy_bytes", "Memory that a cluster's migrations copy."},
     G_STRUCT_OFFSET(ClusterFigures, copy_mib),
     MIB},
    {{"vmanger_plan_duration_seconds", "How long a cluster's steps should take."},
     G_STRUCT_OFFSET(ClusterFigures, makespan_s),
     1},
};

static void add_figure(Prometheus *prometheus, const ChangePlan *plan, const PlanCluster *cluster,
                       const Gauge *gauge, const char *when, double value)
{
    const GaugeLabel labels[] = {{"source_id", plan->source_id},
                                 {"cluster_id", cluster->id},
                                 {"cluster", cluster->name},
                                 {when ? "when" : NULL, when},
                                 {NULL, NULL}};
    prometheus_add(prometheus, gauge, labels, value);
}

static void add_standing(Prometheus *prometheus, const ChangePlan *plan, const StatusFigure *figure)
{
    for (guint i = 0; i < plan->clusters->len; i++) {
        const PlanCluster *cluster = &g_array_index(plan->clusters, PlanCluster, i);
        add_figure(prometheus, plan, cluster, &figure->gauge, "before",
                   G_STRUCT_MEMBER(double, &cluster->figures.before, figure->offset) * figure->units);
        add_figure(prometheus, plan, cluster, &figure->gauge, "after",
                   G_STRUCT_MEMBER(double, &cluster->figures.after, figure->offset) * figure->units);
    }
}

static void add_amount(Prometheus *prometheus, const ChangePlan *plan, const StatusFigure *figure)
{
    for (guint i = 0; i < plan->clusters->len; i++) {
        const PlanCluster *cluster = &g_array_index(plan->clusters, PlanCluster, i);
        add_figure(prometheus, plan, cluster, &figure->gauge, NULL,
                   G_STRUCT_MEMBER(double, &cluster->figures, figure->offset) * figure->units);
    }
}

/* ---- all of it ---- */

void planmetrics_add(Prometheus *prometheus, const ChangePlan *plan)
{
    static const Gauge taken = {"vmanger_plan_snapshot_taken_timestamp_seconds",
                                "When the snapshot that the plan is of was taken, since 1970."},
                       steps = {"vmanger_plan_steps",
                                "Approved steps of the plan, by action; none: no sample."},
                       advice = {"vmanger_plan_advice",
                                 "What the plan leaves to people, by action; none: no sample."},
                       unsolved = {"vmanger_plan_unsolved",
                                   "What stays unsolved, by what stands in the way; none: no sample."};
    const GaugeLabel source[] = {{"source_id", plan->source_id}, {NULL, NULL}};
    prometheus_add(prometheus, &taken, source, (double)plan->taken_at);
    add_counts(prometheus, plan, ROW_STEP, &steps, "action");
    add_counts(prometheus, plan, ROW_ADVICE, &advice, "action");
    add_counts(prometheus, plan, ROW_UNSOLVED, &unsolved, "cause");
    for (guint i = 0; i < G_N_ELEMENTS(standing); i++)
        add_standing(prometheus, plan, &standing[i]);
    for (guint i = 0; i < G_N_ELEMENTS(amounts); i++)
        add_amount(prometheus, plan, &amounts[i]);
}
