/* SPDX-License-Identifier: MIT */
#ifndef PLAN_SOLVER_DESCENT_H
#define PLAN_SOLVER_DESCENT_H

/*
 * Changes that only ever improve: repair of what is broken, from broken machines outward, and the last
 * polish. Neither looks at every process on every machine.
 */

#include "plan/solver/assignment.h"
#include "plan/solver/random.h"

/* the processes that have to do with what is wrong: on machines that cost, in breach of a rule, short,
   outside their reach, or away from home; all where evenness is asked for. Ascending; *n of them; free with
   g_free */
int *descent_involved(const Assignment *assignment, int *n);

/* per machine in order of excess, the best change of one of its processes, until none improves or so many
   changes were evaluated; returns how many */
int64_t descent_repair(Assignment *assignment, Random *random, int64_t budget);

/* the one shift that improves most, again and again, until none improves, no process more may leave its home,
   or so many changes were evaluated; returns how many */
int64_t descent_best_first(Assignment *assignment, Random *random, int64_t budget);

/* send processes home, to better machines, in exchange for others, and choose sizes, while that improves, no
   more than `budget` changes were evaluated and the monotonic time is not past end_us (0: no clock); returns
   how many */
int64_t descent_polish(Assignment *assignment, Random *random, int64_t budget, int64_t end_us);

/* move every member of a group that is on one machine to another; kept if it improves (cost, limits held) */
bool descent_try_block(Assignment *assignment, int group, int from, int to);

#endif
