/* SPDX-License-Identifier: MIT */
#include "plan/movetimes.h"
#include "tests/unit/cunit.h"

#include <math.h>

void test_movetimes_suite(void);

#define RATE_MBPS 8000 /* the policy's */
#define MIB_PER_GB (1e9 / (1024 * 1024))
#define SECONDS_PER_GB (8000.0 / RATE_MBPS)

/* the migration of a VM off a host, of that many GB */
static void moved(Past *past, const VmPast *vm, const char *from_id, gint64 start, double gb, double est_s,
                  double real_s)
{
    PastMigration move = {.copy_mib = gb * MIB_PER_GB,
                          .est_s = est_s,
                          .real_s = real_s,
                          .start = start,
                          .source_id = g_strdup("vc"),
                          .from_id = g_strdup(from_id),
                          .to_id = g_strdup_printf("to-%s-%" G_GINT64_FORMAT, from_id, start),
                          .vm = vm};
    g_array_append_val(past->migrations, move);
}

static MoveTimes learnt(const Past *past)
{
    g_autoptr(Policy) policy = policy_read(NULL, NULL);
    return move_times_of(past, policy);
}

/* what migrations of 1, 2 and 3 GB, one after the other, that took set-up + GB × slope seconds teach, having
 * been estimated with another set-up and slope */
static MoveTimes taught(double setup_s, double slope, double est_setup_s, double est_slope, guint n)
{
    static const VmPast vms[3];
    g_autoptr(Past) past = past_new();
    for (guint gb = 1; gb <= n; gb++)
        moved(past, &vms[gb - 1], "h1", gb * 1000, gb, est_setup_s + gb * est_slope, setup_s + gb * slope);
    return learnt(past);
}

static void times_are_fitted_to_bytes_whatever_was_estimated(void)
{
    g_auto(MoveTimes) first = taught(20, 2, 10, 1, 3);
    g_auto(MoveTimes) again = taught(20, 2, 20, 2, 3);
    CU_ASSERT_DOUBLE_EQUAL(first.setup_s, 20, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(first.slope, 2, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(first.error_pct, 50, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(again.setup_s, 20, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(again.slope, 2, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(again.error_pct, 0, 1e-6);
}

static void two_migrations_teach_no_line(void)
{
    g_auto(MoveTimes) few = taught(20, 2, 10, 1, 2);
    g_auto(MoveTimes) none = taught(20, 2, 10, 1, 0);
    CU_ASSERT_EQUAL(few.n, 2);
    CU_ASSERT_EQUAL(few.setup_s, 10);
    CU_ASSERT_EQUAL(few.slope, 1);
    CU_ASSERT_EQUAL(g_hash_table_size(few.factors), 0);
    CU_ASSERT_TRUE(isnan(none.error_pct));
}

static void moves_at_once_share_a_hosts_network(void)
{
    static const VmPast vms[6];
    g_autoptr(Past) past = past_new();
    for (guint i = 0; i < 3; i++) {
        double gb = i + 1;
        moved(past, &vms[i], "h1", (gint64)i * 1000, gb, NAN, 10 + gb * SECONDS_PER_GB * 3);
        /* Two at once off one host, each of which takes twice as long to copy. */
        moved(past, &vms[3 + i], "h2", (gint64)i * 1000, gb, NAN, 10 + gb * SECONDS_PER_GB * 3 * 2);
        moved(past, &vms[3 + i], "h2", (gint64)i * 1000, gb, NAN, 10 + gb * SECONDS_PER_GB * 3 * 2);
    }
    g_auto(MoveTimes) times = learnt(past);
    CU_ASSERT_DOUBLE_EQUAL(times.setup_s, 10, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(times.slope, 3, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(move_times_factor(&times, &vms[4]), 1, 1e-6);
}

/* ---- VMs that write ---- */

#define N_VMS 12
#define ROUNDS 6

/* what a VM sends beside what one expects, and how much that is */
static double factor_of(guint vm)
{
    return 0.6 + 0.25 * vm;
}

static double gb_of(guint vm)
{
    return 4 + (vm * 7) % N_VMS;
}

/* how long it takes: another set-up and bandwidth than the policy says, and some noise, the same each time */
static double real_of(guint vm, guint round)
{
    double noise = 1 + 0.04 * (((vm * 5 + round * 3) % 7) / 3.0 - 1);
    return (25 + 2 * factor_of(vm) * gb_of(vm) * SECONDS_PER_GB) * noise;
}

static int compare_doubles(gconstpointer a, gconstpointer b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

/* the median error of estimates of a round that nothing was learnt from, in percent */
static double error_of(const MoveTimes *times, const VmPast vms[N_VMS], gboolean with_factors)
{
    g_autoptr(GArray) errors = g_array_new(FALSE, FALSE, sizeof(double));
    for (guint vm = 0; vm < N_VMS; vm++) {
        double factor = with_factors ? move_times_factor(times, &vms[vm]) : 1, real_s = real_of(vm, ROUNDS);
        double est_s = times->setup_s + times->slope * factor * gb_of(vm) * SECONDS_PER_GB;
        double error_pct = fabs(est_s - real_s) / real_s * 100;
        g_array_append_val(errors, error_pct);
    }
    g_array_sort(errors, compare_doubles);
    return g_array_index(errors, double, N_VMS / 2);
}

static void what_a_vm_writes_meanwhile_is_learnt_from_times_alone(void)
{
    VmPast vms[N_VMS] = {0};
    g_autoptr(Past) past = past_new();
    for (guint round = 0; round < ROUNDS; round++)
        for (guint vm = 0; vm < N_VMS; vm++)
            moved(past, &vms[vm], "h1", (gint64)(round * N_VMS + vm) * 1000, gb_of(vm), NAN,
                  real_of(vm, round));
    g_auto(MoveTimes) times = learnt(past);
    MoveTimes unlearnt = {.setup_s = 10, .slope = 1, .factors = times.factors};
    double before = error_of(&unlearnt, vms, FALSE), line = error_of(&times, vms, FALSE),
           after = error_of(&times, vms, TRUE);
    CU_ASSERT_TRUE(before > line);
    CU_ASSERT_TRUE(line > after);
    CU_ASSERT_TRUE(after <= 15);
    CU_ASSERT_EQUAL(move_times_factor(&times, &vms[N_VMS - 1]) > 1, TRUE);
    VmPast stranger = {0};
    CU_ASSERT_EQUAL(move_times_factor(&times, &stranger), 1);
}

void test_movetimes_suite(void)
{
    CU_pSuite suite = CU_add_suite("how long migrations take", NULL, NULL);
    CU_ADD_TEST(suite, times_are_fitted_to_bytes_whatever_was_estimated);
    CU_ADD_TEST(suite, two_migrations_teach_no_line);
    CU_ADD_TEST(suite, moves_at_once_share_a_hosts_network);
    CU_ADD_TEST(suite, what_a_vm_writes_meanwhile_is_learnt_from_times_alone);
}
