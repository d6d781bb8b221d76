/* SPDX-License-Identifier: MIT */
/*
 * A history run forward under a policy, or under none: each interval is measured, evaluated, decided on and
 * acted on as the programs do, and what is decided on an interval meets the next one's load.
 *
 * While steps of a plan run, no other plan is made, as while apply runs. A step takes as long as the policy
 * estimates. Advice is not followed. What was done is the past of later decisions, as journals tell it.
 */
#ifndef PLAN_REPLAY_H
#define PLAN_REPLAY_H

#include "plan/sizetrial.h"
#include "plan/world.h"

/* what one interval was, for the chart */
typedef struct ReplayInterval {
    WorldAccount account;
    guint migrations; /* that ended in it */
} ReplayInterval;

/* what a whole history was */
typedef struct ReplayFigures {
    WorldAccount account;
    guint migrations, back_6h, back_24h; /* of which to a host that the VM had left in the hours before */
    double copied_bytes;
    double memory_added_mib, memory_given_back_mib, vcpus_added;
    SizeFigures sizes; /* by the policy's rules of sizes */
    guint cycles;      /* decisions taken */
    double cpu_s;      /* of evaluating and deciding, which differs from run to run */
} ReplayFigures;

/* one policy's run */
typedef struct Replay {
    char *name;           /* "none", "default", or the policy's file */
    const Policy *policy; /* NULL: nothing is done */
    ReplayFigures figures;
    ReplayInterval *intervals; /* [n_intervals] */
    GError *error;             /* why it ended before its end; NULL where it did not */
} Replay;

void replay_clear(Replay *replay);

/* moves that the search of one cycle may try: about a hundredth of what plan would, so that a week of 250 VMs
 * is replayed in seconds. What repairs comes before, with a bound of its own */
#define REPLAY_SEARCH_WORK 20000

/* runs all of them (name and policy set), on as many threads as there are processors; each is the same on any
 * number. search_work: as for Situation. done counts those that have ended. FALSE and the error of the first
 * that failed */
gboolean replay_all(const LoadHistory *history, const Policy *yardstick, Replay *replays, guint n,
                    gint64 search_work, gint *done, GError **error);

#endif
