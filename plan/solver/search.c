/* SPDX-License-Identifier: MIT */
#include "plan/solver/search.h"

#include "plan/solver/bound.h"
#include "plan/solver/descent.h"
#include "plan/solver/problem_data.h"
#include "plan/solver/walk.h"

enum {
    FEWEST_WITHOUT = 7, /* rounds that brought nothing, and the search by work ends: large problems */
    MOST_WITHOUT = 30,  /* and small ones */
    ROUNDS_WITHOUT_PER_PROCESS = 10000, /* rounds × processes in between */
    FEW_EACH = 40,                      /* processes per machine */
    ROUND_MIN = 60000,                  /* changes evaluated in a round of a small problem */
    ROUND_MAX = 100000,                 /* and of a large one */
    ROUND_PER_PROCESS = 400,
    REPAIR_MIN = 200000, /* changes that the first repair may evaluate */
    REPAIR_PER_PROCESS = 40
};

static const double FIRM = 6; /* how much more the levels before the last weigh in every other walk */
/* of the time: a cool round, which also tells how fast changes are evaluated */
static const double FIRST_PART = 0.05;
static const double COOLEST = 0.002;     /* heat of the first round */
static const double FULL_HEAT = 5000;    /* changes per process that make a round at full heat worth while */
static const double LONGEST = 50000;     /* changes per process in one round: then rather start anew */
static const double LONG_PART = 0.9;     /* of the time that is left, at most, for one round */
static const double SQUEEZED_PART = 0.5; /* the same, where moves can be squeezed */

/* what all walks do next */
typedef struct {
    int number;
    double heat;
    bool squeeze; /* the moves, instead of a walk from the best */
    bool hard;    /* capacity has no price */
    int64_t work; /* 0: any */
    int64_t end_us;
} Round;

/* one walk, on a thread of its own */
typedef struct {
    Walk *walk;
    double heat;
    const Round *round;
} Turn;

typedef struct {
    const Problem *problem;
    Cost goal;
    guint n; /* walks */
    Turn *turn;
    Placement *best;
    Cost cost;
} Search;

static gpointer take_turn(gpointer data)
{
    Turn *turn = data;
    const Round *round = turn->round;
    (round->squeeze ? walk_squeeze : walk_anneal)(turn->walk, turn->heat, round->work, round->end_us);
    walk_polish(turn->walk, round->end_us);
    return NULL;
}

/* keep the best placement of all walks; whether it is better than before */
static bool gather(Search *s)
{
    bool better = false;
    for (guint i = 0; i < s->n; i++) {
        const Walk *walk = s->turn[i].walk;
        if (cost_compare(&walk->best_cost, &s->cost) < 0) {
            placement_free(s->best);
            s->best = placement_copy(s->problem, walk->best);
            s->cost = walk->best_cost;
            better = true;
        }
    }
    return better;
}

/* each walk cools down once from the best placement known; whether that found a better one */
static bool make_round(Search *s, const Round *round)
{
    g_autofree GThread **threads = g_new0(GThread *, s->n);
    for (guint i = 0; i < s->n; i++) {
        Turn *turn = &s->turn[i];
        walk_go_to(turn->walk, s->best);
        turn->heat = round->heat / (1 + i % 2);
        turn->walk->firmness = (round->number + (int)i) % 2 ? FIRM : 1;
        turn->walk->hard = round->hard;
        turn->round = round;
        threads[i] = i ? g_thread_new("walk", take_turn, turn) : NULL;
    }
    take_turn(&s->turn[0]);
    for (guint i = 1; i < s->n; i++) {
        g_thread_join(threads[i]);
    }
    return gather(s);
}

static bool proven(const Search *s)
{
    return cost_compare(&s->cost, &s->goal) <= 0;
}

static bool is_bounded(const Problem *problem)
{
    return problem->max_moves < problem->n_processes;
}

/* where few may move, most of what repair chose is right: a round is only as warm as it can try again for
   each of them */
static double heat_of_few(int n, int64_t work)
{
    double share = (double)work / MAX(n, 1) / FULL_HEAT;
    return CLAMP(share * share, COOLEST, 1);
}

static double heat_of(const Problem *problem, int64_t work)
{
    return is_bounded(problem) ? heat_of_few(problem->max_moves, work) : 1;
}

/* the moves of the best placement, where a level before asked for them: others may do with fewer */
static int squeezable(const Search *s)
{
    int n = 0;
    for (int i = 0; i < s->problem->n_processes && s->turn[0].walk->schedule.unit; i++) {
        n += s->best->machine[i] != s->problem->home[i];
    }
    return s->cost.level[s->problem->levels.move] ? n : 0;
}

/* moves of one round where as many processes are looked at */
static int64_t round_of(const SearchOptions *options, int n_focus)
{
    int64_t round = CLAMP((int64_t)n_focus * ROUND_PER_PROCESS, ROUND_MIN, ROUND_MAX);
    if (options->work_limit && options->least_rounds > 1) {
        round = CLAMP(options->work_limit / options->least_rounds, 1, round);
    }
    return round;
}

static bool is_over(int64_t end_us)
{
    return end_us && g_get_monotonic_time() >= end_us;
}

/* rounds until so many brought nothing, or end_us (0: no clock) */
static SearchStop search_by_work(Search *s, const SearchOptions *options, int n_focus, int64_t end_us)
{
    int64_t round = round_of(options, n_focus);
    int patience =
        CLAMP(ROUNDS_WITHOUT_PER_PROCESS / MAX(s->problem->n_processes, 1), FEWEST_WITHOUT, MOST_WITHOUT);
    int64_t left = options->work_limit ? options->work_limit : G_MAXINT64;
    for (int without = 0; left > 0 && without < patience && !proven(s); left -= round) {
        static const double heats[] = {1, 0.5, 25, 0.25, 5, 0.5};
        if (is_over(end_us)) {
            return SEARCH_TIME;
        }
        Round next = {.number = without, .work = MIN(left, round), .end_us = end_us};
        int n_moved = without % 2 ? squeezable(s) : 0;
        next.squeeze = n_moved > 0;
        next.heat = next.squeeze
                        ? heat_of_few(n_moved, next.work)
                        : heats[without / 2 % (int)G_N_ELEMENTS(heats)] * heat_of(s->problem, next.work);
        without = make_round(s, &next) ? 0 : without + 1;
    }
    return SEARCH_WORK;
}

/* where machines have few processes, walks that never exceed capacity find what others do not */
static bool has_few_each(const Problem *problem)
{
    return problem->n_processes < FEW_EACH * problem->n_machines;
}

/* rounds as warm as the time left allows, from the best each; where moves can be squeezed every other one
   does that, and none takes most of the time */
static SearchStop search_by_time(Search *s, int64_t end_us)
{
    static const double heats[] = {1, 0.1, 0.3, 0.05};
    int64_t began_us = g_get_monotonic_time();
    int64_t before = s->turn[0].walk->work;
    for (guint i = 0; i < s->n; i++) {
        walk_set_ejections(s->turn[i].walk);
    }
    int64_t first_us = (int64_t)(FIRST_PART * (double)(end_us - began_us));
    make_round(s, &(Round){.heat = COOLEST, .end_us = began_us + first_us});
    double per_us = (double)(s->turn[0].walk->work - before) / (double)MAX(first_us, 1);
    double longest = LONGEST * s->problem->n_processes;
    int64_t now_us = g_get_monotonic_time();
    for (int i = 0; now_us < end_us && !proven(s); i++) {
        double left_us = (double)(end_us - now_us);
        int n_moved = squeezable(s);
        double part = n_moved ? SQUEEZED_PART : LONG_PART;
        double round_us = left_us < 0.1 * (double)(end_us - began_us) ? left_us : part * left_us;
        double work = MIN(longest, per_us * round_us);
        double share = work / s->problem->n_processes / FULL_HEAT;
        double heat = MIN(heats[i % (int)G_N_ELEMENTS(heats)], MAX(COOLEST, share * share));
        bool squeeze = n_moved && i % 2;
        make_round(s, &(Round){.number = i,
                               .heat = squeeze ? heat_of_few(n_moved, (int64_t)work) : heat,
                               .squeeze = squeeze,
                               .hard = i % 2 && has_few_each(s->problem),
                               .work = (int64_t)longest,
                               .end_us = now_us + (int64_t)round_us});
        now_us = g_get_monotonic_time();
    }
    return SEARCH_TIME;
}

/* the first walk, where repair ends; where few may move, best first is often better */
static Walk *repaired(const Problem *problem, const Placement *start, uint64_t seed)
{
    Walk *walk = walk_new(problem, start, seed);
    int64_t budget = REPAIR_MIN + REPAIR_PER_PROCESS * (int64_t)problem->n_processes;
    walk->work += descent_repair(walk->assignment, &walk->random, budget);
    walk_polish(walk, 0);
    if (is_bounded(problem)) {
        walk_go_to(walk, start);
        walk->work += descent_best_first(walk->assignment, &walk->random, budget);
        walk_polish(walk, 0);
        walk_go_to(walk, walk->best);
    }
    return walk;
}

/* the processes that walks should look at: those involved in what is wrong before or after repair */
static int *find_focus(const Problem *problem, const Placement *start, const Walk *walk, int *n)
{
    g_autoptr(Assignment) assignment = assignment_new(problem, start);
    int n_before;
    int n_after;
    g_autofree int *before = descent_involved(assignment, &n_before);
    g_autofree int *after = descent_involved(walk->assignment, &n_after);
    int *both = g_new(int, (size_t)(n_before + n_after + 1));
    *n = 0;
    for (int i = 0, k = 0; i < n_before || k < n_after;) {
        int x = i < n_before ? before[i] : G_MAXINT;
        int y = k < n_after ? after[k] : G_MAXINT;
        both[(*n)++] = MIN(x, y);
        i += x <= y;
        k += y <= x;
    }
    return both;
}

static void free_walks(Search *s)
{
    for (guint i = 0; i < s->n; i++) {
        walk_free(s->turn[i].walk);
    }
    g_free(s->turn);
}

SearchResult search(const Problem *problem, const Placement *start, const SearchOptions *options)
{
    int64_t end_us =
        options->time_limit_s > 0 ? g_get_monotonic_time() + (int64_t)(options->time_limit_s * 1e6) : 0;
    g_autoptr(Placement) home = placement_new(problem);
    Random seeds = options->seed;
    Search s = {.problem = problem, .goal = bound_cost(problem), .n = (guint)MAX(options->threads, 1)};
    s.turn = g_new0(Turn, s.n);
    start = start ? start : home;
    Walk *first = repaired(problem, start, random_bits(&seeds));
    s.best = placement_copy(problem, first->best);
    s.cost = first->best_cost;
    int n_focus;
    g_autofree int *focus = find_focus(problem, start, first, &n_focus);
    for (guint i = 0; i < s.n; i++) {
        Walk *walk = i ? walk_new(problem, s.best, random_bits(&seeds)) : first;
        walk->focus = focus;
        walk->n_focus = n_focus;
        walk->goal = &s.goal;
        s.turn[i].walk = walk;
    }
    SearchStop stop = SEARCH_OPTIMAL;
    if (!proven(&s) && n_focus) {
        Schedule schedule = walk_schedule(first);
        for (guint i = 0; i < s.n; i++) {
            s.turn[i].walk->schedule = schedule;
        }
        stop = options->goes_on && end_us ? search_by_time(&s, end_us)
                                          : search_by_work(&s, options, n_focus, end_us);
    }
    SearchResult result = {s.best, s.cost, proven(&s) ? SEARCH_OPTIMAL : stop, 0};
    for (guint i = 0; i < s.n; i++) {
        result.work += s.turn[i].walk->work;
    }
    free_walks(&s);
    return result;
}

const char *search_stop_name(SearchStop stop)
{
    return (const char *[]){"optimal", "work", "time"}[stop];
}
