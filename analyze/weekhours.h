/* SPDX-License-Identifier: MIT */
/*
 * Hours of the week, in local time: "Mon-Fri 08:00-18:00; Sat 22:00-02:00". An entry without days is of every
 * day; hours that end at or before they begin end on the next day, and 24:00 is the day's end.
 */
#ifndef ANALYZE_WEEKHOURS_H
#define ANALYZE_WEEKHOURS_H

#include <glib.h>

/* one entry on one day */
typedef struct WeekHours {
    guint weekday;    /* 1: Monday, to 7 */
    guint begin, end; /* minutes since that day's midnight; end may lie on the next day */
} WeekHours;

/* reads entries separated by ';' into a new array of WeekHours, which the caller unrefs; NULL where the text
 * is none, and bad (owned by the caller) is then the entry at fault */
GArray *weekhours_parse(const char *text, char **bad);

/* when the hours begin next: the time itself (seconds since 1970) where it lies in them; G_MAXINT64 where
 * there are none */
gint64 weekhours_begin(const GArray *hours, gint64 time, GTimeZone *zone);

/* when those that the time lies in are over, one run of hours that touch as a whole; the time itself where it
 * lies in none, G_MAXINT64 where they are never over */
gint64 weekhours_end(const GArray *hours, gint64 time, GTimeZone *zone);

/* when clocks of the zone next show a time of the day ("05:00") after the time; G_MININT64 where the text is
 * none */
gint64 weekhours_next(const char *time_of_day, gint64 time, GTimeZone *zone);

/* the hours in words, as weekhours_parse reads them; the caller frees them */
char *weekhours_words(const GArray *hours);

/* minutes of the longest stretch of a week that lies in none of the hours */
guint weekhours_longest_gap(const GArray *hours);

#endif
