/* SPDX-License-Identifier: MIT */
/*
 * A journal as an auditor's programs read it, a JSON document (collect/json.h): each run, each of its steps
 * with how it ended, and whether the journal is whole.
 */
#ifndef APPLY_AUDITJSON_H
#define APPLY_AUDITJSON_H

#include "apply/signatures.h"
#include "plan/journal.h"

#define JOURNAL_SCHEMA "vmanger-journal-json-1"

/* the document; head is the last chain value that was expected, which the journal has, or NULL; signer who
 * signed it, or NULL. The caller frees it */
char *auditjson_text(const Journal *journal, const char *head, const Signer *signer);

#endif
