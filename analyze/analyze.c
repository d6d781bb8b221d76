/* SPDX-License-Identifier: MIT */
/*
 * analyze: what snapshots mean.
 */
#include "analyze/assessment.h"
#include "analyze/evaluation.h"
#include "analyze/policy.h"
#include "analyze/summary.h"
#include "collect/program.h"

#include <stdio.h>

/* Adds one snapshot to the assessment and the summary. */
static gboolean assess(Assessment *assessment, Summary *summary, const char *directory, const Policy *policy,
                       GError **error)
{
    g_auto(Subject) subject = {0};
    g_autoptr(Snapshot) snapshot = snapshot_read(directory, SNAPSHOT_STRICT, error);
    if (!snapshot || !evaluation_add(assessment, snapshot, directory, policy, &subject, error))
        return FALSE;
    summary_add(summary, &subject, policy);
    return TRUE;
}

static void show(const Program *program, const Summary *summary, const char *output)
{
    if (program->quiet)
        return;
    /* Where the assessment itself goes to standard output, people read the other stream. */
    g_autofree char *text = summary_text(summary);
    fputs(text, atomic_file_is_standard_output(output) ? stderr : stdout);
}

static int run(const Program *program, char *const *directories, const char *output, gboolean detailed)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Policy) policy = policy_read(program->policy, &error);
    if (!policy)
        return program_fail(program, error);
    g_autoptr(Assessment) assessment = evaluation_begin(policy);
    g_autoptr(Summary) summary = summary_new(program->verbose);
    for (char *const *directory = directories; *directory; directory++)
        if (!assess(assessment, summary, *directory, policy, &error))
            return program_fail(program, error);
    if (!assessment_write(assessment, output, &error))
        return program_fail(program, error);
    show(program, summary, output);
    return detailed && summary_has_findings(summary) ? EXIT_FINDINGS : EXIT_DONE;
}

int main(int argc, char **argv)
{
    g_auto(Program) program = {.name = "analyze"};
    g_autofree char *output = NULL;
    gboolean detailed = FALSE;
    const GOptionEntry entries[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "Write the assessment here; - is standard output",
         "FILE"},
        {"detailed-exitcode", 0, 0, G_OPTION_ARG_NONE, &detailed, "Exit 2 where a host is hot or a VM short",
         NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };
    g_autoptr(GError) error = NULL;
    if (!program_parse(&program, &argc, &argv, "SNAPSHOT... -o assessment.csv",
                       "Evaluates what was measured: hosts that are hot or cold, VMs short of memory, and\n"
                       "the buffer each cluster has left.",
                       entries, &error))
        return program_misused(&program, "%s", error->message);
    if (argc < 2)
        return program_misused(&program, "no snapshot is named");
    if (!output)
        return program_misused(&program, "-o names no file for the assessment");
    return run(&program, argv + 1, output, detailed);
}
