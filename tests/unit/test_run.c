/* SPDX-License-Identifier: MIT */
#include "apply/run.h"

#include "apply/undo.h"
#include "tests/unit/planning.h"

#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

void test_run_suite(void);

/* ---- a target that only notes what is asked of it ---- */

typedef struct Fake {
    Target base;
    GString *log;                                  /* "s1 " a start, "e1 " an end, "r1 " a redo, "f" finish */
    GArray *running;                               /* double */
    guint most;                                    /* at once */
    double fails, problem, refuses, lost, signals; /* steps with which that happens; 0 for none */
    const char *refusal;                           /* in what words; NULL: in none that are known */
    int settles_as;
    guint unknown_for; /* so many times it is not known yet */
    gboolean signals_settling;
    double loses;           /* a step whose end is never known */
    double answerless;      /* a step of which it is not known whether it was begun */
    guint hangs_for;        /* so many waits in which nothing ends */
    guint unbegun;          /* so many ends of calls that did not begin their step */
    Journal *full_at_start; /* its file cannot be written any more from this step on */
    double fills;
} Fake;

static gboolean fake_recheck(Target *target, const PlanRow *step, char **problem, GError **error)
{
    (void)error;
    Fake *fake = (Fake *)target;
    if (step->step == fake->problem)
        *problem = g_strdup("host: was a, is b");
    return TRUE;
}

static void fill_disk(Journal *journal)
{
    int full = open("/dev/full", O_WRONLY);
    CU_ASSERT_FATAL(full >= 0 && dup2(full, journal->fd) == journal->fd);
    close(full);
}

static char *fake_intent(Target *target, const PlanRow *step)
{
    (void)target;
    return g_strdup_printf("operation_id=call-%.0f", step->step);
}

static gboolean fake_start(Target *target, const PlanRow *step, StepCall *call, GError **error)
{
    Fake *fake = (Fake *)target;
    call->detail = fake_intent(target, step);
    if (step->step == fake->refuses) {
        g_set_error(error, VMANGER_ERROR, 0, "%s", fake->refusal ? fake->refusal : "refused by the target");
        return FALSE;
    }
    if (step->step == fake->signals)
        raise(SIGTERM);
    if (step->step == fake->fills)
        fill_disk(fake->full_at_start);
    g_string_append_printf(fake->log, "s%.0f ", step->step);
    g_array_append_val(fake->running, step->step);
    fake->most = MAX(fake->most, fake->running->len);
    if (step->step == fake->answerless)
        call->unknown = g_strdup("no answer");
    else
        call->task = g_strdup_printf("task-%.0f", step->step);
    return TRUE;
}

/* The step that was started last ends first. */
static gboolean fake_wait(Target *target, double timeout_s, StepEnd *end, char **progress, GError **error)
{
    (void)timeout_s, (void)progress;
    Fake *fake = (Fake *)target;
    double step = g_array_index(fake->running, double, fake->running->len - 1);
    if (fake->hangs_for > 0) {
        fake->hangs_for--;
        g_usleep(1000);
        end->step = NAN;
        return TRUE;
    }
    if (step == fake->lost) {
        g_set_error(error, VMANGER_ERROR, 0, "the target is lost");
        return FALSE;
    }
    g_array_set_size(fake->running, fake->running->len - 1);
    g_string_append_printf(fake->log, "e%.0f ", step);
    if (step == fake->loses) {
        *end = (StepEnd){step, END_UNKNOWN, NULL};
        return TRUE;
    }
    if (fake->unbegun > 0) {
        fake->unbegun--;
        *end = (StepEnd){step, END_NOT_STARTED, g_strdup("away")};
        return TRUE;
    }
    *end = (StepEnd){step, step == fake->fails ? END_FAILED : END_SUCCEEDED,
                     step == fake->fails ? g_strdup("it broke") : NULL};
    return TRUE;
}

static gboolean fake_settle(Target *target, const PlanRow *step, const char *task, const char *intent,
                            StepEnd *end, GError **error)
{
    (void)error;
    g_autofree char *call = journal_text_in(intent, "operation_id");
    CU_ASSERT(!*intent || call != NULL);
    Fake *fake = (Fake *)target;
    g_string_append_printf(fake->log, "?%s ", task);
    gboolean unknown = fake->unknown_for > 0;
    fake->unknown_for -= unknown;
    if (unknown && fake->signals_settling)
        raise(SIGTERM);
    *end = (StepEnd){step->step, unknown ? END_UNKNOWN : (EndKind)fake->settles_as, NULL};
    return TRUE;
}

static gboolean fake_finish(Target *target, const ChangePlan *plan, GError **error)
{
    (void)plan, (void)error;
    g_string_append(((Fake *)target)->log, "f");
    return TRUE;
}

static gint64 fake_now(Target *target)
{
    (void)target;
    return 1795000000;
}

static const char *fake_account(Target *target)
{
    (void)target;
    return "tester";
}

static const char *fake_source_id(Target *target)
{
    (void)target;
    return "source-1";
}

static const char *fake_identity(Target *target)
{
    (void)target;
    return "here";
}

static const TargetClass fake_class = {
    .kind = "fake",
    .recheck = fake_recheck,
    .intent = fake_intent,
    .start = fake_start,
    .wait = fake_wait,
    .settle = fake_settle,
    .finish = fake_finish,
    .now = fake_now,
    .account = fake_account,
    .source_id = fake_source_id,
    .identity = fake_identity,
};

/* ---- fixtures ---- */

typedef struct Fixture {
    Fake fake;
    ChangePlan *plan;
    Journal *journal;
    Progress *progress;
    Program program;
    Run *run;
    char *path;
} Fixture;

/* A plan of as many steps as there are dependencies, all of one VM each and to hosts of their own. */
static ChangePlan *plan_of(const char *const *after)
{
    ChangePlan *plan = changeplan_new();
    plan->plan = "plan-1";
    plan->source_id = "source-1";
    for (guint i = 0; after[i]; i++) {
        g_autofree char *vm = g_strdup_printf("vm-%u", i + 1);
        g_autofree char *to = g_strdup_printf("host-t%u", i + 1);
        PlanRow row = step_row(ACTION_MIGRATE, i + 1, changeplan_string(plan, vm), "host-9",
                               changeplan_string(plan, to));
        row.after = after[i];
        row.est_s = 2;
        changeplan_add(plan, &row);
    }
    return plan;
}

static void begin_run(Fixture *f)
{
    f->progress = progress_new(f->plan, f->journal, NULL);
    CU_ASSERT_FATAL(f->progress != NULL);
    f->run = run_new(&f->fake.base, f->progress, f->journal, &f->program);
}

static void set_up(Fixture *f, const char *const *after)
{
    *f = (Fixture){.program = {.name = "apply", .quiet = TRUE}, .path = smallcluster_file("", 0)};
    f->fake.base.class = &fake_class;
    f->fake.log = g_string_new(NULL);
    f->fake.running = g_array_new(FALSE, FALSE, sizeof(double));
    f->plan = plan_of(after);
    f->journal = journal_open(f->path, FALSE, NULL);
    CU_ASSERT_FATAL(f->journal != NULL);
    begin_run(f);
}

/* Ends the run and begins another with the same journal. */
static void run_again(Fixture *f)
{
    run_free(f->run);
    progress_free(f->progress);
    journal_free(f->journal);
    g_string_truncate(f->fake.log, 0);
    g_array_set_size(f->fake.running, 0);
    f->journal = journal_open(f->path, FALSE, NULL);
    CU_ASSERT_FATAL(f->journal != NULL);
    begin_run(f);
}

static void tear_down(Fixture *f)
{
    run_free(f->run);
    progress_free(f->progress);
    journal_free(f->journal);
    changeplan_free(f->plan);
    g_string_free(f->fake.log, TRUE);
    g_array_free(f->fake.running, TRUE);
    g_unlink(f->path);
    g_free(f->path);
}

/* The journal's events as "intent1 submitted1 …". */
static char *events(const Fixture *f)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < f->journal->rows->len; i++) {
        const JournalRow *row = &g_array_index(f->journal->rows, JournalRow, i);
        g_string_append_printf(text, "%s%s", text->len ? " " : "", event_names[row->event]);
        if (!isnan(row->step))
            g_string_append_printf(text, "%.0f", row->step);
    }
    return g_string_free(text, FALSE);
}

/* ---- tests ---- */

static void steps_are_journaled_before_and_after_each_call(void)
{
    Fixture f;
    set_up(&f, (const char *const[]){"", "1", NULL});
    CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 8, .parallel_per_host = 8}, NULL));
    CU_ASSERT(run_finish(f.run, NULL));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "s1 e1 s2 e2 f");
    g_autofree char *said = events(&f);
    CU_ASSERT_STRING_EQUAL(
        said, "run_started checked intent1 submitted1 succeeded1 intent2 submitted2 succeeded2 run_ended");
    const JournalRow *intent = &g_array_index(f.journal->rows, JournalRow, 2);
    CU_ASSERT_STRING_EQUAL(intent->detail, "est_s=2 operation_id=call-1");
    CU_ASSERT_STRING_EQUAL(intent->account, "tester");
    CU_ASSERT_STRING_EQUAL(g_array_index(f.journal->rows, JournalRow, 3).task, "task-1");
    tear_down(&f);
}

static void independent_steps_run_side_by_side_within_both_limits(void)
{
    Fixture f;
    set_up(&f, (const char *const[]){"", "", "", "", "", "", NULL});
    CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 4, .parallel_per_host = 8}, NULL));
    CU_ASSERT_EQUAL(f.fake.most, 4);
    tear_down(&f);
    set_up(&f, (const char *const[]){"", "", "", "", "", "", NULL});
    CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 8, .parallel_per_host = 2}, NULL));
    CU_ASSERT_EQUAL(f.fake.most, 2);
    CU_ASSERT_EQUAL(progress_count(f.progress, STEP_SUCCEEDED), 6);
    tear_down(&f);
}

static void two_steps_of_one_vm_never_run_at_once(void)
{
    Fixture f;
    set_up(&f, (const char *const[]){"", "", NULL});
    g_array_index(f.plan->rows, PlanRow, 1).object_id = g_array_index(f.plan->rows, PlanRow, 0).object_id;
    CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 8, .parallel_per_host = 8}, NULL));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "s1 e1 s2 e2 ");
    tear_down(&f);
}

static void a_step_that_stands_before_what_it_waits_for_is_done_after_it(void)
{
    Fixture f;
    set_up(&f, (const char *const[]){"3", "1", "", NULL});
    CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 8, .parallel_per_host = 8}, NULL));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "s3 e3 s1 e1 s2 e2 ");
    tear_down(&f);
}

static void a_failure_takes_its_followers_along_and_others_go_on(void)
{
    Fixture f;
    set_up(&f, (const char *const[]){"", "1", "2", "", NULL});
    f.fake.fails = 1;
    CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 1, .parallel_per_host = 8}, NULL));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "s1 e1 s4 e4 ");
    CU_ASSERT_EQUAL(f.progress->states[0], STEP_FAILED);
    CU_ASSERT_EQUAL(f.progress->states[1], STEP_SKIPPED);
    CU_ASSERT_EQUAL(f.progress->states[2], STEP_SKIPPED);
    g_autofree char *said = events(&f);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "failed1 skipped2 skipped3 intent4"));
    tear_down(&f);
}

static void a_problem_found_just_before_or_a_refusal_is_a_failure_without_a_change(void)
{
    Fixture f;
    set_up(&f, (const char *const[]){"", "", "", NULL});
    f.fake.problem = 1;
    f.fake.refuses = 2;
    CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 8, .parallel_per_host = 8}, NULL));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "s3 e3 ");
    g_autofree char *said = events(&f);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "checked failed1 intent2 failed2 intent3"));
    tear_down(&f);
}

static void a_fault_that_would_come_again_is_a_refusal_and_the_step_is_not_open(void)
{
    Fixture f;
    set_up(&f, (const char *const[]){"", "1", NULL});
    f.fake.refuses = 1;
    f.fake.refusal = "https://vc/sdk: RelocateVM_Task: MethodDisabled: by backup";
    CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 8, .parallel_per_host = 8}, NULL));
    g_autofree char *said = events(&f);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "intent1 refused1 skipped2"));
    const JournalRow *refused = &g_array_index(f.journal->rows, JournalRow, 3);
    CU_ASSERT_STRING_EQUAL(refused->detail, "MethodDisabled: by backup; operation_id=call-1");
    run_again(&f);
    CU_ASSERT_EQUAL(f.progress->states[0], STEP_PENDING);
    tear_down(&f);
}

static void what_is_refused_at_first_is_journaled_and_left_out(void)
{
    Fixture f;
    set_up(&f, (const char *const[]){"", "1", "", NULL});
    g_autoptr(GPtrArray) refusals = g_ptr_array_new();
    Refusal of_step = {1, (char *)"CannotAccessNetwork: x", FALSE};
    Refusal of_account = {1, (char *)"NoPermission: y", TRUE};
    g_ptr_array_add(refusals, &of_account);
    CU_ASSERT(run_refuse(f.run, refusals, FALSE, NULL));
    CU_ASSERT_EQUAL(f.journal->rows->len, 0);
    g_ptr_array_add(refusals, &of_step);
    CU_ASSERT(run_refuse(f.run, refusals, FALSE, NULL));
    CU_ASSERT(run_refuse(f.run, refusals, TRUE, NULL));
    f.progress->states[0] = STEP_REFUSED;
    progress_skip_followers(f.progress, 0, NULL);
    CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 8, .parallel_per_host = 8}, NULL));
    CU_ASSERT(run_finish(f.run, NULL));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "s3 e3 f");
    g_autofree char *said = events(&f);
    CU_ASSERT_STRING_EQUAL(said, "run_started refused1 refused1 refused1 skipped2 checked intent3 submitted3 "
                                 "succeeded3 run_ended");
    CU_ASSERT_STRING_EQUAL(g_array_index(f.journal->rows, JournalRow, 4).detail,
                           "after step 1, which was refused");
    CU_ASSERT_STRING_EQUAL(g_array_index(f.journal->rows, JournalRow, 9).detail,
                           "succeeded=1 failed=0 skipped=1 refused=1");
    tear_down(&f);
}

static void a_signal_lets_nothing_start_and_waits_for_what_runs(void)
{
    Fixture f;
    set_up(&f, (const char *const[]){"", "", "", NULL});
    f.fake.signals = 2;
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(run_steps(f.run, &(RunLimits){.parallel = 2, .parallel_per_host = 8}, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "SIGTERM"));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "s1 s2 e2 e1 ");
    g_autofree char *said = events(&f);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "interrupted"));
    CU_ASSERT_EQUAL(f.progress->states[2], STEP_PENDING);
    run_again(&f);
    f.fake.signals = 0;
    CU_ASSERT(run_settle(f.run, NULL));
    CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 2, .parallel_per_host = 8}, NULL));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "s3 e3 ");
    tear_down(&f);
}

static void a_lost_target_leaves_its_step_open_and_the_next_run_settles_it(void)
{
    static const struct {
        EndKind end;
        const char *log, *said;
    } cases[] = {
        {END_SUCCEEDED, "?task-1 s2 e2 ", "resolved1 succeeded1"},
        {END_FAILED, "?task-1 s1 e1 s2 e2 ", "resolved1 failed1"},
        {END_NOT_STARTED, "?task-1 s1 e1 s2 e2 ", "resolved1 checked intent1"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        set_up(&f, (const char *const[]){"", "1", NULL});
        f.fake.lost = 1;
        g_autoptr(GError) error = NULL;
        CU_ASSERT_FALSE(run_steps(f.run, &(RunLimits){.parallel = 8, .parallel_per_host = 8}, &error));
        CU_ASSERT_STRING_EQUAL(error->message, "the target is lost");
        run_again(&f);
        f.fake.lost = 0;
        f.fake.settles_as = (int)cases[i].end;
        CU_ASSERT_EQUAL(f.progress->states[0], STEP_OPEN);
        CU_ASSERT(run_settle(f.run, NULL));
        CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 8, .parallel_per_host = 8}, NULL));
        CU_ASSERT_STRING_EQUAL(f.fake.log->str, cases[i].log);
        g_autofree char *said = events(&f);
        CU_ASSERT_PTR_NOT_NULL(strstr(said, cases[i].said));
        tear_down(&f);
    }
}

static void an_unknown_step_is_left_open_with_those_after_it_while_others_go_on(void)
{
    Fixture f;
    set_up(&f, (const char *const[]){"", "1", "", NULL});
    f.fake.loses = 1;
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(run_steps(f.run, &(RunLimits){.parallel = 1, .parallel_per_host = 8}, &error));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "s1 e1 s3 e3 ");
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "not known yet"));
    run_again(&f);
    f.fake.loses = 0;
    f.fake.settles_as = END_SUCCEEDED;
    CU_ASSERT(run_settle(f.run, NULL));
    CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 1, .parallel_per_host = 8}, NULL));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "?task-1 s2 e2 ");
    tear_down(&f);
}

/* by which the person finds it in the target's own logs */
static void the_call_of_a_step_that_does_not_just_succeed_is_named_in_the_journal(void)
{
    static const char *const expected[] = {"no answer; operation_id=call-1", "it broke; operation_id=call-1",
                                           "operation_id=call-2", ""};
    Fixture f;
    set_up(&f, (const char *const[]){"", "", NULL});
    f.fake.answerless = f.fake.fails = 1;
    CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 1, .parallel_per_host = 8}, NULL));
    g_autofree char *said = events(&f);
    CU_ASSERT_STRING_EQUAL(said,
                           "run_started checked intent1 unknown1 failed1 intent2 submitted2 succeeded2");
    const guint rows[] = {3, 4, 6, 7};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        CU_ASSERT_STRING_EQUAL(g_array_index(f.journal->rows, JournalRow, rows[i]).detail, expected[i]);
    tear_down(&f);
}

static void a_call_that_did_not_begin_its_step_is_made_again_and_journaled_as_another(void)
{
    Fixture f;
    set_up(&f, (const char *const[]){"", "1", NULL});
    f.fake.answerless = 1;
    f.fake.unbegun = 2;
    CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 1, .parallel_per_host = 8}, NULL));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "s1 e1 s1 e1 s1 e1 s2 e2 ");
    g_autofree char *said = events(&f);
    CU_ASSERT_PTR_NOT_NULL(strstr(said,
                                  "checked intent1 unknown1 resolved1 intent1 unknown1 resolved1 intent1 "
                                  "unknown1 succeeded1 intent2"));
    CU_ASSERT_STRING_EQUAL(g_array_index(f.journal->rows, JournalRow, 4).detail,
                           "it had not been started: away; operation_id=call-1");
    /* whose kill just then leaves nothing open */
    CU_ASSERT_EQUAL(journal_row_leaves(&g_array_index(f.journal->rows, JournalRow, 4)), LEAVES_UNDONE);
    run_again(&f);
    CU_ASSERT_EQUAL(progress_count(f.progress, STEP_DONE), 2);
    tear_down(&f);
}

static void a_step_that_takes_too_long_is_left_open_and_heard_of_while_others_run(void)
{
    RunLimits limits = {.parallel = 2, .parallel_per_host = 8, .least_wait_s = 0.01};
    Fixture f;
    set_up(&f, (const char *const[]){"", "1", NULL});
    g_array_index(f.plan->rows, PlanRow, 0).est_s = NAN;
    f.fake.hangs_for = 1000;
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(run_steps(f.run, &limits, &error));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "s1 ");
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "not known yet"));
    g_autofree char *said = events(&f);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "intent1 submitted1 unknown1"));
    CU_ASSERT_EQUAL(f.progress->states[0], STEP_OPEN);
    CU_ASSERT_EQUAL(f.progress->states[1], STEP_PENDING);
    tear_down(&f);
    /* the second ends after all, before the first, which may take ten times its estimate */
    set_up(&f, (const char *const[]){"", "", "2", NULL});
    g_array_index(f.plan->rows, PlanRow, 1).est_s = 0.0001;
    f.fake.hangs_for = 20;
    CU_ASSERT(run_steps(f.run, &limits, NULL));
    g_autofree char *late = events(&f);
    CU_ASSERT_PTR_NOT_NULL(strstr(late, "submitted2 unknown2 succeeded2 intent3"));
    CU_ASSERT_EQUAL(progress_count(f.progress, STEP_SUCCEEDED), 3);
    tear_down(&f);
}

static void settling_is_awaited_after_one_signal_and_left_after_two(void)
{
    for (guint signals = 1; signals <= 2; signals++) {
        Fixture f;
        set_up(&f, (const char *const[]){"", "", NULL});
        f.fake.lost = 1;
        CU_ASSERT_FALSE(run_steps(f.run, &(RunLimits){.parallel = 1, .parallel_per_host = 8}, NULL));
        run_again(&f);
        f.fake.lost = 0;
        f.fake.settles_as = END_SUCCEEDED;
        f.fake.signals_settling = TRUE;
        f.fake.unknown_for = signals;
        g_autoptr(GError) error = NULL;
        CU_ASSERT_FALSE(run_settle(f.run, &error));
        CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "stopped by SIGTERM"));
        CU_ASSERT_EQUAL(f.progress->states[0], signals == 1 ? STEP_DONE : STEP_OPEN);
        tear_down(&f);
    }
}

static void a_signal_when_nothing_is_left_stops_nothing(void)
{
    RunLimits limits = {.parallel = 1, .parallel_per_host = 8};
    g_autoptr(GError) error = NULL;
    Fixture f;
    set_up(&f, (const char *const[]){"", NULL}); /* while the last step runs */
    f.fake.signals = 1;
    CU_ASSERT(run_steps(f.run, &limits, NULL));
    CU_ASSERT(run_finish(f.run, NULL));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "s1 e1 f");
    tear_down(&f);
    set_up(&f, (const char *const[]){"", NULL}); /* while it is settled */
    f.fake.lost = 1;
    CU_ASSERT_FALSE(run_steps(f.run, &limits, NULL));
    run_again(&f);
    f.fake.lost = 0;
    f.fake.signals_settling = TRUE;
    f.fake.unknown_for = 1;
    f.fake.settles_as = END_SUCCEEDED;
    CU_ASSERT(run_settle(f.run, NULL));
    CU_ASSERT_FALSE(run_is_stopped(f.run, &error));
    CU_ASSERT(run_steps(f.run, &limits, NULL));
    g_autofree char *said = events(&f);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "interrupted"));
    tear_down(&f);
    set_up(&f, (const char *const[]){"", NULL}); /* and the disk is full: a failure outweighs it */
    f.fake.signals = f.fake.fills = 1;
    f.fake.full_at_start = f.journal;
    CU_ASSERT_FALSE(run_steps(f.run, &limits, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "cannot be written"));
    tear_down(&f);
}

/* Writes a journal of these events of step 1; returns what the plan to undo it is: its steps, or -1. */
static int undone_after(Fixture *f, const int *said, guint n)
{
    for (guint i = 0; i < n; i++) {
        JournalRow row =
            journal_row_of_step(&g_array_index(f->plan->rows, PlanRow, 0), (JournalEvent)said[i]);
        row.time = 1795000000;
        row.run = "run-1";
        row.plan = "plan-1";
        row.source_id = "source-1";
        row.task = said[i] == EVENT_SUBMITTED ? "task-1" : "";
        row.detail = said[i] == EVENT_RESOLVED ? "it had succeeded" : "";
        CU_ASSERT(journal_append(f->journal, &row, NULL));
    }
    run_again(f);
    g_autoptr(ChangePlan) undo = undo_plan(f->journal, NULL);
    return undo ? (int)undo->rows->len : -1;
}

/* Any two events after an intent: the journal is gone on with, the step is done once at its end, and until
 * then undo lists it where its effect stands and refuses where that is not known. */
static void from_every_event_any_number_of_kills_is_gone_on_with(void)
{
    static const int all[] = {EVENT_SUBMITTED, EVENT_UNKNOWN,     EVENT_RESOLVED,    EVENT_SUCCEEDED,
                              EVENT_FAILED,    EVENT_REFUSED,     EVENT_SKIPPED,     EVENT_INTENT,
                              EVENT_CHECKED,   EVENT_RUN_STARTED, EVENT_INTERRUPTED, EVENT_RUN_ENDED};
    for (guint pair = 0; pair < G_N_ELEMENTS(all) * G_N_ELEMENTS(all); pair++) {
        const int said[] = {EVENT_INTENT, all[pair / G_N_ELEMENTS(all)], all[pair % G_N_ELEMENTS(all)]};
        Fixture f;
        set_up(&f, (const char *const[]){"", "1", NULL});
        int undone = undone_after(&f, said, G_N_ELEMENTS(said));
        StepState state = f.progress->states[0];
        CU_ASSERT_EQUAL(undone, state == STEP_DONE ? 1 : -1);
        CU_ASSERT_EQUAL(f.progress->done->len, state == STEP_DONE ? 1 : 0);
        gboolean last_ends =
            said[2] == EVENT_SUCCEEDED || said[2] == EVENT_FAILED || said[2] == EVENT_REFUSED;
        CU_ASSERT(!last_ends || state != STEP_OPEN);
        CU_ASSERT(said[2] != EVENT_RESOLVED || state == STEP_OPEN);
        f.fake.settles_as = END_SUCCEEDED;
        CU_ASSERT(run_settle(f.run, NULL));
        CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 1, .parallel_per_host = 8}, NULL));
        run_again(&f);
        CU_ASSERT_EQUAL(progress_count(f.progress, STEP_DONE), 2);
        CU_ASSERT_EQUAL(f.progress->done->len, 2);
        g_autoptr(ChangePlan) undo = undo_plan(f.journal, NULL);
        CU_ASSERT(undo && undo->rows->len == 2);
        tear_down(&f);
    }
}

static void open_steps_are_not_settled_at_another_source(void)
{
    Fixture f;
    set_up(&f, (const char *const[]){"", NULL});
    f.fake.lost = 1;
    CU_ASSERT_FALSE(run_steps(f.run, &(RunLimits){.parallel = 8, .parallel_per_host = 8}, NULL));
    run_again(&f);
    f.plan->source_id = "source-2";
    g_autoptr(GError) error = NULL;
    guint rows = f.journal->rows->len;
    CU_ASSERT_FALSE(run_settle(f.run, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "found source_id source-1: expected source-2"));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "");
    CU_ASSERT_EQUAL(f.journal->rows->len, rows);
    tear_down(&f);
}

/* From the moment the disk is full no further call is made; what ran is waited for. */
static void a_full_disk_stops_before_the_next_call(void)
{
    Fixture f;
    set_up(&f, (const char *const[]){"", "", "", NULL});
    f.fake.full_at_start = f.journal;
    f.fake.fills = 2;
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(run_steps(f.run, &(RunLimits){.parallel = 8, .parallel_per_host = 8}, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "cannot be written"));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "s1 s2 e2 e1 ");
    run_again(&f);
    f.fake.fills = 0;
    f.fake.settles_as = END_SUCCEEDED;
    CU_ASSERT_EQUAL(f.progress->states[0], STEP_OPEN);
    CU_ASSERT_EQUAL(f.progress->states[1], STEP_OPEN);
    CU_ASSERT_EQUAL(f.progress->states[2], STEP_PENDING);
    CU_ASSERT(run_settle(f.run, NULL));
    CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 8, .parallel_per_host = 8}, NULL));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "?task-1 ? s3 e3 ");
    tear_down(&f);
}

static void steps_that_are_done_or_not_approved_are_left_alone(void)
{
    Fixture f;
    set_up(&f, (const char *const[]){"", "1", "", NULL});
    CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 8, .parallel_per_host = 8}, NULL));
    run_again(&f);
    CU_ASSERT_EQUAL(progress_count(f.progress, STEP_DONE), 3);
    CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 8, .parallel_per_host = 8}, NULL));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "");
    tear_down(&f);
    set_up(&f, (const char *const[]){"", "", NULL});
    run_free(f.run);
    progress_free(f.progress);
    g_array_index(f.plan->rows, PlanRow, 0).approve = 0;
    begin_run(&f);
    CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 8, .parallel_per_host = 8}, NULL));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "s2 e2 ");
    tear_down(&f);
}

static void the_journal_of_another_plan_is_refused(void)
{
    Fixture f;
    set_up(&f, (const char *const[]){"", NULL});
    CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 8, .parallel_per_host = 8}, NULL));
    f.plan->plan = "plan-2";
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(progress_new(f.plan, f.journal, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "journal of plan plan-1"));
    f.plan->plan = "plan-1";
    g_clear_error(&error);
    g_autoptr(ChangePlan) shorter = plan_of((const char *const[]){NULL});
    CU_ASSERT_PTR_NULL(progress_new(shorter, f.journal, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "no step 1"));
    tear_down(&f);
}

/* ---- limits ---- */

static ChangeWindow *window_of(double seconds)
{
    static GTimeZone *utc;
    g_autofree char *duration = g_strdup_printf("%.0f", seconds);
    g_autoptr(GArray) blackout = g_array_new(FALSE, FALSE, 1);
    utc = utc ? utc : g_time_zone_new_utc();
    return changewindow_new(NULL, duration, blackout, g_get_real_time() / G_USEC_PER_SEC, utc, NULL);
}

static void a_step_that_would_end_too_late_is_left_to_the_next_run(void)
{
    Fixture f;
    g_autoptr(ChangeWindow) window = window_of(1000);
    g_autoptr(GError) error = NULL;
    set_up(&f, (const char *const[]){"", "", "2", NULL});
    g_array_index(f.plan->rows, PlanRow, 1).est_s = 5000;
    RunLimits limits = {.parallel = 8, .parallel_per_host = 8, .window = window};
    CU_ASSERT_FALSE(run_steps(f.run, &limits, &error));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "s1 e1 ");
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "the change window closes at "));
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "by --max-duration: steps that would not end in time: 1"));
    CU_ASSERT_EQUAL(progress_count(f.progress, STEP_PENDING), 2);
    run_again(&f);
    CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 8, .parallel_per_host = 8}, NULL));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "s2 e2 s3 e3 ");
    tear_down(&f);
}

static void failures_end_a_run_once_there_are_so_many(void)
{
    Fixture f;
    g_autoptr(GError) error = NULL;
    set_up(&f, (const char *const[]){"", "", "", NULL});
    f.fake.problem = 1;
    f.fake.fails = 2;
    RunLimits limits = {.parallel = 1, .parallel_per_host = 8, .max_failures = 2};
    CU_ASSERT_FALSE(run_steps(f.run, &limits, &error));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "s2 e2 ");
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_STRING_EQUAL(error->message, "steps that failed: 2 (--max-failures 2)");
    tear_down(&f);
    set_up(&f, (const char *const[]){"", "", "", NULL});
    f.fake.problem = 1;
    f.fake.fails = 2;
    limits.max_failures = 3;
    CU_ASSERT(run_steps(f.run, &limits, NULL));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "s2 e2 s3 e3 ");
    tear_down(&f);
    /* a step that cannot even start, beside others that are ready as well */
    set_up(&f, (const char *const[]){"", "", "", NULL});
    f.fake.problem = 1;
    limits = (RunLimits){.parallel = 8, .parallel_per_host = 8, .max_failures = 1};
    CU_ASSERT_FALSE(run_steps(f.run, &limits, NULL));
    CU_ASSERT_STRING_EQUAL(f.fake.log->str, "");
    tear_down(&f);
    /* with nothing left to do the run is at its end */
    set_up(&f, (const char *const[]){"", NULL});
    f.fake.problem = 1;
    CU_ASSERT(run_steps(f.run, &limits, NULL));
    tear_down(&f);
}

static void what_is_not_needed_is_journaled_as_skipped(void)
{
    Fixture f;
    set_up(&f, (const char *const[]){"", NULL});
    f.progress->states[0] = STEP_NEEDLESS;
    CU_ASSERT(run_steps(f.run, &(RunLimits){.parallel = 8, .parallel_per_host = 8}, NULL));
    g_autofree char *said = events(&f);
    CU_ASSERT_STRING_EQUAL(said, "run_started skipped1 checked");
    CU_ASSERT_STRING_EQUAL(g_array_index(f.journal->rows, JournalRow, 1).detail, "what it was for is gone");
    tear_down(&f);
}

void test_run_suite(void)
{
    CU_pSuite suite = CU_add_suite("run", NULL, NULL);
    CU_ADD_TEST(suite, steps_are_journaled_before_and_after_each_call);
    CU_ADD_TEST(suite, independent_steps_run_side_by_side_within_both_limits);
    CU_ADD_TEST(suite, two_steps_of_one_vm_never_run_at_once);
    CU_ADD_TEST(suite, a_step_that_stands_before_what_it_waits_for_is_done_after_it);
    CU_ADD_TEST(suite, a_failure_takes_its_followers_along_and_others_go_on);
    CU_ADD_TEST(suite, a_problem_found_just_before_or_a_refusal_is_a_failure_without_a_change);
    CU_ADD_TEST(suite, a_fault_that_would_come_again_is_a_refusal_and_the_step_is_not_open);
    CU_ADD_TEST(suite, what_is_refused_at_first_is_journaled_and_left_out);
    CU_ADD_TEST(suite, a_signal_lets_nothing_start_and_waits_for_what_runs);
    CU_ADD_TEST(suite, a_lost_target_leaves_its_step_open_and_the_next_run_settles_it);
    CU_ADD_TEST(suite, an_unknown_step_is_left_open_with_those_after_it_while_others_go_on);
    CU_ADD_TEST(suite, the_call_of_a_step_that_does_not_just_succeed_is_named_in_the_journal);
    CU_ADD_TEST(suite, a_call_that_did_not_begin_its_step_is_made_again_and_journaled_as_another);
    CU_ADD_TEST(suite, a_step_that_takes_too_long_is_left_open_and_heard_of_while_others_run);
    CU_ADD_TEST(suite, settling_is_awaited_after_one_signal_and_left_after_two);
    CU_ADD_TEST(suite, a_signal_when_nothing_is_left_stops_nothing);
    CU_ADD_TEST(suite, from_every_event_any_number_of_kills_is_gone_on_with);
    CU_ADD_TEST(suite, open_steps_are_not_settled_at_another_source);
    CU_ADD_TEST(suite, a_full_disk_stops_before_the_next_call);
    CU_ADD_TEST(suite, steps_that_are_done_or_not_approved_are_left_alone);
    CU_ADD_TEST(suite, the_journal_of_another_plan_is_refused);
    CU_ADD_TEST(suite, a_step_that_would_end_too_late_is_left_to_the_next_run);
    CU_ADD_TEST(suite, failures_end_a_run_once_there_are_so_many);
    CU_ADD_TEST(suite, what_is_not_needed_is_journaled_as_skipped);
}
