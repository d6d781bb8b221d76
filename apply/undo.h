/* SPDX-License-Identifier: MIT */
/*
 * The way back: a plan of the reverse of all that a journal has as succeeded, the last first.
 */
#ifndef APPLY_UNDO_H
#define APPLY_UNDO_H

#include "plan/journal.h"

/* migrations become steps, and so do hosts that entered or left maintenance mode: each comes after the step
 * before it that touches one of its hosts or its VM, so that every state on the way is one that the journal's
 * run went through. Additions become advice: CPUs are taken from no VM that runs, memory from few. So does
 * a host that somebody else had brought into, or out of, the mode before its step. The vsan_mode of a host
 * that entered is in the args of the step that has it leave, and so in its journal: undone in turn, it enters
 * with the same. The plan's source is the target that the journal names (journal_row_target). A journal with
 * steps left open, with nothing that succeeded, or with an action that is not known here, is an error */
ChangePlan *undo_plan(const Journal *journal, GError **error);

#endif
