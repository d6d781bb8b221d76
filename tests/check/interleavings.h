/* SPDX-License-Identifier: MIT */
/*
 * Every moment of every order that `after` allows. What a host holds is highest when steps that bring
 * something have begun and nothing has ended but what must have; so the sets of arrivals that may have begun
 * at one time are all that there is to look at, and where they are few, all are looked at.
 */
#ifndef TESTS_CHECK_INTERLEAVINGS_H
#define TESTS_CHECK_INTERLEAVINGS_H

#include "tests/check/bindings.h"

/* checks every host's memory and reservations, additions that come too early, and the mandatory rules that
 * hold at the start, at every moment; hosts with many arrivals at so many moments, drawn by the seed */
void check_interleavings(World *world, const Bindings *bindings, guint orders, guint32 seed);

#endif
