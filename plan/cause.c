/* SPDX-License-Identifier: MIT */
#include "plan/cause.h"

#include <stddef.h>

const char *const cause_names[] = {"",          "broken_rule", "evacuation",  "hot_host", "overreserved_host",
                                   "short_vm",  "busy_vm",     "should_rule", "room",     "detour",
                                   "balance",   "power",       "home",        "lent",     "idle",
                                   "oversized", "undersized",  "hot_add_off", NULL};
