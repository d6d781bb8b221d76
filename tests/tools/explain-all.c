/* SPDX-License-Identifier: MIT */
/*
 * explain-all: what plan --explain says of every VM and host of a snapshot, from one decision; each after a
 * line "= ID".
 */
#include "plan/decide.h"
#include "plan/explain.h"

#include "collect/program.h"
#include "collect/snapshotreader.h"

#include <stdio.h>

static gboolean explain_one(const Situation *situation, const ChangePlan *plan, const char *id,
                            GError **error)
{
    g_autoptr(Explanation) explanation = explanation_new(situation, plan, id, error);
    if (!explanation)
        return FALSE;
    g_autofree char *text = explain(explanation);
    printf("= %s\n%s", id, text);
    return TRUE;
}

static gboolean explain_all(const Situation *situation, GError **error)
{
    const Snapshot *snapshot = situation->start->snapshot;
    g_autoptr(ChangePlan) plan = decide(situation, error);
    for (guint i = 0; plan && i < snapshot->n_vms; i++)
        if (!explain_one(situation, plan, snapshot->vms[i].id, error))
            return FALSE;
    for (guint i = 0; plan && i < snapshot->n_hosts; i++)
        if (!explain_one(situation, plan, snapshot->hosts[i].id, error))
            return FALSE;
    return plan != NULL;
}

int main(int argc, char **argv)
{
    const Program program = {.name = "explain-all"};
    g_autoptr(GError) error = NULL;
    if (argc != 4)
        return program_misused(&program, "expected SNAPSHOT ASSESSMENT POLICY");
    g_autoptr(Policy) policy = policy_read(argv[3], &error);
    g_autoptr(Snapshot) snapshot = policy ? snapshot_read(argv[1], SNAPSHOT_STRICT, &error) : NULL;
    g_autoptr(Assessment) assessment = snapshot ? assessment_read(argv[2], &error) : NULL;
    g_autoptr(Past) past = assessment ? past_read(NULL, snapshot->info.rehearsal, &error) : NULL;
    g_autoptr(Situation) situation = past ? situation_new(snapshot, assessment, policy, past, &error) : NULL;
    return situation && explain_all(situation, &error) ? EXIT_DONE : program_fail(&program, error);
}
