/* SPDX-License-Identifier: MIT */
#include "analyze/sizing.h"

#include "analyze/evaluation.h"
#include "analyze/peaks.h"
#include "tests/unit/cunit.h"
#include "tests/unit/smallcluster.h"

#include <math.h>
#include <string.h>

void test_sizing_suite(void);

#define WINDOW_S 300
#define DAY_S (24 * (gint64)3600)
#define MIDNIGHT (20000 * DAY_S)

/* what a rule takes of windows */
static double statistic(int rule, const char *name, const Rollup *rollup, gboolean of_memory)
{
    const SizeRule size = {.rule = rule, .cpu = (char *)name, .memory = (char *)name, .margin_pct = 15};
    return sizing_statistic(&size, rollup, of_memory);
}

/* n windows of 10 MHz, then one of 100: in the buckets [0, 25) and [78.8125, 107.753125) */
static void add_spike(Rollup *rollup, guint n)
{
    rollup_init(rollup, ROLLUP_FIRST_MHZ);
    for (guint i = 0; i < n; i++)
        rollup_add(rollup, MIDNIGHT + (i + 1) * (gint64)WINDOW_S, WINDOW_S, 10);
    rollup_add(rollup, MIDNIGHT + (n + 1) * (gint64)WINDOW_S, WINDOW_S, 100);
}

/* Of ten windows the newest weighs a little over a tenth; of eleven less. */
static void vpas_cpu_is_the_percentile_of_the_decayed_histogram(void)
{
    Rollup rollup;
    add_spike(&rollup, 9);
    CU_ASSERT_DOUBLE_EQUAL(statistic(SIZE_RULE_VPA, "", &rollup, FALSE), 107.753125, 1e-6);
    rollup_clear(&rollup);
    add_spike(&rollup, 10);
    CU_ASSERT_DOUBLE_EQUAL(statistic(SIZE_RULE_VPA, "", &rollup, FALSE), 25, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(statistic(SIZE_RULE_VPA, "p95", &rollup, FALSE), 107.753125, 1e-6);
    rollup_clear(&rollup);
    const SizeRule size = {.margin_pct = 15};
    CU_ASSERT_DOUBLE_EQUAL(sizing_need(&size, 200), 230, 1e-9);
}

/* 8.89 windows that end at 25 MHz count 222, the one that ends at 107.75 counts that: two thirds are below */
static void autopilots_percentiles_count_a_use_by_its_size_too(void)
{
    Rollup rollup;
    add_spike(&rollup, 9);
    CU_ASSERT_DOUBLE_EQUAL(statistic(SIZE_RULE_AUTOPILOT, "p65", &rollup, FALSE), 25, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(statistic(SIZE_RULE_AUTOPILOT, "p70", &rollup, FALSE), 107.753125, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(statistic(SIZE_RULE_VPA, "p70", &rollup, FALSE), 25, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(statistic(SIZE_RULE_AUTOPILOT, "", &rollup, FALSE), 107.753125, 1e-6);
    rollup_clear(&rollup);
}

static void autopilots_peak_average_and_half_of_the_peak(void)
{
    Rollup rollup;
    add_spike(&rollup, 9);
    double older = 0;
    for (int i = 1; i <= 9; i++)
        older += exp2(-i * (double)WINDOW_S / (double)DAY_S);
    double average = (older * 12.5 + (78.8125 + 107.753125) / 2) / (older + 1);
    CU_ASSERT_DOUBLE_EQUAL(statistic(SIZE_RULE_AUTOPILOT, "peak", &rollup, FALSE), 100, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(statistic(SIZE_RULE_AUTOPILOT, "average", &rollup, FALSE), average, 1e-3);
    CU_ASSERT_DOUBLE_EQUAL(statistic(SIZE_RULE_AUTOPILOT, "half_peak", &rollup, FALSE), 50, 1e-9);
    rollup_clear(&rollup);
    rollup_init(&rollup, ROLLUP_FIRST_MHZ);
    CU_ASSERT_TRUE(isnan(statistic(SIZE_RULE_AUTOPILOT, "peak", &rollup, FALSE)));
    rollup_clear(&rollup);
}

/* Peaks 1000, 2000, 4000, 8000 with weights 1, 1/2, 1/4, 1/8, 1.875 in all: nine tenths, 1.6875, are reached
 * with the third. Were the next days like the newest, with the second after one day, with the first after
 * three. */
static void vpas_memory_is_the_percentile_of_the_days_peaks(void)
{
    Rollup rollup;
    rollup_init(&rollup, ROLLUP_FIRST_KIB);
    static const double peaks[] = {8000, 4000, 2000, 1000};
    for (guint day = 0; day < G_N_ELEMENTS(peaks); day++) {
        gint64 noon = MIDNIGHT + day * DAY_S + DAY_S / 2;
        rollup_add(&rollup, noon, WINDOW_S, peaks[day]);
        rollup_add(&rollup, noon + 2 * WINDOW_S, WINDOW_S, peaks[day] / 2);
        rollup_add(&rollup, noon + 3600, 2 * WINDOW_S, peaks[day] * 10); /* too long to have a peak */
    }
    CU_ASSERT_DOUBLE_EQUAL(statistic(SIZE_RULE_VPA, "", &rollup, TRUE), 4000, 1e-9);
    g_autofree char *text = peaks_text(&rollup);
    CU_ASSERT_STRING_EQUAL(text, "0=1000 1=2000 2=4000 3=8000");
    g_autoptr(GArray) read = peaks_read(text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(read);
    static const double later[] = {4000, 2000, 2000, 1000};
    for (guint days = 0; days < G_N_ELEMENTS(later); days++)
        CU_ASSERT_EQUAL(peaks_percentile(read, 0.9, days), later[days]);
    rollup_clear(&rollup);
}

static void the_last_eight_days_are_kept(void)
{
    Rollup rollup;
    rollup_init(&rollup, ROLLUP_FIRST_KIB);
    for (guint day = 0; day < 10; day++)
        rollup_add(&rollup, MIDNIGHT + day * DAY_S + DAY_S / 2, WINDOW_S, 100 + day);
    CU_ASSERT_EQUAL(rollup.n_days, ROLLUP_DAYS);
    CU_ASSERT_EQUAL(rollup.days[0].peak, 102);
    CU_ASSERT_EQUAL(rollup.measured_s, 10 * WINDOW_S);
    CU_ASSERT_EQUAL(sizing_data_s(&rollup), 0); /* nine days, of which fifty minutes are known */
    rollup_clear(&rollup);
}

/* Half hours that go back a week, then five minutes each: those alone are data, and half of a day of them a
 * day apart is enough. */
static void data_is_what_was_measured_in_windows_that_show_peaks(void)
{
    Rollup rollup;
    rollup_init(&rollup, ROLLUP_FIRST_KIB);
    gint64 end = MIDNIGHT;
    for (guint i = 0; i < 7 * 48; i++)
        rollup_add(&rollup, end += 1800, 1800, 100);
    CU_ASSERT_EQUAL(rollup.since, -1);
    CU_ASSERT_EQUAL(sizing_data_s(&rollup), 0);
    gint64 fine = end;
    for (guint i = 0; i < 143; i++)
        rollup_add(&rollup, end += WINDOW_S, WINDOW_S, 100);
    CU_ASSERT_EQUAL(rollup.since, fine);
    rollup_add(&rollup, fine + DAY_S + WINDOW_S, 2 * WINDOW_S, 100); /* long, though late */
    CU_ASSERT_EQUAL(sizing_data_s(&rollup), 0);
    rollup_add(&rollup, fine + DAY_S + 2 * WINDOW_S, WINDOW_S, 100);
    CU_ASSERT_EQUAL(sizing_data_s(&rollup), 144 * WINDOW_S);
    rollup_add(&rollup, fine + DAY_S + 2 * WINDOW_S + 60, WINDOW_S, 100); /* of which 240 s were known */
    CU_ASSERT_EQUAL(sizing_data_s(&rollup), 144 * WINDOW_S + 60);
    rollup_clear(&rollup);
}

/* As an older collect wrote it: windows, and neither a beginning nor days. */
static void what_is_known_without_days_begins_to_be_judged(void)
{
    Rollup rollup;
    rollup_init(&rollup, ROLLUP_FIRST_KIB);
    rollup.recent[rollup.n_recent++] = (RollupInterval){MIDNIGHT, WINDOW_S, 100};
    for (guint i = 1; i <= 288; i++)
        rollup_add(&rollup, MIDNIGHT + i * (gint64)WINDOW_S, WINDOW_S, 100);
    CU_ASSERT_EQUAL(sizing_data_s(&rollup), DAY_S);
    rollup_clear(&rollup);
}

static void peaks_that_are_none_are_refused(void)
{
    static const char *const bad[] = {"1", "a=1", "0=x", "0=1 0=2", "1=1 0=2", "0=-1"};
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
        CU_ASSERT_PTR_NULL(peaks_read(bad[i]));
}

/* ---- a VM's size ---- */

/* a VM of 2 vCPUs (1000 MHz each) and 10 GiB, whose use is known so: MHz and GiB, need 15 % above */
static Sizing judge(const char *policy_text, double mhz, double gib)
{
    g_autoptr(SmallCluster) small = smallcluster_new();
    g_autoptr(Policy) policy = smallcluster_policy(policy_text, NULL);
    Host host = *smallcluster_add_host(small, "h1");
    Vm vm = *smallcluster_add_vm(small, "v1", "h1");
    host.core_mhz = 1000;
    Assessed assessed = {0};
    assessed.loads[RESOURCE_CPU] = (Load){.capacity = 2000, .size_used = mhz, .size_need = mhz * 1.15};
    assessed.loads[RESOURCE_MEMORY] = (Load){
        .capacity = 10 * GIB_IN_KIB, .size_used = gib * GIB_IN_KIB, .size_need = gib * 1.15 * GIB_IN_KIB};
    return sizing_judge(&vm, &host, &assessed, policy);
}

static void a_size_is_what_rule_and_short_pct_ask_for(void)
{
    Sizing sizing = judge("", 700, 4); /* 4 GiB are 80 % of 5 */
    CU_ASSERT_EQUAL(sizing.word, SIZE_OVERSIZED);
    CU_ASSERT_EQUAL(sizing.memory_mib, 5120);
    CU_ASSERT_EQUAL(sizing.vcpus, 1);
    sizing = judge("[analyze]\nshort_pct=95\n", 900, 4); /* 4.6 GiB; 1035 MHz */
    CU_ASSERT_EQUAL(sizing.memory_mib, ceil(4.6 * 1024 / 4) * 4);
    CU_ASSERT_EQUAL(sizing.vcpus, 2);
    CU_ASSERT_EQUAL(sizing.word, SIZE_OVERSIZED);
}

static void sizes_are_idle_right_or_too_small(void)
{
    CU_ASSERT_EQUAL(judge("", 99, 0.4).word, SIZE_IDLE); /* below 5 % of both */
    CU_ASSERT_EQUAL(judge("", 1500, 7.5).word, SIZE_RIGHT);
    CU_ASSERT_EQUAL(judge("", 1500, 9).word, SIZE_UNDERSIZED);
    CU_ASSERT_EQUAL(judge("", 1800, 7.5).word, SIZE_UNDERSIZED); /* 2070 MHz take a third vCPU */
    CU_ASSERT_EQUAL(judge("", NAN, NAN).word, SIZE_UNKNOWN);
}

static void memory_is_what_the_need_and_short_pct_ask_for(void)
{
    g_autoptr(Policy) policy = smallcluster_policy("", NULL);
    CU_ASSERT_EQUAL(sizing_memory_mib(1150 * 1024, 1000 * 1024, policy), 1250); /* 80 % */
    CU_ASSERT_EQUAL(sizing_memory_mib(1500 * 1024, 1000 * 1024, policy), 1500);
    CU_ASSERT_TRUE(isnan(sizing_memory_mib(NAN, NAN, policy)));
}

/* A VM of 64 MiB that uses 16 of them has what it needs. */
static void a_tiny_vm_is_not_too_small(void)
{
    g_autoptr(SmallCluster) small = smallcluster_new();
    g_autoptr(Policy) policy = smallcluster_policy("", NULL);
    Host host = *smallcluster_add_host(small, "h1");
    Vm vm = *smallcluster_add_vm(small, "v1", "h1");
    host.core_mhz = 1000;
    vm.memory_mib = 64;
    Assessed assessed = {0};
    assessed.loads[RESOURCE_CPU] = (Load){.capacity = 2000, .size_used = 1500, .size_need = 1725};
    assessed.loads[RESOURCE_MEMORY] =
        (Load){.capacity = 64 * 1024, .size_used = 16 * 1024, .size_need = 18.4 * 1024};
    Sizing sizing = sizing_judge(&vm, &host, &assessed, policy);
    CU_ASSERT_EQUAL(sizing.word, SIZE_RIGHT);
    CU_ASSERT_EQUAL(sizing.memory_mib, 64);
}

/* ---- a history ---- */

static const Load *after_windows(SmallCluster *small, guint n, const char *policy_text)
{
    g_autoptr(History) history = history_new();
    g_autoptr(Means) means = means_new(small->snapshot);
    g_autoptr(Policy) policy = smallcluster_policy(policy_text, NULL);
    for (guint i = 0; i < n; i++) {
        means->values[(gsize)N_METRICS + METRIC_CPU_USAGE_MHZ] = 100;
        means->values[(gsize)N_METRICS + METRIC_MEMORY_ACTIVE_KIB] = GIB_IN_KIB;
        means->values[(gsize)N_METRICS + METRIC_MEMORY_CONSUMED_KIB] = 2 * GIB_IN_KIB;
        small->snapshot->info.taken_at += WINDOW_S;
        CU_ASSERT_TRUE(history_add(history, small->snapshot, means, NULL));
    }
    small->assessment = evaluation_begin(policy);
    CU_ASSERT_TRUE_FATAL(evaluation_add_measured(small->assessment, small->snapshot, means, history, policy,
                                                 &small->subject, NULL));
    return smallcluster_load(small, "v1", RESOURCE_MEMORY);
}

static SmallCluster *one_vm(void)
{
    SmallCluster *small = smallcluster_new();
    smallcluster_add_host(small, "h1");
    smallcluster_add_vm(small, "v1", "h1");
    smallcluster_write(small);
    return small;
}

static void less_than_a_day_is_no_size(void)
{
    g_autoptr(SmallCluster) early = one_vm();
    const Load *load = after_windows(early, 287, "");
    CU_ASSERT_TRUE(isnan(load->size_need) && isnan(load->size_used) && isnan(load->size_span_s));
    CU_ASSERT_STRING_EQUAL(load->peaks, "");
    g_autoptr(SmallCluster) late = one_vm();
    load = after_windows(late, 288, "");
    CU_ASSERT_EQUAL(load->size_span_s, DAY_S);
    CU_ASSERT_EQUAL(load->size_used, GIB_IN_KIB);
    CU_ASSERT_EQUAL(load->size_need, round(GIB_IN_KIB * 1.15));
    CU_ASSERT_TRUE(g_str_has_prefix(load->peaks, "0=1048576"));
}

static void the_first_size_that_names_a_vm_holds(void)
{
    g_autoptr(SmallCluster) small = one_vm();
    const Load *load = after_windows(small, 288,
                                     "[size others]\nvms=x*\nmargin_pct=50\n"
                                     "[size ours]\nvms=v*\nmemory=peak\nmargin_pct=100\n[size all]\n");
    CU_ASSERT_EQUAL(load->size_need, 2 * GIB_IN_KIB);
}

void test_sizing_suite(void)
{
    CU_pSuite suite = CU_add_suite("sizing", NULL, NULL);
    CU_ADD_TEST(suite, vpas_cpu_is_the_percentile_of_the_decayed_histogram);
    CU_ADD_TEST(suite, autopilots_percentiles_count_a_use_by_its_size_too);
    CU_ADD_TEST(suite, autopilots_peak_average_and_half_of_the_peak);
    CU_ADD_TEST(suite, vpas_memory_is_the_percentile_of_the_days_peaks);
    CU_ADD_TEST(suite, the_last_eight_days_are_kept);
    CU_ADD_TEST(suite, data_is_what_was_measured_in_windows_that_show_peaks);
    CU_ADD_TEST(suite, what_is_known_without_days_begins_to_be_judged);
    CU_ADD_TEST(suite, peaks_that_are_none_are_refused);
    CU_ADD_TEST(suite, a_size_is_what_rule_and_short_pct_ask_for);
    CU_ADD_TEST(suite, sizes_are_idle_right_or_too_small);
    CU_ADD_TEST(suite, memory_is_what_the_need_and_short_pct_ask_for);
    CU_ADD_TEST(suite, a_tiny_vm_is_not_too_small);
    CU_ADD_TEST(suite, less_than_a_day_is_no_size);
    CU_ADD_TEST(suite, the_first_size_that_names_a_vm_holds);
}
