/* SPDX-License-Identifier: MIT */
#include "plan/show.h"

#include "collect/escape.h"
#include "collect/plural.h"
#include "plan/choice.h"
#include "plan/gather.h"

#include <math.h>
#include <string.h>

#define MOST_NAMED 3 /* of the VMs that a row is about */

static void append_escaped(GString *out, const char *text)
{
    g_autofree char *safe = escape_for_terminal(text);
    g_string_append(out, safe);
}

/* nothing where the figure is not known, or stays */
static void append_change(GString *out, const char *label, double before, double after, const char *unit)
{
    if (isnan(before) || before == after)
        return;
    g_string_append_printf(out, "    %-22s ", label);
    table_append_number(out, before);
    g_string_append(out, " -> ");
    table_append_number(out, after);
    g_string_append_printf(out, "%s\n", unit);
}

static void append_cluster(GString *out, const PlanCluster *cluster)
{
    const ClusterFigures *figures = &cluster->figures;
    const ClusterStatus *before = &figures->before, *after = &figures->after;
    g_string_append(out, "  Cluster ");
    append_escaped(out, cluster->name);
    g_string_append_c(out, '\n');
    append_change(out, "hot hosts", before->hot_hosts, after->hot_hosts, "");
    append_change(out, "short VMs", before->short_vms, after->short_vms, "");
    append_change(out, "highest CPU", before->max_cpu_pct, after->max_cpu_pct, " %");
    append_change(out, "highest memory", before->max_memory_pct, after->max_memory_pct, " %");
    append_change(out, "deviation of CPU", before->sd_cpu, after->sd_cpu, " points");
    append_change(out, "deviation of memory", before->sd_memory, after->sd_memory, " points");
    append_change(out, "lacking if one fails", before->failover_lack_mib, after->failover_lack_mib, " MiB");
    append_change(out, "lacking if one fails", before->failover_lack_mhz, after->failover_lack_mhz, " MHz");
    if (figures->moves > 0)
        g_string_append_printf(out, "    %-22s %.0f, %.0f MiB to copy\n", "migrations", figures->moves,
                               figures->copy_mib);
    if (figures->makespan_s > 0)
        g_string_append_printf(out, "    %-22s about %.0f s\n", "all steps take", ceil(figures->makespan_s));
}

/* ", 40 VMs: vm-1, vm-2, vm-3 …", of a row about several VMs */
static void append_gathered(GString *out, const PlanRow *row)
{
    g_auto(GStrv) ids = gathered_ids(row);
    guint n = gathered_count(row);
    if (!ids)
        return;
    g_string_append_printf(out, ", %u VMs: ", n);
    for (guint i = 0; i < MOST_NAMED && ids[i]; i++) {
        g_string_append(out, i ? ", " : "");
        append_escaped(out, ids[i]);
    }
    if (n > MOST_NAMED)
        g_string_append(out, " …");
}

static void append_row(GString *out, const PlanRow *row)
{
    static const char *const signs[] = {"+", "?", "!"};
    g_string_append_printf(out, "  %s ", signs[row->kind]);
    if (row->kind == ROW_STEP)
        g_string_append_printf(out, "%.0f. ", row->step);
    if (row->action >= 0)
        g_string_append_printf(out, "%s ", action_names[row->action]);
    append_escaped(out, row->object);
    g_string_append_printf(out, " (%s)", row->object_id);
    append_gathered(out, row);
    if (*row->from) {
        g_string_append(out, ": ");
        append_escaped(out, row->from);
        g_string_append(out, " -> ");
        append_escaped(out, row->to);
        g_string_append_printf(out, "%s%s", *row->unit ? " " : "", row->unit);
    }
    if (row->kind == ROW_STEP && !isnan(row->est_s))
        g_string_append_printf(out, ", about %.0f s", row->est_s);
    if (row->kind == ROW_STEP)
        g_string_append_printf(out, "%s%s%s", *row->after ? ", after " : "", row->after,
                               row->approve == 1 ? "" : ", NOT APPROVED");
    g_string_append(out, "\n      ");
    append_escaped(out, row->reason);
    if (*row->effect) {
        g_string_append(out, "\n      ");
        append_escaped(out, row->effect);
    }
    g_string_append_c(out, '\n');
}

static void append_rows(GString *out, const ChangePlan *plan, int kind, const char *title, guint most)
{
    guint shown = 0, all = 0;
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind != kind)
            continue;
        if (all++ == 0)
            g_string_append_printf(out, "\n%s\n", title);
        if (most > 0 && shown == most)
            continue;
        append_row(out, row);
        shown++;
    }
    if (all > shown)
        g_string_append_printf(out, "  ... and %u more (plan --show -v lists all)\n", all - shown);
}

/* ---- clusters ---- */

/* the ids of clusters that have rows */
static GHashTable *busy_clusters(const ChangePlan *plan)
{
    GHashTable *busy = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < plan->rows->len; i++)
        g_hash_table_add(busy, (gpointer)g_array_index(plan->rows, PlanRow, i).cluster_id);
    return busy;
}

static void append_clusters(GString *out, const ChangePlan *plan, guint most)
{
    g_autoptr(GHashTable) busy = busy_clusters(plan);
    guint n_busy = 0, n_idle = 0;
    for (guint i = 0; i < plan->clusters->len; i++) {
        const PlanCluster *cluster = &g_array_index(plan->clusters, PlanCluster, i);
        if (!g_hash_table_contains(busy, cluster->id))
            n_idle++;
        else if (n_busy++ < most || most == 0)
            append_cluster(out, cluster);
    }
    if (most > 0 && n_busy > most)
        g_string_append_printf(out, "  ... and %u more with something to do (plan --show -v lists all)\n",
                               n_busy - most);
    if (n_idle > 0)
        g_string_append_printf(out, "  %s%u %s with nothing to do\n", n_busy ? "and " : "", n_idle,
                               plural(n_idle, "cluster", "clusters"));
}

/* ---- choice ---- */

/* the clusters that the plan speaks of: ClusterName, each id once */
static GArray *clusters_of(const ChangePlan *plan)
{
    GArray *names = g_array_new(FALSE, FALSE, sizeof(ClusterName));
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < plan->clusters->len + plan->rows->len; i++) {
        const PlanRow *row =
            i < plan->clusters->len ? NULL : &g_array_index(plan->rows, PlanRow, i - plan->clusters->len);
        const PlanCluster *cluster = row ? NULL : &g_array_index(plan->clusters, PlanCluster, i);
        ClusterName name = {row ? row->cluster_id : cluster->id, row ? row->cluster : cluster->name};
        if (*name.id && g_hash_table_add(seen, (gpointer)name.id))
            g_array_append_val(names, name);
    }
    return names;
}

/* the ids that are meant; NULL and an error where one is none */
static GHashTable *chosen_ids(const ChangePlan *plan, char *const *clusters, GError **error)
{
    g_autoptr(GArray) names = clusters_of(plan);
    const ClusterName *list = (const ClusterName *)(const void *)names->data;
    g_autofree gboolean *chosen = choose_clusters(list, names->len, clusters, error);
    if (!chosen)
        return NULL;
    GHashTable *ids = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < names->len; i++)
        if (chosen[i])
            g_hash_table_add(ids, (gpointer)list[i].id);
    return ids;
}

static void sum_up_shown(ChangePlan *plan)
{
    guint n[] = {0, 0, 0};
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        n[row->kind] += gathered_count(row);
    }
    g_autofree char *summary =
        g_strdup_printf("%s Shown here: %u %s, %u advised, %u unsolved.", plan->summary, n[ROW_STEP],
                        plural(n[ROW_STEP], "step", "steps"), n[ROW_ADVICE], n[ROW_UNSOLVED]);
    plan->summary = changeplan_string(plan, summary);
}

gboolean show_only(ChangePlan *plan, char *const *clusters, int kind, GError **error)
{
    g_autoptr(GHashTable) ids = clusters ? chosen_ids(plan, clusters, error) : NULL;
    if (clusters && !ids)
        return FALSE;
    GArray *rows = plan->rows;
    plan->rows = g_array_new(FALSE, FALSE, sizeof(PlanRow));
    g_hash_table_remove_all(plan->steps);
    for (guint i = 0; i < rows->len; i++) {
        const PlanRow *row = &g_array_index(rows, PlanRow, i);
        if ((kind < 0 || row->kind == kind) && (!ids || g_hash_table_contains(ids, row->cluster_id)))
            changeplan_add(plan, row);
    }
    g_array_free(rows, TRUE);
    for (guint i = plan->clusters->len; ids && i-- > 0;)
        if (!g_hash_table_contains(ids, g_array_index(plan->clusters, PlanCluster, i).id))
            g_array_remove_index(plan->clusters, i);
    sum_up_shown(plan);
    return TRUE;
}

/* ---- all of it ---- */

/* how many steps the figures of the clusters are of */
static double steps_counted(const ChangePlan *plan)
{
    double steps = 0;
    for (guint i = 0; i < plan->clusters->len; i++)
        steps += g_array_index(plan->clusters, PlanCluster, i).figures.steps;
    return steps;
}

/* The figures of clusters are those of the steps that were approved when they were made. */
static void append_declined(GString *out, const ChangePlan *plan)
{
    guint declined = 0, steps = 0;
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        steps += row->kind == ROW_STEP;
        declined += row->kind == ROW_STEP && row->approve != 1;
    }
    if (declined > 0)
        g_string_append_printf(out, "%u of %u %s %s not approved; figures are those %s\n", declined, steps,
                               plural(steps, "step", "steps"), plural(declined, "is", "are"),
                               steps_counted(plan) == steps - declined
                                   ? "of the approved ones"
                                   : "with all of them: plan --check works them out anew");
}

char *show_plan(const ChangePlan *plan, guint most)
{
    GString *out = g_string_new(NULL);
    g_autofree char *taken_at = table_format_time(plan->taken_at);
    g_string_append_printf(out, "Snapshot of %s, source ", taken_at);
    append_escaped(out, plan->source);
    g_string_append_c(out, '\n');
    append_escaped(out, plan->summary);
    g_string_append_c(out, '\n');
    append_declined(out, plan);
    append_clusters(out, plan, most);
    append_rows(out, plan, ROW_STEP, "Steps", most);
    append_rows(out, plan, ROW_ADVICE, "Advice (for you to do: vmanger will not)", most);
    append_rows(out, plan, ROW_UNSOLVED, "Unsolved", most);
    return g_string_free(out, FALSE);
}
