/* SPDX-License-Identifier: MIT */
#include "analyze/evaluation.h"
#include "tests/unit/cunit.h"
#include "tests/unit/smallcluster.h"

#include <math.h>
#include <string.h>

void test_history_suite(void);

/* a host h1 with the VM v1, linked and on the disk */
static SmallCluster *one_vm(void)
{
    SmallCluster *small = smallcluster_new();
    smallcluster_add_host(small, "h1");
    smallcluster_add_vm(small, "v1", "h1");
    smallcluster_write(small);
    return small;
}

static void set(Means *means, guint entity, Metric metric, double value)
{
    means->values[(gsize)entity * N_METRICS + metric] = value;
}

/* adds the next window, of five minutes: MHz of the host and of its VM */
static gboolean add_window(History *history, Snapshot *snapshot, Means *means, double host, double vm,
                           GError **error)
{
    set(means, 0, METRIC_CPU_USAGE_MHZ, host);
    set(means, 0, METRIC_MEMORY_CONSUMED_KIB, GIB_IN_KIB * 20);
    set(means, 1, METRIC_CPU_USAGE_MHZ, vm);
    set(means, 1, METRIC_MEMORY_ACTIVE_KIB, GIB_IN_KIB);
    set(means, 1, METRIC_MEMORY_CONSUMED_KIB, GIB_IN_KIB * 5);
    snapshot->info.taken_at += 300;
    return history_add(history, snapshot, means, error);
}

static void windows_may_be_made_in_memory(void)
{
    g_autoptr(SmallCluster) small = one_vm();
    g_autoptr(History) history = history_new();
    g_autoptr(Means) means = means_new(small->snapshot);
    g_autoptr(Policy) policy = smallcluster_policy("[analyze]\nestimator=mean\n", NULL);
    static const double hosts[] = {1100, 3000, 1900}, vms[] = {600, 900, 1500};
    for (guint i = 0; i < G_N_ELEMENTS(hosts); i++)
        CU_ASSERT_TRUE(add_window(history, small->snapshot, means, hosts[i], vms[i], NULL));
    small->assessment = evaluation_begin(policy);
    CU_ASSERT_TRUE_FATAL(evaluation_add_measured(small->assessment, small->snapshot, means, history, policy,
                                                 &small->subject, NULL));
    const Load *vm = smallcluster_load(small, "v1", RESOURCE_CPU),
               *host = smallcluster_load(small, "h1", RESOURCE_CPU);
    CU_ASSERT_EQUAL(vm->measured, 1500);
    CU_ASSERT_EQUAL(vm->demand, 1000);
    CU_ASSERT_EQUAL(host->measured, 1900);
    CU_ASSERT_EQUAL(host->base, 500); /* of 500, 2100, 400 */
    CU_ASSERT_EQUAL(host->demand, 1500);
}

static void a_window_that_is_no_newer_or_of_another_source_is_refused(void)
{
    g_autoptr(SmallCluster) small = one_vm();
    g_autoptr(History) history = history_new();
    g_autoptr(Means) means = means_new(small->snapshot);
    g_autoptr(GError) error = NULL;
    CU_ASSERT_TRUE(add_window(history, small->snapshot, means, 1000, 500, NULL));
    CU_ASSERT_FALSE(history_add(history, small->snapshot, means, &error));
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "expected each to be newer than the one before"));
    g_clear_error(&error);
    small->snapshot->info.source_id = "source-2";
    CU_ASSERT_FALSE(add_window(history, small->snapshot, means, 1000, 500, &error));
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "source source-2: expected one of source-1"));
    CU_ASSERT_EQUAL(history_of_vm(history, small->snapshot, 0, FOLLOWED_CPU)->n_recent, 1);
}

/* what the history comes to by a policy; the caller's cluster gets the assessment */
static void evaluate(SmallCluster *small, const History *history, const Means *means, const char *text)
{
    g_autoptr(Policy) policy = smallcluster_policy(text, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(policy);
    subject_clear(&small->subject);
    assessment_free(small->assessment);
    small->assessment = evaluation_begin(policy);
    CU_ASSERT_TRUE_FATAL(evaluation_add_measured(small->assessment, small->snapshot, means, history, policy,
                                                 &small->subject, NULL));
}

static void urgent_shortage_counts_at_once(void)
{
    static const struct {
        double newest_gib;
        int state;
    } cases[] = {{9.5, STATE_SHORT}, {8.5, STATE_NORMAL}};
    for (guint k = 0; k < G_N_ELEMENTS(cases); k++) {
        g_autoptr(SmallCluster) small = one_vm();
        g_autoptr(History) history = history_new();
        g_autoptr(Means) means = means_new(small->snapshot);
        for (guint i = 0; i < 11; i++)
            CU_ASSERT_TRUE(add_window(history, small->snapshot, means, 500, 400, NULL));
        set(means, 1, METRIC_MEMORY_ACTIVE_KIB, GIB_IN_KIB * cases[k].newest_gib);
        small->snapshot->info.taken_at += 300;
        CU_ASSERT_TRUE(history_add(history, small->snapshot, means, NULL));
        evaluate(small, history, means, "[analyze]\nestimator=mean\n");
        CU_ASSERT_EQUAL(smallcluster_state(small, "v1"), cases[k].state);
    }
}

void test_history_suite(void)
{
    CU_pSuite suite = CU_add_suite("history", NULL, NULL);
    CU_ADD_TEST(suite, windows_may_be_made_in_memory);
    CU_ADD_TEST(suite, urgent_shortage_counts_at_once);
    CU_ADD_TEST(suite, a_window_that_is_no_newer_or_of_another_source_is_refused);
}
