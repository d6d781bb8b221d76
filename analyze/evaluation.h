/* SPDX-License-Identifier: MIT */
/*
 * From a snapshot to what it means, in the one order in which the steps build on each other.
 */
#ifndef ANALYZE_EVALUATION_H
#define ANALYZE_EVALUATION_H

#include "analyze/policy.h"
#include "analyze/subject.h"
#include "collect/history.h"

/* an assessment under the policy, of no snapshot yet; the caller frees it */
Assessment *evaluation_begin(const Policy *policy);

/* adds the window of a snapshot, read from its directory, to the history of one that follows, and names it in
 * the assessment. What it says of the time before its window (collect/snapshothistory.h) comes first, in
 * place of what was known */
gboolean evaluation_add_history(Assessment *assessment, History *history, const Snapshot *snapshot,
                                const char *directory, const Policy *policy, GError **error);

/* adds the snapshot to the assessment: loads, states, patterns, buffers, from what was measured in its window
 * and the history, of which that window is the newest (history_add); NULL: there is no other window, nor has
 * heat to last. All of it is from memory. subject views
 * its entities until another snapshot is added, and is to be cleared */
gboolean evaluation_add_measured(Assessment *assessment, const Snapshot *snapshot, const Means *means,
                                 const History *history, const Policy *policy, Subject *subject,
                                 GError **error);

/* the same of the newest snapshot of a history, whose window is read from its directory and added to the
 * history unless it is in it already (history->newest); what the snapshot says of the time before comes first
 * likewise */
gboolean evaluation_add_newest(Assessment *assessment, History *history, const Snapshot *snapshot,
                               const char *directory, const Policy *policy, Subject *subject, GError **error);

/* the same of a snapshot with no history but its own window, as it is now: heat need not have lasted */
gboolean evaluation_add(Assessment *assessment, const Snapshot *snapshot, const char *directory,
                        const Policy *policy, Subject *subject, GError **error);

#endif
