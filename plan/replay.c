/* SPDX-License-Identifier: MIT */
#include "plan/replay.h"

#include "analyze/evaluation.h"
#include "plan/decide.h"
#include "plan/jobs.h"
#include "plan/schedule.h"

#include <math.h>
#include <time.h>

#define HOUR_S 3600
#define MIB_IN_BYTES (1024.0 * 1024)

/* a step of the plan that is being carried out */
typedef struct RunningStep {
    const PlanRow *row; /* of the plan */
    Change change;      /* without its after */
    StepTime time;      /* seconds since the plan was made */
    double bytes;
} RunningStep;

/* its beginning or its end */
typedef struct Event {
    double at_s; /* seconds since the plan was made */
    guint step;
    gboolean is_end;
    int turn; /* among events at once: what ends, what begins, what ends as soon as it has begun */
} Event;

/* when a VM left a host */
typedef struct Departure {
    int host;
    double at_s;
} Departure;

typedef struct Run {
    const LoadHistory *history;
    Replay *replay;
    gint64 search_work;
    World *world;
    Measured *measured;
    History *followed; /* what has been measured up to now, as analyze keeps it */
    Past *past;
    SizeTrial *sizes;
    GArray **departures; /* [n_vms] of Departure, one a host; NULL for none */
    double now_s;        /* of the replay's own clock, at the beginning of the interval */
    guint interval;
    /* the plan that is being carried out; NULL for none */
    ChangePlan *plan;
    GArray *steps;     /* RunningStep */
    GArray *events;    /* Event, in time */
    guint next_event;  /* the first that has not come */
    double planned_s;  /* when it was made, by the replay's own clock */
    gint64 planned_at; /* by the source's clock */
} Run;

void replay_clear(Replay *replay)
{
    g_free(replay->name);
    g_free(replay->intervals);
    g_clear_error(&replay->error);
}

static void run_init(Run *run, const LoadHistory *history, const Policy *yardstick, Replay *replay)
{
    guint n_hosts = history->start->n_hosts, n_vms = history->start->n_vms;
    *run = (Run){.history = history,
                 .replay = replay,
                 .world = world_new(history, yardstick),
                 .measured = measured_new(n_hosts, n_vms, history->n_intervals),
                 .followed = history_new(),
                 .past = past_new(),
                 .sizes = sizetrial_new(history),
                 .departures = g_new0(GArray *, n_vms + 1),
                 .steps = g_array_new(FALSE, FALSE, sizeof(RunningStep)),
                 .events = g_array_new(FALSE, FALSE, sizeof(Event))};
}

static void run_clear(Run *run)
{
    for (guint i = 0; i < run->history->start->n_vms; i++)
        if (run->departures[i])
            g_array_free(run->departures[i], TRUE);
    g_free(run->departures);
    changeplan_free(run->plan);
    g_array_free(run->steps, TRUE);
    g_array_free(run->events, TRUE);
    past_free(run->past);
    sizetrial_free(run->sizes);
    measured_free(run->measured);
    history_free(run->followed);
    world_free(run->world);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

static RunningStep *step_at(const Run *run, guint i)
{
    return &g_array_index(run->steps, RunningStep, i);
}

/* ---- measuring and evaluating ---- */

static double last_of(const double *means, guint n)
{
    return means ? means[n - 1] : NAN;
}

/* All that has been measured up to now goes over here. The mean of the present interval is what the
 * evaluation takes of it. */
static Means *measured_means(const Run *run)
{
    const Snapshot *snapshot = world_snapshot(run->world);
    Means *means = means_new(snapshot);
    guint n = measured_intervals(run->measured);
    for (guint i = 0; i < snapshot->n_hosts; i++)
        for (int metric = 0; metric < N_METRICS; metric++)
            means->values[(gsize)i * N_METRICS + (gsize)metric] =
                last_of(measured_of_host(run->measured, i, metric), n);
    for (guint i = 0; i < snapshot->n_vms; i++)
        for (int metric = 0; metric < N_METRICS; metric++)
            means->values[(gsize)(snapshot->n_hosts + i) * N_METRICS + (gsize)metric] =
                last_of(measured_of_vm(run->measured, i, metric), n);
    means->window_to = snapshot->info.taken_at;
    means->window_from = means->window_to - (gint64)run->history->lengths[run->interval];
    for (int origin = 0; origin < N_ORIGINS; origin++)
        means->origins[origin] = run->history->origins[origin];
    return means;
}

static Assessment *assess(Run *run, GError **error)
{
    g_auto(Subject) subject = {0};
    const Snapshot *snapshot = world_snapshot(run->world);
    g_autoptr(Means) means = measured_means(run);
    g_autoptr(Assessment) assessment = evaluation_begin(run->replay->policy);
    if (history_add(run->followed, snapshot, means, error) &&
        evaluation_add_measured(assessment, snapshot, means, run->followed, run->replay->policy, &subject,
                                error))
        return g_steal_pointer(&assessment);
    g_prefix_error(error, "%s: ", run->history->name);
    return NULL;
}

/* ---- deciding ---- */

/* indices of the steps that a row comes after; steps are numbered in the order of their rows */
static GArray *indices_after(const Run *run, const PlanRow *row)
{
    g_autoptr(GArray) numbers = plan_row_after(row);
    GArray *after = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < numbers->len; i++)
        for (guint step = 0; step < run->steps->len; step++)
            if (step_at(run, step)->row->step == g_array_index(numbers, double, i))
                g_array_append_val(after, step);
    return after;
}

/* the plan's steps as changes of the model, with their after */
static GArray *take_steps(Run *run, const Situation *situation, GError **error)
{
    g_autoptr(GArray) changes = change_list_new();
    g_autoptr(Model) now = model_copy(situation->start);
    for (guint i = 0; i < run->plan->rows->len; i++) {
        const PlanRow *row = &g_array_index(run->plan->rows, PlanRow, i);
        if (row->kind != ROW_STEP)
            continue;
        RunningStep step = {.row = row};
        if (!change_of_row(now, "plan", row, &step.change, error))
            return NULL;
        Change change = step.change;
        step.bytes = change_copy_bytes(situation->start, &change);
        change.after = indices_after(run, row);
        g_array_append_val(changes, change);
        g_array_append_val(run->steps, step);
        change_apply(now, &change);
    }
    return g_steal_pointer(&changes);
}

static int compare_events(gconstpointer a, gconstpointer b)
{
    const Event *left = a, *right = b;
    if (left->at_s != right->at_s)
        return left->at_s < right->at_s ? -1 : 1;
    if (left->turn != right->turn)
        return left->turn - right->turn;
    return left->step < right->step ? -1 : left->step > right->step;
}

static gboolean schedule(Run *run, const Situation *situation, GError **error)
{
    const Policy *policy = run->replay->policy;
    g_autoptr(GArray) changes = take_steps(run, situation, error);
    if (!changes)
        return FALSE;
    g_autofree StepTime *times = g_new(StepTime, changes->len + 1);
    schedule_steps(situation->start, changes, changes->len, (guint)policy->parallel,
                   (guint)policy->parallel_per_host, times);
    for (guint i = 0; i < changes->len; i++) {
        step_at(run, i)->time = times[i];
        if (isnan(times[i].start))
            continue;
        Event begins = {times[i].start, i, FALSE, 1};
        Event ends = {times[i].end, i, TRUE, times[i].end > times[i].start ? 0 : 2};
        g_array_append_val(run->events, begins);
        g_array_append_val(run->events, ends);
    }
    g_array_sort(run->events, compare_events);
    return TRUE;
}

static void forget_plan(Run *run)
{
    g_clear_pointer(&run->plan, changeplan_free);
    g_array_set_size(run->steps, 0);
    g_array_set_size(run->events, 0);
    run->next_event = 0;
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What analyze and plan do, on what was measured up to the end of the interval. */
static gboolean decide_on_interval(Run *run, GError **error)
{
    g_autoptr(Assessment) assessment = assess(run, error);
    if (!assessment)
        return FALSE;
    sizetrial_learn(run->sizes, assessment, run->replay->policy);
    Situation *situation =
        situation_new(world_snapshot(run->world), assessment, run->replay->policy, run->past, error);
    if (!situation)
        return FALSE;
    situation->threads = 1; /* other policies run beside this one */
    situation->steps_alone = TRUE;
    situation->search_work = run->search_work;
    run->plan = decide(situation, error);
    gboolean decided = run->plan && schedule(run, situation, error);
    situation_free(situation);
    return decided;
}

static gboolean decide_if_free(Run *run, GError **error)
{
    if (!run->replay->policy || run->plan || run->interval + 1 == run->history->n_intervals)
        return TRUE;
    double began = cpu_seconds();
    gboolean decided = decide_on_interval(run, error);
    run->replay->figures.cpu_s += cpu_seconds() - began;
    run->replay->figures.cycles++;
    run->planned_s = run->now_s + run->history->lengths[run->interval];
    run->planned_at = run->history->ends[run->interval];
    if (decided && run->steps->len == 0)
        forget_plan(run);
    return decided;
}

/* ---- effecting ---- */

/* notes that a VM leaves its host, and whether it had left the one that it goes to within so many hours */
static void account_for_move(Run *run, const Change *change, double at_s)
{
    ReplayFigures *figures = &run->replay->figures;
    GArray **departures = &run->departures[change->vm];
    Departure *from = NULL;
    if (!*departures)
        *departures = g_array_new(FALSE, FALSE, sizeof(Departure));
    for (guint i = 0; i < (*departures)->len; i++) {
        Departure *departure = &g_array_index(*departures, Departure, i);
        if (departure->host == change->to) {
            figures->back_6h += at_s - departure->at_s <= 6 * HOUR_S;
            figures->back_24h += at_s - departure->at_s <= 24 * HOUR_S;
        }
        if (departure->host == change->from)
            from = departure;
    }
    Departure leaves = {change->from, at_s};
    if (from)
        *from = leaves;
    else
        g_array_append_val(*departures, leaves);
}

static void account_for(Run *run, const RunningStep *step, double at_s)
{
    ReplayFigures *figures = &run->replay->figures;
    double more = step->change.amount - step->change.was;
    switch (step->change.action) {
    case ACTION_MIGRATE:
        figures->migrations++;
        figures->copied_bytes += step->bytes;
        run->replay->intervals[run->interval].migrations++;
        account_for_move(run, &step->change, at_s);
        break;
    case ACTION_ADD_MEMORY:
    case ACTION_RECLAIM_MEMORY:
        figures->memory_added_mib += fmax(0, more);
        figures->memory_given_back_mib += fmax(0, -more);
        break;
    case ACTION_ADD_CPU:
        figures->vcpus_added += more;
        break;
    default:
        break;
    }
}

/* What apply writes down of a plan that is carried out: later decisions count with it. How long a step took
 * is not among it, as nobody has seen that here. */
static void remember(Run *run)
{
    Journal journal = {.rows = g_array_new(FALSE, FALSE, sizeof(JournalRow)), .path = run->history->name};
    g_autofree char *name = g_strdup_printf("%u", run->replay->figures.cycles);
    const char *source_id = world_snapshot(run->world)->info.source_id;
    g_autofree char *target = journal_target_text(JOURNAL_VCENTER, source_id);
    JournalRow started = journal_row_unknown();
    started.event = EVENT_RUN_STARTED;
    started.run = name;
    started.source_id = source_id;
    started.detail = target;
    g_array_append_val(journal.rows, started);
    for (guint i = 0; i < run->events->len; i++) {
        const Event *event = &g_array_index(run->events, Event, i);
        JournalRow row = journal_row_of_step(step_at(run, event->step)->row, EVENT_SUCCEEDED);
        if (!event->is_end)
            continue;
        row.seq = i + 2;
        row.run = name;
        row.source_id = source_id;
        row.time = run->planned_at + (gint64)round(event->at_s);
        g_array_append_val(journal.rows, row);
    }
    past_add(run->past, &journal, "");
    g_array_free(journal.rows, TRUE);
}

/* what of the plan falls into the interval, of which planned_s seconds of the replay's clock lie before */
static void carry_out(Run *run)
{
    double since_plan = run->now_s - run->planned_s, length = run->history->lengths[run->interval];
    while (run->next_event < run->events->len) {
        const Event *event = &g_array_index(run->events, Event, run->next_event);
        const RunningStep *step = step_at(run, event->step);
        double at_s = fmax(0, event->at_s - since_plan);
        if (at_s > length)
            return;
        if (event->is_end) {
            world_step_ends(run->world, at_s, &step->change);
            account_for(run, step, run->planned_s + event->at_s);
        } else {
            world_step_begins(run->world, at_s, &step->change);
        }
        run->next_event++;
    }
    if (run->plan) {
        remember(run);
        forget_plan(run);
    }
}

/* ---- running ---- */

static void run_history(Run *run, GError **error)
{
    for (run->interval = 0; run->interval < run->history->n_intervals; run->interval++) {
        ReplayInterval *interval = &run->replay->intervals[run->interval];
        world_begin(run->world, run->interval);
        carry_out(run);
        interval->account = world_end(run->world, run->measured);
        world_account_add(&run->replay->figures.account, &interval->account);
        sizetrial_account(run->sizes, run->interval, &run->replay->figures.sizes);
        if (!decide_if_free(run, error))
            return;
        run->now_s += run->history->lengths[run->interval];
    }
}

typedef struct Work {
    Replay *replays;
    const LoadHistory *history;
    const Policy *yardstick;
    gint64 search_work;
    gint *done;
} Work;

static void run_one(guint index, gpointer data)
{
    Work *work = data;
    Replay *replay = &work->replays[index];
    g_auto(Run) run = {0};
    replay->intervals = g_new0(ReplayInterval, (gsize)work->history->n_intervals + 1);
    run_init(&run, work->history, work->yardstick, replay);
    run.search_work = work->search_work;
    run_history(&run, &replay->error);
    g_atomic_int_inc(work->done);
}

gboolean replay_all(const LoadHistory *history, const Policy *yardstick, Replay *replays, guint n,
                    gint64 search_work, gint *done, GError **error)
{
    Work work = {replays, history, yardstick, search_work, done};
    jobs_do(n, 0, run_one, &work);
    for (guint i = 0; i < n; i++) {
        if (!replays[i].error)
            continue;
        g_propagate_prefixed_error(error, g_steal_pointer(&replays[i].error), "%s: ", replays[i].name);
        return FALSE;
    }
    return TRUE;
}
