/* SPDX-License-Identifier: MIT */
#include "analyze/pictures.h"

#include <math.h>

#define SERIES_HEIGHT 100.0 /* of a series' drawing: a unit a percent */

const char *const heat_words[] = {"", "within 2 points", "hot"};
const char *const heat_classes[] = {"none", "near", "hot"};

Heat heat_of(double use_pct, double threshold_pct)
{
    if (isnan(use_pct) || isnan(threshold_pct))
        return HEAT_NONE;
    return use_pct > threshold_pct                  ? HEAT_HOT
           : use_pct >= threshold_pct - NEAR_POINTS ? HEAT_NEAR
                                                    : HEAT_NONE;
}

static void begin_picture(Html *html, const char *class)
{
    html_open(html, "svg");
    html_attribute(html, "class", "%s", class);
    html_attribute(html, "aria-hidden", "true");
}

static void append_pattern(Html *html, const char *id, const char *class, const char *path)
{
    html_open(html, "pattern");
    html_attribute(html, "id", "%s", id);
    html_attribute(html, "width", "6");
    html_attribute(html, "height", "6");
    html_attribute(html, "patternUnits", "userSpaceOnUse");
    html_open(html, "rect");
    html_attribute(html, "class", "%s", class);
    html_attribute(html, "width", "6");
    html_attribute(html, "height", "6");
    html_close(html);
    html_open(html, "path");
    html_attribute(html, "class", "hatch");
    html_attribute(html, "d", "%s", path);
    html_close(html);
    html_close(html);
}

void pictures_define(Html *html)
{
    begin_picture(html, "fills");
    html_open(html, "defs");
    append_pattern(html, "fill-hot", "ground-hot", "M-1 1L1 -1M-1 7L7 -1M5 7L7 5");
    append_pattern(html, "fill-near", "ground-near", "M3 2V4");
    html_close(html);
    html_close(html);
}

static double bounded(double pct)
{
    return isnan(pct) ? 0 : CLAMP(pct, 0, 100);
}

/* a rectangle from the left edge, its width in percent of the picture's */
static void append_rect(Html *html, const char *class, double y, double width_pct, double height)
{
    html_open(html, "rect");
    html_attribute(html, "class", "%s", class);
    html_number(html, "y", y);
    html_attribute(html, "width", "%.2f%%", width_pct);
    html_number(html, "height", height);
    html_close(html);
}

static void append_mark(Html *html, double threshold_pct, double height)
{
    if (isnan(threshold_pct))
        return;
    html_open(html, "line");
    html_attribute(html, "class", "mark");
    html_attribute(html, "x1", "%.2f%%", bounded(threshold_pct));
    html_attribute(html, "x2", "%.2f%%", bounded(threshold_pct));
    html_attribute(html, "y1", "0");
    html_number(html, "y2", height);
    html_close(html);
}

void picture_bar(Html *html, double before_pct, double use_pct, double threshold_pct)
{
    begin_picture(html, "bar");
    append_rect(html, "ground", 1, 100, 14);
    if (!isnan(before_pct))
        append_rect(html, "before", 2, bounded(before_pct), 4);
    append_rect(html, heat_classes[heat_of(use_pct, threshold_pct)], isnan(before_pct) ? 3 : 8,
                bounded(use_pct), isnan(before_pct) ? 10 : 6);
    append_mark(html, threshold_pct, 16);
    html_close(html);
}

void picture_share(Html *html, double share, Heat heat)
{
    begin_picture(html, "bar");
    append_rect(html, "ground", 1, 100, 14);
    append_rect(html, heat_classes[heat], 3, bounded(share * 100), 10);
    html_close(html);
}

void picture_span(Html *html, double from, double to)
{
    const double least = 1; /* percent, so that what is short shows */
    double begin = MIN(bounded(from * 100), 100 - least);
    begin_picture(html, "bar");
    append_rect(html, "ground", 1, 100, 14);
    html_open(html, "rect");
    html_attribute(html, "class", "none");
    html_attribute(html, "x", "%.2f%%", begin);
    html_attribute(html, "y", "3");
    html_attribute(html, "width", "%.2f%%", MAX(bounded(to * 100) - begin, least));
    html_attribute(html, "height", "10");
    html_close(html);
    html_close(html);
}

static char *path_of(const double *values, guint n)
{
    GString *path = g_string_new(NULL);
    gboolean drawing = FALSE;
    for (guint i = 0; i < n; i++) {
        if (isnan(values[i])) {
            drawing = FALSE;
            continue;
        }
        double y = SERIES_HEIGHT - bounded(values[i]);
        g_string_append_printf(path, "%c%u %.1f", drawing ? 'L' : 'M', i, y);
        if (!drawing) /* so that a value between two that are missing shows, too; and a single one */
            g_string_append(path, n == 1 ? "H1" : "h0");
        drawing = TRUE;
    }
    return g_string_free(path, FALSE);
}

void picture_series(Html *html, const double *values, guint n, double threshold_pct)
{
    g_autofree char *path = path_of(values, n);
    begin_picture(html, "series");
    html_attribute(html, "viewBox", "0 0 %u 100", MAX(n, 2) - 1);
    html_attribute(html, "preserveAspectRatio", "none");
    if (!isnan(threshold_pct)) {
        html_open(html, "path");
        html_attribute(html, "class", "mark");
        html_attribute(html, "d", "M0 %.1fH%u", SERIES_HEIGHT - bounded(threshold_pct), MAX(n, 2) - 1);
        html_close(html);
    }
    html_open(html, "path");
    html_attribute(html, "class", "line");
    html_attribute(html, "d", "%s", path);
    html_close(html);
    html_close(html);
}

void picture_heat(Html *html, Heat heat)
{
    if (heat == HEAT_NONE)
        return;
    html_open(html, "b");
    html_attribute(html, "class", "heat %s", heat_classes[heat]);
    html_textf(html, "%s %s", heat == HEAT_HOT ? "▲" : "◆", heat_words[heat]);
    html_close(html);
}

void picture_key(Html *html)
{
    static const struct Sample {
        Heat heat;
        const char *words;
    } samples[] = {{HEAT_NONE, "in use"},
                   {HEAT_NEAR, "◆ within 2 points of its threshold"},
                   {HEAT_HOT, "▲ hot: above its threshold"}};
    for (guint i = 0; i < G_N_ELEMENTS(samples); i++) {
        html_open(html, "li");
        picture_share(html, 1, samples[i].heat);
        html_text(html, samples[i].words);
        html_close(html);
    }
    html_element(html, "li", NULL, "| threshold (in lines over time: dashed)");
}
