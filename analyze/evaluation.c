/* SPDX-License-Identifier: MIT */
#include "analyze/evaluation.h"

#include "analyze/buffer.h"
#include "analyze/loads.h"
#include "analyze/means.h"
#include "analyze/states.h"

Assessment *evaluation_begin(const Policy *policy)
{
    Assessment *assessment = assessment_new();
    g_autofree char *digest = policy_analyze_digest(policy);
    assessment->policy = g_string_chunk_insert(assessment->strings, digest);
    assessment->estimator = "mean";
    return assessment;
}

static void note_window(Assessment *assessment, const Means *means)
{
    gboolean first = assessment->window_from < 0;
    assessment->window_from = first ? means->window_from : MIN(assessment->window_from, means->window_from);
    assessment->window_to = MAX(assessment->window_to, means->window_to);
    for (int i = 0; i < N_ORIGINS; i++)
        assessment->origins[i] += means->origins[i];
}

/* The assessment outlives the snapshot, whose the pools' ids are. */
static void keep_pool_ids(Assessment *assessment, const Subject *subject)
{
    for (guint i = 0; i < subject->snapshot->n_vms; i++) {
        Load *load = &subject->vms[i].loads[RESOURCE_HOST_MEMORY];
        if (*load->pressure_pool)
            load->pressure_pool = g_string_chunk_insert_const(assessment->strings, load->pressure_pool);
    }
}

static gboolean begin_snapshot(Assessment *assessment, const Snapshot *snapshot, const char *name,
                               guint *first, GError **error)
{
    if (assessment_add_snapshot(assessment, snapshot, first, error))
        return TRUE;
    g_prefix_error(error, "%s: ", name);
    return FALSE;
}

static void evaluate(Assessment *assessment, const Means *means, const Policy *policy, Subject *subject)
{
    note_window(assessment, means);
    loads_measure(subject, means, policy);
    keep_pool_ids(assessment, subject);
    states_decide(subject, policy, assessment);
    loads_sum_clusters(subject, policy);
    states_decide_clusters(subject, policy, assessment);
    buffer_fill(subject, policy);
}

gboolean evaluation_add(Assessment *assessment, const Snapshot *snapshot, const char *directory,
                        const Policy *policy, Subject *subject, GError **error)
{
    guint first;
    if (!begin_snapshot(assessment, snapshot, directory, &first, error))
        return FALSE;
    g_autoptr(Means) means = means_read(snapshot, directory, policy->min_samples_pct, error);
    if (!means)
        return FALSE;
    subject_init(subject, assessment, first, snapshot);
    evaluate(assessment, means, policy, subject);
    return TRUE;
}

gboolean evaluation_add_measured(Assessment *assessment, const Snapshot *snapshot, const char *name,
                                 const Means *means, const Policy *policy, Subject *subject, GError **error)
{
    guint first;
    if (!begin_snapshot(assessment, snapshot, name, &first, error))
        return FALSE;
    subject_init(subject, assessment, first, snapshot);
    evaluate(assessment, means, policy, subject);
    return TRUE;
}
