/* SPDX-License-Identifier: MIT */
#include "apply/seriesafter.h"

#include "collect/references.h"
#include "tests/unit/smallcluster.h"

#include <CUnit/CUnit.h>
#include <math.h>

void test_seriesafter_suite(void);

#define START 1795000000

/* ---- fixtures ---- */

/* two hosts and two VMs on the first, with references resolved */
static SmallCluster *two_hosts(void)
{
    SmallCluster *small = smallcluster_new();
    smallcluster_add_host(small, "h1");
    smallcluster_add_host(small, "h2");
    smallcluster_add_vm(small, "a", "h1");
    smallcluster_add_vm(small, "b", "h1");
    CU_ASSERT_FATAL(snapshot_link(small->snapshot, NULL));
    return small;
}

static Series series_of(int host, int vm, Metric metric, const char *instance)
{
    return (Series){.entity_id = "x",
                    .instance = instance,
                    .values = "",
                    .metric = (int)metric,
                    .start = START,
                    .interval_s = 20,
                    .host = host,
                    .vm = vm};
}

static GArray *three(double a, double b, double c)
{
    GArray *values = g_array_new(FALSE, FALSE, sizeof(double));
    const double all[] = {a, b, c};
    g_array_append_vals(values, all, 3);
    return values;
}

static void learn(SeriesAfter *after, Metric metric, const char *instance, double a, double b, double c)
{
    Series series = series_of(-1, 0, metric, instance);
    g_autoptr(GArray) values = three(a, b, c);
    CU_ASSERT(series_after_concern(after, &series));
    series_after_learn(after, &series, values);
}

static void assert_changed(SeriesAfter *after, const Series *series, const double before[3],
                           const double expected[3])
{
    g_autoptr(GArray) values = three(before[0], before[1], before[2]);
    series_after_change(after, series, values);
    CU_ASSERT_EQUAL_FATAL(values->len, 3);
    for (guint i = 0; i < 3; i++) {
        double value = g_array_index(values, double, i);
        CU_ASSERT(isnan(expected[i]) ? isnan(value) : fabs(value - expected[i]) < 1e-9);
    }
}

#define LIST(...) ((const double[3]){__VA_ARGS__})

/* ---- tests ---- */

static void a_migration_takes_its_samples_from_one_host_to_the_other(void)
{
    g_autoptr(SmallCluster) small = two_hosts();
    g_autoptr(SeriesAfter) after = series_after_new(small->snapshot);
    series_after_migrate(after, 0, 0, 1, 1048576, 1);
    learn(after, METRIC_CPU_USAGE_MHZ, "", 100, 200, 300);
    series_after_work_out(after);
    Series from = series_of(0, -1, METRIC_CPU_USAGE_MHZ, ""), to = series_of(1, -1, METRIC_CPU_USAGE_MHZ, "");
    assert_changed(after, &from, LIST(1000, 1000, NAN), LIST(900, 800, NAN));
    assert_changed(after, &to, LIST(1, 2, 3), LIST(101, 202, 303));
    Series other = series_of(-1, 1, METRIC_CPU_USAGE_MHZ, "");
    CU_ASSERT_FALSE(series_after_concern(after, &other));
}

static void series_that_are_not_aligned_change_by_the_mean(void)
{
    g_autoptr(SmallCluster) small = two_hosts();
    g_autoptr(SeriesAfter) after = series_after_new(small->snapshot);
    series_after_migrate(after, 0, 0, 1, 1048576, 1);
    learn(after, METRIC_NET_KIBPS, "", 100, NAN, 300);
    series_after_work_out(after);
    Series from = series_of(0, -1, METRIC_NET_KIBPS, ""), to = series_of(1, -1, METRIC_NET_KIBPS, "");
    from.start += 20;
    assert_changed(after, &from, LIST(1000, 1000, 1000), LIST(800, 800, 800));
    /* A missing sample counts as the mean. */
    assert_changed(after, &to, LIST(0, 0, 0), LIST(100, 200, 300));
}

static void what_was_reclaimed_comes_back_up_to_the_configured_size(void)
{
    g_autoptr(SmallCluster) small = two_hosts();
    g_autoptr(SeriesAfter) after = series_after_new(small->snapshot);
    series_after_migrate(after, 0, 0, 1, 1000, 1);
    learn(after, METRIC_MEMORY_CONSUMED_KIB, "", 600, 600, 900);
    learn(after, METRIC_MEMORY_BALLOONED_KIB, "", 100, 0, 100);
    learn(after, METRIC_MEMORY_SWAPPED_KIB, "", 50, 50, 50);
    learn(after, METRIC_MEMORY_OVERHEAD_KIB, "", 7, 7, 7);
    series_after_work_out(after);
    Series consumed = series_of(-1, 0, METRIC_MEMORY_CONSUMED_KIB, "");
    Series ballooned = series_of(-1, 0, METRIC_MEMORY_BALLOONED_KIB, "");
    Series from = series_of(0, -1, METRIC_MEMORY_CONSUMED_KIB, "");
    Series to = series_of(1, -1, METRIC_MEMORY_CONSUMED_KIB, "");
    assert_changed(after, &consumed, LIST(600, 600, 900), LIST(750, 650, 1000));
    assert_changed(after, &ballooned, LIST(100, 0, 100), LIST(0, 0, 0));
    assert_changed(after, &from, LIST(2000, 2000, 2000), LIST(1393, 1393, 1093));
    assert_changed(after, &to, LIST(0, 0, 0), LIST(757, 657, 1007));
}

/* A quarter is what the host had reclaimed; on the way on nothing more comes back. */
static void what_a_limit_holds_back_stays_reclaimed(void)
{
    g_autoptr(SmallCluster) small = two_hosts();
    g_autoptr(SeriesAfter) after = series_after_new(small->snapshot);
    series_after_migrate(after, 0, 0, 1, 1000, 0.25);
    series_after_migrate(after, 0, 1, 0, 1000, 0.25);
    learn(after, METRIC_MEMORY_CONSUMED_KIB, "", 600, 600, 600);
    learn(after, METRIC_MEMORY_BALLOONED_KIB, "", 200, 200, 200);
    series_after_work_out(after);
    Series consumed = series_of(-1, 0, METRIC_MEMORY_CONSUMED_KIB, "");
    Series ballooned = series_of(-1, 0, METRIC_MEMORY_BALLOONED_KIB, "");
    assert_changed(after, &consumed, LIST(600, 600, 600), LIST(650, 650, 650));
    assert_changed(after, &ballooned, LIST(200, 200, 200), LIST(150, 150, 150));
}

static void added_memory_is_consumed_where_the_vm_then_is(void)
{
    g_autoptr(SmallCluster) small = two_hosts();
    g_autoptr(SeriesAfter) after = series_after_new(small->snapshot);
    series_after_migrate(after, 0, 0, 1, 1000, 1);
    series_after_add_memory(after, 0, 1, 128);
    learn(after, METRIC_MEMORY_CONSUMED_KIB, "", 600, 600, 600);
    learn(after, METRIC_MEMORY_ACTIVE_KIB, "", 500, 500, 500);
    series_after_work_out(after);
    Series consumed = series_of(-1, 0, METRIC_MEMORY_CONSUMED_KIB, "");
    Series active = series_of(-1, 0, METRIC_MEMORY_ACTIVE_KIB, "");
    Series to = series_of(1, -1, METRIC_MEMORY_CONSUMED_KIB, "");
    assert_changed(after, &consumed, LIST(600, 600, 600), LIST(728, 728, 728));
    assert_changed(after, &active, LIST(500, 500, 500), LIST(500, 500, 500));
    assert_changed(after, &to, LIST(10, 10, 10), LIST(738, 738, 738));
}

static void a_way_there_and_back_changes_nothing_on_the_hosts(void)
{
    g_autoptr(SmallCluster) small = two_hosts();
    g_autoptr(SeriesAfter) after = series_after_new(small->snapshot);
    series_after_migrate(after, 0, 0, 1, 1000, 1);
    series_after_migrate(after, 0, 1, 0, 1000, 1);
    learn(after, METRIC_CPU_USAGE_MHZ, "", 100, 200, 300);
    series_after_work_out(after);
    Series from = series_of(0, -1, METRIC_CPU_USAGE_MHZ, ""), to = series_of(1, -1, METRIC_CPU_USAGE_MHZ, "");
    assert_changed(after, &from, LIST(1000, 1000, 1000), LIST(1000, 1000, 1000));
    assert_changed(after, &to, LIST(5, 5, 5), LIST(5, 5, 5));
}

static void instances_add_up_and_none_falls_below_zero(void)
{
    g_autoptr(SmallCluster) small = two_hosts();
    g_autoptr(SeriesAfter) after = series_after_new(small->snapshot);
    series_after_migrate(after, 0, 0, 1, 1000, 1);
    learn(after, METRIC_DISK_KIBPS, "scsi0:0", 100, 100, 100);
    learn(after, METRIC_DISK_KIBPS, "scsi0:1", 50, 50, 50);
    series_after_work_out(after);
    Series first = series_of(0, -1, METRIC_DISK_KIBPS, "ds1"),
           second = series_of(0, -1, METRIC_DISK_KIBPS, "ds2");
    assert_changed(after, &first, LIST(200, 120, 0), LIST(50, 0, 0));
    assert_changed(after, &second, LIST(500, 500, 500), LIST(500, 470, 350));
}

void test_seriesafter_suite(void)
{
    CU_pSuite suite = CU_add_suite("after", NULL, NULL);
    CU_ADD_TEST(suite, a_migration_takes_its_samples_from_one_host_to_the_other);
    CU_ADD_TEST(suite, series_that_are_not_aligned_change_by_the_mean);
    CU_ADD_TEST(suite, what_was_reclaimed_comes_back_up_to_the_configured_size);
    CU_ADD_TEST(suite, what_a_limit_holds_back_stays_reclaimed);
    CU_ADD_TEST(suite, added_memory_is_consumed_where_the_vm_then_is);
    CU_ADD_TEST(suite, a_way_there_and_back_changes_nothing_on_the_hosts);
    CU_ADD_TEST(suite, instances_add_up_and_none_falls_below_zero);
}
