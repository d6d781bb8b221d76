/* SPDX-License-Identifier: MIT */
#include "plan/search.h"

#include "plan/walk.h"

typedef struct {
    Walk *walk;
    double heat;
    int64_t work;
    int64_t end_us;
} Round;

static gpointer run_round(gpointer data)
{
    Round *round = data;
    walk_anneal(round->walk, round->heat, round->work, round->end_us);
    return NULL;
}

/* one round of every walk, each on a thread of its own; returns the walk that has the best placement */
static guint run_rounds(Round *rounds, guint n)
{
    g_autofree GThread **threads = g_new0(GThread *, n);
    for (guint i = 1; i < n; i++) {
        threads[i] = g_thread_new("walk", run_round, &rounds[i]);
    }
    run_round(&rounds[0]);
    guint best = 0;
    for (guint i = 1; i < n; i++) {
        g_thread_join(threads[i]);
        if (cost_compare(&rounds[i].walk->best_cost, &rounds[best].walk->best_cost) < 0) {
            best = i;
        }
    }
    return best;
}

SearchResult search(const Problem *problem, const Placement *start, const SearchOptions *options)
{
    int64_t end_us =
        options->time_limit_s > 0 ? g_get_monotonic_time() + (int64_t)(options->time_limit_s * 1e6) : 0;
    g_autoptr(Placement) home = placement_new(problem);
    guint n = (guint)MAX(options->threads, 1);
    g_autofree Round *rounds = g_new0(Round, n);
    for (guint i = 0; i < n; i++) {
        Random seeds = options->seed + (uint64_t)i;
        rounds[i].walk = walk_new(problem, start ? start : home, random_bits(&seeds));
        rounds[i].heat = 1;
        rounds[i].work = options->work_limit;
        rounds[i].end_us = end_us;
        walk_measure(rounds[i].walk);
    }
    guint best = run_rounds(rounds, n);
    SearchResult result = {.best = placement_copy(problem, rounds[best].walk->best),
                           .cost = rounds[best].walk->best_cost,
                           .stopped_by = end_us ? SEARCH_TIME : SEARCH_WORK};
    for (guint i = 0; i < n; i++) {
        result.work += rounds[i].walk->work;
        walk_free(rounds[i].walk);
    }
    return result;
}

const char *search_stop_name(SearchStop stop)
{
    return (const char *[]){"optimal", "work", "time"}[stop];
}
