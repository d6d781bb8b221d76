/* SPDX-License-Identifier: MIT */
#include "analyze/subject.h"

void subject_init(Subject *subject, Assessment *assessment, guint first, const Snapshot *snapshot)
{
    Assessed *entities = &g_array_index(assessment->entities, Assessed, first);
    *subject = (Subject){snapshot,
                         entities,
                         entities + snapshot->n_clusters,
                         entities + snapshot->n_clusters + snapshot->n_hosts,
                         NULL,
                         NULL};
    subject->host_begin = g_new0(guint, snapshot->n_clusters + 2);
    subject->host_order = g_new(guint, snapshot->n_hosts + 1);
    /* A counting sort: each cluster's count, then its end, which the last loop makes its begin. */
    for (guint i = 0; i < snapshot->n_hosts; i++)
        subject->host_begin[snapshot->hosts[i].cluster]++;
    for (guint c = 1; c <= snapshot->n_clusters; c++)
        subject->host_begin[c] += subject->host_begin[c - 1];
    for (guint i = snapshot->n_hosts; i-- > 0;)
        subject->host_order[--subject->host_begin[snapshot->hosts[i].cluster]] = i;
}

void subject_clear(Subject *subject)
{
    g_clear_pointer(&subject->host_order, g_free);
    g_clear_pointer(&subject->host_begin, g_free);
}
