/* SPDX-License-Identifier: MIT */
/*
 * From a snapshot to what it means, in the one order in which the steps build on each other.
 */
#ifndef ANALYZE_EVALUATION_H
#define ANALYZE_EVALUATION_H

#include "analyze/means.h"
#include "analyze/policy.h"
#include "analyze/subject.h"

/* an assessment under the policy, of no snapshot yet; the caller frees it */
Assessment *evaluation_begin(const Policy *policy);

/* adds the snapshot that was read from the directory to the assessment: loads, states, patterns, buffers.
 * subject views its entities until another snapshot is added, and is to be cleared */
gboolean evaluation_add(Assessment *assessment, const Snapshot *snapshot, const char *directory,
                        const Policy *policy, Subject *subject, GError **error);

/* the same of a snapshot that was measured otherwise: by these means. name is what errors call it */
gboolean evaluation_add_measured(Assessment *assessment, const Snapshot *snapshot, const char *name,
                                 const Means *means, const Policy *policy, Subject *subject, GError **error);

#endif
