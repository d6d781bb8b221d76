/* SPDX-License-Identifier: MIT */
/*
 * One run of apply: carries out a plan's steps on a target, side by side where `after` and the limits allow,
 * and journals each before and after its call. A step that fails takes those after it along; others go on.
 */
#ifndef APPLY_RUN_H
#define APPLY_RUN_H

#include "apply/changewindow.h"
#include "apply/events.h"
#include "apply/progress.h"
#include "apply/target.h"

typedef struct Run Run;

/* how far a run may go */
typedef struct RunLimits {
    guint parallel;          /* steps at once */
    guint parallel_per_host; /* migrations at once to or from one host */
    guint max_failures;      /* so many failed steps end the run; 0: none do */
    ChangeWindow *window;    /* NULL: none */
    double least_wait_s;     /* so long at least a step is waited for; 0: an hour */
} RunLimits;

/* all four must outlive the run */
Run *run_new(Target *target, Progress *progress, Journal *journal, const Program *program);
void run_free(Run *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Run, run_free)

/* who signed the plan (char *, details of journal rows): journaled where the run begins; they must outlive it
 */
void run_approved(Run *run, const GPtrArray *approvals);

/* each row that the run writes is told there; it must outlive the run */
void run_tell(Run *run, Events *events);

/* learns what became of the steps that an earlier run left open: they are then done or pending. From here to
 * the end of run_steps SIGINT, SIGTERM and SIGHUP do not end the program */
gboolean run_settle(Run *run, GError **error);

/* TRUE, and an error in the place of any that is set, where such a signal has come since, and something is
 * left to do or an error is set */
gboolean run_is_stopped(Run *run, GError **error);

/* journals what the target refused before any step: the steps' faults, and where the run goes on without
 * those steps also what the account lacks */
gboolean run_refuse(Run *run, const GPtrArray *refusals, gboolean goes_on, GError **error);

/* does all pending steps within the limits, which outlive the run. A signal lets no new step
 * start; a second one does not wait for those that run. FALSE where the run stopped before the end: signal,
 * limits, lost target, unwritable journal; the error says which */
gboolean run_steps(Run *run, const RunLimits *limits, GError **error);

/* ends the work on the target and the run in the journal. Where the error is VMANGER_ERROR_STANDS, all steps
 * are done and what they lead to is in its place */
gboolean run_finish(Run *run, GError **error);

/* notes in the journal, where it was begun and can still be written, why the run ended early */
void run_give_up(Run *run, const GError *why);

#endif
