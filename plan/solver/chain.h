/* SPDX-License-Identifier: MIT */
#ifndef PLAN_SOLVER_CHAIN_H
#define PLAN_SOLVER_CHAIN_H

/*
 * Blocks that make way for one another (ejection chains: Glover, 1996): a block is what rules keep together
 * on one machine, and goes from there as one. Each link moves a block; the whole is accepted or undone.
 */

#include "plan/solver/assignment.h"

enum {
    BLOCK_MOST = 64, /* processes that move as one, at most */
    CHAIN_MOST = 4   /* links, at most */
};

typedef struct {
    int process[CHAIN_MOST * BLOCK_MOST]; /* moved, in this order, */
    int from[CHAIN_MOST * BLOCK_MOST];    /* from these machines */
    int n;
    int machine[2 * CHAIN_MOST]; /* touched: what all others hold does not change */
    int n_machines;
    Cost cost; /* and these, before it: */
    int64_t violations;
    int64_t over;     /* priced, of the machines touched */
    int64_t exceeded; /* likewise, by how much they held more than they may */
} Chain;

/* a chain without links */
void chain_begin(Chain *chain, const Assignment *assignment);
/* moves a process, and those that rules keep together with it on its machine, directly or not, as the next
   link; false, and nothing is changed, where one of them may not be there, it is there, or they are too many
 */
bool chain_add(Chain *chain, Assignment *assignment, int process, int to);
/* whether a process has been moved by it */
bool chain_has(const Chain *chain, int process);
/* what it has added to the cost, priced capacity included; whether no limit is exceeded more than before it,
   but that of capacity where it is relaxed */
bool chain_delta(const Chain *chain, const Assignment *assignment, bool relaxed, Cost *delta);
/* moves all back */
void chain_undo(Chain *chain, Assignment *assignment);

#endif
