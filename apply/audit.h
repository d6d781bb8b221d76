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

/* of each step of each run, the row that tells how it ended: TRUE for such a row. Free with
 * g_hash_table_unref */
GHashTable *audit_last_rows(const Journal *journal);
gboolean audit_is_last(GHashTable *last, const Journal *journal, guint index);

#endif
