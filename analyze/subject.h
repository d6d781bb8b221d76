/* SPDX-License-Identifier: MIT */
/*
 * What is being assessed: one snapshot beside its part of an assessment, index by index.
 */
#ifndef ANALYZE_SUBJECT_H
#define ANALYZE_SUBJECT_H

#include "analyze/assessment.h"

/* the hosts of cluster c are host_order[host_begin[c]] to host_order[host_begin[c + 1] - 1] */
typedef struct Subject {
    const Snapshot *snapshot;
    Assessed *clusters, *hosts, *vms;
    guint *host_order, *host_begin;
} Subject;

/* views the entities that begin at index first (assessment_add_snapshot) */
void subject_init(Subject *subject, Assessment *assessment, guint first, const Snapshot *snapshot);

void subject_clear(Subject *subject);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Subject, subject_clear)

#endif
