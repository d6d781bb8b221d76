/* SPDX-License-Identifier: MIT */
#include "collect/duration.h"

#include "collect/error.h"
#include "collect/escape.h"

#include <string.h>

static const struct {
    const char *name;
    gint64 seconds;
} units[] = {{"w", 7 * 86400}, {"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}, {"", 1}};

#define MOST_DIGITS 9

/* -1 where it is none */
static gint64 seconds_of(const char *text)
{
    gint64 number = 0;
    const char *at = text;
    for (; g_ascii_isdigit(*at) && at - text < MOST_DIGITS; at++)
        number = number * 10 + (*at - '0');
    for (guint i = 0; at > text && i < G_N_ELEMENTS(units); i++)
        if (strcmp(at, units[i].name) == 0)
            return number * units[i].seconds;
    return -1;
}

/* in the largest unit, up to days, of which it is a whole number */
static char *in_words(gint64 seconds)
{
    guint i = 1;
    while (seconds % units[i].seconds != 0)
        i++;
    return g_strdup_printf("%" G_GINT64_FORMAT "%s", seconds / units[i].seconds, units[i].name);
}

gboolean duration_parse(const char *text, const char *option, gint64 least_s, gint64 most_s, gint64 *seconds,
                        GError **error)
{
    *seconds = seconds_of(text);
    if (*seconds >= least_s && *seconds <= most_s)
        return TRUE;
    g_autofree char *found = escape_for_message(text), *least = in_words(least_s), *most = in_words(most_s);
    g_set_error(error, VMANGER_ERROR, 0,
                "%s: found %s: expected seconds, or as 90m, 24h, 7d or 2w, from %s to %s", option, found,
                least, most);
    return FALSE;
}
