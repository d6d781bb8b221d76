/* SPDX-License-Identifier: MIT */
#include "plan/timeshare.h"

#define LEAST_S 1e-6

gint64 time_share_next(TimeShare *share)
{
    if (!share->end_us)
        return 0;
    gint begun = g_atomic_int_add(&share->left, -1), left = MAX(1, begun);
    gint64 now = g_get_monotonic_time();
    gint64 turns = (left + (gint)share->side_by_side - 1) / (gint)share->side_by_side;
    return now + MAX(0, share->end_us - now) / turns;
}

double time_share_seconds(gint64 end_us)
{
    return MAX(LEAST_S, (double)(end_us - g_get_monotonic_time()) / G_USEC_PER_SEC);
}

gboolean time_share_is_over(gint64 end_us)
{
    return end_us && g_get_monotonic_time() >= end_us;
}
