/* SPDX-License-Identifier: MIT */
/*
 * A journal as an auditor reads it: each run with who, when, on what and by whose approval, each of its steps
 * with how it ended, and totals.
 */
#ifndef APPLY_AUDIT_H
#define APPLY_AUDIT_H

#include "plan/journal.h"

/* the text, safe for a terminal; the caller frees it */
char *audit_text(const Journal *journal);

#endif
