/* SPDX-License-Identifier: MIT */
#include "plan/show.h"

#include "collect/escape.h"
#include "collect/plural.h"
#include "plan/choice.h"
#include "plan/gather.h"
#include "plan/showtable.h"

#include <math.h>
#include <string.h>

#define MOST_NAMED 3    /* of the VMs that a row is about */
#define MOST_NUMBERS 20 /* of the steps that were removed */
#define MOST_STEPS 1e7  /* that a plan is taken to have had */

static void append_escaped(GString *out, const char *text)
{
    g_autofree char *safe = escape_for_terminal(text);
    g_string_append(out, safe);
}

void show_line(GString *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *safe = escape_for_terminal(text);
    g_string_append_printf(out, "%s\n", safe);
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

/* ", 40 VMs: web01, web02, web03 …", of a row about several VMs */
static void append_gathered(GString *out, const PlanRow *row)
{
    g_auto(GStrv) names = gathered_names(row);
    guint n = gathered_count(row);
    if (!names)
        return;
    g_string_append_printf(out, ", %u VMs: ", n);
    for (guint i = 0; i < MOST_NAMED && names[i]; i++) {
        g_string_append(out, i ? ", " : "");
        append_escaped(out, names[i]);
    }
    if (n > MOST_NAMED)
        g_string_append(out, " …");
}

void show_row_change(GString *out, const PlanRow *row)
{
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
}

void show_row_title(GString *out, const PlanRow *row)
{
    static const char *const signs[] = {"+", "?", "!"};
    g_string_append_printf(out, "  %s ", signs[row->kind]);
    if (row->kind == ROW_STEP)
        g_string_append_printf(out, "%.0f. ", row->step);
    show_row_change(out, row);
    if (row->kind == ROW_STEP && !isnan(row->est_s))
        g_string_append_printf(out, ", about %.0f s", row->est_s);
    if (row->kind == ROW_STEP)
        g_string_append_printf(out, "%s%s%s", *row->after ? ", after " : "", row->after,
                               row->approve == 1 ? "" : ", NOT APPROVED");
    g_string_append_c(out, '\n');
}

void show_row(GString *out, const PlanRow *row)
{
    show_row_title(out, row);
    g_string_append(out, "      ");
    append_escaped(out, row->reason);
    if (*row->effect) {
        g_string_append(out, "\n      ");
        append_escaped(out, row->effect);
    }
    g_string_append_c(out, '\n');
}

/* signs stand behind two spaces */
static void append_row(GString *out, const PlanRow *row, const Style *style)
{
    static const StyleColour colours[] = {STYLE_GOOD, STYLE_WARNING, STYLE_BAD};
    gsize from = out->len;
    show_row(out, row);
    style_paint(out, from + 2, 1, style, colours[row->kind]);
}

static void append_rows(GString *out, const ChangePlan *plan, int kind, const char *title, guint most,
                        const Style *style)
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
        append_row(out, row, style);
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

static void append_clusters(GString *out, const ChangePlan *plan, guint most, const Style *style)
{
    g_autoptr(GHashTable) busy = busy_clusters(plan);
    g_autoptr(GPtrArray) shown = g_ptr_array_new();
    guint n_busy = 0, n_idle = 0;
    for (guint i = 0; i < plan->clusters->len; i++) {
        const PlanCluster *cluster = &g_array_index(plan->clusters, PlanCluster, i);
        if (!g_hash_table_contains(busy, cluster->id))
            n_idle++;
        else if (n_busy++ < most || most == 0)
            g_ptr_array_add(shown, (gpointer)cluster);
    }
    if (style->terminal && shown->len)
        showtable_append(out, shown, style);
    for (guint i = 0; !style->terminal && i < shown->len; i++)
        append_cluster(out, shown->pdata[i]);
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

/* In place of the plan's own summary, which counts all rows. */
static void sum_up_shown(ChangePlan *plan, int kind)
{
    guint n[] = {0, 0, 0};
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        n[row->kind] += gathered_count(row);
    }
    g_autoptr(GString) counts = g_string_new("Shown here: ");
    if (kind < 0 || kind == ROW_STEP)
        plural_append(counts, n[ROW_STEP], "step, ", "steps, ");
    if (kind < 0 || kind == ROW_ADVICE)
        g_string_append_printf(counts, "%u advised, ", n[ROW_ADVICE]);
    if (kind < 0 || kind == ROW_UNSOLVED)
        g_string_append_printf(counts, "%u unsolved, ", n[ROW_UNSOLVED]);
    g_string_overwrite(counts, counts->len - 2, ".");
    g_string_truncate(counts, counts->len - 1);
    plan->summary = changeplan_string(plan, counts->str);
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
    for (guint i = plan->clusters->len; i-- > 0;)
        if (kind >= 0 ||
            (ids && !g_hash_table_contains(ids, g_array_index(plan->clusters, PlanCluster, i).id)))
            g_array_remove_index(plan->clusters, i);
    sum_up_shown(plan, kind);
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
    if (declined == 0)
        return;
    g_string_append_printf(out, "%u of %u %s %s not approved", declined, steps,
                           plural(steps, "step", "steps"), plural(declined, "is", "are"));
    if (plan->clusters->len > 0)
        g_string_append_printf(out, "; figures are those %s",
                               steps_counted(plan) == steps - declined
                                   ? "of the approved ones"
                                   : "with all of them: plan --check works them out anew");
    g_string_append_c(out, '\n');
}

/* ---- what somebody took out ---- */

/* Steps are numbered from 1 on: the highest number that the rows tell of, be it in after alone. */
static guint highest_step(const ChangePlan *plan)
{
    double highest = 0;
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind != ROW_STEP)
            continue;
        highest = MAX(highest, row->step);
        g_autoptr(GArray) after = plan_row_after(row);
        for (guint k = 0; k < after->len; k++)
            highest = MAX(highest, g_array_index(after, double, k));
    }
    return (guint)MIN(highest, MOST_STEPS);
}

/* The numbers that are missing; and those at the end, of which only the figures tell that they were made. */
GArray *show_removed_steps(const ChangePlan *plan)
{
    GArray *removed = g_array_new(FALSE, FALSE, sizeof(guint));
    guint highest = highest_step(plan), present = 0;
    for (guint i = 0; i < plan->rows->len; i++)
        present += g_array_index(plan->rows, PlanRow, i).kind == ROW_STEP;
    for (guint step = 1; step <= highest; step++)
        if (!changeplan_find_step(plan, step))
            g_array_append_val(removed, step);
    double known = present + removed->len, counted = MIN(steps_counted(plan), MOST_STEPS);
    for (guint step = highest + 1; known < counted; step++, known++)
        g_array_append_val(removed, step);
    return removed;
}

char *show_removed(const ChangePlan *plan)
{
    g_autoptr(GArray) removed = show_removed_steps(plan);
    GString *out = g_string_new(NULL);
    if (removed->len == 0)
        return g_string_free(out, FALSE);
    g_string_append(out, plural(removed->len, "Step", "Steps"));
    for (guint i = 0; i < MIN(removed->len, MOST_NUMBERS); i++)
        g_string_append_printf(out, " %u", g_array_index(removed, guint, i));
    if (removed->len > MOST_NUMBERS)
        g_string_append_printf(out, " and %u more", removed->len - MOST_NUMBERS);
    g_string_append_printf(out, " %s removed from the plan as it was made\n",
                           plural(removed->len, "was", "were"));
    return g_string_free(out, FALSE);
}

char *show_plan(const ChangePlan *plan, const char *removed, guint most, const Style *style)
{
    GString *out = g_string_new(NULL);
    g_autofree char *taken_at = table_format_time(plan->taken_at);
    g_string_append_printf(out, "Snapshot of %s, source ", taken_at);
    append_escaped(out, plan->source);
    g_string_append_c(out, '\n');
    append_escaped(out, plan->summary);
    g_string_append_printf(out, "\n%s", removed);
    append_declined(out, plan);
    append_clusters(out, plan, most, style);
    append_rows(out, plan, ROW_STEP, "Steps", most, style);
    append_rows(out, plan, ROW_ADVICE, "Advice (for you to do: vmanger will not)", most, style);
    append_rows(out, plan, ROW_UNSOLVED, "Unsolved", most, style);
    return g_string_free(out, FALSE);
}

char *show_signed(const ChangePlan *plan)
{
    guint steps = 0, approved = 0;
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        steps += row->kind == ROW_STEP;
        approved += row->kind == ROW_STEP && row->approve == 1;
    }
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "\nTo sign: %u of %u %s approved\n  SHA-256 of the file  %s\n", approved,
                           steps, plural(steps, "step", "steps"), plan->sha256);
    g_autofree char *policy = escape_for_terminal(plan->policy);
    g_string_append_printf(out, "  policy's digest      %s\n", policy);
    return g_string_free(out, FALSE);
}
