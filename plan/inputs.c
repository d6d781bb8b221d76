/* SPDX-License-Identifier: MIT */
#include "plan/inputs.h"

#include "analyze/patterncheck.h"
#include "collect/snapshotreader.h"
#include "plan/choice.h"
#include "plan/evacuation.h"
#include "plan/jobs.h"
#include "plan/power.h"

void inputs_clear(Inputs *inputs)
{
    situation_free(inputs->situation);
    g_free(inputs->clusters);
    past_free(inputs->past);
    assessment_free(inputs->assessment);
    snapshot_free(inputs->snapshot);
    policy_free(inputs->policy);
}
/* the two large inputs, each with what is wrong with it */
typedef struct Reading {
    char *const *paths;
    Snapshot *snapshot;
    Assessment *assessment;
    GError *errors[2];
} Reading;

static void read_one(guint index, gpointer data)
{
    Reading *reading = data;
    if (index == 0)
        reading->snapshot = snapshot_read(reading->paths[0], SNAPSHOT_STRICT, &reading->errors[0]);
    else
        reading->assessment = assessment_read(reading->paths[1], &reading->errors[1]);
}

/* side by side; where both are at fault, the snapshot is named */
static gboolean read_files(Inputs *inputs, const Program *program, char *const *paths, GError **error)
{
    g_autoptr(Working) working = program_working(program, "reading", NULL, 0);
    Reading reading = {paths, NULL, NULL, {NULL, NULL}};
    jobs_do(2, 0, read_one, &reading);
    inputs->snapshot = reading.snapshot;
    inputs->assessment = reading.assessment;
    GError *first = reading.errors[0] ? reading.errors[0] : reading.errors[1];
    if (reading.errors[0])
        g_clear_error(&reading.errors[1]);
    if (first)
        g_propagate_error(error, first);
    return !first;
}

/* a misspelt pattern, and a rule that binds nobody, should not go unnoticed */
static void warn_of_idle_patterns(const Program *program, const Inputs *inputs)
{
    g_autoptr(PatternCheck) check = patterncheck_new(inputs->policy, NULL);
    patterncheck_add(check, inputs->snapshot);
    g_autoptr(GPtrArray) unmatched = patterncheck_words(check);
    g_autoptr(GPtrArray) idle = rules_idle(inputs->snapshot, inputs->policy);
    g_autoptr(GPtrArray) power = power_left_alone(inputs->situation->start);
    program_warn_all(program, unmatched);
    program_warn_all(program, idle);
    program_warn_all(program, power);
}

static void warn_of_rehearsals(const Program *program, const Past *past)
{
    for (guint i = 0; i < past->foreign->len; i++)
        program_warn(
            program,
            "warning: %s: found a rehearsal: it is no history of this snapshot, which is not its result",
            (const char *)g_ptr_array_index(past->foreign, i));
}

/* clusters that --cluster does not name stay as they are */
static gboolean narrow(Inputs *inputs, char *const *words, GError **error)
{
    const Snapshot *snapshot = inputs->snapshot;
    g_autofree ClusterName *names = g_new(ClusterName, snapshot->n_clusters + 1);
    for (guint i = 0; i < snapshot->n_clusters; i++)
        names[i] = (ClusterName){snapshot->clusters[i].id, snapshot->clusters[i].name};
    inputs->clusters = choose_clusters(names, snapshot->n_clusters, words, error);
    inputs->situation->clusters = inputs->clusters;
    return inputs->clusters != NULL;
}

gboolean inputs_read(Inputs *inputs, const Program *program, char *const *past, char *const *clusters,
                     char *const *paths, GError **error)
{
    if (!(inputs->policy = policy_read(program->policy, error)) ||
        !read_files(inputs, program, paths, error) ||
        !(inputs->past = past_read(past, inputs->snapshot->info.rehearsal, error)))
        return FALSE;
    if (!patterncheck_evacuate(inputs->snapshot, inputs->policy, error) ||
        !evacuation_check_policy(inputs->snapshot, inputs->policy, error))
        return FALSE;
    inputs->situation =
        situation_new(inputs->snapshot, inputs->assessment, inputs->policy, inputs->past, error);
    if (!inputs->situation) {
        g_prefix_error(error, "%s: ", paths[1]);
        return FALSE;
    }
    warn_of_idle_patterns(program, inputs);
    warn_of_rehearsals(program, inputs->past);
    return !clusters || narrow(inputs, clusters, error);
}
