/* SPDX-License-Identifier: MIT */
#include "plan/replayreport.h"

#include "collect/atomic.h"
#include "collect/escape.h"

#include <math.h>
#include <string.h>

#define GIB_IN_BYTES (1024.0 * 1024 * 1024)
#define SECONDS_OF_MINUTE 60.0

/* ---- figures ---- */

typedef struct Figure {
    const char *column, *words;
    double (*of)(const ReplayFigures *figures);
} Figure;

#define FIGURE(name, expression)                                                                             \
    static double name(const ReplayFigures *figures)                                                         \
    {                                                                                                        \
        return expression;                                                                                   \
    }
FIGURE(minutes, figures->account.minutes)
FIGURE(hot_minutes, figures->account.hot_minutes)
FIGURE(full_minutes, figures->account.full_minutes)
FIGURE(cpu_lack, figures->account.cpu_lack)
FIGURE(cpu_lack_host, figures->account.cpu_lack_host)
FIGURE(memory_lack, figures->account.memory_lack)
FIGURE(memory_lack_host, figures->account.memory_lack_host)
FIGURE(short_minutes, figures->account.short_minutes)
FIGURE(migrations, figures->migrations)
FIGURE(back_6h, figures->back_6h)
FIGURE(back_24h, figures->back_24h)
FIGURE(copied_gib, figures->copied_bytes / GIB_IN_BYTES)
FIGURE(memory_added, figures->memory_added_mib)
FIGURE(memory_given_back, figures->memory_given_back_mib)
FIGURE(vcpus_added, figures->vcpus_added)
FIGURE(size_slack, figures->sizes.memory_slack)
FIGURE(size_short, figures->sizes.memory_short)
FIGURE(size_cpu_slack, figures->sizes.cpu_slack)
FIGURE(size_cpu_short, figures->sizes.cpu_short)
FIGURE(hosts_on, figures->account.on_minutes / figures->account.minutes)
FIGURE(hosts_in_use, figures->account.in_use_minutes / figures->account.minutes)
#undef FIGURE

static const Figure figures_told[] = {
    {"minutes", "minutes", minutes},
    {"hot_host_minutes", "host-minutes over a threshold", hot_minutes},
    {"full_host_minutes", "host-minutes over 100 %", full_minutes},
    {"cpu_not_served_mhz_s", "CPU not served, MHz·s", cpu_lack},
    {"cpu_not_served_by_hosts_mhz_s", "  of it by hosts over 100 %", cpu_lack_host},
    {"memory_not_served_gib_min", "memory not served, GiB·min", memory_lack},
    {"memory_not_served_by_hosts_gib_min", "  of it by hosts over 100 %", memory_lack_host},
    {"short_vm_minutes", "VM-minutes short", short_minutes},
    {"migrations", "migrations", migrations},
    {"back_within_6h", "  back within 6 h", back_6h},
    {"back_within_24h", "  back within 24 h", back_24h},
    {"copied_gib", "copied, GiB", copied_gib},
    {"memory_added_mib", "memory added, MiB", memory_added},
    {"memory_given_back_mib", "memory given back, MiB", memory_given_back},
    {"vcpus_added", "vCPUs added", vcpus_added},
    {"hosts_on", "hosts on, mean", hosts_on},
    {"hosts_in_use", "hosts in use, mean", hosts_in_use},
    {"size_slack_gib_h", "unused memory by [size], GiB·h", size_slack},
    {"size_short_h", "  hours of VMs short of it", size_short},
    {"size_cpu_slack_ghz_h", "unused CPU by [size], GHz·h", size_cpu_slack},
    {"size_cpu_short_h", "  hours of VMs short of it", size_cpu_short},
};
#define N_FIGURES G_N_ELEMENTS(figures_told)

/* ---- CSV ---- */

typedef struct ResultRow {
    const char *policy;
    double values[N_FIGURES];
} ResultRow;

static GString *csv_of(const Replay *replays, guint n)
{
    Column columns[N_FIGURES + 1] = {
        {"policy", CELL_TEXT, G_STRUCT_OFFSET(ResultRow, policy), COLUMN_REQUIRED, 0, NULL}};
    for (guint i = 0; i < N_FIGURES; i++)
        columns[i + 1] = (Column){figures_told[i].column,
                                  CELL_DECIMAL,
                                  G_STRUCT_OFFSET(ResultRow, values) + i * sizeof(double),
                                  0,
                                  0,
                                  NULL};
    const Table table = {"result.csv", columns, G_N_ELEMENTS(columns), FALSE};
    GString *text = g_string_new(NULL);
    table_append_header(&table, text);
    for (guint i = 0; i < n; i++) {
        ResultRow row;
        row.policy = replays[i].name;
        for (guint k = 0; k < N_FIGURES; k++)
            row.values[k] = table_round(figures_told[k].of(&replays[i].figures));
        table_append_row(&table, &row, text);
    }
    return text;
}

static gboolean write_whole(GString *text, const char *path, GError **error)
{
    g_autoptr(AtomicFile) file = atomic_file_new(path, NULL, error);
    if (!file)
        return FALSE;
    atomic_file_take(file, text);
    return atomic_file_commit(file, NULL, error);
}

gboolean replayreport_write_csv(const Replay *replays, guint n, const char *path, GError **error)
{
    g_autoptr(GString) text = csv_of(replays, n);
    return write_whole(text, path, error);
}

/* ---- a table ---- */

/* the text, filled up with spaces to a width */
static void append_padded(GString *text, const char *cell, glong width, gboolean to_the_right)
{
    glong fill = width - g_utf8_strlen(cell, -1);
    if (!to_the_right)
        g_string_append(text, cell);
    g_string_append_printf(text, "%*s", (int)MAX(0, fill), "");
    if (to_the_right)
        g_string_append(text, cell);
}

/* what people read: no more digits than they tell something */
static char *number_words(double value)
{
    if (isnan(value))
        return g_strdup("-");
    return g_strdup_printf(value == floor(value) || value >= 100 ? "%.0f" : "%.2f", value);
}

typedef struct Grid {
    guint n_columns;
    GPtrArray *cells; /* char *, row by row */
} Grid;

static void take_cell(const Grid *grid, char *cell)
{
    g_ptr_array_add(grid->cells, cell);
}

static void append_grid(GString *text, const Grid *grid)
{
    g_autofree glong *widths = g_new0(glong, grid->n_columns);
    for (guint i = 0; i < grid->cells->len; i++) {
        glong *width = &widths[i % grid->n_columns];
        *width = MAX(*width, g_utf8_strlen(grid->cells->pdata[i], -1));
    }
    for (guint i = 0; i < grid->cells->len; i++) {
        guint column = i % grid->n_columns;
        g_string_append(text, column ? "  " : "");
        append_padded(text, grid->cells->pdata[i], widths[column], column > 0);
        if (column + 1 == grid->n_columns)
            g_string_append_c(text, '\n');
    }
}

/* Of one size; else from the shortest to the longest. */
static void append_lengths(GString *text, const LoadHistory *history)
{
    double least = history->lengths[0], most = least;
    for (guint t = 1; t < history->n_intervals; t++) {
        least = fmin(least, history->lengths[t]);
        most = fmax(most, history->lengths[t]);
    }
    g_string_append_printf(text, "%.0f", least);
    if (most > least)
        g_string_append_printf(text, " to %.0f", most);
}

static void append_heading(GString *text, const LoadHistory *history)
{
    g_autofree char *name = escape_for_terminal(history->name);
    g_autofree char *from = table_format_time(history->ends[0] - (gint64)history->lengths[0]);
    g_autofree char *to = table_format_time(history->ends[history->n_intervals - 1]);
    g_string_append_printf(text, "%s: %s to %s, %u intervals of ", name, from, to, history->n_intervals);
    append_lengths(text, history);
    g_string_append_printf(text, " s, %u VMs on %u hosts\n", history->start->n_vms, history->start->n_hosts);
}

char *replayreport_text(const LoadHistory *history, const Replay *replays, guint n)
{
    GString *text = g_string_new(NULL);
    g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
    const Grid grid = {n + 1, cells};
    append_heading(text, history);
    take_cell(&grid, g_strdup(""));
    for (guint i = 0; i < n; i++)
        take_cell(&grid, escape_for_terminal(replays[i].name));
    for (guint k = 0; k < N_FIGURES; k++) {
        take_cell(&grid, g_strdup(figures_told[k].words));
        for (guint i = 0; i < n; i++)
            take_cell(&grid, number_words(figures_told[k].of(&replays[i].figures)));
    }
    take_cell(&grid, g_strdup("CPU seconds a cycle"));
    for (guint i = 0; i < n; i++) {
        const ReplayFigures *figures = &replays[i].figures;
        take_cell(&grid, figures->cycles ? g_strdup_printf("%.4f", figures->cpu_s / figures->cycles)
                                         : g_strdup("-"));
    }
    append_grid(text, &grid);
    return g_string_free(text, FALSE);
}

/* ---- a chart ---- */

#define WIDTH 960
#define PANEL_HEIGHT 130
#define PANEL_GAP 50
#define LEFT 90
#define TOP 70
#define LINE 18.0
#define MOST_POINTS 300

/* colours that differ for eyes of every kind (Okabe and Ito, "Color Universal Design", 2008), the first for
 * doing nothing */
static const char *const colours[] = {"#000000", "#0072b2", "#d55e00", "#009e73",
                                      "#cc79a7", "#e69f00", "#56b4e9", "#999999"};

/* what a panel shows of a stretch of time */
typedef struct Panel {
    const char *words;
    double (*of)(const ReplayInterval *stretch);
    gboolean grows; /* it is counted from the beginning */
} Panel;

static double hosts_hot(const ReplayInterval *stretch)
{
    return stretch->account.hot_minutes / stretch->account.minutes;
}

static double cpu_lacking(const ReplayInterval *stretch)
{
    return stretch->account.cpu_lack / (stretch->account.minutes * SECONDS_OF_MINUTE);
}

static double vms_short(const ReplayInterval *stretch)
{
    return stretch->account.short_minutes / stretch->account.minutes;
}

static double moved(const ReplayInterval *stretch)
{
    return stretch->migrations;
}

static const Panel panels[] = {{"hosts over a threshold, mean", hosts_hot, FALSE},
                               {"CPU not served, MHz, mean", cpu_lacking, FALSE},
                               {"VMs short, mean", vms_short, FALSE},
                               {"migrations so far", moved, TRUE}};

/* a panel's values of all policies, [policy * n_points + point] */
static double *values_of(const Panel *panel, const LoadHistory *history, const Replay *replays, guint n,
                         guint n_points)
{
    double *values = g_new0(double, (gsize)n *n_points + 1);
    for (guint i = 0; i < n; i++) {
        double so_far = 0;
        for (guint p = 0; p < n_points; p++) {
            guint from = (guint)((guint64)p * history->n_intervals / n_points);
            guint to = (guint)((guint64)(p + 1) * history->n_intervals / n_points);
            ReplayInterval stretch = {0};
            for (guint t = from; t < to; t++) {
                world_account_add(&stretch.account, &replays[i].intervals[t].account);
                stretch.migrations += replays[i].intervals[t].migrations;
            }
            double value = panel->of(&stretch);
            so_far += value;
            values[(gsize)i * n_points + p] = panel->grows ? so_far : value;
        }
    }
    return values;
}

static void append_text(GString *svg, double x, double y, const char *anchor, const char *colour,
                        const char *words)
{
    g_autofree char *printable = escape_for_terminal(words);
    g_autofree char *escaped = g_markup_escape_text(printable, -1);
    g_string_append_printf(svg, "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n", x,
                           y, anchor, colour, escaped);
}

static void append_line(GString *svg, const double *values, guint n_points, double most, double top,
                        const char *colour)
{
    g_string_append_printf(svg, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" points=\"",
                           colour);
    for (guint p = 0; p < n_points; p++)
        g_string_append_printf(svg, "%s%.1f,%.1f", p ? " " : "",
                               LEFT + (WIDTH - LEFT - 20.0) * (p + 0.5) / n_points,
                               top + PANEL_HEIGHT * (1 - (most > 0 ? values[p] / most : 0)));
    g_string_append(svg, "\"/>\n");
}

static void append_panel(GString *svg, const Panel *panel, const LoadHistory *history, const Replay *replays,
                         guint n, double top)
{
    guint n_points = MIN(MOST_POINTS, history->n_intervals);
    g_autofree double *values = values_of(panel, history, replays, n, n_points);
    double most = 0;
    for (gsize i = 0; i < (gsize)n * n_points; i++)
        most = fmax(most, values[i]);
    g_autofree char *most_words = number_words(most);
    g_string_append_printf(svg,
                           "<rect x=\"%d\" y=\"%.0f\" width=\"%d\" height=\"%d\" fill=\"none\" "
                           "stroke=\"#cccccc\"/>\n",
                           LEFT, top, WIDTH - LEFT - 20, PANEL_HEIGHT);
    append_text(svg, LEFT, top - 8, "start", "#333333", panel->words);
    append_text(svg, LEFT - 8, top + 12, "end", "#333333", most_words);
    append_text(svg, LEFT - 8, top + PANEL_HEIGHT, "end", "#333333", "0");
    for (guint i = 0; i < n; i++)
        append_line(svg, values + (gsize)i * n_points, n_points, most, top,
                    colours[i % G_N_ELEMENTS(colours)]);
}

/* where a panel begins, below the names of so many policies */
static double panel_top(guint n_policies, gsize panel)
{
    double below = 0;
    for (gsize i = 0; i < panel; i++)
        below += PANEL_HEIGHT + PANEL_GAP;
    return TOP + LINE * n_policies + below;
}

static GString *chart_of(const LoadHistory *history, const Replay *replays, guint n)
{
    GString *svg = g_string_new(NULL);
    double height = panel_top(n, G_N_ELEMENTS(panels));
    g_string_append_printf(svg,
                           "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" "
                           "font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"%d\" height=\"%.0f\" "
                           "fill=\"#ffffff\"/>\n",
                           WIDTH, height, WIDTH, height);
    append_text(svg, LEFT, 28, "start", "#000000", history->name);
    for (guint i = 0; i < n; i++)
        append_text(svg, LEFT, 48 + LINE * i, "start", colours[i % G_N_ELEMENTS(colours)], replays[i].name);
    for (guint k = 0; k < G_N_ELEMENTS(panels); k++)
        append_panel(svg, &panels[k], history, replays, n, panel_top(n, k));
    g_autofree char *from = table_format_time(history->ends[0] - (gint64)history->lengths[0]);
    g_autofree char *to = table_format_time(history->ends[history->n_intervals - 1]);
    append_text(svg, LEFT, height - 20, "start", "#333333", from);
    append_text(svg, WIDTH - 20, height - 20, "end", "#333333", to);
    g_string_append(svg, "</svg>\n");
    return svg;
}

gboolean replayreport_write_chart(const LoadHistory *history, const Replay *replays, guint n,
                                  const char *path, GError **error)
{
    g_autoptr(GString) svg = chart_of(history, replays, n);
    return write_whole(svg, path, error);
}
