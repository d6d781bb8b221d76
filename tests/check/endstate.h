/* SPDX-License-Identifier: MIT */
/*
 * What a plan leaves behind: the figures of its clusters, what stays unsolved, what is left of buffers and
 * pools, and whether it kept to the policy's bounds.
 */
#ifndef TESTS_CHECK_ENDSTATE_H
#define TESTS_CHECK_ENDSTATE_H

#include "tests/check/bindings.h"

/* checks the plan as a whole, once every step has been taken */
void check_end_state(World *world, const Bindings *bindings);

#endif
