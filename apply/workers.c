/* SPDX-License-Identifier: MIT */
#include "apply/workers.h"

#include <math.h>

/* Shared by its thread and the list of those that run, the last of which frees it. */
struct Worker {
    gint users;
    double step;
    WorkerDo *carry_out;
    gpointer task;
    GDestroyNotify free_task;
    GAsyncQueue *ended;
    gint pct_hundredths; /* atomic; -1: it says none */
    StepEnd end;
    char *warning;
};

struct Workers {
    GAsyncQueue *ended; /* Worker * */
    GPtrArray *running; /* Worker * */
};

static void worker_unref(gpointer data)
{
    Worker *worker = data;
    if (!g_atomic_int_dec_and_test(&worker->users))
        return;
    worker->free_task(worker->task);
    g_async_queue_unref(worker->ended);
    g_free(worker->end.detail);
    g_free(worker->warning);
    g_free(worker);
}

static gpointer work(gpointer data)
{
    Worker *worker = data;
    g_autoptr(GAsyncQueue) ended = g_async_queue_ref(worker->ended);
    worker->end.step = worker->step;
    worker->carry_out(worker->task, worker, &worker->end, &worker->warning);
    g_async_queue_push(ended, worker);
    return NULL;
}

void worker_progress(double pct, gpointer data)
{
    Worker *worker = data;
    g_atomic_int_set(&worker->pct_hundredths, (gint)lround(pct * 100));
}

Workers *workers_new(void)
{
    Workers *workers = g_new0(Workers, 1);
    workers->ended = g_async_queue_new_full(worker_unref);
    workers->running = g_ptr_array_new_with_free_func(worker_unref);
    return workers;
}

void workers_start(Workers *workers, double step, WorkerDo *carry_out, gpointer task,
                   GDestroyNotify free_task)
{
    Worker *worker = g_new0(Worker, 1);
    worker->users = 2;
    worker->step = step;
    worker->carry_out = carry_out;
    worker->task = task;
    worker->free_task = free_task;
    worker->ended = g_async_queue_ref(workers->ended);
    worker->pct_hundredths = -1;
    g_ptr_array_add(workers->running, worker);
    g_thread_unref(g_thread_new("step", work, worker));
}

gboolean workers_wait(Workers *workers, double timeout_s, StepEnd *end, char **warning)
{
    Worker *worker = g_async_queue_timeout_pop(workers->ended, (guint64)(MAX(0, timeout_s) * G_USEC_PER_SEC));
    if (!worker)
        return FALSE;
    *end = worker->end;
    *warning = g_steal_pointer(&worker->warning);
    worker->end.detail = NULL;
    g_ptr_array_remove_fast(workers->running, worker);
    worker_unref(worker);
    return TRUE;
}

double workers_progress_pct(const Workers *workers)
{
    double sum = 0;
    guint n = 0;
    for (guint i = 0; i < workers->running->len; i++) {
        gint pct_hundredths =
            g_atomic_int_get(&((Worker *)g_ptr_array_index(workers->running, i))->pct_hundredths);
        if (pct_hundredths < 0)
            continue;
        sum += pct_hundredths / 100.0;
        n++;
    }
    return n > 0 ? sum / n : NAN;
}

void workers_free(Workers *workers)
{
    if (!workers)
        return;
    g_ptr_array_unref(workers->running);
    g_async_queue_unref(workers->ended);
    g_free(workers);
}
