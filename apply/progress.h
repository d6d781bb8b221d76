/* SPDX-License-Identifier: MIT */
/*
 * How far a plan has come: the state of each step, as the journal of earlier runs left it.
 */
#ifndef APPLY_PROGRESS_H
#define APPLY_PROGRESS_H

#include "plan/dependencies.h"
#include "plan/journal.h"

typedef enum {
    STEP_NONE,    /* no step, or one that is not approved */
    STEP_APART,   /* of a cluster that this run leaves to others */
    STEP_PENDING, /* to be done; also one that failed or was skipped in an earlier run */
    STEP_OPEN,    /* begun by an earlier run that did not see its end */
    STEP_RUNNING, /* begun by this run */
    STEP_DONE,    /* succeeded in an earlier run */
    STEP_SUCCEEDED,
    STEP_FAILED,
    STEP_NEEDLESS, /* left out: what it was for is gone */
    STEP_REFUSED,  /* left out: the target would not do it */
    STEP_STALE,    /* left out: the world is no longer as it states */
    STEP_SKIPPED,  /* comes after one that failed or was left out */
} StepState;

typedef struct Progress {
    const ChangePlan *plan;
    StepState *states;  /* [plan->rows->len] */
    const char **tasks; /* [plan->rows->len]: of an open step the target's name for it, "" where not known */
    const char **intents; /* [plan->rows->len]: of an open step what its last intent says; "" for none */
    guint *because;       /* [plan->rows->len]: of a skipped step the row that failed or was left out */
    GArray *done;         /* guint: rows of steps done in earlier runs, in the order of their success */
    Dependencies *dependencies;
} Progress;

/* the journal (NULL for none) of another plan, or of a step that the plan no longer has, is an error; plan
 * and journal must outlive the progress */
Progress *progress_new(const ChangePlan *plan, const Journal *journal, GError **error);
void progress_free(Progress *progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Progress, progress_free)

/* leaves to other runs all pending steps but those of these clusters, by name or id, NULL-terminated. One
 * that no step is of, a name of several clusters, and a step that waits for one left to others are errors */
gboolean progress_choose(Progress *progress, char *const *clusters, GError **error);

/* skips all pending steps that come after the row's, directly or not; their rows join skipped (of guint),
 * where that is not NULL */
void progress_skip_followers(Progress *progress, guint row, GArray *skipped);

/* how many steps are in the state */
guint progress_count(const Progress *progress, StepState state);

#endif
