/* SPDX-License-Identifier: MIT */
#ifndef PLAN_SOLVER_SEARCH_H
#define PLAN_SOLVER_SEARCH_H

/*
 * The best placement that can be found in a given effort: repair from what is broken outward, then simulated
 * annealing over moves, swaps and ejections, judged by the levels of cost.
 */

#include "plan/solver/problem.h"

typedef struct {
    uint64_t seed;
    int threads; /* differently seeded walks that meet at fixed points; at least 1 */
    double
        time_limit_s; /* of the wall clock, from the call, where it stops at the latest; 0 no clock is read */
    bool goes_on;     /* to the time limit, in rounds as long as that allows, whether they bring anything */
    int64_t work_limit; /* moves evaluated by each thread unless it goes on; 0: until many brought nothing */
    int least_rounds; /* that work_limit is divided into, so that a low one has hot and cold ones; 0 or 1: as
                         it comes */
} SearchOptions;

typedef enum {
    SEARCH_OPTIMAL, /* nothing can be better: every level is at its lower bound */
    SEARCH_WORK,    /* the bound of work */
    SEARCH_TIME,    /* the time limit */
} SearchStop;

typedef struct {
    Placement *best; /* feasible; never worse than the start; free with placement_free */
    Cost cost;
    SearchStop stopped_by;
    int64_t work; /* moves evaluated, all threads */
} SearchResult;

/* search from `start` (NULL: home), which must be feasible. Same problem, start, seed, threads and work
   limit: same result, whatever the threads' timing, unless the time limit stopped it. */
SearchResult search(const Problem *problem, const Placement *start, const SearchOptions *options);

/* "optimal", "work" or "time" */
const char *search_stop_name(SearchStop stop);

#endif
