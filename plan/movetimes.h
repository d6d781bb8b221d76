/* SPDX-License-Identifier: MIT */
/*
 * How long migrations take, learnt from those of the past: the set-up and the bandwidth that all share, and
 * how much of a VM has to be sent beside what its measured memory lets one expect, since its guest writes
 * while it is copied. Times and memory stand in every journal, so that it is learnt of a vCenter too.
 *
 * real = setup_s + slope × factor of the VM × bytes ÷ the policy's rate × how many moved at once.
 */
#ifndef PLAN_MOVETIMES_H
#define PLAN_MOVETIMES_H

#include "plan/past.h"

typedef struct MoveTimes {
    guint n;          /* migrations with an estimate */
    double error_pct; /* by how much their estimates were off, the median; NAN where there are none */
    double setup_s, slope;
    GHashTable *factors; /* VmPast to double *: of VMs that moved; owned */
} MoveTimes;

/* by least squares. The bytes are as planned and know nothing of earlier fits, as estimates do: so fitting
 * again finds the same. Fewer than three migrations leave the policy's set-up and rate as they are, and every
 * factor at 1 */
MoveTimes move_times_of(const Past *past, const Policy *policy);

/* the factor of a VM, nearer to 1 the fewer of its migrations are known; 1 where none is */
double move_times_factor(const MoveTimes *times, const VmPast *vm);

void move_times_clear(MoveTimes *times);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MoveTimes, move_times_clear)

#endif
