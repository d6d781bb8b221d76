/* SPDX-License-Identifier: MIT */
#include "plan/show.h"

#include "collect/escape.h"

#include <math.h>
#include <string.h>

static void append_escaped(GString *out, const char *text)
{
    g_autofree char *safe = escape_for_terminal(text);
    g_string_append(out, safe);
}

/* the value of a "key=before/after" fact, or NULL */
static const char *fact(const PlanCluster *cluster, const char *key)
{
    gsize length = strlen(key);
    for (guint i = 0; i < cluster->facts->len; i++) {
        const char *text = g_ptr_array_index(cluster->facts, i);
        if (strncmp(text, key, length) == 0 && text[length] == '=')
            return text + length + 1;
    }
    return NULL;
}

static void append_change(GString *out, const PlanCluster *cluster, const char *key, const char *label,
                          const char *unit)
{
    const char *value = fact(cluster, key);
    g_auto(GStrv) parts = g_strsplit(value ? value : "", "/", 2);
    if (parts[0] && parts[1])
        g_string_append_printf(out, "    %-22s %s -> %s%s\n", label, parts[0], parts[1], unit);
}

static void append_cluster(GString *out, const PlanCluster *cluster)
{
    g_string_append(out, "  Cluster ");
    append_escaped(out, cluster->name);
    g_string_append_c(out, '\n');
    append_change(out, cluster, "hot_hosts", "hot hosts", "");
    append_change(out, cluster, "short_vms", "short VMs", "");
    append_change(out, cluster, "max_cpu_pct", "highest CPU", " %");
    append_change(out, cluster, "max_memory_pct", "highest memory", " %");
    append_change(out, cluster, "sd_cpu", "deviation of CPU", " points");
    append_change(out, cluster, "sd_memory", "deviation of memory", " points");
    append_change(out, cluster, "failover_lack_mib", "lacking if one fails", " MiB");
    append_change(out, cluster, "failover_lack_mhz", "lacking if one fails", " MHz");
    const char *moves = fact(cluster, "moves"), *copy = fact(cluster, "copy_mib"),
               *span = fact(cluster, "makespan_s");
    if (moves && copy && span)
        g_string_append_printf(out, "    %-22s %s, %s MiB to copy, about %s s in all\n", "migrations", moves,
                               copy, span);
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
        g_string_append_printf(out, "  ... and %u more (plan --show lists all)\n", all - shown);
}

char *show_plan(const ChangePlan *plan, guint most_rows)
{
    GString *out = g_string_new(NULL);
    g_autofree char *taken_at = table_format_time(plan->taken_at);
    g_string_append_printf(out, "Snapshot of %s, source ", taken_at);
    append_escaped(out, plan->source);
    g_string_append_c(out, '\n');
    for (guint i = 0; i < plan->clusters->len; i++)
        append_cluster(out, &g_array_index(plan->clusters, PlanCluster, i));
    append_rows(out, plan, ROW_STEP, "Steps", most_rows);
    append_rows(out, plan, ROW_ADVICE, "Advice (for you to do: vmanger will not)", most_rows);
    append_rows(out, plan, ROW_UNSOLVED, "Unsolved", most_rows);
    g_string_append_c(out, '\n');
    append_escaped(out, plan->summary);
    g_string_append_c(out, '\n');
    return g_string_free(out, FALSE);
}
