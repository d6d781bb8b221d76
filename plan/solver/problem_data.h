/* SPDX-License-Identifier: MIT */
#ifndef PLAN_SOLVER_PROBLEM_DATA_H
#define PLAN_SOLVER_PROBLEM_DATA_H

/*
 * The flat arrays of a finished problem, for those who evaluate and search it. M machines, P processes, R
 * resources, G groups; [M×R] is row by row, one row a machine. A list of lists is `first` (one more than
 * there are lists) and `item`: list i is item[first[i]] to item[first[i + 1] - 1].
 */

#include "plan/solver/cost.h"
#include "plan/solver/group.h"

#include <stddef.h>

typedef struct {
    int *first;
    int *item;
} Lists;

typedef struct {
    int first;
    int second;
    int64_t target;
    int64_t weight;
} Balance;

/* pairs collected while building, and indexed as Lists at the end; a NULL `to` is the pair's own index */
typedef struct {
    int n;
    int *from;
    int *to;
} Pairs;

/* for each `from` its `to`, in the order of the pairs; the caller frees both arrays */
Lists problem_lists(const Pairs *pairs, int n_lists);

typedef struct Problem {
    int n_resources;
    int n_levels;
    Levels levels;

    int n_machines;
    int n_locations;
    int n_neighbourhoods;
    int64_t *capacity;      /* [M×R] */
    int64_t *limit;         /* [M×R] max(capacity, use at home): what may be held */
    int64_t *safety;        /* [M×R] */
    int64_t *base;          /* [M×R] */
    int64_t *capacity_cost; /* [M×R] per unit above capacity */
    int64_t *safety_cost;   /* [M×R] per unit above safety */
    int *safety_level;      /* [M] where that is counted */
    int *location;          /* [M] */
    int *neighbourhood;     /* [M] */
    int64_t *stay_cost;     /* [M] */
    int64_t *on_cost;       /* [M] */
    int *max_leaving;       /* [M] INT_MAX: any */
    bool *closed;           /* [M] */
    bool has_capacity_cost;
    bool has_on_cost;
    bool has_places; /* some process may not be everywhere, or not at the same cost */

    int n_reaches;
    bool *reach_allowed;    /* [reaches × M] */
    int64_t *reach_cost;    /* [reaches × M] */
    int64_t *reach_outside; /* [reaches] */

    int n_processes;
    int64_t *need;      /* [P×R] at the present size */
    int *home;          /* [P] */
    int *reach;         /* [P] or -1 */
    int64_t *move_cost; /* [P] */
    bool *pinned;       /* [P] */

    int n_groups;
    Group *group;          /* [G] */
    Pairs joined;          /* group, process */
    Lists members;         /* processes of a group */
    Lists groups_of;       /* groups of a process */
    Lists rules_of;        /* those of them that can forbid or cost anything */
    Lists counted_of;      /* those of them that count moves */
    int64_t *home_breach;  /* [G] breach at home, in parts of BREACH_UNIT */
    int *needed_locations; /* [G] min(min_locations, those at home) */
    Pairs depends;         /* group, on */
    Lists needs;           /* groups that a group depends on */
    Lists needed_by;       /* groups that depend on a group */
    int64_t home_lacking;  /* processes whose dependency is not met at home, once per dependency */
    bool has_blocks;       /* some group is together or same_location */

    int n_budgets;
    int *debit_kind; /* [budgets] */
    int64_t *room;   /* [budgets] */

    int n_growths;
    int *grower;       /* [growths] the process */
    int *growth_reach; /* [growths] where it may be while grown, or -1 */
    bool has_growth_places;
    int *first_size;    /* [growths + 1] row of its present size; the sizes follow */
    int n_sizes;        /* rows */
    int64_t *shortage;  /* [rows] */
    int64_t *size_cost; /* [rows] */
    int64_t *debit;     /* [rows × PROBLEM_DEBITS] */
    int64_t *add;       /* [rows × R] */
    Pairs debited;      /* growth, budget */
    Lists budgets_of;   /* budgets of a growth */
    Lists growths_of;   /* growths of a process */

    int n_balances;
    Balance *balance;
    int64_t *evenness; /* [R] weight */
    int64_t *mean_use; /* [R] hundredths of a percent */
    bool has_evenness;
    bool *transient; /* [R] */
    bool has_transient;
    int32_t *machine_moves; /* [M×M] from home, to; or NULL */
    int64_t machine_moves_weight;
    int64_t group_moves_weight;
    int max_moves; /* INT_MAX: any */
    bool finished;
} Problem;

/* row i of rows that are so wide */
static inline const int64_t *problem_row(const int64_t *rows, int i, int width)
{
    return rows + (size_t)i * (size_t)width;
}

/* the row of a growth's size */
static inline int problem_size_row(const Problem *problem, int growth, int size)
{
    return problem->first_size[growth] + size;
}

/* what a row of sizes takes from a budget */
static inline int64_t problem_debited(const Problem *problem, int budget, int row_of_sizes)
{
    return problem->debit[row_of_sizes * PROBLEM_DEBITS + problem->debit_kind[budget]];
}

#endif
