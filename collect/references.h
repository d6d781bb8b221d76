/* SPDX-License-Identifier: MIT */
/*
 * What the rows of a snapshot refer to: ids become indices, and the first that leads nowhere is told.
 */
#ifndef COLLECT_REFERENCES_H
#define COLLECT_REFERENCES_H

#include "collect/snapshot.h"

/* resolves the references of every row; FALSE where one leads nowhere, an id stands twice, or what others are
 * measured by is 0: of the first such row the table, the index and the fault, whose strings are the
 * snapshot's */
gboolean references_resolve(Snapshot *snapshot, int *table, guint *index, RowFault *fault);

/* the same of a snapshot that was built, and that each cell could be read again of a file: FALSE and an error
 * naming file, row id and column */
gboolean snapshot_link(Snapshot *snapshot, GError **error);

#endif
