/* SPDX-License-Identifier: MIT */
#include "plan/schedule.h"

#include <math.h>

typedef struct Running {
    double ends;
    guint change;
} Running;

typedef struct Clock {
    const Model *start;
    const GArray *changes;
    GArray *running; /* Running */
    guint *on_host;  /* [hosts] steps at work there */
    gboolean *ended; /* [changes] */
    StepTime *times; /* [changes] */
    guint parallel, per_host;
    double now;
} Clock;

static gboolean may_start(const Clock *clock, const Change *change)
{
    if (clock->running->len >= clock->parallel || clock->on_host[change->from] >= clock->per_host ||
        clock->on_host[change->to] >= clock->per_host)
        return FALSE;
    for (guint i = 0; i < change->after->len; i++)
        if (!clock->ended[g_array_index(change->after, guint, i)])
            return FALSE;
    return TRUE;
}

/* Moves at once on a host share its network. */
static void start_change(Clock *clock, guint index)
{
    const Change *change = &g_array_index(clock->changes, Change, index);
    clock->on_host[change->from]++;
    if (change->to != change->from)
        clock->on_host[change->to]++;
    double alone = change_seconds(clock->start, change), setup = clock->start->move_setup_s;
    guint sharing = MAX(clock->on_host[change->from], clock->on_host[change->to]);
    double seconds = change->action == ACTION_MIGRATE ? setup + (alone - setup) * sharing : alone;
    Running running = {clock->now + seconds, index};
    g_array_append_val(clock->running, running);
    clock->times[index] = (StepTime){clock->now, running.ends};
}

static void end_next(Clock *clock)
{
    guint first = 0;
    for (guint i = 1; i < clock->running->len; i++)
        if (g_array_index(clock->running, Running, i).ends <
            g_array_index(clock->running, Running, first).ends)
            first = i;
    Running ended = g_array_index(clock->running, Running, first);
    const Change *change = &g_array_index(clock->changes, Change, ended.change);
    clock->now = ended.ends;
    clock->ended[ended.change] = TRUE;
    clock->on_host[change->from]--;
    if (change->to != change->from)
        clock->on_host[change->to]--;
    g_array_remove_index_fast(clock->running, first);
}

double schedule_steps(const Model *start, const GArray *changes, guint n, guint parallel,
                      guint parallel_per_host, StepTime *times)
{
    g_autofree guint *on_host = g_new0(guint, start->snapshot->n_hosts);
    g_autofree gboolean *ended = g_new0(gboolean, n + 1);
    g_autoptr(GArray) running = g_array_new(FALSE, FALSE, sizeof(Running));
    g_autoptr(GArray) left = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < n; i++) {
        g_array_append_val(left, i);
        times[i] = (StepTime){NAN, NAN};
    }
    Clock clock = {
        start, changes, running, on_host, ended, times, MAX(1, parallel), MAX(1, parallel_per_host), 0};
    while (left->len > 0 || running->len > 0) {
        for (guint i = 0; i < left->len && running->len < clock.parallel;) {
            guint index = g_array_index(left, guint, i);
            if (may_start(&clock, &g_array_index(changes, Change, index))) {
                start_change(&clock, index);
                g_array_remove_index(left, i);
            } else {
                i++;
            }
        }
        if (running->len == 0)
            break; /* the rest waits for what is not in the list */
        end_next(&clock);
    }
    return clock.now;
}

double schedule_makespan(const Model *start, const GArray *changes, guint n, guint parallel,
                         guint parallel_per_host)
{
    g_autofree StepTime *times = g_new(StepTime, n + 1);
    return schedule_steps(start, changes, n, parallel, parallel_per_host, times);
}
