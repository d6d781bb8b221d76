/* SPDX-License-Identifier: MIT */
/*
 * Threads that each carry out one step, and end with it: for targets whose calls block as long as the step
 * takes. What they end with is collected by the one thread that apply works in. One that is left behind, as
 * apply ends before it, touches nothing of what apply frees.
 */
#ifndef APPLY_WORKERS_H
#define APPLY_WORKERS_H

#include "apply/target.h"

typedef struct Workers Workers;

/* carries out a step on its own copy of all that it needs: fills end but its step, and warning, or leaves it
 * NULL */
typedef struct Worker Worker;
typedef void WorkerDo(gpointer task, Worker *worker, StepEnd *end, char **warning);

/* it tells from time to time how many percent are done; data is the worker */
void worker_progress(double pct, gpointer data);

Workers *workers_new(void);

/* begins the step in a thread, to which the task belongs from then on; it is freed by that function at the
 * end */
void workers_start(Workers *workers, double step, WorkerDo *carry_out, gpointer task,
                   GDestroyNotify free_task);

/* waits up to timeout_s for one to end: FALSE where none did. The caller frees end->detail and the warning */
gboolean workers_wait(Workers *workers, double timeout_s, StepEnd *end, char **warning);

/* how much is done of those that tell it, on average; NAN where none does */
double workers_progress_pct(const Workers *workers);

/* those that still run are left behind */
void workers_free(Workers *workers);

#endif
