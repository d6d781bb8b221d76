/* SPDX-License-Identifier: MIT */
/*
 * generate: snapshots that nobody measured, the same bytes for the same options. --company is
 * samples/snapshot; without it, random clusters for tests and benchmarks.
 */
#include "collect/program.h"
#include "collect/table.h"
#include "samples/company.h"
#include "samples/synthetic.h"

typedef struct Options {
    gboolean company;
    char *at, *output;
    gint64 seed;
    Recipe recipe;
} Options;

static gboolean read_options(int argc, char **argv, Options *options, GError **error)
{
    Recipe *recipe = &options->recipe;
    const GOptionEntry entries[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output, "the snapshot to make", "DIR"},
        {"company", 0, 0, G_OPTION_ARG_NONE, &options->company, "the company of samples/snapshot", NULL},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &options->seed, "another draw (1)", "N"},
        {"at", 0, 0, G_OPTION_ARG_STRING, &options->at, "when it is measured (2026-11-20T20:15:00Z)", "TIME"},
        {"clusters", 0, 0, G_OPTION_ARG_INT, &recipe->clusters, "random clusters (1)", "N"},
        {"hosts", 0, 0, G_OPTION_ARG_INT, &recipe->hosts, "hosts in all (8)", "N"},
        {"vms", 0, 0, G_OPTION_ARG_INT, &recipe->vms, "VMs in all (80)", "N"},
        {"fill-cpu", 0, 0, G_OPTION_ARG_DOUBLE, &recipe->fill_cpu_pct, "mean CPU use of hosts (45)", "PCT"},
        {"fill-memory", 0, 0, G_OPTION_ARG_DOUBLE, &recipe->fill_memory_pct, "mean memory use of hosts (60)",
         "PCT"},
        {"hot", 0, 0, G_OPTION_ARG_DOUBLE, &recipe->hot_pct, "share of hosts that are hot (15)", "PCT"},
        {"short", 0, 0, G_OPTION_ARG_DOUBLE, &recipe->short_pct, "share of VMs that are short (3)", "PCT"},
        {"rules", 0, 0, G_OPTION_ARG_DOUBLE, &recipe->rules_per_vm, "rules that name a VM, on average (0.2)",
         "N"},
        {"odd", 0, 0, G_OPTION_ARG_DOUBLE, &recipe->odd_pct,
         "share of VMs and hosts with something that binds them (5)", "PCT"},
        {"strained", 0, 0, G_OPTION_ARG_DOUBLE, &recipe->strained_pct,
         "share of clusters with reservations, HA or hosts near an edge (0)", "PCT"},
        {"tight", 0, 0, G_OPTION_ARG_NONE, &recipe->tight, "few large VMs among the small", NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    g_autoptr(GOptionContext) context = g_option_context_new("-o DIR");
    g_option_context_set_summary(context, "Makes a snapshot without measuring anything.");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, error))
        return FALSE;
    if (argc == 1 && options->output)
        return TRUE;
    g_set_error(error, VMANGER_ERROR, 0, "found %s: expected options, -o DIR among them",
                argc > 1 ? argv[1] : "no -o DIR");
    return FALSE;
}

static gboolean generate(const Options *options, GError **error)
{
    gint64 standard, at;
    table_parse_time("2026-11-20T20:15:00Z", &standard);
    if (!table_parse_time(options->at ? options->at : "2026-11-20T20:15:00Z", &at)) {
        g_set_error(error, VMANGER_ERROR, 0, "--at: found '%s': expected a time as 2026-11-20T20:15:00Z",
                    options->at);
        return FALSE;
    }
    guint64 seed = (guint64)options->seed;
    g_autoptr(Fleet) fleet = options->company ? company_new(seed, standard, error)
                                              : synthetic_new(seed, standard, &options->recipe, error);
    return fleet && fleet_write(fleet, at, options->output, error);
}

int main(int argc, char **argv)
{
    const Program program = {.name = "generate"};
    Options options = {.seed = 1, .recipe = recipe_default()};
    g_autoptr(GError) error = NULL;
    int code = EXIT_DONE;
    if (!read_options(argc, argv, &options, &error))
        code = program_misused(&program, "%s", error->message);
    else if (!generate(&options, &error))
        code = program_fail(&program, error);
    g_free(options.at);
    g_free(options.output);
    return code;
}
