/* SPDX-License-Identifier: MIT */
/*
 * What is looked at before anything changes: whether the target is still as the plan states it, and whether
 * what is approved of the plan can be carried out there safely.
 */
#ifndef APPLY_PREFLIGHT_H
#define APPLY_PREFLIGHT_H

#include "apply/drift.h"
#include "apply/progress.h"
#include "apply/target.h"

typedef struct PreflightOptions {
    double max_age_s;       /* of the plan's snapshot, by the target's clock; 0: no bound */
    gboolean skip_stale;    /* leave stale steps and those after them out, instead of refusing */
    gboolean skip_refused;  /* leave refused steps and those after them out, instead of refusing */
    gboolean recheck_need;  /* leave out steps whose reason is gone, and those after them; needs the loads */
    gboolean without_loads; /* do not look at the load now */
} PreflightOptions;

typedef struct Preflight {
    const char *called;     /* the target's: who refuses steps */
    GPtrArray *differences; /* Mismatch: what is not as the plan states */
    GPtrArray *renamed;     /* Mismatch: what only bears another name */
    GPtrArray *needless;    /* char *: steps whose reason is gone */
    GPtrArray *refusals;    /* Refusal: steps that the target will not do */
    GPtrArray *problems;    /* char *: what would go wrong, or the target forbids */
    GPtrArray *warnings;    /* char * */
} Preflight;

/* compares the steps that are to be done with the target's view, in an order that `after` allows; stale steps
 * become STEP_STALE, those after them STEP_SKIPPED; where the options ask for it, steps whose reason is gone
 * become STEP_NEEDLESS; asks the target's own check, and where the options say so
 * leaves out what it refuses (STEP_REFUSED) with those after it; then tries the rest on a model. FALSE only
 * where this could not be done; what was found is then not complete */
gboolean preflight_look(Preflight *preflight, Target *target, const ChangePlan *plan, Progress *progress,
                        const Policy *policy, const PreflightOptions *options, GError **error);

/* FALSE where what was found forbids to begin; the error counts it. Refusals do not where they were left out
 */
gboolean preflight_allows(const Preflight *preflight, const PreflightOptions *options, GError **error);

/* what was found about the plan but for the warnings, as a table of was and is, for a terminal; "" where
 * nothing; the caller frees it */
char *preflight_text(const Preflight *preflight, const ChangePlan *plan, const PreflightOptions *options);

void preflight_clear(Preflight *preflight);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Preflight, preflight_clear)

#endif
