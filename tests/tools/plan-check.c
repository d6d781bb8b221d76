/* SPDX-License-Identifier: MIT */
/*
 * plan-check: replays a plan against its snapshot and policy, in every order that its `after` allows, by code
 * of its own. Prints each violation on a line of its own and exits 1 where there is one.
 */
#include "tests/check/admission.h"
#include "tests/check/endstate.h"
#include "tests/check/interleavings.h"
#include "tests/check/power.h"
#include "tests/check/restarts.h"
#include "tests/check/steps.h"

#include "collect/program.h"
#include "collect/snapshotreader.h"
#include "plan/planfile.h"

#include <stdio.h>
#include <string.h>

typedef struct Options {
    int orders;
    gint64 seed;
} Options;

static void check_plan(World *world, const Options *options)
{
    g_autoptr(GPtrArray) bindings = bindings_new(world);
    gboolean sound = TRUE;
    for (guint i = 0; i < world->plan->rows->len; i++)
        world->goes_home |= strcmp(g_array_index(world->plan->rows, PlanRow, i).cause, "home") == 0;
    for (guint i = 0; i < world->plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(world->plan->rows, PlanRow, i);
        if (row->kind == ROW_ADVICE)
            continue;
        check_row(world, row);
        if (row->kind == ROW_STEP)
            sound = world_take(world, row) && sound;
    }
    for (guint i = 0; i < world->plan->rows->len; i++)
        if (g_array_index(world->plan->rows, PlanRow, i).kind == ROW_ADVICE)
            check_row(world, &g_array_index(world->plan->rows, PlanRow, i));
    if (!sound)
        return; /* what a plan leads to is known only where each of its steps can be read */
    check_interleavings(world, bindings, (guint)MAX(0, options->orders), (guint32)options->seed);
    check_admission(world);
    check_restarts(world, bindings);
    check_power(world);
    check_end_state(world, bindings);
}

static int run(const Program *program, const Options *options, char **paths)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Policy) policy = policy_read(paths[3], &error);
    g_autoptr(Snapshot) snapshot = policy ? snapshot_read(paths[0], SNAPSHOT_STRICT, &error) : NULL;
    g_autoptr(Assessment) assessment = snapshot ? assessment_read(paths[1], &error) : NULL;
    g_autoptr(ChangePlan) plan = assessment ? changeplan_read(paths[2], CHANGEPLAN_EDITED, &error) : NULL;
    g_autoptr(World) world = plan ? world_new(snapshot, assessment, policy, plan, &error) : NULL;
    if (!world)
        return program_fail(program, error);
    check_plan(world, options);
    printf("%u clusters, %u steps, %u rows, %u violations\n", snapshot->n_clusters, world->steps->len,
           plan->rows->len, world->violations);
    return world->violations ? EXIT_REFUSED : EXIT_DONE;
}

int main(int argc, char **argv)
{
    const Program program = {.name = "plan-check"};
    Options options = {.orders = 2000, .seed = 1};
    const GOptionEntry entries[] = {
        {"orders", 0, 0, G_OPTION_ARG_INT, &options.orders,
         "moments to draw on a host with too many arrivals for all (2000)", "N"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &options.seed, "another draw (1)", "N"},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    g_autoptr(GError) error = NULL;
    g_autoptr(GOptionContext) context = g_option_context_new("SNAPSHOT assessment.csv plan.csv [policy.ini]");
    g_option_context_set_summary(context, "Checks a plan in every order that it allows.");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error))
        return program_misused(&program, "%s", error->message);
    if (argc < 4 || argc > 5)
        return program_misused(&program, "expected SNAPSHOT assessment.csv plan.csv [policy.ini]");
    return run(&program, &options, argv + 1); /* argv ends with NULL: no policy is the defaults */
}
