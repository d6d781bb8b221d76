/* SPDX-License-Identifier: MIT */
/*
 * A plan seen from its end: its approved steps as changes of the model, when each runs, how the cluster then
 * stands, and which hosts could take a VM.
 */
#ifndef PLAN_PLANNED_H
#define PLAN_PLANNED_H

#include "plan/situation.h"
#include "plan/timetable.h"

typedef struct Planned {
    Situation *situation; /* what the plan was decided on: without the evacuations that it gave up */
    GArray *changes;      /* Change, with `after` */
    GArray *rows;         /* guint: the index of each one's row in the plan */
    Model *end;           /* with all of them made */
} Planned;

/* a plan that was made of the situation, which must outlive it */
Planned *planned_new(const Situation *situation, const ChangePlan *plan);

void planned_free(Planned *planned);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Planned, planned_free)

/* when each row of the plan runs (StepTime, by the rows' order; NAN where it does not), as [apply] allows;
 * free with g_array_unref */
GArray *planned_spans(const Planned *planned, const ChangePlan *plan);

/* whether a host could take a VM once all is done */
typedef struct HostChoice {
    guint host;
    gboolean possible;
    double cpu_pct, memory_pct; /* percent in use with it; NAN where its load is not known */
    Obstacle why;               /* where it is not possible */
} HostChoice;

/* of one host; the caller clears why */
HostChoice planned_choice(const Planned *planned, guint vm, guint host);

/* all hosts of the VM's cluster but these two, those first that are possible, the least full of them first,
 * by the higher of their shares of CPU and memory, as strategy=threshold chooses; then by id. HostChoice;
 * free with g_array_unref */
GArray *planned_choices(const Planned *planned, guint vm, int but_from, int but_to);

#endif
