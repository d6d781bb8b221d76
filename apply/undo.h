/* SPDX-License-Identifier: MIT */
/*
 * The way back: a plan of the reverse of all that a journal has as succeeded, the last first.
 */
#ifndef APPLY_UNDO_H
#define APPLY_UNDO_H

#include "plan/journal.h"

/* migrations become steps, and so do hosts that entered or left maintenance mode: each comes after the step
 * before it that touches one of its hosts or its VM, so that every state on the way is one that the journal's
 * run went through. Additions become advice: neither memory nor CPUs can be taken from a running VM. So does
 * a host that somebody else had brought into, or out of, the mode before its step. The plan's source is the
 * target that the journal names (journal_row_target). A journal with steps left open, or with nothing that
 * succeeded, is an error */
ChangePlan *undo_plan(const Journal *journal, GError **error);

#endif
