/* SPDX-License-Identifier: MIT */
/*
 * From readings of libvirt's counters to series of samples. A reading that failed is a gap, as is a counter
 * that went back, or that one of two readings lacks.
 */
#ifndef COLLECT_LIBVIRTSERIES_H
#define COLLECT_LIBVIRTSERIES_H

#include <glib.h>

/* what was read of a host or a domain at one time; NAN is not known */
typedef struct Reading {
    gint64 at_us;                                   /* monotonic; 0: nothing was read */
    double cpu_ns, delay_ns, disk_bytes, net_bytes; /* counters */
    double active_kib, consumed_kib, overhead_kib;  /* as they are now */
    double guest_updated_s;                         /* when the guest last said how much it uses; 0: never */
} Reading;

Reading reading_none(void);

/* values[i], for i below n, is how fast the counter at this offset of a Reading grew between readings i and
 * i + 1, of n + 1: its unit a second, times scale; where readings are missing, since the last before */
void readings_rates(const Reading *readings, guint n, gsize offset, double scale, double *values);

/* values[i] is what stands at this offset of reading i + 1 */
void readings_levels(const Reading *readings, guint n, gsize offset, double *values);

/* active memory, where the guest says it every period_s: one that has said nothing new for longer than that
 * and the time between two readings is not measured */
void readings_active(const Reading *readings, guint n, double period_s, double interval_s, double *values);

#endif
