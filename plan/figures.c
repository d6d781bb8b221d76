/* SPDX-License-Identifier: MIT */
#include "plan/figures.h"

#include "collect/table.h"

#include <math.h>
#include <string.h>

#define SINGLE 0 /* no figure stands afterwards only: the first is one before */

/* All figures, in the order of their cells. */
#define AT(member) G_STRUCT_OFFSET(ClusterFigures, member)
#define PAIR(member) #member, AT(before.member), AT(after.member)
static const struct Figure {
    const char *key;
    gsize first, after; /* offsets of the figure, or of the pair; after: SINGLE where it is none */
    gboolean whole, optional;
} all[] = {
    {PAIR(hot_hosts), TRUE, FALSE},
    {PAIR(short_vms), TRUE, FALSE},
    {PAIR(max_cpu_pct), FALSE, FALSE},
    {PAIR(max_memory_pct), FALSE, FALSE},
    {PAIR(sd_cpu), FALSE, FALSE},
    {PAIR(sd_memory), FALSE, FALSE},
    {PAIR(failover_lack_mib), TRUE, TRUE},
    {PAIR(failover_lack_mhz), TRUE, TRUE},
    {"steps", AT(steps), SINGLE, TRUE, FALSE},
    {"moves", AT(moves), SINGLE, TRUE, FALSE},
    {"copy_mib", AT(copy_mib), SINGLE, TRUE, FALSE},
    {"makespan_s", AT(makespan_s), SINGLE, FALSE, FALSE},
};

static double *figure_at(ClusterFigures *figures, gsize offset)
{
    return G_STRUCT_MEMBER_P(figures, offset);
}

static double value_at(const ClusterFigures *figures, gsize offset)
{
    return *(const double *)G_STRUCT_MEMBER_P(figures, offset);
}

ClusterFigures figures_unknown(void)
{
    ClusterFigures figures;
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
        *figure_at(&figures, all[i].first) = NAN;
        if (all[i].after != SINGLE)
            *figure_at(&figures, all[i].after) = NAN;
    }
    return figures;
}

void figures_append_cells(const ClusterFigures *figures, GStrvBuilder *row)
{
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
        const struct Figure *figure = &all[i];
        g_autoptr(GString) cell = g_string_new(figure->key);
        if (isnan(value_at(figures, figure->first)))
            continue;
        g_string_append_c(cell, '=');
        table_append_number(cell, value_at(figures, figure->first));
        if (figure->after != SINGLE) {
            g_string_append_c(cell, '/');
            table_append_number(cell, value_at(figures, figure->after));
        }
        g_strv_builder_add(row, cell->str);
    }
}

/* ---- reading ---- */

/* the figure that the cell "key=…" has, and what is behind the sign; NULL where it is none that is known */
static const struct Figure *find_figure(const char *cell, const char **value)
{
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
        gsize length = strlen(all[i].key);
        if (strncmp(cell, all[i].key, length) != 0 || cell[length] != '=')
            continue;
        *value = cell + length + 1;
        return &all[i];
    }
    return NULL;
}

static gboolean parse(const struct Figure *figure, const char *value, ClusterFigures *figures)
{
    double *first = figure_at(figures, figure->first);
    if (figure->after == SINGLE)
        return table_parse_number(value, !figure->whole, FALSE, first);
    g_auto(GStrv) parts = g_strsplit(value, "/", 2);
    return g_strv_length(parts) == 2 && table_parse_number(parts[0], !figure->whole, FALSE, first) &&
           table_parse_number(parts[1], !figure->whole, FALSE, figure_at(figures, figure->after));
}

static gboolean fail(const struct Figure *figure, const char *found, const char *expected,
                     const CsvReader *csv, GError **error)
{
    g_autofree char *column = g_strconcat("#cluster ", figure->key, NULL);
    csv_reader_fail(csv, column, found, expected, error);
    return FALSE;
}

static const char *words_of_expected(const struct Figure *figure)
{
    if (figure->after != SINGLE)
        return figure->whole ? "two whole numbers, before/after"
                             : "two numbers with at most three decimals, before/after";
    return figure->whole ? "a whole number" : "a number with at most three decimals";
}

gboolean figures_read(ClusterFigures *figures, const char *const *cells, const CsvReader *csv, GError **error)
{
    *figures = figures_unknown();
    for (; *cells; cells++) {
        const char *value;
        const struct Figure *figure = find_figure(*cells, &value);
        if (!figure)
            continue;
        if (!isnan(value_at(figures, figure->first)))
            return fail(figure, "a second such cell", "one", csv, error);
        if (!parse(figure, value, figures))
            return fail(figure, value, words_of_expected(figure), csv, error);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
        if (!all[i].optional && isnan(value_at(figures, all[i].first)))
            return fail(&all[i], "", words_of_expected(&all[i]), csv, error);
    return TRUE;
}
