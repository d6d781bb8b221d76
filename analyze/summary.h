/* SPDX-License-Identifier: MIT */
/*
 * What a person reads of an assessment: first what must be known to read the rest, then each cluster, the hot
 * hosts and short VMs by name, and a line of counts. Names are escaped for a terminal.
 */
#ifndef ANALYZE_SUMMARY_H
#define ANALYZE_SUMMARY_H

#include "analyze/policy.h"
#include "analyze/subject.h"
#include "collect/style.h"

typedef struct Summary Summary;

/* whole: lists are not cut. On a terminal each cluster has a bar for each of its hosts */
Summary *summary_new(gboolean whole, const Style *style);

void summary_free(Summary *summary);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Summary, summary_free)

/* adds a snapshot that has been assessed; nothing of it is kept */
void summary_add(Summary *summary, const Subject *subject, const Policy *policy);

/* notes that there is a history, of which sizes could be judged; where it is of less than a day the text says
 * so
 */
void summary_note_history(Summary *summary);

/* the text; the caller frees it */
char *summary_text(const Summary *summary);

/* what the last line of the text counts; VMs that are short are those that are not system VMs */
typedef struct SummaryCounts {
    guint clusters, hosts, vms, hot_hosts, short_vms, not_measured;
} SummaryCounts;

SummaryCounts summary_counts(const Summary *summary);

/* TRUE where a host is hot or a VM, system VMs aside, is short */
gboolean summary_has_findings(const Summary *summary);

#endif
