/* SPDX-License-Identifier: MIT */
/*
 * An assessment as a page for people: each cluster's hosts against their thresholds, as a bar of the mean and
 * as a line over the window, VMs that are short of memory, and all VMs in a table that sorts and filters.
 */
#ifndef ANALYZE_REPORT_H
#define ANALYZE_REPORT_H

#include "analyze/page.h"
#include "analyze/policy.h"
#include "analyze/subject.h"

typedef struct Report Report;

/* a report that will appear at path, as page_new */
Report *report_new(const char *path, const OpenPgp *keys, GError **error);

void report_free(Report *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)

/* adds a snapshot that was read from the directory and has been assessed; reads its samples once more, for
 * the hosts' series. Nothing of it is kept */
gboolean report_add(Report *report, const Subject *subject, const char *directory, const Policy *policy,
                    GError **error);

/* puts the report in its place; the assessment is the one of all that was added */
gboolean report_write(Report *report, const Assessment *assessment, const Policy *policy, GError **error);

#endif
