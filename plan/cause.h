/* SPDX-License-Identifier: MIT */
/*
 * Why a step is made or advised, as a word that a machine can count by: the column `cause` of plan.csv. What
 * stands in the way of unsolved rows has the codes of plan/obstacle.h.
 */
#ifndef PLAN_CAUSE_H
#define PLAN_CAUSE_H

typedef enum {
    CAUSE_NONE,
    CAUSE_BROKEN_RULE,  /* a mandatory rule is kept again */
    CAUSE_EVACUATION,   /* a host is emptied, and enters maintenance mode */
    CAUSE_HOT_HOST,     /* a host above a threshold is relieved */
    CAUSE_OVERRESERVED, /* a host of which more is reserved than it has is relieved */
    CAUSE_SHORT_VM,     /* a VM gets memory, or room for it is made */
    CAUSE_BUSY_VM,      /* a VM gets vCPUs, or goes where it can have them */
    CAUSE_SHOULD_RULE,  /* a rule that is not mandatory is followed */
    CAUSE_ROOM,         /* another VM needs the room that this one leaves */
    CAUSE_DETOUR,       /* a VM steps aside for others, and goes on later */
    CAUSE_BALANCE,      /* the load of hosts is evened out */
    CAUSE_POWER,        /* hosts are emptied to save power */
    CAUSE_HOME,         /* a VM goes back to where it was before an evacuation */
    CAUSE_LENT,         /* a VM gives memory back that was lent to it */
    CAUSE_IDLE,         /* of advice: a VM does next to nothing */
    CAUSE_OVERSIZED,    /* of advice: a VM has more than it needs */
    CAUSE_UNDERSIZED,   /* of advice: a VM needs more than it has */
    CAUSE_HOT_ADD_OFF   /* of advice: a VM that is short takes no memory while it runs */
} Cause;

extern const char *const cause_names[]; /* by Cause: "", "broken_rule" …, NULL-terminated */

#endif
