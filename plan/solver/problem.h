/* SPDX-License-Identifier: MIT */
#ifndef PLAN_SOLVER_PROBLEM_H
#define PLAN_SOLVER_PROBLEM_H

/*
 * Which machine each process should be on: Google's machine reassignment problem (ROADEF/EURO Challenge 2012,
 * "Google ROADEF/EURO challenge 2011-2012: Machine reassignment", problem description) and what clusters of
 * VMs add. A machine is a host, a process a VM.
 *
 * Everything is a whole number in the caller's units; a caller with fractions scales them first, so that
 * results are exact. A cost is a vector of levels, compared from the left, strictly; each kind of cost names
 * its level.
 *
 * One principle governs every hard limit: what holds at home must hold, what is broken at home may only get
 * better. So a placement where all processes are at home is always feasible. Beyond its limit nothing goes;
 * what is still broken within it costs, where its weight is not 0.
 *
 * Build it in this order: machines, reaches (those of growths too), processes, then groups, growths and the
 * rest; finish it; search it. Indices are returned by the functions that add, from 0 up. After problem_finish
 * it is read-only and may be shared by threads.
 */

#include "plan/solver/cost.h"
#include "plan/solver/group.h"
#include "plan/solver/placement.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Arrays have one element per resource. NULL weights are 0, a NULL base is 0. */
typedef struct {
    const int64_t *capacity;
    const int64_t *safety;               /* use above it costs: the threshold */
    const int64_t *base;                 /* use that stays whatever moves */
    const int64_t *over_capacity_weight; /* per unit of use above capacity */
    const int64_t *over_safety_weight;   /* per unit of use above safety */
    int location;                        /* from 0 up; see Group.min_locations and same_location */
    int neighbourhood;                   /* from 0 up; see problem_add_dependency */
    int64_t stay_cost;                   /* per process that is on it: a host to empty */
    int64_t on_cost;                     /* while any process is on it: a host to switch off */
    int max_leaving; /* of the processes at home here, how many may be elsewhere; -1 any */
    bool closed;     /* only processes at home here may be on it */
} Machine;

typedef struct {
    const int64_t *need; /* per resource */
    int home;            /* machine now */
    int reach;           /* of problem_add_reach, or -1: every machine */
    int64_t move_cost;   /* for being away from home */
    bool pinned;         /* stays at home */
} Process;

/* One size that a process may grow to. Its present size is not listed. */
typedef struct {
    int64_t shortage;              /* what is still missing at this size */
    int64_t cost;                  /* of the step */
    int64_t debit[PROBLEM_DEBITS]; /* taken from each budget of the growth, by the budget's kind */
    const int64_t *add;            /* per resource, on top of the process's need, not negative */
} Size;

/* a problem without machines; n_levels < COST_LEVELS (the last is the search's own), n_resources <=
 * PROBLEM_RESOURCES; free with problem_free */
Problem *problem_new(int n_resources, int n_levels, const Levels *levels);
void problem_free(Problem *problem);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Problem, problem_free)

/* each copies what it is given and returns its index */
int problem_add_machine(Problem *problem, const Machine *machine);
/* where processes may be: allowed[m] for every machine (NULL all; home is always possible); cost[m] of being
   there, or NULL; outside_cost of being at a home that is not allowed */
int problem_add_reach(Problem *problem, const bool *allowed, const int64_t *cost, int64_t outside_cost);
int problem_add_process(Problem *problem, const Process *process);
int problem_add_group(Problem *problem, const Group *group);
void problem_join_group(Problem *problem, int group, int process);
/* a process of `group` needs one of `on` in its neighbourhood */
void problem_add_dependency(Problem *problem, int group, int on);

/* a purse that growths debit: the buffer of a cluster, the limit of a pool; kind < PROBLEM_DEBITS */
int problem_add_budget(Problem *problem, int kind, int64_t room);
/* a process (or one quantity of it) that may grow; shortage is what it is short of now; reach is where the
   process may be while it is grown (-1: every machine; costs of the reach do not count); its sizes and debits
   come before the next growth */
int problem_add_growth(Problem *problem, int process, int64_t shortage, int reach);
/* sizes count from 1 within their growth; 0 is the present one */
int problem_add_size(Problem *problem, int growth, const Size *size);
void problem_debit(Problem *problem, int growth, int budget);

/* the challenge: weight × Σ machines max(0, target × free(first) − free(second)), free = capacity − use */
void problem_add_balance(Problem *problem, int first, int second, int64_t target, int64_t weight);
/* weight × Σ machines (use in hundredths of a percent of capacity − the mean)², mean = Σ use ÷ Σ capacity
   over the machines that are not closed: orders placements as the standard deviation of use does */
void problem_set_evenness(Problem *problem, int resource, int64_t weight);
/* a transient resource is held on the home as well while away from it (the challenge's view of moves) */
void problem_set_transient(Problem *problem, int resource);
/* cost of a move from a home to a machine, n × n row by row; it is multiplied by weight */
void problem_set_machine_moves(Problem *problem, const int32_t *cost, int64_t weight);
/* weight × the largest number of moved members of one group that counts moves */
void problem_set_group_moves(Problem *problem, int64_t weight);
/* at most so many processes away from home; -1 any */
void problem_set_max_moves(Problem *problem, int max_moves);

/* check and index what was added; an error (G_IO_ERROR_INVALID_DATA) where costs could exceed 64 bits */
bool problem_finish(Problem *problem, GError **error);

int problem_n_machines(const Problem *problem);
int problem_n_processes(const Problem *problem);
int problem_n_growths(const Problem *problem);
int problem_n_levels(const Problem *problem);

/* the cost of a placement, from nothing; *violations, when not NULL, is by how much hard limits are exceeded
   in units of no meaning but that 0 is feasible */
Cost problem_cost(const Problem *problem, const Placement *placement, int64_t *violations);
#endif
