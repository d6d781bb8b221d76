/* SPDX-License-Identifier: MIT */
/*
 * Plans of many sites as a person reads them: those that cannot be read, a line a site, those with unsolved
 * items first, and totals. They are read one after the other and freed.
 */
#ifndef PLAN_SHOWPLANS_H
#define PLAN_SHOWPLANS_H

#include "collect/style.h"

typedef struct ShownPlans {
    char *text;
    guint unread, steps,
        unsolved; /* plans that could not be read; approved steps and unsolved items of all */
} ShownPlans;

/* at most so many sites are told (0: all) */
ShownPlans show_plans(char *const *paths, guint most, const Style *style);

void shown_plans_clear(ShownPlans *shown);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ShownPlans, shown_plans_clear)

#endif
