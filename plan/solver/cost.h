/* SPDX-License-Identifier: MIT */
#ifndef PLAN_SOLVER_COST_H
#define PLAN_SOLVER_COST_H

/*
 * What a placement costs: a vector of levels, compared from the left, strictly. How many levels a cost has,
 * how many resources a problem counts at most, and how many kinds of amounts its budgets do (what is used,
 * say, and what is reserved).
 */

#include <stdint.h>

enum { COST_LEVELS = 9, PROBLEM_RESOURCES = 32, PROBLEM_DEBITS = 2 };

typedef struct {
    int64_t level[COST_LEVELS];
} Cost;

/* the level that each kind of cost is counted on */
typedef struct {
    int over_capacity;     /* Machine.over_capacity_weight */
    int over_safety;       /* Machine.over_safety_weight, of machines that are above a safety at home */
    int newly_over_safety; /* the same, of those that are within all of theirs */
    int outside;           /* outside_cost of reaches */
    int preference;        /* the costs of reaches */
    int stay;              /* Machine.stay_cost */
    int shortage;          /* Size.shortage */
    int move;              /* all costs of moves, and Size.cost */
    int balance;           /* problem_add_balance, problem_set_evenness */
    int on;                /* Machine.on_cost */
} Levels;

/* <0, 0, >0 as a is better, equal, worse */
int cost_compare(const Cost *a, const Cost *b);

#endif
