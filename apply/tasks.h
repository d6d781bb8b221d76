/* SPDX-License-Identifier: MIT */
/*
 * Tasks of a vCenter that are waited for: one ListView of them, one property filter on it, WaitForUpdatesEx.
 * A session that ends, or a server that forgets the view, only makes them begin anew, after a pause and not
 * without end.
 */
#ifndef APPLY_TASKS_H
#define APPLY_TASKS_H

#include "collect/properties.h"

typedef struct Tasks Tasks;

/* how a task ended */
typedef struct TaskEnd {
    const char *id;
    gboolean succeeded;
    gboolean vanished;     /* the server no longer knows it: how it ended is not known */
    const char *fault;     /* in the server's own words, where it failed */
    const Element *result; /* TaskInfo.result; NULL for none */
} TaskEnd;

typedef void TasksEnded(const TaskEnd *end, gpointer data);

/* the session must outlive the tasks */
Tasks *tasks_new(Vcenter *vcenter);
void tasks_free(Tasks *tasks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tasks, tasks_free)

/* waits for this task, too */
void tasks_add(Tasks *tasks, const char *id);

/* how many there are */
guint tasks_count(const Tasks *tasks);

/* waits until some have ended or timeout_s has passed, and hands over each that has, once. An error where
 * the view is lost again and again */
gboolean tasks_wait(Tasks *tasks, double timeout_s, TasksEnded *ended, gpointer data, GError **error);

/* the mean progress of those that run, in percent */
double tasks_progress_pct(const Tasks *tasks);

/* the id of a task with this descriptionId that runs, or is queued, on an object at this moment; "" where
 * there is none; the caller frees it */
char *task_running_on(Vcenter *vcenter, const char *kind, const char *id, const char *description,
                      GError **error);

/* reads properties of the tasks that the query, of kind Task, names: also where the server no longer knows
 * some of them, which are then not handed over */
gboolean tasks_retrieve(Vcenter *vcenter, PropertyQuery *query, GError **error);

/* a fault as people read it: "MemoryHotPlugNotSupported: …"; the caller frees it */
char *fault_text(const SoapFault *fault);

#endif
