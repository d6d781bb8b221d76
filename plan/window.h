/* SPDX-License-Identifier: MIT */
/*
 * The change window: of steps in safe order, those that max_duration_s has time for.
 */
#ifndef PLAN_WINDOW_H
#define PLAN_WINDOW_H

#include "plan/decisions.h"

/* takes out of changes that have neither order nor reasons what max_duration_s has no time for: steps in the
 * order of what they help, those left out that do not fit, and nothing kept that leaves a mandatory rule
 * broken that held or a host hot that was normal. Returns what was taken out, a list as changes */
GArray *window_choose(const Situation *situation, GArray *changes);

/* keeps the longest beginning of the ordered changes that ends within max_duration_s (by its makespan,
 * under [apply] parallel) and after which no mandatory rule is broken that held, and no host is hot that was
 * normal. What is cut off becomes unsolved, and so does what it would have solved. Nothing where there is no
 * such limit */
void window_cut(const Situation *situation, Decisions *decisions);

#endif
