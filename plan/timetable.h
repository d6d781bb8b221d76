/* SPDX-License-Identifier: MIT */
/*
 * When each row of a plan runs, by the plan alone.
 */
#ifndef PLAN_TIMETABLE_H
#define PLAN_TIMETABLE_H

#include "plan/schedule.h"

/* of each row (StepTime), approved steps each as early as its `after` lets it, as though any number could run
 * at once: all that can be said without snapshot and policy; free with g_array_unref */
GArray *timetable_of_plan(const ChangePlan *plan);

/* when the last ends */
double timetable_end(const GArray *spans);

#endif
