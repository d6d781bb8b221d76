/* SPDX-License-Identifier: MIT */
/*
 * analyze: what snapshots mean.
 */
#include "analyze/assessment.h"
#include "analyze/assessmentjson.h"
#include "analyze/chronicle.h"
#include "analyze/evaluation.h"
#include "analyze/fleetpage.h"
#include "analyze/metrics.h"
#include "analyze/patterncheck.h"
#include "analyze/policy.h"
#include "analyze/report.h"
#include "analyze/summary.h"
#include "collect/apart.h"
#include "collect/atomic.h"
#include "collect/duration.h"
#include "collect/program.h"
#include "collect/snapshotreader.h"

#include <stdio.h>
#include <unistd.h>

#define MOST_STALE_S (365 * 86400)
#define MOST_SITES 20 /* of those with findings, told without --verbose */

typedef struct Options {
    char *output, *prometheus, *html, *stale_after;
    char **encrypt_to;
    gboolean detailed_exitcode, json, merge;
    gint64 stale_after_s; /* 0: nothing is stale */
} Options;

static void options_clear(Options *options)
{
    g_free(options->output);
    g_free(options->prometheus);
    g_free(options->html);
    g_free(options->stale_after);
    g_strfreev(options->encrypt_to);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

/* all that one run makes of the snapshots */
typedef struct Work {
    Policy *policy;
    Assessment *assessment;
    Summary *summary;
    PatternCheck *patterns;
    Prometheus *prometheus; /* NULL: no figures for it are asked for */
    Report *report;         /* NULL: none is asked for */
} Work;

static void work_clear(Work *work)
{
    prometheus_free(work->prometheus);
    report_free(work->report);
    patterncheck_free(work->patterns);
    summary_free(work->summary);
    assessment_free(work->assessment);
    policy_free(work->policy);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Work, work_clear)

static gboolean follow(const Work *work, History *history, const char *directory, GError **error)
{
    g_autoptr(Snapshot) snapshot = snapshot_read(directory, SNAPSHOT_STRICT, error);
    return snapshot &&
           evaluation_add_history(work->assessment, history, snapshot, directory, work->policy, error);
}

static gboolean assess(const Work *work, History *history, const char *directory, GError **error)
{
    g_auto(Subject) subject = {0};
    g_autoptr(Snapshot) snapshot = snapshot_read(directory, SNAPSHOT_STRICT, error);
    if (!snapshot ||
        !evaluation_add_newest(work->assessment, history, snapshot, directory, work->policy, &subject, error))
        return FALSE;
    summary_add(work->summary, &subject, work->policy);
    patterncheck_add(work->patterns, snapshot);
    return !work->report || report_add(work->report, &subject, directory, work->policy, error);
}

/* Adds one source to the assessment and the summary: its newest snapshot, by the history of all. */
static gboolean assess_source(const Work *work, Chronicle *chronicle, gint *done, GError **error)
{
    g_autoptr(History) history = chronicle->history ? g_steal_pointer(&chronicle->history) : history_new();
    if (history->newest >= 0 || chronicle->snapshots->len > 1)
        summary_note_history(work->summary);
    if (history->newest >= 0)
        assessment_add_rollup(work->assessment, history->source_id, history->newest);
    for (guint i = 0; i < chronicle->snapshots->len; i++) {
        const char *directory = g_array_index(chronicle->snapshots, Dated, i).directory;
        gboolean ok = i + 1 < chronicle->snapshots->len ? follow(work, history, directory, error)
                                                        : assess(work, history, directory, error);
        if (!ok)
            return FALSE;
        g_atomic_int_inc(done);
    }
    return TRUE;
}

static gboolean assess_all(const Work *work, const Program *program, char *const *directories, GError **error)
{
    g_autoptr(GPtrArray) chronicles = chronicles_read(directories, error);
    gint done = 0, n = 0;
    for (guint i = 0; chronicles && i < chronicles->len; i++)
        n += (gint)((const Chronicle *)chronicles->pdata[i])->snapshots->len;
    for (guint i = 0; chronicles && i < chronicles->len; i++)
        if (((const Chronicle *)chronicles->pdata[i])->warning)
            program_warn(program, "warning: %s", ((const Chronicle *)chronicles->pdata[i])->warning);
    g_autoptr(Working) working = program_working(program, "evaluating snapshot", &done, n);
    for (guint i = 0; chronicles && i < chronicles->len; i++)
        if (!assess_source(work, chronicles->pdata[i], &done, error))
            return FALSE;
    return chronicles != NULL;
}

static void warn(const Program *program, const PatternCheck *patterns)
{
    g_autoptr(GPtrArray) words = patterncheck_words(patterns);
    program_warn_all(program, words);
}

static gboolean is_standard_output(const char *path)
{
    return path && atomic_file_is_standard_output(path);
}

static void show(const Program *program, const Work *work, const Options *options)
{
    if (options->json) {
        SummaryCounts counts = summary_counts(work->summary);
        g_autofree char *document = assessmentjson_text(work->assessment, &counts);
        program_print(program, "%s", document);
        return;
    }
    if (program->quiet)
        return;
    /* Where a result itself goes to standard output, people read the other stream. */
    g_autofree char *text = summary_text(work->summary);
    fputs(text, is_standard_output(options->output) || is_standard_output(options->html) ? stderr : stdout);
}

/* Figures come after the assessment that they are of; that stands where they cannot be put in place. */
static int write_figures(const Program *program, const Work *work)
{
    g_autoptr(GError) error = NULL;
    if (!work->prometheus)
        return EXIT_DONE;
    metrics_add(work->prometheus, work->assessment);
    if (prometheus_commit(work->prometheus, &error))
        return EXIT_DONE;
    program_warn(program, "%s", error->message);
    return EXIT_PARTLY;
}

static int run(const Program *program, char *const *directories, const Options *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(OpenPgp) keys = NULL;
    if (options->encrypt_to && !(keys = openpgp_new(options->encrypt_to, &error)))
        return program_fail(program, error);
    g_auto(Work) work = {.policy = policy_read(program->policy, &error)};
    if (!work.policy ||
        (options->prometheus && !(work.prometheus = prometheus_new(options->prometheus, &error))) ||
        (options->html && !(work.report = report_new(options->html, keys, &error))))
        return program_fail(program, error);
    work.assessment = evaluation_begin(work.policy);
    Style style = style_of(atomic_file_is_standard_output(options->output) ? STDERR_FILENO : STDOUT_FILENO);
    work.summary = summary_new(program->verbose, &style);
    work.patterns = patterncheck_new(work.policy, "analyze");
    if (!assess_all(&work, program, directories, &error) ||
        !assessment_write(work.assessment, options->output, keys, &error))
        return program_fail(program, error);
    int written = write_figures(program, &work);
    warn(program, work.patterns);
    show(program, &work, options);
    if (work.report && !report_write(work.report, work.assessment, work.policy, &error)) {
        program_fail(program, error);
        return EXIT_PARTLY; /* the assessment stands */
    }
    int code = options->detailed_exitcode && summary_has_findings(work.summary) ? EXIT_FINDINGS : EXIT_DONE;
    return program_end(program, written == EXIT_DONE ? code : written, TRUE);
}

/* ---- --merge ---- */

static gboolean show_fleet(const Program *program, const Fleet *fleet, const Options *options,
                           Prometheus *prometheus, Page *page, GError **error)
{
    gboolean aside = is_standard_output(options->output) || is_standard_output(options->html);
    Style style = style_of(aside ? STDERR_FILENO : STDOUT_FILENO);
    g_autofree char *text = fleet_text(fleet, program->verbose ? 0 : MOST_SITES, &style);
    if (!program->quiet)
        fputs(text, aside ? stderr : stdout);
    if (prometheus)
        fleet_metrics(fleet, prometheus);
    return (!prometheus || prometheus_commit(prometheus, error)) &&
           (!page || fleet_page_write(page, fleet, error));
}

static int merge(const Program *program, char *const *paths, const Options *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(OpenPgp) keys = NULL;
    g_autoptr(Prometheus) prometheus = NULL;
    g_autoptr(Page) page = NULL;
    if ((options->encrypt_to && !(keys = openpgp_new(options->encrypt_to, &error))) ||
        (options->prometheus && !(prometheus = prometheus_new(options->prometheus, &error))) ||
        (options->html && !(page = page_new(options->html, keys, &error))))
        return program_fail(program, error);
    g_autoptr(Fleet) fleet = fleet_read(paths, options->stale_after_s, &error);
    if (!fleet || !fleet_write(fleet, options->output, keys, &error))
        return program_fail(program, error);
    if (!show_fleet(program, fleet, options, prometheus, page, &error)) {
        program_fail(program, error);
        return EXIT_PARTLY; /* what was merged stands */
    }
    if (fleet_left_out(fleet) > 0)
        return program_end(program, EXIT_PARTLY, TRUE);
    gboolean findings = fleet_hosts(fleet, STATE_HOT) + fleet_vms(fleet, STATE_SHORT) > 0;
    return program_end(program, options->detailed_exitcode && findings ? EXIT_FINDINGS : EXIT_DONE, TRUE);
}

/* what is written is none of what is read */
static gboolean is_apart(const Options *options, const Program *program, char *const *directories,
                         GError **error)
{
    g_autoptr(GPtrArray) read = g_ptr_array_new();
    const char *const written[] = {options->output, options->html, options->prometheus};
    files_add_all_read(read, directories);
    files_add_read(read, program->policy);
    return files_are_apart(read, written, G_N_ELEMENTS(written), error);
}

/* what must hold between options, and of n arguments besides */
static gboolean options_fit(Options *options, const Program *program, int n, GError **error)
{
    const struct {
        gboolean wrong;
        const char *words;
    } faults[] = {
        {n < 1 && options->merge, "no assessment is named"},
        {n < 1, "no snapshot is named"},
        {options->stale_after && !options->merge, "--stale-after goes with --merge"},
        {options->merge && options->json, "--json does not go with --merge"},
        {options->merge && program->policy, "--policy does not go with --merge"},
        {!options->output, "-o names no file for the assessment"},
        {options->json && is_standard_output(options->output),
         "--json goes to standard output: expected -o to name a file"},
        {options->prometheus && options->encrypt_to, PROMETHEUS_IS_CLEAR},
        {options->json && is_standard_output(options->html),
         "--json goes to standard output: expected --html to name a file"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(faults); i++) {
        if (faults[i].wrong) {
            g_set_error(error, VMANGER_ERROR, 0, "%s", faults[i].words);
            return FALSE;
        }
    }
    return !options->stale_after || duration_parse(options->stale_after, "--stale-after", 1, MOST_STALE_S,
                                                   &options->stale_after_s, error);
}

static int start(const Program *program, char *const *paths, const Options *options)
{
    return options->merge ? merge(program, paths, options) : run(program, paths, options);
}

int main(int argc, char **argv)
{
    g_auto(Program) program = {.name = "analyze"};
    g_auto(Options) options = {0};
    const GOptionEntry entries[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output,
         "Write the assessment here; - is standard output", "FILE"},
        PAGE_OPTION(&options.html, 0),
        {"json", 0, 0, G_OPTION_ARG_NONE, &options.json,
         "Print the assessment as JSON in place of the summary", NULL},
        {"prometheus", 0, 0, G_OPTION_ARG_FILENAME, &options.prometheus,
         "Write figures for the node exporter's textfile collector here, too", "FILE.prom"},
        {"detailed-exitcode", 0, 0, G_OPTION_ARG_NONE, &options.detailed_exitcode,
         "Exit 2 where a host is hot or a VM short", NULL},
        {"merge", 0, 0, G_OPTION_ARG_NONE, &options.merge,
         "Join assessments that were made apart, of one site each, into one", NULL},
        {"stale-after", 0, 0, G_OPTION_ARG_STRING, &options.stale_after,
         "With --merge: leave out sites whose snapshot is so much older than the newest of all, as 90m or 24h",
         "TIME"},
        OPENPGP_OPTION(&options.encrypt_to, 0),
        {"policy", 0, 0, G_OPTION_ARG_FILENAME, &program.policy, "Evaluate by this policy.ini", "FILE"},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };
    g_autoptr(GError) error = NULL;
    if (!program_parse(
            &program, &argc, &argv,
            "SNAPSHOT|ARCHIVE... -o assessment.csv\n  analyze --merge assessment.csv... -o assessment.csv",
            "Evaluates what was measured: hosts that are hot or cold, VMs short of memory, and\n"
            "the buffer each cluster has left.",
            entries, &error))
        return program_misused(&program, "%s", error->message);
    if (!options_fit(&options, &program, argc - 1, &error) ||
        !page_is_apart(options.html, options.output, &error) ||
        !is_apart(&options, &program, argv + 1, &error))
        return program_misused(&program, "%s", error->message);
    return start(&program, argv + 1, &options);
}
