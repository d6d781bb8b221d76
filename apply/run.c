/* SPDX-License-Identifier: MIT */
#include "apply/run.h"

#include "collect/csv.h"
#include "collect/escape.h"
#include "collect/interrupt.h"
#include "plan/fault.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#define WAIT_S 0.5          /* how soon a signal is noticed */
#define LEAST_WAIT_S 3600.0 /* for a step that does not end: so many seconds, */
#define WAIT_TIMES 10       /* and so many times its estimate */

static void ignore_signals(Run *run);

struct Run {
    Target *target;
    Progress *progress;
    Journal *journal;
    const Program *program;
    char *id;       /* of this run, in the journal */
    Events *events; /* NULL: nobody is told */
    gboolean begun;
    const GPtrArray *approvals; /* char *: who signed the plan; NULL: nobody was asked for */
    guint *waiting;             /* [rows]: of each pending step, how many before it have not succeeded yet */
    GSequence *ready;           /* rows of pending steps that wait for none, ascending */
    GHashTable *busy;           /* an object's id to itself, while a step on it runs */
    GHashTable *moving;         /* a host's id to how many migrations to or from it run */
    guint running;
    const RunLimits *limits; /* NULL before the steps */
    gint64 *started;         /* [rows]: when a step that runs was started: monotonic, in microseconds */
    char **calls;            /* [rows]: what the journal says of the step's call; NULL: nothing */
    Interrupt *interrupt;    /* NULL before the first look at what is there, and after the steps */
    gboolean patient;        /* what runs is waited for, in spite of one signal */
    guint n_signals;
    GError *stop;       /* why no further step may start */
    gboolean by_signal; /* it is a signal, no failure */
};

static const PlanRow *row_at(const Run *run, guint index)
{
    return &g_array_index(run->progress->plan->rows, PlanRow, index);
}

Run *run_new(Target *target, Progress *progress, Journal *journal, const Program *program)
{
    Run *run = g_new0(Run, 1);
    run->target = target;
    run->progress = progress;
    run->journal = journal;
    run->journal->lazy = target->class->trial;
    run->program = program;
    run->id = g_uuid_string_random();
    run->waiting = g_memdup2(progress->dependencies->waiting, progress->plan->rows->len * sizeof(guint));
    run->started = g_new0(gint64, progress->plan->rows->len);
    run->calls = g_new0(char *, progress->plan->rows->len);
    run->ready = g_sequence_new(NULL);
    run->busy = g_hash_table_new(g_str_hash, g_str_equal);
    run->moving = g_hash_table_new(g_str_hash, g_str_equal);
    return run;
}

void run_free(Run *run)
{
    if (!run)
        return;
    ignore_signals(run);
    g_clear_error(&run->stop);
    g_hash_table_destroy(run->busy);
    g_hash_table_destroy(run->moving);
    g_sequence_free(run->ready);
    g_free(run->waiting);
    for (guint i = 0; i < run->progress->plan->rows->len; i++)
        g_free(run->calls[i]);
    g_free(run->calls);
    g_free(run->started);
    g_free(run->id);
    g_free(run);
}

/* Keeps the first reason to stop, but a failure before a signal. */
static void stop(Run *run, GError *reason)
{
    if (run->by_signal)
        g_clear_error(&run->stop);
    run->by_signal = FALSE;
    if (run->stop)
        g_error_free(reason);
    else
        run->stop = reason;
}

/* A signal stops nothing where nothing is left to be done or awaited. */
static gboolean is_stopped(const Run *run)
{
    guint left = progress_count(run->progress, STEP_PENDING) + progress_count(run->progress, STEP_OPEN) +
                 progress_count(run->progress, STEP_RUNNING);
    return run->stop && (left > 0 || !run->by_signal);
}

void run_approved(Run *run, const GPtrArray *approvals)
{
    run->approvals = approvals;
}

void run_tell(Run *run, Events *events)
{
    run->events = events;
}

/* ---- the journal ---- */

static gboolean record(Run *run, JournalRow *row, const char *detail, GError **error)
{
    row->time = run->target->class->now(run->target);
    row->run = run->id;
    row->plan = run->progress->plan->plan;
    row->source_id = run->progress->plan->source_id;
    row->user = g_get_user_name();
    row->host = g_get_host_name();
    row->account = run->target->class->account(run->target);
    row->detail = detail ? detail : "";
    if (!journal_append(run->journal, row, error))
        return FALSE;
    if (run->events)
        events_tell(run->events, row);
    return TRUE;
}

static gboolean record_event(Run *run, JournalEvent event, const char *detail, GError **error)
{
    JournalRow row = journal_row_unknown();
    row.event = (int)event;
    return record(run, &row, detail, error);
}

static gboolean record_step(Run *run, guint index, JournalEvent event, const char *task, const char *detail,
                            GError **error)
{
    JournalRow row = journal_row_of_step(row_at(run, index), event);
    row.task = task ? task : "";
    return record(run, &row, detail, error);
}

/* The estimate goes with the intent, so that a journal alone can show how good it was; and the cause, so that
 * what was moved for a while is known when it can go home. */
static gboolean record_intent(Run *run, guint index, GError **error)
{
    const PlanRow *step = row_at(run, index);
    const TargetClass *class = run->target->class;
    g_autoptr(GString) detail = g_string_new(step->args);
    g_autofree char *of_target = class->intent ? class->intent(run->target, step) : NULL;
    if (!isnan(step->est_s)) {
        g_string_append(detail, detail->len ? " est_s=" : "est_s=");
        table_append_number(detail, step->est_s);
    }
    if (*step->cause)
        g_string_append_printf(detail, "%scause=%s", detail->len ? " " : "", step->cause);
    if (of_target)
        g_string_append_printf(detail, "%s%s", detail->len ? " " : "", of_target);
    return record_step(run, index, EVENT_INTENT, NULL, detail->str, error);
}

static gboolean begin(Run *run, GError **error)
{
    const TargetClass *class = run->target->class;
    g_autofree char *detail = journal_target_text(class->kind, class->identity(run->target));
    if (run->begun)
        return TRUE;
    if (!record_event(run, EVENT_RUN_STARTED, detail, error))
        return FALSE;
    run->begun = TRUE;
    for (guint i = 0; run->approvals && i < run->approvals->len; i++)
        if (!record_event(run, EVENT_APPROVED, run->approvals->pdata[i], error))
            return FALSE;
    return TRUE;
}

/* words, and behind them what is known of the step's call, by which it is found in the target's own logs */
static char *with_call(const Run *run, guint index, const char *words)
{
    const char *call = run->calls[index];
    return call ? g_strdup_printf("%s%s%s", words, *words ? "; " : "", call) : g_strdup(words);
}

/* A fault that would come again is a refusal, by its name first; what else kept the step from its end a
 * failure. */
static gboolean record_failed(Run *run, guint index, const char *why, GError **error)
{
    const char *fault = why ? why : "";
    FaultScope scope = fault_scope(fault, &fault);
    gboolean refused = scope == FAULT_OF_VM || scope == FAULT_OF_PAIR;
    g_autofree char *detail = with_call(run, index, refused || !why ? fault : why);
    return record_step(run, index, refused ? EVENT_REFUSED : EVENT_FAILED, NULL, detail, error);
}

gboolean run_refuse(Run *run, const GPtrArray *refusals, gboolean goes_on, GError **error)
{
    for (guint i = 0; i < refusals->len; i++) {
        const Refusal *refusal = g_ptr_array_index(refusals, i);
        const PlanRow *step = changeplan_find_step(run->progress->plan, refusal->step);
        if (refusal->of_account && !goes_on)
            continue;
        if (!begin(run, error) ||
            !record_step(run, (guint)(step - row_at(run, 0)), EVENT_REFUSED, NULL, refusal->fault, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- signals ---- */

/* The first lets no step start; the second does not wait for those that run. Where none can run, neither does
 * the first. */
static gboolean take_signal(const char *name, gpointer data)
{
    Run *run = data;
    g_autoptr(GError) unwritten = NULL;
    run->n_signals++;
    if (!run->stop) {
        stop(run, g_error_new(VMANGER_ERROR, 0, "stopped by %s", name));
        run->by_signal = TRUE;
    }
    if (run->patient)
        program_warn(run->program, "%s: no new step is started; %s", name,
                     run->n_signals == 1 ? "those that run are waited for" : "those that run are left open");
    if (run->begun && !run->journal->broken && !record_event(run, EVENT_INTERRUPTED, name, &unwritten))
        program_warn(run->program, "%s", unwritten->message);
    return run->n_signals > 1 || !run->patient;
}

static void look_for_signals(Run *run)
{
    while (run->interrupt && interrupt_ends(run->interrupt))
        ;
}

static void heed_signals(Run *run)
{
    if (run->interrupt)
        return;
    run->interrupt = interrupt_new();
    interrupt_tell(run->interrupt, take_signal, run);
    if (run->target->class->heed)
        run->target->class->heed(run->target, run->interrupt);
}

static void ignore_signals(Run *run)
{
    if (run->interrupt && run->target->class->heed)
        run->target->class->heed(run->target, NULL);
    g_clear_pointer(&run->interrupt, interrupt_free);
}

static gboolean fail_stopped(Run *run, GError **error)
{
    g_propagate_error(error, g_steal_pointer(&run->stop));
    return FALSE;
}

/* ---- steps left open ---- */

/* A task that does not end is left open at last. */
static double limit_of(const Run *run, const PlanRow *step)
{
    double least_s = run->limits && run->limits->least_wait_s > 0 ? run->limits->least_wait_s : LEAST_WAIT_S;
    return isnan(step->est_s) ? least_s : MAX(least_s, WAIT_TIMES * step->est_s);
}

/* Asks until it is known; FALSE with a reason to stop where a second signal comes, or it takes too long. */
static gboolean await_settled(Run *run, guint index, StepEnd *end, GError **error)
{
    const PlanRow *step = row_at(run, index);
    gint64 since = g_get_monotonic_time();
    for (;;) {
        if (!run->target->class->settle(run->target, step, run->progress->tasks[index],
                                        run->progress->intents[index], end, error))
            return FALSE;
        look_for_signals(run);
        if (end->kind != END_UNKNOWN)
            return TRUE;
        g_autofree char *words = g_steal_pointer(&end->detail);
        if (run->n_signals > 1)
            return fail_stopped(run, error);
        if ((double)(g_get_monotonic_time() - since) / G_USEC_PER_SEC > limit_of(run, step)) {
            g_set_error(error, VMANGER_ERROR, 0,
                        "step %.0f, which an earlier run began, has not ended after %.0f s%s%s", step->step,
                        limit_of(run, step), words ? ": " : "", words ? words : "");
            return FALSE;
        }
    }
}

static gboolean settle(Run *run, guint index, GError **error)
{
    static const char *const words[] = {"it had succeeded", "it had failed", JOURNAL_NOT_STARTED};
    StepEnd end = {0};
    if (!await_settled(run, index, &end, error))
        return FALSE;
    g_autofree char *detail = end.detail;
    if (!record_step(run, index, EVENT_RESOLVED, run->progress->tasks[index], words[end.kind], error))
        return FALSE;
    run->progress->states[index] = STEP_PENDING;
    if (end.kind == END_FAILED)
        return record_failed(run, index, detail, error);
    if (end.kind != END_SUCCEEDED)
        return TRUE;
    run->progress->states[index] = STEP_DONE;
    g_array_append_val(run->progress->done, index);
    const PlanRow *step = row_at(run, index);
    program_note(run->program, "step %.0f, %s %s: found done, as an earlier run had begun it", step->step,
                 action_names[step->action], step->object);
    return record_step(run, index, EVENT_SUCCEEDED, NULL, detail, error);
}

/* Ids mean something else at another source: what became of a step is asked only where it was begun. */
static gboolean is_where_they_began(Run *run, GError **error)
{
    const char *found = run->target->class->source_id(run->target),
               *expected = run->progress->plan->source_id;
    if (progress_count(run->progress, STEP_OPEN) == 0 || strcmp(found, expected) == 0)
        return TRUE;
    g_set_error(error, VMANGER_ERROR, 0,
                "the target: found source_id %s: expected %s, where an earlier run left steps open", found,
                expected);
    return FALSE;
}

gboolean run_settle(Run *run, GError **error)
{
    if (!is_where_they_began(run, error))
        return FALSE;
    heed_signals(run);
    gboolean ok = TRUE;
    run->patient = TRUE;
    for (guint i = 0; ok && i < run->progress->plan->rows->len; i++)
        if (run->progress->states[i] == STEP_OPEN)
            ok = begin(run, error) && settle(run, i, error);
    look_for_signals(run);
    run->patient = FALSE;
    return ok && (!is_stopped(run) || fail_stopped(run, error));
}

gboolean run_is_stopped(Run *run, GError **error)
{
    look_for_signals(run);
    if (!run->stop || (!*error && !is_stopped(run))) /* an error may be what the signal cut short */
        return FALSE;
    g_clear_error(error);
    return !fail_stopped(run, error);
}

/* ---- steps that start and end ---- */

static int compare_rows(gconstpointer a, gconstpointer b, gpointer data)
{
    (void)data;
    return GPOINTER_TO_INT(a) - GPOINTER_TO_INT(b);
}

/* One step less to wait for, for all that come after the row's. */
static void release_followers(Run *run, guint index)
{
    const GArray *followers = run->progress->dependencies->followers[index];
    for (guint i = 0; followers && i < followers->len; i++) {
        guint follower = g_array_index(followers, guint, i);
        if (--run->waiting[follower] == 0 && run->progress->states[follower] == STEP_PENDING)
            g_sequence_insert_sorted(run->ready, GUINT_TO_POINTER(follower), compare_rows, NULL);
    }
}

/* A migration is held against both its hosts. */
static void count_migration(Run *run, const PlanRow *step, int change)
{
    const char *const hosts[] = {step->from_id, step->to_id};
    for (gsize i = 0; step->action == ACTION_MIGRATE && i < G_N_ELEMENTS(hosts); i++) {
        int now = GPOINTER_TO_INT(g_hash_table_lookup(run->moving, hosts[i])) + change;
        g_hash_table_insert(run->moving, (gpointer)hosts[i], GINT_TO_POINTER(now));
    }
}

/* TRUE where the step is expected to end before the change window closes */
static gboolean fits_window(const Run *run, const PlanRow *step)
{
    return !run->limits->window ||
           changewindow_allows(run->limits->window, step, g_get_real_time() / G_USEC_PER_SEC);
}

static gboolean may_start(const Run *run, const PlanRow *step)
{
    if (!fits_window(run, step))
        return FALSE;
    if (g_hash_table_contains(run->busy, step->object_id))
        return FALSE;
    if (step->action != ACTION_MIGRATE)
        return TRUE;
    return GPOINTER_TO_UINT(g_hash_table_lookup(run->moving, step->from_id)) <
               run->limits->parallel_per_host &&
           GPOINTER_TO_UINT(g_hash_table_lookup(run->moving, step->to_id)) < run->limits->parallel_per_host;
}

static gboolean record_skipped(Run *run, guint index, GError **error)
{
    const Progress *progress = run->progress;
    gboolean stale = progress->states[index] == STEP_STALE,
             needless = progress->states[index] == STEP_NEEDLESS;
    guint because = progress->because[index];
    const char *how = progress->states[because] == STEP_FAILED    ? "failed"
                      : progress->states[because] == STEP_REFUSED ? "was refused"
                                                                  : "was left out";
    g_autofree char *detail =
        stale      ? g_strdup("things are no longer as the step states")
        : needless ? g_strdup("what it was for is gone")
                   : g_strdup_printf("after step %.0f, which %s", row_at(run, because)->step, how);
    return record_step(run, index, EVENT_SKIPPED, NULL, detail, error);
}

static gboolean end_failed(Run *run, guint index, const char *fault, GError **error)
{
    const PlanRow *step = row_at(run, index);
    g_autoptr(GArray) skipped = g_array_new(FALSE, FALSE, sizeof(guint));
    run->progress->states[index] = STEP_FAILED;
    progress_skip_followers(run->progress, index, skipped);
    g_autofree char *object = escape_for_terminal(step->object);
    g_autofree char *shown = escape_for_terminal(fault);
    g_autofree char *others =
        skipped->len ? g_strdup_printf("; steps skipped that come after it: %u", skipped->len) : g_strdup("");
    program_warn(run->program, "step %.0f, %s %s: failed: %s%s", step->step, action_names[step->action],
                 object, shown, others);
    if (!record_failed(run, index, fault, error))
        return FALSE;
    for (guint i = 0; i < skipped->len; i++)
        if (!record_skipped(run, g_array_index(skipped, guint, i), error))
            return FALSE;
    guint failed = progress_count(run->progress, STEP_FAILED);
    if (run->limits->max_failures > 0 && failed >= run->limits->max_failures &&
        progress_count(run->progress, STEP_PENDING) > 0)
        stop(run, g_error_new(VMANGER_ERROR, 0, "steps that failed: %u (--max-failures %u)", failed,
                              run->limits->max_failures));
    return TRUE;
}

/* Where no terminal shows progress, a line a step does. A trial takes no time. */
static void note_success(const Run *run, guint index)
{
    const PlanRow *step = row_at(run, index);
    double took_s = (double)(g_get_monotonic_time() - run->started[index]) / G_USEC_PER_SEC;
    if (!run->program->verbose && (run->target->class->trial || isatty(STDERR_FILENO)))
        return;
    program_note(run->program, "step %.0f, %s %s: done in %.0f s; %u to do", step->step,
                 action_names[step->action], step->object, took_s,
                 progress_count(run->progress, STEP_PENDING));
}

static gboolean end_succeeded(Run *run, guint index, const char *detail, GError **error)
{
    run->progress->states[index] = STEP_SUCCEEDED;
    release_followers(run, index);
    note_success(run, index);
    return record_step(run, index, EVENT_SUCCEEDED, NULL, detail, error);
}

static gboolean record_call(Run *run, guint index, const StepCall *call, GError **error)
{
    if (!call->unknown)
        return record_step(run, index, EVENT_SUBMITTED, call->task, call->detail, error);
    g_autofree char *detail = with_call(run, index, call->unknown);
    return record_step(run, index, EVENT_UNKNOWN, NULL, detail, error);
}

/* FALSE where the run must stop; a step that cannot be done is only journaled. */
static gboolean start_step(Run *run, guint index, GError **error)
{
    const PlanRow *step = row_at(run, index);
    const TargetClass *class = run->target->class;
    g_autofree char *problem = NULL;
    g_auto(StepCall) call = {0};
    g_autoptr(GError) fault = NULL;
    if (!class->recheck(run->target, step, &problem, error))
        return FALSE;
    if (run->stop) /* a signal came meanwhile */
        return TRUE;
    if (problem)
        return end_failed(run, index, problem, error);
    if (!record_intent(run, index, error))
        return FALSE;
    gboolean started = class->start(run->target, step, &call, &fault);
    g_free(run->calls[index]);
    run->calls[index] = g_strdup(call.detail);
    if (!started)
        return end_failed(run, index, fault->message, error);
    run->progress->states[index] = STEP_RUNNING;
    run->started[index] = g_get_monotonic_time();
    run->running++;
    g_hash_table_add(run->busy, (gpointer)step->object_id);
    count_migration(run, step, 1);
    return record_call(run, index, &call, error);
}

static gboolean start_ready(Run *run, GError **error)
{
    GSequenceIter *at = g_sequence_get_begin_iter(run->ready);
    while (!run->stop && run->running < run->limits->parallel && !g_sequence_iter_is_end(at)) {
        GSequenceIter *next = g_sequence_iter_next(at);
        guint index = GPOINTER_TO_UINT(g_sequence_get(at));
        if (may_start(run, row_at(run, index))) {
            g_sequence_remove(at);
            if (!start_step(run, index, error))
                return FALSE;
        }
        at = next;
    }
    return TRUE;
}

/* Those after it go on waiting, for a later run. */
static gboolean leave_open(Run *run, guint index, const char *why, GError **error)
{
    const PlanRow *step = row_at(run, index);
    run->progress->states[index] = STEP_OPEN;
    g_autofree char *object = escape_for_terminal(step->object);
    program_warn(run->program, "step %.0f, %s %s: left open: %s", step->step, action_names[step->action],
                 object, why);
    g_autofree char *detail = with_call(run, index, why);
    return record_step(run, index, EVENT_UNKNOWN, NULL, detail, error);
}

/* Their objects stay busy: what runs there may yet end, which is then heard of as long as others are awaited.
 */
static gboolean leave_overdue(Run *run, GError **error)
{
    gint64 now = g_get_monotonic_time();
    for (guint i = 0; i < run->progress->plan->rows->len; i++) {
        double took_s = (double)(now - run->started[i]) / G_USEC_PER_SEC,
               limit_s = limit_of(run, row_at(run, i));
        if (run->progress->states[i] != STEP_RUNNING || took_s <= limit_s)
            continue;
        g_autofree char *why = g_strdup_printf("it has not ended after %.0f s", limit_s);
        run->running--;
        if (!leave_open(run, i, why, error))
            return FALSE;
    }
    return TRUE;
}

/* Nothing was begun: the step is one that waits for nothing, again. */
static gboolean begin_again(Run *run, guint index, const char *why, GError **error)
{
    g_autofree char *words =
        why ? g_strdup_printf(JOURNAL_NOT_STARTED ": %s", why) : g_strdup(JOURNAL_NOT_STARTED);
    g_autofree char *detail = with_call(run, index, words);
    run->progress->states[index] = STEP_PENDING;
    g_sequence_insert_sorted(run->ready, GUINT_TO_POINTER(index), compare_rows, NULL);
    return record_step(run, index, EVENT_RESOLVED, NULL, detail, error);
}

static gboolean end_step(Run *run, const StepEnd *end, GError **error)
{
    const PlanRow *step = changeplan_find_step(run->progress->plan, end->step);
    guint index = (guint)(step - row_at(run, 0));
    gboolean overdue = run->progress->states[index] == STEP_OPEN;
    if (overdue && end->kind == END_UNKNOWN)
        return TRUE;
    run->running -= !overdue;
    double took_s = (double)(g_get_monotonic_time() - run->started[index]) / G_USEC_PER_SEC;
    if (run->limits->window && end->kind == END_SUCCEEDED)
        changewindow_learn(run->limits->window, step, took_s);
    if (end->kind == END_UNKNOWN) /* its objects stay busy: it may be at work there */
        return leave_open(run, index, end->detail ? end->detail : "", error);
    g_hash_table_remove(run->busy, step->object_id);
    count_migration(run, step, -1);
    if (end->kind == END_SUCCEEDED)
        return end_succeeded(run, index, end->detail, error);
    if (end->kind == END_NOT_STARTED)
        return begin_again(run, index, end->detail, error);
    return end_failed(run, index, end->detail ? end->detail : "no reason given", error);
}

/* ---- the loop ---- */

static void show_progress(Run *run, const char *of_target)
{
    const Progress *progress = run->progress;
    if (!isatty(STDERR_FILENO))
        return;
    g_autofree char *shown = escape_for_terminal(of_target ? of_target : "");
    program_progress(run->program, "%u succeeded, %u running, %u failed, %u to do %s",
                     progress_count(progress, STEP_SUCCEEDED), run->running,
                     progress_count(progress, STEP_FAILED), progress_count(progress, STEP_PENDING), shown);
}

/* FALSE where the target is lost: what runs stays open in the journal. */
static gboolean wait_for_one(Run *run)
{
    GError *error = NULL;
    g_autofree char *shown = NULL;
    StepEnd end = {.step = NAN};
    if (!run->target->class->wait(run->target, WAIT_S, &end, &shown, &error)) {
        stop(run, error);
        return FALSE;
    }
    g_autofree char *detail = end.detail;
    if (!isnan(end.step) && !end_step(run, &end, &error))
        stop(run, error);
    show_progress(run, shown);
    return TRUE;
}

/* What is ready and was not started would not end in time. */
static void stop_at_window(Run *run)
{
    g_autofree char *closes = changewindow_text(run->limits->window);
    stop(run,
         g_error_new(VMANGER_ERROR, 0, "the change window closes at %s: steps that would not end in time: %d",
                     closes, g_sequence_get_length(run->ready)));
}

/* Redoes on a copy what earlier runs did on theirs, finds what may start, and journals what is left out. */
static gboolean prepare(Run *run, GError **error)
{
    Progress *progress = run->progress;
    for (guint i = 0; i < progress->done->len; i++) {
        guint index = g_array_index(progress->done, guint, i);
        if (run->target->class->redo && !run->target->class->redo(run->target, row_at(run, index), error))
            return FALSE;
        release_followers(run, index);
    }
    if (!begin(run, error))
        return FALSE;
    for (guint i = 0; i < progress->plan->rows->len; i++) {
        StepState state = progress->states[i];
        if (state == STEP_PENDING && progress->dependencies->waiting[i] == 0)
            g_sequence_append(run->ready, GUINT_TO_POINTER(i));
        if ((state == STEP_STALE || state == STEP_SKIPPED || state == STEP_NEEDLESS) &&
            !record_skipped(run, i, error))
            return FALSE;
    }
    g_sequence_sort(run->ready, compare_rows, NULL);
    g_autofree char *detail = g_strdup_printf("%u to do", progress_count(progress, STEP_PENDING));
    return record_event(run, EVENT_CHECKED, detail, error);
}

gboolean run_steps(Run *run, const RunLimits *limits, GError **error)
{
    GError *failure = NULL;
    run->limits = limits;
    heed_signals(run);
    run->patient = TRUE;
    if (!prepare(run, &failure))
        stop(run, failure);
    for (;;) {
        look_for_signals(run);
        failure = NULL;
        if (!run->stop && !start_ready(run, &failure))
            stop(run, failure);
        if (run->running == 0 || run->n_signals > 1 || !wait_for_one(run))
            break;
        failure = NULL;
        if (!leave_overdue(run, &failure))
            stop(run, failure);
    }
    ignore_signals(run);
    program_progress(run->program, NULL);
    if (!is_stopped(run) && progress_count(run->progress, STEP_OPEN) > 0) {
        g_set_error(error, VMANGER_ERROR, 0, "what became of some steps (%u) is not known yet",
                    progress_count(run->progress, STEP_OPEN));
        return FALSE;
    }
    if (!run->stop && !g_sequence_is_empty(run->ready))
        stop_at_window(run);
    if (!is_stopped(run))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&run->stop));
    return FALSE;
}

gboolean run_finish(Run *run, GError **error)
{
    const Progress *progress = run->progress;
    g_autoptr(GError) failure = NULL;
    if (!journal_flush(run->journal, error))
        return FALSE;
    gboolean finished = run->target->class->finish(run->target, progress->plan, &failure);
    if (!finished && !g_error_matches(failure, VMANGER_ERROR, VMANGER_ERROR_STANDS)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    g_autofree char *detail =
        g_strdup_printf("succeeded=%u failed=%u skipped=%u refused=%u",
                        progress_count(progress, STEP_SUCCEEDED), progress_count(progress, STEP_FAILED),
                        progress_count(progress, STEP_SKIPPED) + progress_count(progress, STEP_STALE) +
                            progress_count(progress, STEP_NEEDLESS),
                        progress_count(progress, STEP_REFUSED));
    if (finished && record_event(run, EVENT_RUN_ENDED, detail, &failure) &&
        journal_flush(run->journal, &failure))
        return TRUE;
    if (!finished)
        record_event(run, EVENT_RUN_ENDED, detail, NULL);
    failure->code = VMANGER_ERROR_STANDS; /* all steps are done: what fails here is a word about them */
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

void run_give_up(Run *run, const GError *why)
{
    g_autoptr(GError) unwritten = NULL;
    if (run->begun && !run->journal->broken && !record_event(run, EVENT_RUN_ENDED, why->message, &unwritten))
        program_warn(run->program, "%s", unwritten->message);
}
