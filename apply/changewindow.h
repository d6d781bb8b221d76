/* SPDX-License-Identifier: MIT */
/*
 * The change window: when steps may start. None may that is not expected to end before the window closes;
 * those that run are waited for whatever the time is. What steps are expected to take is calibrated by what
 * those of this run took; that they end sooner than estimated is believed of three.
 */
#ifndef APPLY_CHANGEWINDOW_H
#define APPLY_CHANGEWINDOW_H

#include "plan/changeplan.h"

typedef struct ChangeWindow ChangeWindow;

/* until: a time as RFC 3339 has it, or HH:MM, the next in the zone; NULL for no bound. max_duration: from
 * now, as 90m, 2h or 3600 (seconds); NULL for no bound. blackout: hours (WeekHours) in which nothing may run;
 * NULL for none. Now is in seconds since 1970. An error where a bound is none, or lies in the past, or now
 * lies in the blackout. The zone and the blackout outlive the window */
ChangeWindow *changewindow_new(const char *until, const char *max_duration, const GArray *blackout,
                               gint64 now, GTimeZone *zone, GError **error);

void changewindow_free(ChangeWindow *window);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ChangeWindow, changewindow_free)

/* TRUE where a step that starts now is expected to end in time. Of a step without an estimate as much is
 * expected as those of its action took so far */
gboolean changewindow_allows(const ChangeWindow *window, const PlanRow *step, gint64 now);

/* takes in how long a step took */
void changewindow_learn(ChangeWindow *window, const PlanRow *step, double took_s);

/* "2026-11-27 05:00:00 CET (2026-11-27T04:00:00Z), by --until": when and why it closes; NULL: never. The
 * caller frees it */
char *changewindow_text(const ChangeWindow *window);

#endif
