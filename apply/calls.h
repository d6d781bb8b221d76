/* SPDX-License-Identifier: MIT */
/*
 * The calls of this run that begin steps at a vCenter, as far as that is needed to settle one of which it is
 * not known what became: the answer was lost, what stands before the vCenter turned it away, its task
 * vanished, or it was refused because of a change that may be the call's own from before. Those are looked
 * for, once a second, and where it is known that they did not begin, called again.
 *
 * Why no call takes effect twice, in whatever order its copies arrive, is told for each action by the table
 * of vmanger-apply(1), "When an answer is lost". A late copy may be one of an earlier run's call, too: a step
 * that was called before is looked for anew just before it is called again.
 */
#ifndef APPLY_CALLS_H
#define APPLY_CALLS_H

#include "apply/outcome.h"

#define LOOK_PAUSE_S 1 /* between two looks at what became of a call */

typedef struct Calls Calls;

/* what is known of a step's calls */
typedef struct Called {
    char *operation;              /* the operationID of the present one */
    char *change_version, *tasks; /* of the VM just before it; NULL: not known, or no VM */
    guint before;                 /* calls that did not begin it, of this run or an earlier one */
    guint edits;                  /* of them, refused by ConcurrentAccess */
    gint64 away_since; /* they have been turned away: monotonic, in microseconds; 0: the last was not */
} Called;

/* the session must outlive the calls */
Calls *calls_new(Vcenter *vcenter);
void calls_free(Calls *calls);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Calls, calls_free)

/* what is known of the step's calls; made if need be */
Called *calls_of(Calls *calls, const PlanRow *step);

/* notes how a VM stands before the step's next call; copies both */
void calls_prepare(Calls *calls, const PlanRow *step, const char *change_version, const char *tasks);

/* one call did not begin the step, as an earlier run's, settled now: what was there before it is known of the
 * outcome that was looked at */
void calls_forgo(Calls *calls, const OutcomeOf *of);

/* TRUE where it is not the step's first call */
gboolean calls_again(const Calls *calls, const PlanRow *step);

/* which VMs the plan's approved steps move more than once: a late copy of a call for the one would undo the
 * other, so that none of them is made again */
void calls_learn_plan(Calls *calls, const ChangePlan *plan);

/* from here on the step is looked for. status: of HTTP, where its call was turned away, else 0; fault: with
 * which it or its task was refused, else NULL */
void calls_lose(Calls *calls, const PlanRow *step, int status, const char *fault);

/* what became of the step's last call by now */
gboolean calls_look_once(Calls *calls, const PlanRow *step, Outcome *outcome, GError **error);

/* what became of one of those that are looked for, where a look is due; end->step is NAN where there is none,
 * or nothing is known yet. END_NOT_STARTED: it may be called again; END_UNKNOWN: it was looked for long
 * enough */
gboolean calls_look(Calls *calls, StepEnd *end, GError **error);

#endif
