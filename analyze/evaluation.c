/* SPDX-License-Identifier: MIT */
#include "analyze/evaluation.h"

#include "analyze/buffer.h"
#include "analyze/lasting.h"
#include "analyze/loads.h"
#include "analyze/sizing.h"
#include "analyze/states.h"
#include "collect/snapshothistory.h"

/* "mean", or those of CPU and memory, for heat and for room where they differ: "cpu=ewma memory=mean
 * cpu_room=p95" */
static char *estimator_words(const Policy *policy)
{
    Estimator cpu = policy_estimator(policy, FALSE, FALSE), memory = policy_estimator(policy, TRUE, FALSE);
    Estimator cpu_room = policy_estimator(policy, FALSE, TRUE),
              memory_room = policy_estimator(policy, TRUE, TRUE);
    if (cpu == memory && cpu_room == cpu && memory_room == memory)
        return g_strdup(estimator_names[cpu]);
    return g_strdup_printf("cpu=%s memory=%s cpu_room=%s memory_room=%s", estimator_names[cpu],
                           estimator_names[memory], estimator_names[cpu_room], estimator_names[memory_room]);
}

Assessment *evaluation_begin(const Policy *policy)
{
    Assessment *assessment = assessment_new();
    g_autofree char *digest = policy_analyze_digest(policy);
    assessment->policy = g_string_chunk_insert(assessment->strings, digest);
    g_autofree char *estimator = estimator_words(policy);
    assessment->estimator = g_string_chunk_insert(assessment->strings, estimator);
    return assessment;
}

static void note_times(Assessment *assessment, const Means *means)
{
    assessment_note_window(assessment, means->window_from, means->window_to);
}

/* Origins are of what is assessed, whatever its history is made of. */
static void note_window(Assessment *assessment, const Means *means)
{
    note_times(assessment, means);
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

gboolean evaluation_add_measured(Assessment *assessment, const Snapshot *snapshot, const Means *means,
                                 const History *history, const Policy *policy, Subject *subject,
                                 GError **error)
{
    guint first;
    if (!assessment_add_snapshot(assessment, snapshot, &first, error))
        return FALSE;
    g_autoptr(Estimates) estimates = estimates_new(snapshot, means, history, policy);
    note_window(assessment, means);
    subject_init(subject, assessment, first, snapshot);
    loads_measure(subject, means, estimates, policy);
    if (history) {
        lasting_judge(subject, history, policy);
        sizing_fill(subject, assessment, history, policy);
    }
    keep_pool_ids(assessment, subject);
    states_decide(subject, policy, assessment);
    loads_sum_clusters(subject, policy);
    states_decide_clusters(subject, policy, assessment);
    buffer_fill(subject, policy);
    return TRUE;
}

/* Begins with what the snapshot itself says of the time before it, where it does and is not in the history
 * already. */
static gboolean begin(Assessment *assessment, History *history, const Snapshot *snapshot,
                      const char *directory, GError **error)
{
    if (history->newest >= snapshot->info.taken_at || !snapshot_has_history(snapshot, directory))
        return TRUE;
    if (!snapshot_history_take(history, snapshot, directory, error))
        return FALSE;
    assessment_add_rollup(assessment, history->source_id, history->newest);
    return TRUE;
}

/* Reads the snapshot's window and adds it to its history; the caller frees it. */
static Means *follow(History *history, const Snapshot *snapshot, const char *directory, const Policy *policy,
                     GError **error)
{
    g_autoptr(Means) means = means_read(snapshot, directory, policy->min_samples_pct, error);
    if (!means)
        return NULL;
    if (history->newest == snapshot->info.taken_at || history_add(history, snapshot, means, error))
        return g_steal_pointer(&means);
    g_prefix_error(error, "%s: ", directory);
    return NULL;
}

gboolean evaluation_add_history(Assessment *assessment, History *history, const Snapshot *snapshot,
                                const char *directory, const Policy *policy, GError **error)
{
    if (!begin(assessment, history, snapshot, directory, error))
        return FALSE;
    g_autoptr(Means) means = follow(history, snapshot, directory, policy, error);
    if (!means)
        return FALSE;
    note_times(assessment, means);
    assessment_add_history(assessment, snapshot);
    return TRUE;
}

static gboolean add_newest(Assessment *assessment, History *history, const Snapshot *snapshot,
                           const char *directory, const Policy *policy, Subject *subject, GError **error)
{
    gboolean alone = history->newest < 0 && policy->hot_after.of == 1;
    g_autoptr(Means) means = alone ? means_read(snapshot, directory, policy->min_samples_pct, error)
                                   : follow(history, snapshot, directory, policy, error);
    if (!means)
        return FALSE;
    if (evaluation_add_measured(assessment, snapshot, means, alone ? NULL : history, policy, subject, error))
        return TRUE;
    g_prefix_error(error, "%s: ", directory);
    return FALSE;
}

gboolean evaluation_add_newest(Assessment *assessment, History *history, const Snapshot *snapshot,
                               const char *directory, const Policy *policy, Subject *subject, GError **error)
{
    return begin(assessment, history, snapshot, directory, error) &&
           add_newest(assessment, history, snapshot, directory, policy, subject, error);
}

gboolean evaluation_add(Assessment *assessment, const Snapshot *snapshot, const char *directory,
                        const Policy *policy, Subject *subject, GError **error)
{
    g_autoptr(History) history = history_new();
    Policy now = *policy;
    now.hot_after = (Windows){1, 1};
    return add_newest(assessment, history, snapshot, directory, &now, subject, error);
}
