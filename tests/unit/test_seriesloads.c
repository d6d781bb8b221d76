/* SPDX-License-Identifier: MIT */
#include "plan/seriesloads.h"

#include "plan/model.h"
#include "tests/unit/cunit.h"
#include "tests/unit/smallcluster.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

void test_seriesloads_suite(void);

#define HEADER "vm,time_s,vcpus,cpu_provisioned_mhz,cpu_usage_mhz,memory_provisioned_kib,memory_usage_kib\n"
#define GIB "1048576"

static const SeriesWish wish = {{HOUSING_HOSTS, HOUSING_PLACEMENT, 50}, FALSE};

static LoadHistory *read_text(const char *text, const SeriesWish *how, GError **error)
{
    g_autofree char *path = smallcluster_file(text, strlen(text));
    LoadHistory *history = seriesloads_read(path, how, error);
    g_unlink(path);
    return history;
}

static void rows_fall_into_intervals_and_gaps_are_not_measured(void)
{
    /* 300 s are most often apart; the second row of a's first interval is averaged with the first. */
    static const char text[] = HEADER "a,1000,2,4000,100," GIB ",1000\n"
                                      "a,1100,2,4000,200," GIB ",3000\n"
                                      "a,1400,2,4000,300," GIB ",1000\n"
                                      "a,1700,2,4000,400," GIB ",1000\n"
                                      "b,1300,1,2000,10," GIB ",5000\n"
                                      "b,1900,1,2000,20," GIB ",4000\n"
                                      "b,2200,1,2000,30," GIB ",4000\n";
    g_autoptr(GError) error = NULL;
    g_autoptr(LoadHistory) history = read_text(text, &wish, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(history);
    CU_ASSERT_EQUAL_FATAL(history->n_intervals, 5);
    CU_ASSERT_EQUAL(history->ends[0], 1300);
    CU_ASSERT_EQUAL(history->ends[4], 2500);
    CU_ASSERT_EQUAL(history->lengths[2], 300);
    CU_ASSERT_EQUAL(loadhistory_vm_asks(history, ASKED_CPU_MHZ, 0, 0), 150);
    CU_ASSERT_EQUAL(loadhistory_vm_asks(history, ASKED_ACTIVE_KIB, 0, 0), 2000);
    CU_ASSERT_EQUAL(loadhistory_vm_asks(history, ASKED_CPU_MHZ, 1, 0), 300);
    CU_ASSERT_TRUE(loadhistory_vm_runs(history, 2, 0));
    CU_ASSERT_FALSE(loadhistory_vm_runs(history, 3, 0));
    CU_ASSERT_FALSE(loadhistory_vm_runs(history, 0, 1));
    CU_ASSERT_TRUE(loadhistory_vm_runs(history, 1, 1) && loadhistory_vm_runs(history, 2, 1));
    CU_ASSERT_TRUE(isnan(loadhistory_vm_asks(history, ASKED_CPU_MHZ, 2, 1)));
    CU_ASSERT_EQUAL(loadhistory_vm_asks(history, ASKED_HELD_KIB, 2, 1), 5000);
}

static void a_vm_holds_what_it_touched_in_the_day_before(void)
{
    g_autoptr(GString) text = g_string_new(HEADER);
    for (int hour = 0; hour < 30; hour++)
        g_string_append_printf(text, "a,%d,1,1000,10," GIB ",%d\n", hour * 3600, hour == 2 ? 9000 : 1000);
    g_autoptr(GError) error = NULL;
    g_autoptr(LoadHistory) history = read_text(text->str, &wish, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(history);
    static const struct {
        guint hour;
        double kib;
    } expected[] = {{1, 1000}, {2, 9000}, {3, 9000}, {26, 9000}, {27, 1000}};
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++)
        CU_ASSERT_EQUAL(loadhistory_vm_asks(history, ASKED_HELD_KIB, expected[i].hour, 0), expected[i].kib);
}

static void sizes_are_as_recorded_or_cut(void)
{
    /* 90th percentile: 2,080 MHz and 800 MiB, which are 80 % of one core of 2,600 MHz and of 1,000 MiB. The
     * least vCPUs that hold the recorded 7,000 MHz are three. */
    g_autoptr(GString) text = g_string_new(HEADER);
    for (int i = 0; i <= 10; i++)
        g_string_append_printf(text, "a,%d,2,7000,%s,4194304,%d\n", i * 300, i < 10 ? "2080" : "2600",
                               i < 10 ? 800 * 1024 : 999 * 1024);
    g_autoptr(GError) error = NULL;
    SeriesWish cut = wish;
    cut.cut_sizes = TRUE;
    g_autoptr(LoadHistory) recorded = read_text(text->str, &wish, &error);
    g_autoptr(LoadHistory) smaller = read_text(text->str, &cut, &error);
    CU_ASSERT_FATAL(recorded != NULL && smaller != NULL);
    CU_ASSERT_EQUAL(recorded->start->vms[0].vcpus, 3);
    CU_ASSERT_EQUAL(recorded->start->vms[0].memory_mib, 4096);
    CU_ASSERT_EQUAL(smaller->start->vms[0].vcpus, 1);
    CU_ASSERT_EQUAL(smaller->start->vms[0].memory_mib, 1000);
    CU_ASSERT_EQUAL(loadhistory_vm_asks(smaller, ASKED_CPU_MHZ, 10, 0), 2600);
}

static void without_memory_a_vm_holds_all_of_it(void)
{
    static const char text[] = HEADER "a,0,1,1000,10," GIB ",\na,300,1,1000,10," GIB ",\n";
    g_autoptr(GError) error = NULL;
    g_autoptr(LoadHistory) history = read_text(text, &wish, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(history);
    CU_ASSERT_EQUAL(loadhistory_vm_asks(history, ASKED_HELD_KIB, 1, 0), 1048576);
    CU_ASSERT_TRUE(isnan(loadhistory_vm_asks(history, ASKED_ACTIVE_KIB, 1, 0)));
}

/* Twelve VMs that use 1,000 of their 2,000 MHz in the first hour and then 2,000, on hosts of 10,000, of which
 * 200 are the hypervisor's. */
static char *twelve_vms(void)
{
    GString *text = g_string_new(HEADER);
    for (int vm = 0; vm < 12; vm++)
        for (int i = 0; i < 24; i++)
            g_string_append_printf(text, "vm%d,%d,1,2000,%d,1048576,1024\n", vm, i * 300,
                                   i < 12 ? 1000 : 2000);
    return g_string_free(text, FALSE);
}

static guint count_on(const LoadHistory *history, int host)
{
    guint n = 0;
    for (guint i = 0; i < history->start->n_vms; i++)
        n += history->start->vms[i].host == host;
    return n;
}

static void hosts_are_as_many_as_the_mean_fills(void)
{
    /* The mean is 12 × 1,500 MHz: at 50 % less the hypervisor's 200 each, four hosts. First fit lets four VMs
     * of 1,000 MHz onto one. */
    g_autofree char *text = twelve_vms();
    g_autoptr(GError) error = NULL;
    const SeriesWish small = {{"5x2000,100", HOUSING_PLACEMENT, 50}, FALSE};
    g_autoptr(LoadHistory) history = read_text(text, &small, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(history);
    CU_ASSERT_EQUAL_FATAL(history->start->n_hosts, 4);
    CU_ASSERT_EQUAL(count_on(history, 0), 4);
    CU_ASSERT_EQUAL(count_on(history, 2), 4);
    CU_ASSERT_EQUAL(count_on(history, 3), 0);
    CU_ASSERT_EQUAL(loadhistory_host_asks(history, ASKED_CPU_MHZ, 0, 0), 200);
}

static void random_places_differ_by_seed_alone(void)
{
    static const char *const placements[] = {"random:1", "random:1", "random:2"};
    g_autofree char *text = twelve_vms();
    g_autoptr(GString) places = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(placements); i++) {
        g_autoptr(GError) error = NULL;
        const SeriesWish random = {{"5x2000,100", placements[i], 50}, FALSE};
        g_autoptr(LoadHistory) history = read_text(text, &random, &error);
        CU_ASSERT_PTR_NOT_NULL_FATAL(history);
        for (guint vm = 0; vm < 12; vm++)
            g_string_append_printf(places, "%d", history->start->vms[vm].host);
    }
    CU_ASSERT_TRUE(strncmp(places->str, places->str + 12, 12) == 0);
    CU_ASSERT_TRUE(strncmp(places->str, places->str + 24, 12) != 0);
}

void test_seriesloads_suite(void)
{
    CU_pSuite suite = CU_add_suite("seriesloads", NULL, NULL);
    CU_ADD_TEST(suite, rows_fall_into_intervals_and_gaps_are_not_measured);
    CU_ADD_TEST(suite, a_vm_holds_what_it_touched_in_the_day_before);
    CU_ADD_TEST(suite, sizes_are_as_recorded_or_cut);
    CU_ADD_TEST(suite, without_memory_a_vm_holds_all_of_it);
    CU_ADD_TEST(suite, hosts_are_as_many_as_the_mean_fills);
    CU_ADD_TEST(suite, random_places_differ_by_seed_alone);
}
