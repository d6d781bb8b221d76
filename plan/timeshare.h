/* SPDX-License-Identifier: MIT */
/*
 * A time limit that pieces of work share, some of them side by side.
 */
#ifndef PLAN_TIMESHARE_H
#define PLAN_TIMESHARE_H

#include <glib.h>

typedef struct TimeShare {
    gint64 end_us;      /* monotonic; 0: no limit, and no clock is read */
    gint left;          /* pieces not begun, counted down atomically */
    guint side_by_side; /* at once */
} TimeShare;

/* when the next piece of work, which begins now, is to end, monotonic: what others leave of their time falls
 * to those after them. 0: no limit */
gint64 time_share_next(TimeShare *share);

/* seconds from now to end_us, which is not 0; at least as many as mean a limit, not none */
double time_share_seconds(gint64 end_us);

/* TRUE where end_us is a limit and has passed */
gboolean time_share_is_over(gint64 end_us);

#endif
