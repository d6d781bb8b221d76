/* SPDX-License-Identifier: MIT */
#include "apply/changewindow.h"

#include "analyze/weekhours.h"
#include "collect/duration.h"
#include "collect/escape.h"

#include <math.h>
#include <string.h>

#define LONGEST_S (365 * 86400) /* of a duration */
#define ENOUGH_STEPS 3          /* to expect that others end sooner than estimated, too */
#define N_ACTIONS (ACTION_DEPLOY + 1)

/* of the steps of one action that have ended in this run */
typedef struct Experience {
    guint n;
    double took_s;
    double estimated_s, took_of_estimated_s; /* of those with an estimate */
} Experience;

struct ChangeWindow {
    gint64 closes;
    const char *why;
    GTimeZone *zone;
    Experience experience[N_ACTIONS];
};

/* ---- when it closes ---- */

/* as the zone's clocks show it, and in UTC */
static char *time_text(gint64 time, GTimeZone *zone)
{
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(time);
    g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, zone);
    g_autofree char *of_zone = g_date_time_format(local, "%Y-%m-%d %H:%M:%S %Z"),
                    *of_utc = g_date_time_format(utc, "%Y-%m-%dT%H:%M:%SZ");
    return g_strdup_printf("%s (%s)", of_zone, of_utc);
}

static void close_at(ChangeWindow *window, gint64 time, const char *why)
{
    if (time >= window->closes)
        return;
    window->closes = time;
    window->why = why;
}

static gboolean take_until(ChangeWindow *window, const char *until, gint64 now, GError **error)
{
    g_autoptr(GDateTime) moment = g_date_time_new_from_iso8601(until, NULL);
    gint64 time = moment ? g_date_time_to_unix(moment) : weekhours_next(until, now, window->zone);
    g_autofree char *found = escape_for_message(until);
    if (time == G_MININT64) {
        g_set_error(error, VMANGER_ERROR, 0,
                    "--until: found %s: expected a time as 05:00 (local) or 2026-11-27T04:00:00Z", found);
        return FALSE;
    }
    if (time <= now) {
        g_autofree char *is = time_text(now, window->zone);
        g_set_error(error, VMANGER_ERROR, 0, "--until: found %s: expected a time to come, it is %s", found,
                    is);
        return FALSE;
    }
    close_at(window, time, "--until");
    return TRUE;
}

static gboolean take_blackout(ChangeWindow *window, const GArray *blackout, gint64 now, GError **error)
{
    gint64 begin = weekhours_begin(blackout, now, window->zone);
    if (begin == now) {
        gint64 end = weekhours_end(blackout, now, window->zone);
        g_autofree char *is = end < G_MAXINT64 ? time_text(end, window->zone) : g_strdup("never");
        g_set_error(error, VMANGER_ERROR, VMANGER_ERROR_LATER,
                    "[apply] blackout: now lies in it: expected to be run when it is over: %s", is);
        return FALSE;
    }
    close_at(window, begin, "[apply] blackout");
    return TRUE;
}

static gboolean take_duration(ChangeWindow *window, const char *duration, gint64 now, GError **error)
{
    gint64 seconds;
    if (!duration_parse(duration, "--max-duration", 1, LONGEST_S, &seconds, error))
        return FALSE;
    close_at(window, now + seconds, "--max-duration");
    return TRUE;
}

ChangeWindow *changewindow_new(const char *until, const char *max_duration, const GArray *blackout,
                               gint64 now, GTimeZone *zone, GError **error)
{
    g_autoptr(ChangeWindow) window = g_new0(ChangeWindow, 1);
    window->closes = G_MAXINT64;
    window->zone = zone;
    if ((max_duration && !take_duration(window, max_duration, now, error)) ||
        (until && !take_until(window, until, now, error)) ||
        (blackout && !take_blackout(window, blackout, now, error)))
        return NULL;
    return g_steal_pointer(&window);
}

void changewindow_free(ChangeWindow *window)
{
    g_free(window);
}

char *changewindow_text(const ChangeWindow *window)
{
    if (window->closes == G_MAXINT64)
        return NULL;
    g_autofree char *when = time_text(window->closes, window->zone);
    return g_strdup_printf("%s, by %s", when, window->why);
}

/* ---- what steps take ---- */

static double expected_s(const ChangeWindow *window, const PlanRow *step)
{
    const Experience *seen = &window->experience[step->action];
    if (isnan(step->est_s))
        return seen->n > 0 ? seen->took_s / seen->n : 0;
    double factor = seen->estimated_s > 0 ? seen->took_of_estimated_s / seen->estimated_s : 1;
    return step->est_s * (seen->n < ENOUGH_STEPS ? MAX(1, factor) : factor);
}

gboolean changewindow_allows(const ChangeWindow *window, const PlanRow *step, gint64 now)
{
    return window->closes == G_MAXINT64 || (double)(window->closes - now) >= expected_s(window, step);
}

void changewindow_learn(ChangeWindow *window, const PlanRow *step, double took_s)
{
    Experience *seen = &window->experience[step->action];
    seen->n++;
    seen->took_s += took_s;
    if (isnan(step->est_s))
        return;
    seen->estimated_s += step->est_s;
    seen->took_of_estimated_s += took_s;
}
