/* SPDX-License-Identifier: MIT */
/*
 * apply: carries out a plan's approved steps, and writes down what it does.
 */
#include "apply/approval.h"
#include "apply/audit.h"
#include "apply/auditjson.h"
#include "apply/lock.h"
#include "apply/preflight.h"
#include "apply/run.h"
#include "apply/sessions.h"
#include "apply/sshkeygen.h"
#include "apply/steplist.h"
#include "apply/undo.h"
#include "collect/apart.h"
#include "collect/escape.h"
#include "collect/interrupt.h"
#include "collect/libvirthosts.h"
#include "collect/plural.h"
#include "collect/secret.h"
#include "plan/gather.h"
#include "plan/planfile.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUTAGE_LIMIT_S 600

static const char description[] =
    "Carries out the approved steps of a plan, in an order that they allow, and writes each down in a journal\n"
    "before and after it is done. With the same journal a run that was cut short goes on.\n\n"
    "TARGET is https://HOST/sdk (-: $GOVC_URL), libvirt:FILE, which names hosts, or the directory of the snapshot that the\n"
    "plan was made of: this stays as it is, the steps are tried on a copy, which -o names.\n\n"
    "  apply PLAN https://HOST/sdk          carry out a plan on a vCenter\n"
    "  apply PLAN libvirt:hosts.csv         carry it out on hosts that libvirt manages\n"
    "  apply PLAN SNAPSHOT -o AFTER         try it on a copy of the snapshot\n"
    "  apply --dry-run PLAN TARGET          look whether it could begin, and change nothing\n"
    "  apply --undo JOURNAL -o NEW          write the plan that takes back what a journal has\n"
    "  apply --verify-journal JOURNAL       check that no row of a journal was changed";

/* the ways in which apply runs: an option of some of them says so */
enum { AT_VCENTER, AT_HOSTS, AT_DIRECTORY, UNDOING, VERIFYING };
static const char *const modes[] = {"a vCenter", "libvirt hosts",    "a directory",
                                    "--undo",    "--verify-journal", NULL};
#define LIVE (PROGRAM_MODE(AT_VCENTER) | PROGRAM_MODE(AT_HOSTS))
#define APPLIES (LIVE | PROGRAM_MODE(AT_DIRECTORY))
#define UNDOES PROGRAM_MODE(UNDOING)
#define VERIFIES PROGRAM_MODE(VERIFYING)

typedef struct Options {
    char *output, *journal, *undo, *verify_journal, *head, *require_signature, *sign_key, *syslog;
    char **clusters, **encrypt_to;
    OpenPgp *keys; /* of encrypt_to; NULL: what is written is in the clear */
    char *until, *max_duration;
    gboolean log_json, json, dry_run, confirm, skip_stale, skip_refused, recheck_need, no_recheck_load;
    ProgramNumber max_age_s, parallel, parallel_per_host; /* not given: as the policy says */
    ProgramNumber max_failures;                           /* 0: any number */
    Connection connection;                                /* to a vCenter */
    gboolean is_live; /* the target itself is changed, and no copy of it */
} Options;

static void options_clear(Options *options)
{
    g_free(options->output);
    g_free(options->until);
    g_free(options->max_duration);
    g_free(options->journal);
    g_free(options->undo);
    g_free(options->verify_journal);
    g_free(options->head);
    g_free(options->require_signature);
    g_free(options->sign_key);
    g_free(options->syslog);
    g_strfreev(options->clusters);
    g_strfreev(options->encrypt_to);
    openpgp_free(options->keys);
    connection_clear(&options->connection);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

/* ---- what needs no target ---- */

static Signer *find_signer(const Program *program, const char *allowed_signers, const Journal *journal,
                           GError **error)
{
    g_autoptr(Policy) policy = policy_read(program->policy, error);
    return policy ? approval_verify_journal(policy, allowed_signers, journal, error) : NULL;
}

static void tell_of_journal(const Program *program, const Options *options, const Journal *journal,
                            const Signer *signer)
{
    if (signer) {
        g_autofree char *principal = escape_for_terminal(signer->principal);
        program_say(program, "Its last chain value is signed by %s, key %s.\n", principal, signer->key);
    }
    g_autofree char *text = audit_text(journal);
    program_print(
        program, "%s%s: %u %s, each follows from those before it.\nLast chain value: %s%s\n%s", text,
        options->verify_journal, journal->rows->len, plural(journal->rows->len, "row", "rows"),
        journal->chain, options->head ? ", as expected" : "",
        options->head || options->require_signature
            ? "So no row up to the end was changed, removed or added since that value was noted.\n"
            : "That shows their order, and mistakes. Whoever can write the file can make another chain: compare\n"
              "the last value with one that was noted elsewhere (--head), or signed (--require-signature).\n");
}

static int verify_journal(const Program *program, const Options *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Journal) journal = journal_read(options->verify_journal, &error);
    if (!journal)
        return program_fail(program, error);
    if (options->head && strcmp(options->head, journal->chain) != 0) {
        program_warn(program, "%s: found last chain value %s: expected %s: its end was cut off or added to",
                     options->verify_journal, journal->chain, options->head);
        return EXIT_REFUSED;
    }
    Signer *signer = NULL;
    if (options->require_signature &&
        !(signer = find_signer(program, options->require_signature, journal, &error)))
        return program_fail(program, error);
    if (options->json) {
        g_autofree char *document = auditjson_text(journal, options->head, signer);
        program_print(program, "%s", document);
    } else {
        tell_of_journal(program, options, journal, signer);
    }
    if (signer)
        signer_free(signer);
    return program_end(program, EXIT_DONE, FALSE);
}

static int write_undo(const Program *program, const Options *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Journal) journal = journal_read(options->undo, &error);
    g_autoptr(ChangePlan) plan = journal ? undo_plan(journal, &error) : NULL;
    if (!plan || !changeplan_write(plan, options->output, options->keys, &error))
        return program_fail(program, error);
    if (strcmp(options->output, "-") != 0)
        program_say(program, "%s: %s.\n", options->output, plan->summary);
    return program_end(program, EXIT_DONE, TRUE);
}

/* ---- a plan ---- */

/* all that one run works with; freed in the opposite order */
typedef struct Work {
    Policy *policy;
    GPtrArray *approvals; /* char *: details of who signed the plan */
    ChangePlan *plan;
    Journal *journal; /* NULL for a dry run without one */
    Progress *progress;
    Target *target;
    Events *events;
    Lock *lock;           /* of the target; NULL for a dry run, and for a directory */
    GTimeZone *zone;      /* of the person's clock */
    ChangeWindow *window; /* NULL for a trial, to which the time of day is nothing */
    Run *run;             /* NULL for a dry run */
} Work;

static void work_clear(Work *work)
{
    run_free(work->run);
    events_free(work->events);
    changewindow_free(work->window);
    g_clear_pointer(&work->zone, g_time_zone_unref);
    target_free(work->target); /* whose session ends before another apply may begin */
    lock_free(work->lock);
    progress_free(work->progress);
    journal_free(work->journal);
    changeplan_free(work->plan);
    g_ptr_array_unref(work->approvals);
    policy_free(work->policy);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Work, work_clear)

/* Beside what becomes of a rehearsal, of which there may be many, and else beside the plan; NULL for a dry
 * run of a rehearsal of which no result is named, since it can have no earlier one to go on with. */
static char *default_journal(const char *plan, const char *after, gboolean is_live)
{
    gsize length;
    if (is_live) {
        g_autofree char *linked = g_file_test(plan, G_FILE_TEST_IS_SYMLINK) ? realpath(plan, NULL) : NULL;
        plan = linked ? linked : plan;
        length = strlen(plan) - (g_str_has_suffix(plan, ".csv") ? strlen(".csv") : 0);
        return g_strdup_printf("%.*s.journal.csv", (int)length, plan);
    }
    for (length = after ? strlen(after) : 0; length > 1 && after[length - 1] == '/';)
        length--;
    return after ? g_strdup_printf("%.*s.journal.csv", (int)length, after) : NULL;
}

/* A dry run changes nothing, so it only reads the journal that there may be. */
static gboolean open_journal(Work *work, const char *path, const Options *options, GError **error)
{
    gboolean dry_run = options->dry_run;
    gboolean absent = dry_run && (!path || !g_file_test(path, G_FILE_TEST_EXISTS));
    if (absent)
        return TRUE;
    work->journal = dry_run ? journal_read(path, error) : journal_open(path, options->journal != NULL, error);
    return work->journal != NULL;
}

/* What cannot be done at the end is told before anything begins. */
static gboolean may_sign(const Options *options, const char *journal, GError **error)
{
    if (!options->sign_key || !journal)
        return TRUE;
    g_autofree char *signature = approval_journal_signature(journal);
    return signatures_may_sign(options->sign_key, signature, error);
}

/* when no more steps may start, told in the person's time and in UTC; a dry run may be at any hour */
static gboolean open_window(Work *work, const Program *program, const Options *options, GError **error)
{
    work->zone = g_time_zone_new_local();
    work->window = changewindow_new(options->until, options->max_duration,
                                    options->dry_run ? NULL : work->policy->blackout,
                                    g_get_real_time() / G_USEC_PER_SEC, work->zone, error);
    if (!work->window)
        return FALSE;
    g_autofree char *closes = changewindow_text(work->window);
    if (closes)
        program_say(program, "No step starts that is not expected to end by %s.\n", closes);
    return TRUE;
}

/* Another apply would start migrations against ours. */
static gboolean lock_target(Work *work, const Options *options, const char *plan, GError **error)
{
    if (options->dry_run || !options->is_live)
        return TRUE;
    const char *called = options->connection.url ? "this vCenter" : "these hosts";
    work->lock = lock_take(work->target->class->identity(work->target), called, plan, error);
    return work->lock != NULL;
}

static gboolean open_work(Work *work, const Program *program, Options *options, char **arguments,
                          GError **error)
{
    g_autofree char *path = NULL;
    if (!(work->policy = policy_read(program->policy, error)) ||
        !(work->plan = approval_read_plan(work->policy, options->require_signature, arguments[0],
                                          work->approvals, error)) ||
        !changeplan_check_dependencies(work->plan, error))
        return FALSE;
    path = options->journal ? g_strdup(options->journal)
                            : default_journal(arguments[0], options->output, options->is_live);
    if (options->is_live && !open_window(work, program, options, error))
        return FALSE;
    if (!options->dry_run)
        options->connection.user_agent = sessions_agent();
    if (!(work->events = events_new(program, options->log_json, options->syslog, error)) ||
        !(work->target = target_open(arguments[1], options->dry_run ? NULL : options->output, options->keys,
                                     &options->connection, program, error)) ||
        !may_sign(options, path, error) || !lock_target(work, options, arguments[0], error) ||
        !open_journal(work, path, options, error) ||
        !(work->progress = progress_new(work->plan, work->journal, error)) ||
        (work->journal && !target_check_journal(work->target, work->journal, error)) ||
        (options->clusters && !progress_choose(work->progress, options->clusters, error)))
        return FALSE;
    if (work->journal && work->journal->torn > 0)
        program_warn(program, "%s: an incomplete last line, of a run that was cut short, was taken off",
                     path);
    if (!options->dry_run)
        work->run = run_new(work->target, work->progress, work->journal, program);
    if (work->run) {
        run_approved(work->run, work->approvals);
        run_tell(work->run, work->events);
    }
    return TRUE;
}

/* A journal in which nothing was ever written is not left behind. */
static void forget_empty_journal(Journal *journal)
{
    if (journal)
        journal_forget_empty(journal);
}

static gboolean look_first(Work *work, const Program *program, const Options *options, GError **error)
{
    PreflightOptions looks = {
        .max_age_s = options->max_age_s.given ? options->max_age_s.value : work->policy->max_age_s,
        .skip_stale = options->skip_stale,
        .skip_refused = options->skip_refused,
        .recheck_need = options->recheck_need,
        .without_loads = options->no_recheck_load,
    };
    g_auto(Preflight) found = {0};
    /* once more: what an earlier run left open may be to do again since */
    if (options->clusters && !progress_choose(work->progress, options->clusters, error))
        return FALSE;
    if (!preflight_look(&found, work->target, work->plan, work->progress, work->policy, &looks, error))
        return FALSE;
    g_autofree char *text = preflight_text(&found, work->plan, &looks);
    gboolean allowed = preflight_allows(&found, &looks, error);
    if (!allowed)
        program_print(program, "%s", text); /* what stands in the way is no talk */
    else
        program_say(program, "%s", text);
    program_warn_all(program, found.warnings);
    if (allowed && options->dry_run) {
        g_autofree char *steps = steplist_checked(work->progress, work->target, &looks);
        program_say(program, "%s", steps);
    }
    /* What was refused is history for the next plan, whether this one is carried out or not. */
    g_autoptr(GError) unwritten = NULL;
    if (!work->run || run_refuse(work->run, found.refusals, allowed, &unwritten))
        return allowed;
    g_clear_error(error);
    g_propagate_error(error, g_steal_pointer(&unwritten));
    return FALSE;
}

/* ---- the end ---- */

/* FALSE and a word where the journal was to be signed and is not: its run has ended all the same. */
static gboolean sign_journal(const Work *work, const Program *program, const Options *options)
{
    if (!options->sign_key || !work->run || work->journal->rows->len == 0)
        return TRUE;
    g_autoptr(GError) error = NULL;
    g_autofree char *file = approval_journal_signature(work->journal->path);
    g_autoptr(GBytes) head = signatures_head(work->journal->chain);
    if (signatures_sign(SSH_KEYGEN, options->sign_key, SIGNATURES_OF_JOURNALS, head, file, &error))
        return TRUE;
    program_warn(program, "%s: the journal is not signed: %s", file, error->message);
    return FALSE;
}

static guint count_rows(const ChangePlan *plan, int kind)
{
    guint count = 0;
    for (guint i = 0; i < plan->rows->len; i++)
        count += g_array_index(plan->rows, PlanRow, i).kind == kind;
    return count;
}

/* what the rows stand for: some are about several VMs */
static guint count_items(const ChangePlan *plan, int kind)
{
    guint count = 0;
    for (guint i = 0; i < plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(plan->rows, PlanRow, i);
        count += row->kind == kind ? gathered_count(row) : 0;
    }
    return count;
}

static guint count_left_out(const Progress *progress)
{
    return progress_count(progress, STEP_REFUSED) + progress_count(progress, STEP_STALE) +
           progress_count(progress, STEP_SKIPPED);
}

static void append_count(GString *text, guint count, const char *what)
{
    if (count > 0)
        g_string_append_printf(text, ", %u %s", count, what);
}

static void say_summary(const Work *work, const Program *program, const char *state)
{
    const Progress *progress = work->progress;
    g_autoptr(GString) text = g_string_new(NULL);
    guint advice = count_rows(work->plan, ROW_ADVICE), unsolved = count_rows(work->plan, ROW_UNSOLVED);
    guint succeeded = progress_count(progress, STEP_SUCCEEDED);
    if (work->run)
        g_string_append_printf(text, "%s: %u %s done", state, succeeded, plural(succeeded, "step", "steps"));
    else
        g_string_append_printf(text, "%s: nothing was changed", state);
    append_count(text, progress->done->len, "done by earlier runs");
    append_count(text, progress_count(progress, STEP_FAILED), "failed");
    append_count(text, progress_count(progress, STEP_REFUSED), "refused");
    append_count(text, progress_count(progress, STEP_NEEDLESS), "not needed any more");
    append_count(text, count_left_out(progress) - progress_count(progress, STEP_REFUSED), "skipped");
    append_count(text, progress_count(progress, STEP_PENDING), "to do");
    append_count(text, progress_count(progress, STEP_RUNNING) + progress_count(progress, STEP_OPEN),
                 "left open");
    append_count(text, progress_count(progress, STEP_APART), "of other clusters");
    append_count(text, progress_count(progress, STEP_NONE) - advice - unsolved, "not approved");
    append_count(text, count_items(work->plan, ROW_ADVICE), "advice");
    append_count(text, count_items(work->plan, ROW_UNSOLVED), "unsolved");
    program_say(program, "%s.\n", text->str);
    if (work->run && !work->target->class->trial && progress->done->len > 0 &&
        progress->done->len + advice + unsolved == progress->plan->rows->len)
        program_say(
            program,
            "Every step had been done before; whether things still stand so was not looked at. To have "
            "the like done again, make a new plan.\n");
    if (work->run)
        program_say(program, "Journal: %s, last chain value %s\n", work->journal->path, work->journal->chain);
}

static int stopped(const Work *work, const Program *program, const Options *options, const GError *why)
{
    run_give_up(work->run, why);
    sign_journal(work, program, options);
    program_warn(program, "%s; run apply again with the same journal to go on", why->message);
    say_summary(work, program, "Apply stopped");
    forget_empty_journal(work->journal);
    return EXIT_STOPPED;
}

static int refused(const Work *work, const Program *program, const GError *why)
{
    if (work->run)
        run_give_up(work->run, why);
    forget_empty_journal(work->journal);
    return program_fail(program, why);
}

/* What does not fit together can be told before anything is read. */
static int misused_target(const Program *program, const Options *options, char **arguments)
{
    gboolean is_live = options->is_live,
             directory = !is_live && g_file_test(arguments[1], G_FILE_TEST_EXISTS);
    if (strcmp(arguments[0], "-") == 0 && !options->journal && !options->dry_run && is_live)
        return program_misused(program, "a plan from standard input needs --journal FILE");
    if (directory && !options->output && !options->dry_run)
        return program_misused(program, "a directory is tried on a copy: expected -o AFTER");
    if (is_live && options->output)
        return program_misused(program, "-o AFTER is for a directory: %s",
                               options->connection.url ? "a vCenter would be changed itself"
                                                       : "hosts would be changed themselves");
    return 0;
}

/* the line that a person types; NULL at the end of input, and on a signal */
static char *read_answer(void)
{
    g_autoptr(Interrupt) interrupt = interrupt_new();
    struct pollfd wait[] = {{STDIN_FILENO, POLLIN, 0}, {interrupt_fd(interrupt), POLLIN, 0}};
    int ready;
    do
        ready = poll(wait, G_N_ELEMENTS(wait), -1);
    while (ready < 0 && errno == EINTR);
    g_autoptr(GIOChannel) channel = g_io_channel_unix_new(STDIN_FILENO);
    char *answer = NULL;
    if (!interrupt_next(interrupt))
        g_io_channel_read_line(channel, &answer, NULL, NULL, NULL);
    return answer;
}

/* Shows the steps and asks for them, on a terminal. */
static gboolean confirm(const Work *work, const Program *program, GError **error)
{
    guint n = progress_count(work->progress, STEP_PENDING);
    g_autofree char *steps = steplist_to_confirm(work->progress);
    if (n == 0)
        return TRUE;
    program_print(program, "%s\nCarry out %u %s? Only yes is taken as consent: ", steps, n,
                  plural(n, "step", "steps"));
    fflush(stdout);
    g_autofree char *answer = read_answer();
    if (answer && strcmp(g_strchomp(answer), "yes") == 0)
        return TRUE;
    g_set_error(error, VMANGER_ERROR, 0, "refused: nothing was changed; it was not consented to");
    return FALSE;
}

static int apply_plan(const Program *program, Options *options, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_auto(Work) work = {.approvals = g_ptr_array_new_with_free_func(g_free)};
    /* as PLAN it is standard input; no target can come from there */
    const char *target = strcmp(arguments[1], "-") == 0 ? NULL : arguments[1];
    gboolean at_hosts = g_str_has_prefix(arguments[1], LIBVIRT_PREFIX);
    if (!at_hosts && !connection_resolve(&options->connection, target, &error))
        return program_fail(program, error);
    options->is_live = at_hosts || options->connection.url != NULL;
    int misuse = misused_target(program, options, arguments);
    if (misuse)
        return misuse;
    if (!open_work(&work, program, options, arguments, &error))
        return refused(&work, program, error);
    if (work.run && !run_settle(work.run, &error))
        return stopped(&work, program, options, error);
    gboolean allowed = look_first(&work, program, options, &error);
    if (work.run && run_is_stopped(work.run, &error))
        return stopped(&work, program, options, error);
    if (!allowed)
        return refused(&work, program, error);
    if (options->dry_run) {
        say_summary(&work, program, "Apply could begin");
        return program_end(program, EXIT_DONE, FALSE);
    }
    if (options->confirm && !confirm(&work, program, &error))
        return refused(&work, program, error);
    RunLimits limits = {
        .parallel = (guint)(options->parallel.given ? options->parallel.value : work.policy->parallel),
        .parallel_per_host = (guint)(options->parallel_per_host.given ? options->parallel_per_host.value
                                                                      : work.policy->parallel_per_host),
        .max_failures = (guint)options->max_failures.value,
        .window = work.window,
    };
    if (!run_steps(work.run, &limits, &error) || !run_finish(work.run, &error)) {
        if (!g_error_matches(error, VMANGER_ERROR, VMANGER_ERROR_STANDS))
            return stopped(&work, program, options, error);
        program_fail(program, error);
    }
    gboolean is_signed = sign_journal(&work, program, options);
    say_summary(&work, program, "Apply complete");
    guint left = progress_count(work.progress, STEP_FAILED) + count_left_out(work.progress);
    return program_end(program, error || left > 0 || !is_signed ? EXIT_PARTLY : EXIT_DONE, TRUE);
}

static guint mode_of(const Options *options, int n_arguments, char **arguments)
{
    const char *target = n_arguments == 2 ? arguments[1] : ""; /* or nothing that there is, as will be told */
    return options->undo                                   ? UNDOING
           : options->verify_journal                       ? VERIFYING
           : g_str_has_prefix(target, LIBVIRT_PREFIX)      ? AT_HOSTS
           : *target && connection_names_directory(target) ? AT_DIRECTORY
                                                           : AT_VCENTER;
}

/* a journal is an audit trail: the way back is not written over it */
static int misused_undo(const Program *program, const Options *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) read = g_ptr_array_new();
    const char *const written[] = {options->output};
    files_add_read(read, options->undo);
    return files_are_apart(read, written, G_N_ELEMENTS(written), &error)
               ? 0
               : program_misused(program, "%s", error->message);
}

static int misused(const Program *program, const Options *options, int n_arguments, char **arguments)
{
    if (options->undo && options->verify_journal)
        return program_misused(program, "expected one of --undo and --verify-journal");
    if (options->sign_key && (options->undo || options->verify_journal || options->dry_run))
        return program_misused(program, "--sign-key goes with a plan that is carried out");
    if (options->undo || options->verify_journal) {
        if (n_arguments != 0)
            return program_misused(program, "found \"%s\": expected a journal and nothing else",
                                   arguments[0]);
        if (options->undo && !options->output)
            return program_misused(program, "--undo takes -o NEW");
        return options->undo ? misused_undo(program, options) : 0;
    }
    if (n_arguments != 2)
        return program_misused(program, "expected a PLAN and a TARGET");
    if (g_file_test(arguments[0], G_FILE_TEST_IS_DIR) ||
        (strcmp(arguments[0], "-") != 0 && connection_names_server(arguments[0])))
        return program_misused(program, "%s: found a target: expected the PLAN first, then the TARGET",
                               arguments[0]);
    if (options->confirm && !options->dry_run && !(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)))
        return program_misused(program, "--confirm: standard input or output is no terminal on which to ask");
    if (options->recheck_need && options->no_recheck_load)
        return program_misused(program, "expected one of --recheck-need and --no-recheck-load");
    return 0;
}

int main(int argc, char **argv)
{
    secret_guard();
    g_auto(Program) program = {.name = "apply"};
    g_auto(Options)
        options = {.max_age_s = {0, 0, 1000000000, "seconds", FALSE},
                   .parallel = {0, 1, 1024, "", FALSE},
                   .parallel_per_host = {0, 1, 1024, "", FALSE},
                   .max_failures = {0, 0, 1000000000, "", FALSE},
                   .connection.outage_limit_s = {OUTAGE_LIMIT_S, 0, 1000000000, "seconds", FALSE}};
    const GOptionEntry entries[] = {
        {"output", 'o', APPLIES | UNDOES, G_OPTION_ARG_FILENAME, &options.output,
         "The directory that shall appear; with --undo, the plan to write", "AFTER"},
        OPENPGP_OPTION(&options.encrypt_to, PROGRAM_MODE(AT_DIRECTORY) | UNDOES),
        {"journal", 0, APPLIES, G_OPTION_ARG_FILENAME, &options.journal,
         "Write the journal here (the plan's name, or AFTER, with .journal.csv)", "FILE"},
        {"dry-run", 0, APPLIES, G_OPTION_ARG_NONE, &options.dry_run, "Look first, and stop there", NULL},
        {"cluster", 0, APPLIES, G_OPTION_ARG_STRING_ARRAY, &options.clusters,
         "Only the steps of this cluster, by name or id; may be given several times", "CLUSTER"},
        {"skip-stale", 0, APPLIES, G_OPTION_ARG_NONE, &options.skip_stale,
         "Leave out steps that things no longer allow, and those after them", NULL},
        {"skip-refused", 0, APPLIES, G_OPTION_ARG_NONE, &options.skip_refused,
         "Leave out steps that the target refuses at the preflight, and those after them", NULL},
        {"recheck-need", 0, APPLIES, G_OPTION_ARG_NONE, &options.recheck_need,
         "Leave out steps whose reason is gone, and those after them", NULL},
        {"confirm", 0, APPLIES, G_OPTION_ARG_NONE, &options.confirm,
         "Show the steps, and ask on the terminal", NULL},
        {"until", 0, LIVE, G_OPTION_ARG_STRING, &options.until,
         "Start no step that is not expected to end by then: 05:00 (local), or as RFC 3339 has it", "TIME"},
        {"max-duration", 0, LIVE, G_OPTION_ARG_STRING, &options.max_duration,
         "Start no step that is not expected to end within so long: 90m, 2h, 3600", "TIME"},
        {"max-failures", 0, APPLIES, G_OPTION_ARG_INT, &options.max_failures,
         "Stop once so many steps have failed; 0: never", "N"},
        {"max-age", 0, APPLIES, G_OPTION_ARG_INT, &options.max_age_s,
         "Refuse a plan whose snapshot is older (policy: max_age_s); 0: however old", "SECONDS"},
        {"no-recheck-load", 0, APPLIES, G_OPTION_ARG_NONE, &options.no_recheck_load,
         "Do not look whether the load now leaves room for the steps", NULL},
        {"parallel", 0, APPLIES, G_OPTION_ARG_INT, &options.parallel,
         "So many steps at once (policy: parallel)", "N"},
        {"parallel-per-host", 0, APPLIES, G_OPTION_ARG_INT, &options.parallel_per_host,
         "So many migrations at once to and from one host (policy: parallel_per_host)", "N"},
        {"outage-limit", 0, PROGRAM_MODE(AT_VCENTER), G_OPTION_ARG_INT, &options.connection.outage_limit_s,
         "Wait so long for a vCenter that stops answering (600)", "SECONDS"},
        {"undo", 0, UNDOES, G_OPTION_ARG_FILENAME, &options.undo,
         "Write the plan that takes back what was done", "JOURNAL"},
        {"verify-journal", 0, VERIFIES, G_OPTION_ARG_FILENAME, &options.verify_journal,
         "Check that no row of a journal was changed", "JOURNAL"},
        {"head", 0, VERIFIES, G_OPTION_ARG_STRING, &options.head,
         "With --verify-journal: the last chain value that is known from the run", "HEX"},
        {"json", 0, VERIFIES, G_OPTION_ARG_NONE, &options.json,
         "With --verify-journal: print JSON in place of text", NULL},
        {"require-signature", 0, APPLIES | VERIFIES, G_OPTION_ARG_FILENAME, &options.require_signature,
         "Refuse a plan that the keys in this file have not signed (policy: require_signature); with "
         "--verify-journal: a journal",
         "ALLOWED_SIGNERS"},
        {"syslog", 0, APPLIES, G_OPTION_ARG_FILENAME, &options.syslog,
         "Send each event to the system log at this socket, /dev/log say, by RFC 5424", "SOCKET"},
        {"log-json", 0, APPLIES, G_OPTION_ARG_NONE, &options.log_json,
         "Print each event on standard error, a JSON object a line", NULL},
        {"sign-key", 0, APPLIES, G_OPTION_ARG_FILENAME, &options.sign_key,
         "Sign the journal's last chain value with this SSH key, into JOURNAL.sig", "KEY"},
        {"policy", 0, APPLIES, G_OPTION_ARG_FILENAME, &program.policy,
         "Take limits and thresholds from this policy.ini", "FILE"},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };
    g_autofree GOptionEntry *all =
        connection_options(&options.connection, entries, PROGRAM_MODE(AT_VCENTER), PROGRAM_MODE(AT_HOSTS));
    g_autoptr(GError) error = NULL;
    if (!program_parse(&program, &argc, &argv, "PLAN TARGET [-o AFTER]", description, all, &error))
        return program_misused(&program, "%s", error->message);
    int misuse = misused(&program, &options, argc - 1, argv + 1);
    if (misuse)
        return misuse;
    if (!program_accepts(all, modes, mode_of(&options, argc - 1, argv + 1), &error))
        return program_misused(&program, "%s", error->message);
    if (options.encrypt_to && !(options.keys = openpgp_new(options.encrypt_to, &error)))
        return program_fail(&program, error);
    /* Writing to a closed pipe or a full quota is an error to deal with, not a reason to die between steps.
     */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (options.verify_journal)
        return verify_journal(&program, &options);
    return options.undo ? write_undo(&program, &options) : apply_plan(&program, &options, argv + 1);
}
