/* SPDX-License-Identifier: MIT */
#include "plan/figures.h"

#include "tests/unit/cunit.h"

#include <math.h>
#include <string.h>

void test_figures_suite(void);

#define PAIRS                                                                                                \
    "hot_hosts=3/0,short_vms=12/1,max_cpu_pct=98.125/79.9,max_memory_pct=40/40,sd_cpu=32.5/22.501,sd_memory=5/0"
#define FAILOVER "failover_lack_mib=51200/0,failover_lack_mhz=0/500"
#define STEPS "steps=4,moves=3,copy_mib=123456789,makespan_s=61.75"

static gboolean read_row(const char *row, ClusterFigures *figures, GError **error)
{
    g_autoptr(CsvReader) csv = csv_reader_open_bytes(row, strlen(row), "plan.csv", NULL);
    CU_ASSERT_FATAL(csv_reader_next(csv, NULL));
    g_auto(GStrv) cells = g_strsplit(row, ",", -1);
    return figures_read(figures, (const char *const *)cells, csv, error);
}

static char *written(const ClusterFigures *figures)
{
    g_autoptr(GStrvBuilder) row = g_strv_builder_new();
    figures_append_cells(figures, row);
    g_auto(GStrv) cells = g_strv_builder_end(row);
    return g_strjoinv(",", cells);
}

static void assert_refused(const char *row, const char *message)
{
    ClusterFigures figures;
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(read_row(row, &figures, &error));
    CU_ASSERT_FATAL(error != NULL);
    CU_ASSERT_STRING_EQUAL(error->message, message);
}

static void what_was_read_is_written_again(void)
{
    static const char *const rows[] = {PAIRS "," FAILOVER "," STEPS, PAIRS "," STEPS};
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        ClusterFigures figures;
        CU_ASSERT_FATAL(read_row(rows[i], &figures, NULL));
        g_autofree char *again = written(&figures);
        CU_ASSERT_STRING_EQUAL(again, rows[i]);
    }
}

static void each_figure_has_its_field(void)
{
    ClusterFigures figures;
    CU_ASSERT_FATAL(read_row(STEPS "," FAILOVER "," PAIRS, &figures, NULL));
    const ClusterStatus *before = &figures.before, *after = &figures.after;
    CU_ASSERT_TRUE(before->hot_hosts == 3 && after->hot_hosts == 0);
    CU_ASSERT_TRUE(before->short_vms == 12 && after->short_vms == 1);
    CU_ASSERT_TRUE(before->max_cpu_pct == 98.125 && after->max_cpu_pct == 79.9);
    CU_ASSERT_TRUE(before->max_memory_pct == 40 && after->max_memory_pct == 40);
    CU_ASSERT_TRUE(before->sd_cpu == 32.5 && after->sd_cpu == 22.501);
    CU_ASSERT_TRUE(before->sd_memory == 5 && after->sd_memory == 0);
    CU_ASSERT_TRUE(before->failover_lack_mib == 51200 && after->failover_lack_mib == 0);
    CU_ASSERT_TRUE(before->failover_lack_mhz == 0 && after->failover_lack_mhz == 500);
    CU_ASSERT_TRUE(figures.steps == 4 && figures.moves == 3);
    CU_ASSERT_TRUE(figures.copy_mib == 123456789 && figures.makespan_s == 61.75);
}

static void what_is_not_known_is_neither_written_nor_taken(void)
{
    ClusterFigures figures = figures_unknown();
    g_autofree char *none = written(&figures);
    CU_ASSERT_STRING_EQUAL(none, "");
    CU_ASSERT_FATAL(read_row("colour=red,=2+2,hot_hosts," PAIRS "," STEPS, &figures, NULL));
    CU_ASSERT_TRUE(isnan(figures.before.failover_lack_mib) && isnan(figures.after.failover_lack_mhz));
    g_autofree char *known = written(&figures);
    CU_ASSERT_STRING_EQUAL(known, PAIRS "," STEPS);
}

static void a_figure_that_is_no_number_is_refused_by_its_key(void)
{
    assert_refused(
        "hot_hosts=many/0",
        "plan.csv:1: #cluster hot_hosts: found \"many/0\": expected two whole numbers, before/after");
    assert_refused(
        "hot_hosts=1.5/0",
        "plan.csv:1: #cluster hot_hosts: found \"1.5/0\": expected two whole numbers, before/after");
    assert_refused("sd_cpu=1/-2",
                   "plan.csv:1: #cluster sd_cpu: found \"1/-2\": expected two numbers with at most "
                   "three decimals, before/after");
    assert_refused("copy_mib=1e9", "plan.csv:1: #cluster copy_mib: found \"1e9\": expected a whole number");
    assert_refused("makespan_s=",
                   "plan.csv:1: #cluster makespan_s: found nothing: expected a number with at most "
                   "three decimals");
}

static void half_a_pair_and_more_than_one_are_refused(void)
{
    assert_refused("short_vms=1",
                   "plan.csv:1: #cluster short_vms: found \"1\": expected two whole numbers, before/after");
    assert_refused("short_vms=1/",
                   "plan.csv:1: #cluster short_vms: found \"1/\": expected two whole numbers, before/after");
    assert_refused(
        "short_vms=1/2/3",
        "plan.csv:1: #cluster short_vms: found \"1/2/3\": expected two whole numbers, before/after");
    assert_refused("steps=4/4", "plan.csv:1: #cluster steps: found \"4/4\": expected a whole number");
    assert_refused("steps=4,steps=4",
                   "plan.csv:1: #cluster steps: found \"a second such cell\": expected one");
}

static void a_figure_that_is_missing_is_refused_but_for_those_of_failover(void)
{
    assert_refused(FAILOVER "," STEPS,
                   "plan.csv:1: #cluster hot_hosts: found nothing: expected two whole numbers, before/after");
    assert_refused(
        PAIRS ",steps=4,moves=3,copy_mib=0",
        "plan.csv:1: #cluster makespan_s: found nothing: expected a number with at most three decimals");
}

void test_figures_suite(void)
{
    CU_pSuite suite = CU_add_suite("figures", NULL, NULL);
    CU_ADD_TEST(suite, what_was_read_is_written_again);
    CU_ADD_TEST(suite, each_figure_has_its_field);
    CU_ADD_TEST(suite, what_is_not_known_is_neither_written_nor_taken);
    CU_ADD_TEST(suite, a_figure_that_is_no_number_is_refused_by_its_key);
    CU_ADD_TEST(suite, half_a_pair_and_more_than_one_are_refused);
    CU_ADD_TEST(suite, a_figure_that_is_missing_is_refused_but_for_those_of_failover);
}
