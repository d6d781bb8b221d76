/* SPDX-License-Identifier: MIT */
#include "plan/jobs.h"

typedef struct Jobs {
    DoJob *do_job;
    gpointer data;
    gint n, next; /* next: counted up atomically */
} Jobs;

static gpointer do_next(gpointer data)
{
    Jobs *jobs = data;
    for (gint i; (i = g_atomic_int_add(&jobs->next, 1)) < jobs->n;)
        jobs->do_job((guint)i, jobs->data);
    return NULL;
}

static guint limit; /* 0: as many as there are processors */

void jobs_limit(guint n_threads)
{
    limit = n_threads;
}

void jobs_do(guint n, guint n_threads, DoJob *do_job, gpointer data)
{
    Jobs jobs = {do_job, data, (gint)n, 0};
    guint own = limit ? limit : g_get_num_processors();
    guint most = MIN(n_threads ? n_threads : own, n);
    g_autoptr(GPtrArray) threads = g_ptr_array_new();
    for (guint i = 1; i < most; i++) {
        GThread *thread = g_thread_try_new("job", do_next, &jobs, NULL);
        if (thread)
            g_ptr_array_add(threads, thread);
    }
    do_next(&jobs);
    for (guint i = 0; i < threads->len; i++)
        g_thread_join(g_ptr_array_index(threads, i));
}
