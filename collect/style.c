/* SPDX-License-Identifier: MIT */
#include "collect/style.h"

#include "collect/escape.h"

#include <langinfo.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define BAR_WIDTH 20
#define NEAR_PCT 10 /* points below a threshold that are worth a look */

Style style_of(int fd)
{
    const char *no_colour = g_getenv("NO_COLOR"), *terminal = g_getenv("TERM");
    Style style = {.terminal = isatty(fd) == 1, .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0};
    style.colour = style.terminal && !(no_colour && *no_colour) && terminal && strcmp(terminal, "dumb") != 0;
    return style;
}

void style_paint(GString *text, gsize from, gsize length, const Style *style, StyleColour colour)
{
    static const char *const codes[] = {"\033[32m", "\033[33m", "\033[31m"};
    if (!style->colour)
        return;
    g_string_insert(text, (gssize)(from + length), "\033[0m");
    g_string_insert(text, (gssize)from, codes[colour]);
}

/* of BAR_WIDTH places those that so much of 100 % fills */
static int places(double pct)
{
    return isnan(pct) ? 0 : (int)CLAMP(ceil(pct / 100 * BAR_WIDTH), 0, BAR_WIDTH);
}

void style_append_bar(GString *text, const Style *style, double pct, double threshold_pct)
{
    const char *const full = style->utf8 ? "█" : "#", *const mark = style->utf8 ? "┊" : "|";
    gsize from = text->len;
    int filled = places(pct), marked = isnan(threshold_pct) ? -1 : places(threshold_pct);
    for (int place = 0; place < BAR_WIDTH; place++)
        g_string_append(text, place < filled ? full : place == marked ? mark : style->utf8 ? "░" : ".");
    if (pct > threshold_pct)
        style_paint(text, from, text->len - from, style, STYLE_BAD);
    else if (pct > threshold_pct - NEAR_PCT)
        style_paint(text, from, text->len - from, style, STYLE_WARNING);
    else if (!isnan(pct))
        style_paint(text, from, text->len - from, style, STYLE_GOOD);
}

void style_append_name(GString *text, const char *name, guint width)
{
    static const char cut[] = "...";
    g_autofree char *safe = escape_for_terminal(name);
    glong length = g_utf8_strlen(safe, -1), most = (glong)width;
    if (length > most)
        *g_utf8_offset_to_pointer(safe, most - (glong)strlen(cut)) = '\0';
    g_string_append_printf(text, "%s%s%*s", safe, length > most ? cut : "", (int)MAX(0, most - length), "");
}
