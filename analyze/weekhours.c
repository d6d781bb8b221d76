/* SPDX-License-Identifier: MIT */
#include "analyze/weekhours.h"

#include <string.h>

#define DAYS 7
#define MINUTES_OF_DAY 1440
#define MINUTES_OF_HOUR 60

/* ---- reading ---- */

static guint parse_weekday(const char *text)
{
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    for (guint i = 0; i < DAYS; i++)
        if (g_ascii_strcasecmp(text, names[i]) == 0)
            return i + 1;
    return 0;
}

/* "Mon" or "Fri-Mon": the first and the last day */
static gboolean parse_days(const char *text, guint *first, guint *last)
{
    g_auto(GStrv) ends = g_strsplit(text, "-", 2);
    *first = ends[0] ? parse_weekday(ends[0]) : 0;
    *last = ends[0] && ends[1] ? parse_weekday(ends[1]) : *first;
    return *first > 0 && *last > 0;
}

/* "08:00", to "24:00" */
static gboolean parse_minute(const char *text, guint *minute)
{
    g_auto(GStrv) parts = g_strsplit(text, ":", 2);
    guint64 hours, minutes;
    if (!parts[0] || !parts[1] || strlen(parts[1]) != 2 || strlen(parts[0]) > 2 ||
        !g_ascii_string_to_unsigned(parts[0], 10, 0, 24, &hours, NULL) ||
        !g_ascii_string_to_unsigned(parts[1], 10, 0, 59, &minutes, NULL))
        return FALSE;
    *minute = (guint)(hours * MINUTES_OF_HOUR + minutes);
    return *minute <= MINUTES_OF_DAY;
}

static gboolean parse_hours(const char *text, WeekHours *hours)
{
    g_auto(GStrv) ends = g_strsplit(text, "-", 2);
    if (!ends[0] || !ends[1] || !parse_minute(ends[0], &hours->begin) || !parse_minute(ends[1], &hours->end))
        return FALSE;
    if (hours->end <= hours->begin)
        hours->end += MINUTES_OF_DAY;
    return hours->begin < MINUTES_OF_DAY;
}

static gboolean parse_entry(const char *text, GArray *all)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
    g_autoptr(GPtrArray) filled = g_ptr_array_new();
    for (char **word = words; *word; word++)
        if (**word)
            g_ptr_array_add(filled, *word);
    guint first = 1, last = DAYS;
    WeekHours hours = {0};
    if (filled->len < 1 || filled->len > 2 ||
        (filled->len == 2 && !parse_days(g_ptr_array_index(filled, 0), &first, &last)) ||
        !parse_hours(g_ptr_array_index(filled, filled->len - 1), &hours))
        return FALSE;
    for (guint i = 0; i < DAYS; i++) {
        hours.weekday = (first - 1 + i) % DAYS + 1;
        g_array_append_val(all, hours);
        if (hours.weekday == last)
            break;
    }
    return TRUE;
}

GArray *weekhours_parse(const char *text, char **bad)
{
    g_auto(GStrv) entries = g_strsplit(text, ";", -1);
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(WeekHours));
    for (char **entry = entries; *entry; entry++) {
        if (!*g_strstrip(*entry) || parse_entry(*entry, all))
            continue;
        *bad = g_strdup(*entry);
        return NULL;
    }
    return g_steal_pointer(&all);
}

/* ---- the calendar ---- */

/* so many minutes after the midnight before a day, as clocks show them: where they are put forward or back,
 * the hours stay what they are called */
static gint64 at_minute(GDateTime *day, guint minute, GTimeZone *zone)
{
    g_autoptr(GDateTime) on = g_date_time_add_days(day, (int)(minute / MINUTES_OF_DAY));
    minute %= MINUTES_OF_DAY;
    g_autoptr(GDateTime) at = g_date_time_new(
        zone, g_date_time_get_year(on), g_date_time_get_month(on), g_date_time_get_day_of_month(on),
        (int)(minute / MINUTES_OF_HOUR), (int)(minute % MINUTES_OF_HOUR), 0);
    return g_date_time_to_unix(at);
}

/* the first hours that are not over at the time, from begin to end; FALSE where there are none */
static gboolean find_next(const GArray *hours, gint64 time, GTimeZone *zone, gint64 *begin, gint64 *end)
{
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(time);
    g_autoptr(GDateTime) now = g_date_time_to_timezone(utc, zone);
    gboolean found = FALSE;
    /* from yesterday, whose hours may last over midnight */
    for (int offset = -1; offset <= DAYS; offset++) {
        g_autoptr(GDateTime) day = g_date_time_add_days(now, offset);
        for (guint i = 0; i < hours->len; i++) {
            const WeekHours *one = &g_array_index(hours, WeekHours, i);
            if (one->weekday != (guint)g_date_time_get_day_of_week(day))
                continue;
            gint64 from = at_minute(day, one->begin, zone), to = at_minute(day, one->end, zone);
            if (to <= time || (found && from >= *begin))
                continue;
            *begin = from;
            *end = to;
            found = TRUE;
        }
    }
    return found;
}

gint64 weekhours_begin(const GArray *hours, gint64 time, GTimeZone *zone)
{
    gint64 begin, end;
    return find_next(hours, time, zone, &begin, &end) ? MAX(begin, time) : G_MAXINT64;
}

gint64 weekhours_end(const GArray *hours, gint64 time, GTimeZone *zone)
{
    gint64 at = time, begin, end;
    /* each turn is over an entry's end; a week's worth of them that touch touch for ever */
    for (guint i = 0; i <= hours->len; i++) {
        if (!find_next(hours, at, zone, &begin, &end) || begin > at)
            return at;
        at = end;
    }
    return G_MAXINT64;
}

gint64 weekhours_next(const char *time_of_day, gint64 time, GTimeZone *zone)
{
    guint minute;
    if (!parse_minute(time_of_day, &minute))
        return G_MININT64;
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(time);
    g_autoptr(GDateTime) today = g_date_time_to_timezone(utc, zone);
    gint64 next = at_minute(today, minute, zone);
    return next > time ? next : at_minute(today, minute + MINUTES_OF_DAY, zone);
}

/* ---- words ---- */

static void append_minute(GString *out, guint minute)
{
    guint of_day = minute > MINUTES_OF_DAY ? minute - MINUTES_OF_DAY : minute;
    g_string_append_printf(out, "%02u:%02u", of_day / MINUTES_OF_HOUR, of_day % MINUTES_OF_HOUR);
}

char *weekhours_words(const GArray *hours)
{
    static const char *const names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < hours->len; i++) {
        const WeekHours *first = &g_array_index(hours, WeekHours, i), *last = first;
        while (i + 1 < hours->len && last[1].weekday == last->weekday + 1 && last[1].begin == first->begin &&
               last[1].end == first->end)
            last = &g_array_index(hours, WeekHours, ++i);
        g_string_append_printf(out, "%s%s", out->len ? "; " : "", names[first->weekday - 1]);
        if (last != first)
            g_string_append_printf(out, "-%s", names[last->weekday - 1]);
        g_string_append_c(out, ' ');
        append_minute(out, first->begin);
        g_string_append_c(out, '-');
        append_minute(out, first->end);
    }
    return g_string_free(out, FALSE);
}

guint weekhours_longest_gap(const GArray *hours)
{
    enum { WEEK = DAYS * MINUTES_OF_DAY };
    g_autofree gboolean *taken = g_new0(gboolean, WEEK);
    guint longest = 0, gap = 0;
    for (guint i = 0; i < hours->len; i++) {
        const WeekHours *entry = &g_array_index(hours, WeekHours, i);
        for (guint minute = entry->begin; minute < entry->end; minute++)
            taken[((entry->weekday - 1) * MINUTES_OF_DAY + minute) % WEEK] = TRUE;
    }
    for (guint minute = 0; minute < 2 * WEEK; minute++) { /* twice: a gap may go over the week's end */
        gap = taken[minute % WEEK] ? 0 : gap + 1;
        longest = MAX(longest, gap);
    }
    return MIN(longest, WEEK);
}
