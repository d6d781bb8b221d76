/* SPDX-License-Identifier: MIT */
/*
 * What a strategy decides: changes to make, advice on what vmanger leaves to others, and what stays unsolved.
 */
#ifndef PLAN_DECISIONS_H
#define PLAN_DECISIONS_H

#include "plan/situation.h"

/* a problem that stays: a host that is hot, not empty or unmeasured, or a VM that is short */
typedef struct Unsolved {
    int host, vm; /* one of them is -1 */
    int code;     /* ObstacleCode: what stands in the way */
    char *reason; /* the same in words */
    char *shared; /* of a VM: the same without the figures of this one, for several; NULL: as the reason */
} Unsolved;

/* advice on a VM's size, which somebody else may follow */
typedef struct SizeAdvice {
    guint vm;
    int action;         /* Action, of memory; -1: it is about vCPUs alone */
    double was, amount; /* MiB */
    int cause;          /* Cause */
    char *reason;
} SizeAdvice;

typedef struct Decisions {
    GArray *changes;  /* Change, those first that help most */
    GArray *no_time;  /* Change: what would help too and max_duration_s has no time for */
    GArray *advice;   /* Change: not to be made by vmanger */
    GArray *sizes;    /* SizeAdvice */
    GArray *unsolved; /* Unsolved */
    char *preface;    /* of the summary: "…. "; NULL: nothing */
    char *stopped_by; /* what ended the search for more: "done", "work", "time" */
} Decisions;

Decisions *decisions_new(void);
void decisions_free(Decisions *decisions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Decisions, decisions_free)

/* TRUE where such a change of the VM would help, but the window has no time for it */
gboolean decisions_have_no_time(const Decisions *decisions, int vm, int action);

/* adds a problem of a host or of a VM; the reason is taken over */
void decisions_add_unsolved_host(Decisions *decisions, guint host, int code, char *reason);
void decisions_add_unsolved_vm(Decisions *decisions, guint vm, int code, char *reason);

/* appends words to what is said of a host */
void decisions_append_to_host(Decisions *decisions, guint host, const char *words);

/* the same of a VM, with the reason in words for several such VMs, which are taken over too */
void decisions_add_unsolved_like_others(Decisions *decisions, guint vm, int code, char *reason, char *shared);

/* adds the problem of a change that is not made: of its VM, or of its host */
void decisions_add_undone(Decisions *decisions, const Change *change, int code, char *reason);

/* adds a change, which is taken over, and carries it out on the model of what has been decided so far */
void decisions_make(Decisions *decisions, Model *now, const Change *change);

/* a host, VM or growth that something is amiss with, and how much: points over a threshold, percent in use */
typedef struct Amiss {
    guint index;
    double much;
    const char *id;
} Amiss;

/* for g_array_sort: the worst first, then by id */
int amiss_compare(const void *a, const void *b);

#endif
