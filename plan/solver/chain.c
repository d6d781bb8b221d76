/* SPDX-License-Identifier: MIT */
#include "plan/solver/chain.h"

#include "plan/solver/reach.h"

/* the processes that rules keep together with one, directly or not, as far as they are on its machine: itself
 * first; 0: too many */
static int block_of(const Assignment *a, int process, int *block)
{
    const Problem *p = a->problem;
    int n = 0;
    block[n++] = process;
    for (int i = 0; i < n; i++) {
        for (int k = p->groups_of.first[block[i]]; k < p->groups_of.first[block[i] + 1]; k++) {
            int g = p->groups_of.item[k];
            for (int j = p->members.first[g]; p->group[g].together && j < p->members.first[g + 1]; j++) {
                int member = p->members.item[j];
                bool known = a->machine[member] != a->machine[process];
                for (int b = 0; b < n && !known; b++) {
                    known = block[b] == member;
                }
                if (!known && n == BLOCK_MOST) {
                    return 0;
                }
                if (!known) {
                    block[n++] = member;
                }
            }
        }
    }
    return n;
}

void chain_begin(Chain *chain, const Assignment *a)
{
    chain->n = chain->n_machines = 0;
    chain->cost = a->cost;
    chain->violations = a->violations;
    chain->over = chain->exceeded = 0;
}

/* counts what a machine holds above its limits before anything changes there */
static void touch(Chain *chain, const Assignment *a, int m)
{
    for (int i = 0; i < chain->n_machines; i++) {
        if (chain->machine[i] == m) {
            return;
        }
    }
    chain->machine[chain->n_machines++] = m;
    chain->over += a->over[m];
    chain->exceeded += assignment_exceeded(a, m);
}

bool chain_has(const Chain *chain, int process)
{
    for (int i = 0; i < chain->n; i++) {
        if (chain->process[i] == process) {
            return true;
        }
    }
    return false;
}

bool chain_add(Chain *chain, Assignment *a, int process, int to)
{
    int *block = chain->process + chain->n;
    int from = a->machine[process];
    int n = from == to ? 0 : block_of(a, process, block);
    for (int i = 0; i < n; i++) {
        if (!reach_allows(a->problem, block[i], to) || assignment_misgrown(a, block[i], to)) {
            return false;
        }
    }
    touch(chain, a, from);
    touch(chain, a, to);
    for (int i = 0; i < n; i++) {
        chain->from[chain->n++] = from;
        assignment_shift(a, block[i], to);
    }
    return n > 0;
}

/* what it adds to the cost; whether no limit is exceeded more than before, but capacity where it is relaxed
 */
bool chain_delta(const Chain *chain, const Assignment *a, bool relaxed, Cost *delta)
{
    int64_t more = a->violations - chain->violations;
    *delta = (Cost){0};
    delta->level[ASSIGNMENT_OVER] = -chain->over;
    for (int i = 0; i < chain->n_machines; i++) {
        delta->level[ASSIGNMENT_OVER] += a->over[chain->machine[i]];
        more -= relaxed ? assignment_exceeded(a, chain->machine[i]) : 0;
    }
    for (int l = 0; l < a->problem->n_levels; l++) {
        delta->level[l] = a->cost.level[l] - chain->cost.level[l];
    }
    return more + (relaxed ? chain->exceeded : 0) <= 0;
}

void chain_undo(Chain *chain, Assignment *a)
{
    while (chain->n) {
        chain->n--;
        assignment_shift(a, chain->process[chain->n], chain->from[chain->n]);
    }
}
