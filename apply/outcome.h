/* SPDX-License-Identifier: MIT */
/*
 * What became of a call that should begin a step at a vCenter, as the recent tasks of the VM or host and the
 * object itself tell it.
 *
 * Of a reconfiguration config.changeVersion tells more: each change gives the VM a new one, and a call that
 * names another than the VM's is refused (VirtualMachineConfigSpec.changeVersion; fault ConcurrentAccess). So
 * where it is as it was before the call, nobody has reconfigured the VM yet; where it is not and the size is,
 * the call cannot take effect any more. Of a migration it tells nothing.
 */
#ifndef APPLY_OUTCOME_H
#define APPLY_OUTCOME_H

#include "apply/target.h"
#include "collect/vcenter.h"

/* the call, and what was there just before it */
typedef struct OutcomeOf {
    const PlanRow *step;
    const char *change_version; /* of the VM, as escape_id has it; NULL: not known */
    const char *tasks; /* the VM's recent tasks, ids with spaces between; NULL: not known which are older */
    gboolean began;    /* it once had a task, which is gone */
} OutcomeOf;

typedef struct Outcome {
    EndKind kind;      /* END_UNKNOWN: a task that may be the call's runs, or is queued */
    char *task;        /* of END_UNKNOWN */
    char *detail;      /* of END_FAILED: why */
    gboolean for_good; /* of END_NOT_STARTED: nor can the call take effect any more */
} Outcome;

/* fills in the outcome, which the caller clears */
gboolean outcome_look(Vcenter *vcenter, const OutcomeOf *of, Outcome *outcome, GError **error);

void outcome_clear(Outcome *outcome);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outcome, outcome_clear)

#endif
