/* SPDX-License-Identifier: MIT */
/*
 * plan: decides what to do about an assessment, as a reviewable, ordered list of steps.
 */
#include "plan/choice.h"
#include "plan/decide.h"
#include "plan/dependencies.h"
#include "plan/difference.h"
#include "plan/evacuation.h"
#include "plan/explain.h"
#include "plan/explanationjson.h"
#include "plan/fits.h"
#include "plan/gather.h"
#include "plan/govc.h"
#include "plan/home.h"
#include "plan/inputs.h"
#include "plan/jobs.h"
#include "plan/loss.h"
#include "plan/meant.h"
#include "plan/power.h"
#include "plan/replaycommand.h"
#include "plan/review.h"
#include "plan/show.h"
#include "plan/showplans.h"
#include "plan/verify.h"

#include "analyze/patterncheck.h"
#include "collect/apart.h"
#include "collect/atomic.h"
#include "collect/escape.h"
#include "collect/nearest.h"
#include "collect/program.h"
#include "collect/snapshotreader.h"
#include "plan/planfile.h"
#include "plan/planjson.h"
#include "plan/planmetrics.h"

#include <string.h>
#include <unistd.h>

#define MOST_SHOWN 15 /* clusters, and rows of each kind */

static const char description[] =
    "Decides what to do about a snapshot and its assessment: live migrations and additions of memory, as an ordered\n"
    "list of steps that a person can review, edit and sign.\n\n"
    "  plan SNAPSHOT assessment.csv -o plan.csv                 make a plan\n"
    "  plan --home JOURNAL SNAPSHOT assessment.csv -o plan.csv  after maintenance: VMs back to where they were\n"
    "  plan --show PLAN                                         print one\n"
    "  plan --check PLAN SNAPSHOT assessment.csv -o NEW         verify an edited plan and stamp it anew\n"
    "  plan --explain VM|HOST SNAPSHOT assessment.csv           say why one is dealt with as it is\n"
    "  plan --what-if KEY=VALUE SNAPSHOT assessment.csv         tell how the plan would differ under another policy\n"
    "  plan --lose HOST SNAPSHOT assessment.csv                 tell where a lost host's VMs would find room\n"
    "  plan --fits 4cpu,16GiB SNAPSHOT assessment.csv           tell how many more such VMs there is room for\n"
    "  plan --replay HISTORY [-o RESULT.csv]                    say what policies would have made of a history";

/* the ways in which plan runs: an option of some of them says so */
enum { MAKING, SHOWING, CHECKING, EXPLAINING, ASKING, LOSING, FITTING, REPLAYING };
static const char *const modes[] = {"making a plan", "--show", "--check",  "--explain", "--what-if",
                                    "--lose",        "--fits", "--replay", NULL};
#define MAKES PROGRAM_MODE(MAKING)
#define SHOWS PROGRAM_MODE(SHOWING)
#define CHECKS PROGRAM_MODE(CHECKING)
#define EXPLAINS PROGRAM_MODE(EXPLAINING)
#define ASKS                                                                                                 \
    (PROGRAM_MODE(ASKING) | PROGRAM_MODE(LOSING) | PROGRAM_MODE(FITTING)) /* questions without a file */
#define REPLAYS PROGRAM_MODE(REPLAYING)

#define MOST_THREADS 1024

typedef struct Options {
    char *output, *show, *check, *explain, *only, *prometheus, *fits, *html, *against;
    char **past, **clusters, **encrypt_to, **what_if, **lose, **home;
    OpenPgp *keys;        /* of encrypt_to; NULL: the plan is written in the clear */
    Page *page;           /* of html; NULL: none is written */
    ChangePlan *compared; /* of against; NULL: with none */
    gboolean without_dependents, detailed_exitcode, json, govc;
    ProgramNumber threads; /* at most; 0: as many as there are processors */
    ReplayWish replay;     /* its output is the one above */
} Options;

/* what --only takes, by RowKind */
static const char *const show_kinds[] = {"steps", "advice", "unsolved", NULL};

static void options_clear(Options *options)
{
    g_free(options->output);
    g_free(options->show);
    g_free(options->check);
    g_free(options->explain);
    g_free(options->only);
    g_strfreev(options->home);
    g_free(options->prometheus);
    g_free(options->html);
    g_free(options->against);
    g_strfreev(options->past);
    g_strfreev(options->clusters);
    g_strfreev(options->what_if);
    g_strfreev(options->lose);
    g_free(options->fits);
    g_strfreev(options->encrypt_to);
    page_free(options->page);
    changeplan_free(options->compared);
    openpgp_free(options->keys);
    replay_wish_clear(&options->replay);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static ChangePlan *make_plan(const Program *program, const Situation *situation, GError **error)
{
    g_autoptr(Working) working = program_working(program, "deciding", NULL, 0);
    return decide(situation, error);
}

static ChangePlan *make_plan_home(const Situation *situation, const char *path, GError **error)
{
    g_autoptr(Journal) journal = journal_read(path, error);
    return journal ? home_plan(situation, journal, error) : NULL;
}

/* rows of a kind; of steps those that apply would take */
static gboolean has_rows(const ChangePlan *plan, int kind)
{
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        if (row->kind == kind && (kind != ROW_STEP || row->approve == 1))
            return TRUE;
    }
    return FALSE;
}

static int exit_code(const ChangePlan *plan, const Options *options)
{
    if (!options->detailed_exitcode)
        return EXIT_DONE;
    return has_rows(plan, ROW_STEP)       ? EXIT_FINDINGS
           : has_rows(plan, ROW_UNSOLVED) ? EXIT_UNSOLVED
                                          : EXIT_DONE;
}

static guint most_shown(const Program *program)
{
    return program->verbose ? 0 : MOST_SHOWN;
}

/* Figures come after the plan that they are of; that stands where they cannot be put in place. */
static gboolean write_figures(const Program *program, Prometheus *prometheus, const ChangePlan *plan)
{
    g_autoptr(GError) error = NULL;
    if (!prometheus)
        return TRUE;
    planmetrics_add(prometheus, plan);
    if (prometheus_commit(prometheus, &error))
        return TRUE;
    program_warn(program, "%s", error->message);
    return FALSE;
}

static gboolean is_standard_output(const char *path)
{
    return path && atomic_file_is_standard_output(path);
}

/* TRUE where standard output is for people, and not for a file */
static gboolean may_talk(const Options *options)
{
    return !is_standard_output(options->output) && !is_standard_output(options->html);
}

/* a plan that stands is no failure for want of its page */
static int end_with_page(const Program *program, const Options *options, const ChangePlan *plan,
                         const Situation *situation, int code)
{
    g_autoptr(GError) error = NULL;
    gboolean writes = options->output != NULL;
    if (!options->page || review_write(options->page, plan, situation, options->compared, &error))
        return program_end(program, code, writes);
    int failed = program_fail(program, error);
    return writes ? EXIT_PARTLY : failed;
}

static int run_plan(const Program *program, const Options *options, char **paths)
{
    g_autoptr(GError) error = NULL;
    g_auto(Inputs) inputs = {0};
    g_autoptr(Prometheus) prometheus =
        options->prometheus ? prometheus_new(options->prometheus, &error) : NULL;
    if (error || !inputs_read(&inputs, program, options->past, options->clusters, paths, &error))
        return program_fail(program, error);
    g_autoptr(ChangePlan) plan = options->home ? make_plan_home(inputs.situation, *options->home, &error)
                                               : make_plan(program, inputs.situation, &error);
    if (plan)
        gather_rows(plan, inputs.snapshot);
    if (!plan || !changeplan_write(plan, options->output, options->keys, &error))
        return program_fail(program, error);
    gboolean whole = write_figures(program, prometheus, plan);
    Style style = style_of(STDOUT_FILENO);
    g_autofree char *text =
        options->json ? planjson_text(plan) : show_plan(plan, "", most_shown(program), &style);
    if (options->json)
        program_print(program, "%s", text);
    else if (may_talk(options))
        program_say(program, "%s", text);
    return end_with_page(program, options, plan, inputs.situation,
                         whole ? exit_code(plan, options) : EXIT_PARTLY);
}

static int kind_of(const char *only, GError **error)
{
    for (int kind = 0; show_kinds[kind]; kind++)
        if (strcmp(only, show_kinds[kind]) == 0)
            return kind;
    g_autofree char *found = escape_for_message(only);
    g_autofree char *expected = nearest_expected(only, show_kinds);
    g_set_error(error, VMANGER_ERROR, 0, "--only: found %s: expected %s", found, expected);
    return -1;
}

static int run_show(const Program *program, const Options *options)
{
    g_autoptr(GError) error = NULL;
    int kind = options->only ? kind_of(options->only, &error) : -1;
    g_autoptr(ChangePlan) plan = error ? NULL : changeplan_read(options->show, CHANGEPLAN_AS_MADE, &error);
    g_autofree char *removed = plan ? show_removed(plan) : NULL;
    /* a plan is signed as a whole */
    g_autofree char *to_sign =
        plan && !options->only && !options->clusters ? show_signed(plan) : g_strdup("");
    if (!plan || (options->clusters && !show_only(plan, options->clusters, -1, &error)))
        return program_fail(program, error);
    int code = exit_code(plan, options); /* whatever kind of rows is shown */
    if (options->only && !show_only(plan, NULL, kind, &error))
        return program_fail(program, error);
    Style style = style_of(STDOUT_FILENO);
    gboolean for_people = !options->json && !options->govc;
    g_autofree char *text = options->json   ? planjson_text(plan)
                            : options->govc ? govc_text(plan)
                                            : show_plan(plan, removed, most_shown(program), &style);
    if (may_talk(options))
        program_print(program, "%s%s", text, for_people ? to_sign : "");
    return end_with_page(program, options, plan, NULL, code);
}

/* The plans of many sites: the one that --show names, and those besides. */
static int run_show_many(const Program *program, const Options *options, char **paths)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    g_ptr_array_add(all, options->show);
    for (char **path = paths; *path; path++)
        g_ptr_array_add(all, *path);
    g_ptr_array_add(all, NULL);
    Style style = style_of(STDOUT_FILENO);
    g_auto(ShownPlans) shown = show_plans((char **)all->pdata, most_shown(program), &style);
    program_print(program, "%s", shown.text);
    int code = shown.unread                  ? EXIT_PARTLY
               : !options->detailed_exitcode ? EXIT_DONE
               : shown.steps                 ? EXIT_FINDINGS
               : shown.unsolved              ? EXIT_UNSOLVED
                                             : EXIT_DONE;
    return program_end(program, code, FALSE);
}

/* Under other rules than those it was made by a plan would be found sound that is not. */
static gboolean check_inputs(const Inputs *inputs, const Options *options, const ChangePlan *plan,
                             GError **error)
{
    g_autofree char *policy = policy_plan_digest(inputs->policy);
    if (!*plan->snapshot) {
        g_set_error(error, VMANGER_ERROR, 0,
                    "%s: #snapshot: found nothing, as of a plan that undoes another: expected a plan of the "
                    "snapshot given; apply --dry-run tries one that undoes on its target",
                    options->check);
        return FALSE;
    }
    if (strcmp(plan->snapshot, inputs->snapshot->digest) != 0) {
        g_set_error(error, VMANGER_ERROR, 0,
                    "%s: #snapshot: found a plan of another snapshot: give the snapshot and the assessment "
                    "that it was made of (digests %s and %s)",
                    options->check, plan->snapshot, inputs->snapshot->digest);
        return FALSE;
    }
    if (strcmp(plan->policy, policy) == 0)
        return TRUE;
    g_set_error(error, VMANGER_ERROR, 0,
                "%s: #policy: the plan was made under another one (--policy FILE): digests %s and %s",
                options->check, plan->policy, policy);
    return FALSE;
}

/* An edited plan: its dependencies, then the whole of it tried on the model. */
static gboolean check_edited(const Inputs *inputs, const Options *options, ChangePlan *plan,
                             const Program *program, GError **error)
{
    if (!check_inputs(inputs, options, plan, error))
        return FALSE;
    guint dropped = options->without_dependents ? changeplan_drop_dependents(plan) : 0;
    if (dropped && may_talk(options))
        program_say(program,
                    "Steps left out since they depend on others that are absent or not approved: %u.\n",
                    dropped);
    if (!changeplan_check_dependencies(plan, error))
        return FALSE;
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
    verify_edited(inputs->situation, plan, problems, notes);
    for (guint i = 0; i < notes->len; i++)
        program_warn(program, "warning: %s: %s", options->check, (const char *)notes->pdata[i]);
    if (problems->len == 0)
        return TRUE;
    g_ptr_array_add(problems, NULL);
    g_autofree char *text = g_strjoinv("\n", (char **)problems->pdata);
    g_set_error(error, VMANGER_ERROR, 0, "%s", text);
    return FALSE;
}

static int run_check(const Program *program, const Options *options, char **paths)
{
    g_autoptr(GError) error = NULL;
    g_auto(Inputs) inputs = {0};
    g_autoptr(ChangePlan) plan = changeplan_read(options->check, CHANGEPLAN_EDITED, &error);
    if (!plan || !inputs_read(&inputs, program, options->past, options->clusters, paths, &error) ||
        !check_edited(&inputs, options, plan, program, &error) ||
        !changeplan_write(plan, options->output, options->keys, &error))
        return program_fail(program, error);
    if (may_talk(options))
        program_say(program, "%s: every step holds on the snapshot; stamped as plan %s.\n%s", options->output,
                    plan->plan,
                    has_rows(plan, ROW_ADVICE) || has_rows(plan, ROW_UNSOLVED)
                        ? "Advice and unsolved items are as they were when the plan was made.\n"
                        : "");
    return end_with_page(program, options, plan, inputs.situation, exit_code(plan, options));
}

static int run_explain(const Program *program, const Options *options, char **paths)
{
    g_autoptr(GError) error = NULL;
    g_auto(Inputs) inputs = {0};
    if (!inputs_read(&inputs, program, options->past, options->clusters, paths, &error))
        return program_fail(program, error);
    g_autoptr(ChangePlan) plan = make_plan(program, inputs.situation, &error);
    g_autoptr(Explanation) explanation =
        plan ? explanation_new(inputs.situation, plan, options->explain, &error) : NULL;
    if (!explanation)
        return program_fail(program, error);
    g_autofree char *text = options->json ? explanationjson_text(explanation) : explain(explanation);
    program_print(program, "%s", text);
    return program_end(program, EXIT_DONE, FALSE);
}

/* the same inputs under the policy with some keys of [plan] set otherwise */
typedef struct Assumption {
    Policy *policy;
    Situation *situation;
} Assumption;

static void assumption_clear(Assumption *assumption)
{
    situation_free(assumption->situation);
    policy_free(assumption->policy);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Assumption, assumption_clear)

static gboolean assume(Assumption *assumption, const Program *program, const Inputs *inputs,
                       char *const *what_if, GError **error)
{
    if (!(assumption->policy = policy_read(program->policy, error)))
        return FALSE;
    g_autoptr(GHashTable) set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (char *const *one = what_if; *one; one++) {
        if (!g_hash_table_add(set, g_strndup(*one, strcspn(*one, "=")))) {
            g_autofree char *shown = escape_for_message(*one);
            g_set_error(error, VMANGER_ERROR, 0, "--what-if: found %s: expected each key once", shown);
            return FALSE;
        }
        if (!policy_set(assumption->policy, *one, error)) {
            g_prefix_error(error, "--what-if: ");
            return FALSE;
        }
    }
    if (!patterncheck_evacuate(inputs->snapshot, assumption->policy, error) ||
        !evacuation_check_policy(inputs->snapshot, assumption->policy, error) ||
        !(assumption->situation =
              situation_new(inputs->snapshot, inputs->assessment, assumption->policy, inputs->past, error)))
        return FALSE;
    assumption->situation->clusters = inputs->clusters;
    g_autoptr(PatternCheck) check = patterncheck_new(assumption->policy, NULL);
    patterncheck_add(check, inputs->snapshot);
    g_autoptr(GPtrArray) unmatched = patterncheck_words(check);
    program_warn_all(program, unmatched);
    return TRUE;
}

static int run_what_if(const Program *program, const Options *options, char **paths)
{
    g_autoptr(GError) error = NULL;
    g_auto(Inputs) inputs = {0};
    g_auto(Assumption) assumption = {0};
    if (!inputs_read(&inputs, program, options->past, options->clusters, paths, &error) ||
        !assume(&assumption, program, &inputs, options->what_if, &error))
        return program_fail(program, error);
    g_autoptr(ChangePlan) before = make_plan(program, inputs.situation, &error);
    g_autoptr(ChangePlan) after = before ? make_plan(program, assumption.situation, &error) : NULL;
    if (!after)
        return program_fail(program, error);
    g_autoptr(Difference) difference = difference_new(before, after);
    g_autofree char *text = options->json
                                ? difference_json(difference, options->what_if)
                                : difference_text(difference, options->what_if, most_shown(program));
    program_print(program, "%s", text);
    return program_end(program, EXIT_DONE, FALSE);
}

/* the hosts that are meant, [n_hosts]; NULL and an error where one is none */
static gboolean *hosts_to_lose(const Snapshot *snapshot, char *const *words, GError **error)
{
    g_autofree gboolean *lost = g_new0(gboolean, snapshot->n_hosts + 1);
    for (char *const *word = words; *word; word++) {
        if (!meant_find_hosts(snapshot, *word, lost, error)) {
            g_prefix_error(error, "--lose: ");
            return NULL;
        }
    }
    return g_steal_pointer(&lost);
}

static int run_lose(const Program *program, const Options *options, char **paths)
{
    g_autoptr(GError) error = NULL;
    g_auto(Inputs) inputs = {0};
    g_autofree gboolean *lost = NULL;
    if (!inputs_read(&inputs, program, options->past, options->clusters, paths, &error) ||
        !(lost = hosts_to_lose(inputs.snapshot, options->lose, &error)))
        return program_fail(program, error);
    g_autoptr(Loss) loss = loss_new(inputs.situation, lost);
    g_autofree char *text = options->json ? loss_json(loss) : loss_text(loss, most_shown(program));
    program_print(program, "%s", text);
    return program_end(program, EXIT_DONE, FALSE);
}

static int run_fits(const Program *program, const Options *options, char **paths)
{
    g_autoptr(GError) error = NULL;
    g_auto(Inputs) inputs = {0};
    Shape shape = {0};
    if (!shape_parse(options->fits, &shape, &error) ||
        !inputs_read(&inputs, program, options->past, options->clusters, paths, &error))
        return program_fail(program, error);
    g_autoptr(GArray) fits = fits_find(inputs.situation, &shape);
    g_autofree char *text =
        options->json ? fits_json(inputs.situation, &shape, fits) : fits_text(inputs.situation, &shape, fits);
    program_print(program, "%s", text);
    return program_end(program, EXIT_DONE, FALSE);
}

static int run_replay(const Program *program, Options *options)
{
    options->replay.output = g_steal_pointer(&options->output);
    return replay_command(program, &options->replay);
}

/* the one way of running that is asked for; -1 and an error where several are */
static int mode_of(const Options *options, GError **error)
{
    const gconstpointer asked[] = {[MAKING] = NULL,
                                   [SHOWING] = options->show,
                                   [CHECKING] = options->check,
                                   [EXPLAINING] = options->explain,
                                   [ASKING] = options->what_if,
                                   [LOSING] = options->lose,
                                   [FITTING] = options->fits,
                                   [REPLAYING] = options->replay.history};
    int mode = MAKING;
    for (int i = 0; i < (int)G_N_ELEMENTS(asked); i++) {
        if (asked[i] && mode != MAKING) {
            g_set_error(error, VMANGER_ERROR, 0,
                        "expected one of --show, --check, --explain, --what-if, --lose, --fits and --replay");
            return -1;
        }
        mode = asked[i] ? i : mode;
    }
    return mode;
}

/* what must hold between options */
static gboolean options_fit(const Options *options, GError **error)
{
    const struct {
        gboolean wrong;
        const char *words;
    } faults[] = {
        {options->json && options->govc, "expected one of --json and --govc"},
        {options->json && is_standard_output(options->output),
         "--json goes to standard output: expected -o to name a file"},
        {(options->json || options->govc) && is_standard_output(options->html),
         "--html - goes to standard output: expected it to name a file, with --json and --govc"},
        {is_standard_output(options->output) && is_standard_output(options->replay.chart),
         "--chart: found where -o leads: expected a file of its own"},
        {options->home && options->home[1], "--home: found several: expected the journal of one evacuation"},
        {options->prometheus && options->encrypt_to, PROMETHEUS_IS_CLEAR},
        {options->against && !options->html,
         "--against: found no --html: expected the page that tells the difference"},
        {options->html && options->show && (options->only || options->clusters),
         "--html: found --only or --cluster: expected neither, a plan is reviewed as a whole"},
        {options->encrypt_to && options->show && !options->html,
         "--encrypt-to: found no --html: --show alone writes no file"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(faults); i++) {
        if (faults[i].wrong) {
            g_set_error(error, VMANGER_ERROR, 0, "%s", faults[i].words);
            return FALSE;
        }
    }
    return page_is_apart(options->html, options->output, error);
}

/* what must hold of the arguments besides options */
static gboolean arguments_fit(const Options *options, guint mode, int n, char *const *arguments,
                              GError **error)
{
    g_autofree char *fault = NULL;
    if (mode == SHOWING && n > 0 &&
        (options->only || options->clusters || options->json || options->govc || options->html))
        fault = g_strdup(
            "--show of several plans goes with none of --only, --cluster, --json, --govc and --html");
    else if (mode == SHOWING || mode == REPLAYING)
        fault = n == 0 || mode == SHOWING ? NULL : g_strdup("--replay takes a history and nothing else");
    else if (n != 2)
        fault = g_strdup("expected a SNAPSHOT and an assessment.csv");
    else if (g_file_test(arguments[0], G_FILE_TEST_IS_REGULAR) &&
             g_file_test(arguments[1], G_FILE_TEST_IS_DIR))
        fault = g_strdup_printf("%s: found a file: expected the SNAPSHOT first, then the assessment.csv",
                                arguments[0]);
    else if ((mode == MAKING || mode == CHECKING) && !options->output)
        fault = g_strdup("expected -o PLAN");
    if (fault)
        g_set_error(error, VMANGER_ERROR, 0, "%s", fault);
    return !fault;
}

/* begins the page that is asked for, before any other file is written */
static gboolean prepare(Options *options, GError **error)
{
    if (options->encrypt_to && !(options->keys = openpgp_new(options->encrypt_to, error)))
        return FALSE;
    if (options->against &&
        !(options->compared = changeplan_read(options->against, CHANGEPLAN_AS_MADE, error)))
        return FALSE;
    return !options->html || (options->page = page_new(options->html, options->keys, error));
}

/* What is written is none of what is read; but a plan that is checked may be stamped in its place. */
static gboolean is_apart(const Options *options, const Program *program, char *const *paths, GError **error)
{
    g_autoptr(GPtrArray) read = g_ptr_array_new();
    const char *const written[] = {options->output, options->html, options->prometheus,
                                   options->replay.chart};
    files_add_all_read(read, paths);
    files_add_all_read(read, options->past);
    files_add_all_read(read, options->home);
    files_add_all_read(read, options->replay.compare);
    const char *const others[] = {program->policy,         options->against,      options->show,
                                  options->replay.history, options->replay.hosts, options->replay.placement};
    for (guint i = 0; i < G_N_ELEMENTS(others); i++)
        files_add_read(read, others[i]);
    return files_are_apart(read, written, G_N_ELEMENTS(written), error);
}

static int run(const Program *program, Options *options, guint mode, char **paths)
{
    g_autoptr(GError) error = NULL;
    jobs_limit((guint)options->threads.value);
    if (mode == REPLAYING)
        return run_replay(program, options);
    if (!prepare(options, &error))
        return program_fail(program, error);
    switch (mode) {
    case SHOWING:
        return *paths ? run_show_many(program, options, paths) : run_show(program, options);
    case CHECKING:
        return run_check(program, options, paths);
    case EXPLAINING:
        return run_explain(program, options, paths);
    case ASKING:
        return run_what_if(program, options, paths);
    case LOSING:
        return run_lose(program, options, paths);
    case FITTING:
        return run_fits(program, options, paths);
    default:
        return run_plan(program, options, paths);
    }
}

int main(int argc, char **argv)
{
    g_auto(Program) program = {.name = "plan"};
    g_auto(Options) options = {.replay = replay_wish(), .threads = {0, 1, MOST_THREADS, "", FALSE}};
    const GOptionEntry entries[] = {
        OPENPGP_OPTION(&options.encrypt_to, MAKES | SHOWS | CHECKS),
        PAGE_OPTION(&options.html, MAKES | SHOWS | CHECKS),
        {"against", 0, MAKES | SHOWS | CHECKS, G_OPTION_ARG_FILENAME, &options.against,
         "With --html: tell what is new since this plan", "PLAN"},
        {"output", 'o', MAKES | CHECKS | REPLAYS, G_OPTION_ARG_FILENAME, &options.output,
         "The plan to write, or the result of a replay (- for standard output)", "FILE"},
        {"history", 0, MAKES | CHECKS | EXPLAINS | ASKS, G_OPTION_ARG_FILENAME_ARRAY, &options.past,
         "A journal of an earlier apply (repeatable)", "JOURNAL"},
        {"home", 0, MAKES, G_OPTION_ARG_FILENAME_ARRAY, &options.home,
         "Take the VMs of an evacuation back to where they were, as far as it is still safe", "JOURNAL"},
        {"json", 0, MAKES | SHOWS | EXPLAINS | ASKS, G_OPTION_ARG_NONE, &options.json,
         "Print JSON in place of text", NULL},
        {"prometheus", 0, MAKES, G_OPTION_ARG_FILENAME, &options.prometheus,
         "Write figures for the node exporter's textfile collector here, too", "FILE.prom"},
        {"show", 0, SHOWS, G_OPTION_ARG_FILENAME, &options.show, "Print a plan", "PLAN"},
        {"only", 0, SHOWS, G_OPTION_ARG_STRING, &options.only,
         "With --show: steps, advice or unsolved items alone", "KIND"},
        {"govc", 0, SHOWS, G_OPTION_ARG_NONE, &options.govc,
         "With --show: print the approved steps as commands of govc, to read", NULL},
        {"cluster", 0, MAKES | SHOWS | PROGRAM_MODE(ASKING), G_OPTION_ARG_STRING_ARRAY, &options.clusters,
         "Only this cluster, by name or id; may be given several times", "CLUSTER"},
        {"check", 0, CHECKS, G_OPTION_ARG_FILENAME, &options.check,
         "Verify an edited plan and write it stamped anew", "PLAN"},
        {"without-dependents", 0, CHECKS, G_OPTION_ARG_NONE, &options.without_dependents,
         "With --check: leave out steps that depend on absent ones", NULL},
        {"explain", 0, EXPLAINS, G_OPTION_ARG_STRING, &options.explain,
         "Say why a VM or host is dealt with as it is", "VM|HOST"},
        {"what-if", 0, PROGRAM_MODE(ASKING), G_OPTION_ARG_STRING_ARRAY, &options.what_if,
         "Print how the plan would differ with this in the policy's [plan]; may be given several times",
         "KEY=VALUE"},
        {"lose", 0, PROGRAM_MODE(LOSING), G_OPTION_ARG_STRING_ARRAY, &options.lose,
         "Print where the VMs of this host, or of those that a pattern fits, would find room if lost; may be "
         "given several times",
         "HOST"},
        {"fits", 0, PROGRAM_MODE(FITTING), G_OPTION_ARG_STRING, &options.fits,
         "Print how many more VMs of a shape each cluster has room for: 4cpu,16GiB or 4cpu,16GiB,apart",
         "SHAPE"},
        {"detailed-exitcode", 0, MAKES | SHOWS | CHECKS, G_OPTION_ARG_NONE, &options.detailed_exitcode,
         "Exit 2 where there are steps, 5 where there are unsolved items alone", NULL},
        {"replay", 0, REPLAYS, G_OPTION_ARG_FILENAME, &options.replay.history,
         "Run an archive of snapshots, or a file of series, forward under policies and under none",
         "HISTORY"},
        {"compare", 0, REPLAYS, G_OPTION_ARG_FILENAME_ARRAY, &options.replay.compare,
         "With --replay: a policy to run beside that of --policy (repeatable)", "POLICY"},
        {"hosts", 0, REPLAYS, G_OPTION_ARG_FILENAME, &options.replay.hosts,
         "With --replay of series: the hosts (default: " HOUSING_HOSTS ")", "CORESxMHZ,GIB|FILE"},
        {"placement", 0, REPLAYS, G_OPTION_ARG_FILENAME, &options.replay.placement,
         "With --replay of series: where VMs begin (default: " HOUSING_PLACEMENT ")",
         "first-fit|random:SEED|FILE"},
        {"fill", 0, REPLAYS, G_OPTION_ARG_INT, &options.replay.fill_pct,
         "With --replay of series: how full hosts are on the mean, and by first fit at most", "PERCENT"},
        {"cut-sizes", 0, REPLAYS, G_OPTION_ARG_NONE, &options.replay.cut_sizes,
         "With --replay of series: cut each VM's size to its 90th percentile of use / 0.8", NULL},
        {"full-search", 0, REPLAYS, G_OPTION_ARG_NONE, &options.replay.full_search,
         "With --replay: search in each cycle for as long as a plan's own does", NULL},
        {"chart", 0, REPLAYS, G_OPTION_ARG_FILENAME, &options.replay.chart,
         "With --replay: also draw the result, as SVG", "FILE"},
        {"threads", 0, MAKES | CHECKS | EXPLAINS | ASKS | REPLAYS, G_OPTION_ARG_INT, &options.threads,
         "Work on so many threads at most (default: one a processor)", "N"},
        {"policy", 0, MAKES | CHECKS | EXPLAINS | ASKS | REPLAYS, G_OPTION_ARG_FILENAME, &program.policy,
         "Decide by this policy.ini", "FILE"},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };
    g_autoptr(GError) error = NULL;
    if (!program_parse(&program, &argc, &argv, "SNAPSHOT assessment.csv -o PLAN", description, entries,
                       &error))
        return program_misused(&program, "%s", error->message);
    int mode = mode_of(&options, &error);
    if (mode < 0 || !program_accepts(entries, modes, (guint)mode, &error) || !options_fit(&options, &error) ||
        !arguments_fit(&options, (guint)mode, argc - 1, argv + 1, &error) ||
        !is_apart(&options, &program, argv + 1, &error))
        return program_misused(&program, "%s", error->message);
    return run(&program, &options, (guint)mode, argv + 1);
}
