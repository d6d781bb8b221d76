/* SPDX-License-Identifier: MIT */
#include "collect/libvirtseries.h"

#include <math.h>

Reading reading_none(void)
{
    return (Reading){0, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
}

static double at(const Reading *reading, gsize offset)
{
    return G_STRUCT_MEMBER(double, reading, offset);
}

static double seconds_between(const Reading *from, const Reading *to)
{
    return (double)(to->at_us - from->at_us) / G_USEC_PER_SEC;
}

void readings_rates(const Reading *readings, guint n, gsize offset, double scale, double *values)
{
    const Reading *before = readings->at_us ? readings : NULL;
    for (guint i = 0; i < n; i++) {
        const Reading *now = &readings[i + 1];
        values[i] = NAN;
        if (!now->at_us)
            continue;
        double grown = before ? at(now, offset) - at(before, offset) : NAN;
        if (before && grown >= 0 && now->at_us > before->at_us)
            values[i] = grown / seconds_between(before, now) * scale;
        before = now;
    }
}

void readings_levels(const Reading *readings, guint n, gsize offset, double *values)
{
    for (guint i = 0; i < n; i++)
        values[i] = readings[i + 1].at_us ? at(&readings[i + 1], offset) : NAN;
}

/* The host's clock is not ours: all that counts is whether the guest's last word is a new one. */
void readings_active(const Reading *readings, guint n, double period_s, double interval_s, double *values)
{
    const Reading *said = NULL; /* the reading in which the last word was new */
    for (guint i = 0; i <= n; i++) {
        const Reading *now = &readings[i];
        gboolean speaks = now->at_us && now->guest_updated_s > 0;
        if (speaks && (!said || now->guest_updated_s != said->guest_updated_s))
            said = now;
        gboolean fresh = speaks && seconds_between(said, now) <= period_s + interval_s;
        if (i > 0)
            values[i - 1] = fresh ? now->active_kib : NAN;
    }
}
