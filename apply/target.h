/* SPDX-License-Identifier: MIT */
/*
 * Where steps are carried out: a copy of a snapshot's directory, a vCenter, or hosts that libvirt manages. A
 * new kind of target is one file with one TargetClass.
 *
 * The order of calls: settle for each step that an earlier run left open; view; check; redo; then for each
 * step recheck, intent, start and, for those that run, wait; finish; free. Calls come from one thread.
 */
#ifndef APPLY_TARGET_H
#define APPLY_TARGET_H

#include "analyze/assessment.h"
#include "analyze/policy.h"
#include "collect/connection.h"
#include "collect/interrupt.h"
#include "collect/openpgp.h"
#include "collect/program.h"
#include "plan/journal.h"

typedef struct Target Target;

/* how a step ended */
typedef enum {
    END_SUCCEEDED,
    END_FAILED,
    END_NOT_STARTED,
    END_UNKNOWN /* not known yet: it is still on its way, or what became of it cannot be told so soon */
} EndKind;

typedef struct StepEnd {
    double step;
    EndKind kind;
    char *detail; /* the fault in the target's own words, or NULL; the caller frees it */
} StepEnd;

/* what is known of a step's call once it was made */
typedef struct StepCall {
    char *task;    /* the target's name for what runs; NULL: it has none */
    char *unknown; /* why it is not known whether it was begun, which wait will tell; NULL: it was */
    char *detail;  /* what else the journal shall say of it, a list; NULL: nothing */
} StepCall;

void step_call_clear(StepCall *call);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(StepCall, step_call_clear)

/* a step that the target will not do, found before any is started */
typedef struct Refusal {
    double step;
    char *fault;         /* "TYPE: words", as the vSphere API names faults; "HOST: words" of libvirt */
    gboolean of_account; /* it lacks a privilege: which says nothing of the step itself */
} Refusal;

void refusal_free(Refusal *refusal);

typedef struct TargetClass {
    const char *kind;   /* JOURNAL_DIRECTORY, JOURNAL_VCENTER, JOURNAL_LIBVIRT */
    const char *called; /* who refuses steps: "the vCenter" */
    /* what check looks at, in words; NULL: nothing */
    const char *checks_of_migrations, *checks_of_others;
    gboolean trial; /* nothing lasts before finish: the journal need not be flushed around each call */

    /* what the target is now, in the terms of a snapshot and its assessment under the policy. The snapshot
     * belongs to the target and lasts until its first step; the assessment is the caller's. assessment NULL:
     * loads are not asked for */
    gboolean (*view)(Target *target, const Policy *policy, const Snapshot **snapshot, Assessment **assessment,
                     GError **error);

    /* adds what only the target itself can tell about the approved steps before any is started, by its own
     * checker and the account's privileges: to refusals (Refusal) each step that it will not do; to problems
     * (char *) what concerns the plan as a whole; to warnings (char *). FALSE only where it could not be
     * asked
     */
    gboolean (*check)(Target *target, const ChangePlan *plan, GPtrArray *refusals, GPtrArray *problems,
                      GPtrArray *warnings, GError **error);

    /* looks again just before a step: problem is set (and owned by the caller) where it no longer can be done
     * as stated */
    gboolean (*recheck)(Target *target, const PlanRow *step, char **problem, GError **error);

    /* what the journal shall say of the call that is about to be made, between recheck and start: a list,
     * which the caller frees, for settle to read; the method may be NULL, and so may the list */
    char *(*intent)(Target *target, const PlanRow *step);

    /* starts a step, and says in call (which the caller clears) what is known of it. FALSE: it was not
     * started, the error says why; nothing was changed */
    gboolean (*start)(Target *target, const PlanRow *step, StepCall *call, GError **error);

    /* waits until a started step has ended, or timeout_s has passed (end->step is then NAN); progress, where
     * not NULL, receives a line about what runs (owned by the caller). END_UNKNOWN: it was looked at for long
     * enough, and is left to a later run; END_NOT_STARTED: its call is known not to have begun it, and may be
     * made again (recheck, start), the detail says why it had to be looked for */
    gboolean (*wait)(Target *target, double timeout_s, StepEnd *end, char **progress, GError **error);

    /* what became of a step that an earlier run submitted (task, or "" where only its intent, the detail of
     * the journal's row, is known). END_UNKNOWN after a few seconds where that cannot be told yet: to be
     * asked again */
    gboolean (*settle)(Target *target, const PlanRow *step, const char *task, const char *intent,
                       StepEnd *end, GError **error);

    /* redoes, without a trace, a step that the journal has as succeeded: for targets that begin from the
     * original; NULL elsewhere */
    gboolean (*redo)(Target *target, const PlanRow *step, GError **error);

    /* ends the work: a directory's copy is put in its place, and says that it is the plan's rehearsal */
    gboolean (*finish)(Target *target, const ChangePlan *plan, GError **error);

    /* the target's own clock, seconds since 1970; account is who it takes us for */
    gint64 (*now)(Target *target);
    const char *(*account)(Target *target);

    /* what its snapshots call their source: a vCenter's instance UUID, the name of an estate */
    const char *(*source_id)(Target *target);

    /* what tells it from others of its kind: as source_id, but of a directory its snapshot's digest */
    const char *(*identity)(Target *target);

    /* from here on, to NULL, lets signals end what it waits for, as the interrupt is told; may be NULL */
    void (*heed)(Target *target, Interrupt *interrupt);

    void (*free)(Target *target);
} TargetClass;

/* the first member of every target */
struct Target {
    const TargetClass *class;
};

/* a snapshot's directory: the steps act on a copy that finish puts at output; output NULL serves --dry-run */
Target *target_directory_new(const char *directory, const char *output, const OpenPgp *keys, GError **error);

/* a vCenter (vsphere.c); the connection and the program outlive it */
Target *target_vsphere_new(Connection *connection, const Program *program, GError **error);

/* hosts that libvirt manages (libvirt.c): "libvirt:FILE"; the connection, of which only the time to wait
 * counts, and the program outlive it */
Target *target_libvirt_new(const char *source, Connection *connection, const Program *program,
                           GError **error);

/* the target that a name means: the server of the connection where it has one, the hosts of a file, else a
 * directory. The connection and the program outlive it */
Target *target_open(const char *name, const char *output, const OpenPgp *keys, Connection *connection,
                    const Program *program, GError **error);

/* FALSE, and an error that names both, where the journal has a run on another target: what was done there was
 * not done here */
gboolean target_check_journal(Target *target, const Journal *journal, GError **error);

void target_free(Target *target);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Target, target_free)

#endif
