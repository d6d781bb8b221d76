/* SPDX-License-Identifier: MIT */
/*
 * Each row by itself: does it name what the snapshot has, is what it asks for possible and allowed, do its
 * figures hold.
 */
#ifndef TESTS_CHECK_STEPS_H
#define TESTS_CHECK_STEPS_H

#include "tests/check/world.h"

/* checks a row as the world stands before it; of a step, call it before world_take */
void check_row(World *world, const PlanRow *row);

#endif
