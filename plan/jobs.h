/* SPDX-License-Identifier: MIT */
/*
 * Pieces of work that share nothing, done side by side.
 */
#ifndef PLAN_JOBS_H
#define PLAN_JOBS_H

#include <glib.h>

typedef void DoJob(guint index, gpointer data);

/* from here on no more threads than that do jobs of which nobody says on how many; 0: as many as there are
 * processors. Once, before there are any */
void jobs_limit(guint n_threads);

/* does the jobs 0 to n - 1 on this thread and, with it, at most n_threads (0: as jobs_limit has it); what
 * there are too few threads for, the others do. Returns when all are done. Jobs are handed over by the
 * threads' beginning and end alone: what one wrote before is seen by the other */
void jobs_do(guint n, guint n_threads, DoJob *do_job, gpointer data);

#endif
