/* SPDX-License-Identifier: MIT */
#include "plan/lanes.h"

#include <math.h>
#include <string.h>

#define MOST_LANES 80
#define MOST_WAITS 12 /* lines into one lane */
#define WIDTH 720.0   /* of the drawing, of which the names of steps take the left */
#define NAMES 190.0
#define HEIGHT 20.0 /* of a lane */
#define BOX 12.0    /* of the box in it */
#define TICKS 6.0   /* of the time, about */

typedef struct Lanes {
    Html *html;
    const ChangePlan *plan;
    const GArray *spans;
    GArray *rows;      /* guint: the plan's rows that have a lane */
    GHashTable *lanes; /* a step's number to its lane + 1 */
    double seconds;    /* that the drawing lasts */
} Lanes;

static const PlanRow *row_at(const Lanes *lanes, guint lane)
{
    return &g_array_index(lanes->plan->rows, PlanRow, g_array_index(lanes->rows, guint, lane));
}

static const StepTime *span_at(const Lanes *lanes, guint lane)
{
    return &g_array_index(lanes->spans, StepTime, g_array_index(lanes->rows, guint, lane));
}

static double x_of(const Lanes *lanes, double seconds)
{
    return NAMES + ((WIDTH - NAMES - 12) * seconds / lanes->seconds);
}

static double y_of(guint lane)
{
    return HEIGHT * (lane + 1);
}

/* whichever of 1, 2, 5, 10, 20 … makes about so many ticks */
static double tick_of(double seconds)
{
    double least = seconds / TICKS, power = pow(10, floor(log10(least)));
    return least <= power       ? power
           : least <= 2 * power ? 2 * power
           : least <= 5 * power ? 5 * power
                                : 10 * power;
}

static void append_path(Html *html, const char *class, const char *path)
{
    html_open(html, "path");
    html_attribute(html, "class", "%s", class);
    html_attribute(html, "d", "%s", path);
    html_close(html);
}

static void append_text(Html *html, double x, double y, const char *text)
{
    html_open(html, "text");
    html_number(html, "x", x);
    html_number(html, "y", y);
    html_text(html, text);
    html_close(html);
}

static void append_ticks(const Lanes *lanes)
{
    double tick = tick_of(lanes->seconds);
    for (double at = 0; at <= lanes->seconds; at += tick) {
        g_autofree char *path = g_strdup_printf("M%.1f 16V%.1f", x_of(lanes, at), y_of(lanes->rows->len));
        g_autofree char *label = g_strdup_printf("%g s", at);
        append_path(lanes->html, "tick", path);
        append_text(lanes->html, x_of(lanes, at) - 6, 11, label);
    }
}

/* from the end of each step that it waits for, down or up to its lane, and on to its start */
static void append_waits(const Lanes *lanes, guint lane)
{
    g_autoptr(GArray) after = plan_row_after(row_at(lanes, lane));
    g_autoptr(GString) path = g_string_new(NULL);
    double middle = y_of(lane) + (HEIGHT / 2);
    for (guint i = 0; i < MIN(after->len, MOST_WAITS); i++) {
        gpointer step = GSIZE_TO_POINTER((gsize)g_array_index(after, double, i));
        guint before = GPOINTER_TO_UINT(g_hash_table_lookup(lanes->lanes, step));
        if (before)
            g_string_append_printf(path, "M%.1f %.1fV%.1fH%.1f", x_of(lanes, span_at(lanes, before - 1)->end),
                                   y_of(before - 1) + (HEIGHT / 2), middle,
                                   x_of(lanes, span_at(lanes, lane)->start));
    }
    if (path->len)
        append_path(lanes->html, "wait", path->str);
}

/* The name is drawn in a picture of its own, which cuts it off. */
static void append_name(const Lanes *lanes, guint lane)
{
    const PlanRow *row = row_at(lanes, lane);
    g_autofree char *name =
        g_strdup_printf("%.0f  %s", row->step, *row->object ? row->object : row->object_id);
    g_autofree char *start = g_utf8_substring(name, 0, MIN(g_utf8_strlen(name, -1), 40));
    html_open(lanes->html, "svg");
    html_number(lanes->html, "y", y_of(lane));
    html_number(lanes->html, "width", NAMES - 10);
    html_number(lanes->html, "height", HEIGHT);
    append_text(lanes->html, 0, 14, start);
    html_close(lanes->html);
}

static void append_box(const Lanes *lanes, guint lane)
{
    const StepTime *span = span_at(lanes, lane);
    html_open(lanes->html, "rect");
    html_attribute(lanes->html, "class", "box");
    html_number(lanes->html, "x", x_of(lanes, span->start));
    html_number(lanes->html, "y", y_of(lane) + ((HEIGHT - BOX) / 2));
    html_number(lanes->html, "width", fmax(2, x_of(lanes, span->end) - x_of(lanes, span->start)));
    html_number(lanes->html, "height", BOX);
    html_close(lanes->html);
}

static void draw(const Lanes *lanes)
{
    Html *html = lanes->html;
    html_open(html, "div");
    html_attribute(html, "class", "wide");
    html_open(html, "svg");
    html_attribute(html, "class", "lanes");
    html_attribute(html, "aria-hidden", "true");
    html_attribute(html, "viewBox", "0 0 %.0f %.0f", WIDTH, y_of(lanes->rows->len) + 4);
    append_ticks(lanes);
    for (guint lane = 0; lane < lanes->rows->len; lane++)
        append_waits(lanes, lane);
    for (guint lane = 0; lane < lanes->rows->len; lane++) {
        append_name(lanes, lane);
        append_box(lanes, lane);
    }
    html_close(html);
    html_close(html);
}

/* gives the cluster's rows lanes; the number of its rows that run */
static guint take_rows(Lanes *lanes, const char *cluster_id)
{
    guint n = 0;
    for (guint i = 0; i < lanes->plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(lanes->plan->rows, PlanRow, i);
        const StepTime *span = &g_array_index(lanes->spans, StepTime, i);
        if (row->kind != ROW_STEP || isnan(span->start) || strcmp(row->cluster_id, cluster_id) != 0 ||
            n++ >= MOST_LANES)
            continue;
        g_array_append_val(lanes->rows, i);
        g_hash_table_insert(lanes->lanes, GSIZE_TO_POINTER((gsize)row->step),
                            GUINT_TO_POINTER(lanes->rows->len));
        lanes->seconds = fmax(lanes->seconds, span->end);
    }
    return n;
}

void lanes_append(Html *html, const ChangePlan *plan, const GArray *spans, const char *cluster_id)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GHashTable) places = g_hash_table_new(NULL, NULL);
    Lanes lanes = {html, plan, spans, rows, places, 1};
    guint n = take_rows(&lanes, cluster_id);
    if (!n)
        return;
    html_element(html, "h3", NULL, "Its steps over time");
    draw(&lanes);
    html_elementf(html, "p", "dim",
                  "Each line leads from the end of a step that must have succeeded to the one that waits for "
                  "it. The table of steps has all figures.%s",
                  n > MOST_LANES ? " Of many, the first are drawn." : "");
}
