/* SPDX-License-Identifier: MIT */
/*
 * Over which intervals a vCenter rolls up what was measured, how long it keeps each, and which counters at
 * its statistics level: the part of the time before a snapshot that each tells best.
 */
#ifndef COLLECT_PERIODS_H
#define COLLECT_PERIODS_H

#include "collect/inventory.h"
#include "collect/queryperf.h"

#define MOST_PERIODS 4 /* vCenter keeps a day, a week, a month and a year */

/* a stretch of time, told at one interval */
typedef struct Period {
    int interval_s;
    gint64 from, to;  /* intervals that end after from, and not after to */
    guint n_samples;  /* of a grid from the latest time back to from */
    CounterKey *keys; /* [rolled_up_counters.n], key 0: not asked for here */
    guint *asked;     /* [n_asked] counters */
    guint n_asked;
    gboolean by_usage;  /* mem.usage stands for mem.active, which is not kept at this level */
    PerfReader *reader; /* of answers */
} Period;

typedef struct Periods {
    guint n;
    Period all[MOST_PERIODS]; /* the latest and finest first */
    gint64 to;                /* the end of the latest; also where there is none */
} Periods;

/* those that tell of the history_s seconds before the snapshot, as far as they go, up to its window. At first
 * all 0; the snapshot outlives them */
gboolean periods_find(Periods *periods, Vcenter *vcenter, const Snapshot *snapshot, gint64 history_s,
                      GError **error);

/* what a person has to know of them, and that they are of so many VMs: lines of text, appended */
void periods_tell(const Periods *periods, guint n_vms, GPtrArray *notes);

void periods_clear(Periods *periods);

#endif
