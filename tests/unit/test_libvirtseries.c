/* SPDX-License-Identifier: MIT */
#include "collect/libvirtseries.h"
#include "tests/unit/cunit.h"

#include <math.h>

void test_libvirtseries_suite(void);

#define N 5

/* readings 2 s apart, of a counter and a level */
static void fill(Reading readings[N + 1], const double counter[N + 1])
{
    for (guint i = 0; i <= N; i++) {
        readings[i] = reading_none();
        readings[i].at_us = (gint64)(i + 1) * 2 * G_USEC_PER_SEC;
        readings[i].net_bytes = counter[i];
        readings[i].active_kib = 100 + i;
        readings[i].guest_updated_s = 1000 + i;
    }
}

static void assert_values(const double *values, const double expected[N])
{
    for (guint i = 0; i < N; i++)
        CU_ASSERT_TRUE(isnan(expected[i]) ? isnan(values[i]) : fabs(values[i] - expected[i]) < 1e-9);
}

static void a_rate_is_what_a_counter_grew_by_in_its_time(void)
{
    static const double counter[N + 1] = {0, 2048, 2048, 6144, 6144, 8192}, expected[N] = {1, 0, 2, 0, 1};
    Reading readings[N + 1];
    double values[N];
    fill(readings, counter);
    readings_rates(readings, N, G_STRUCT_OFFSET(Reading, net_bytes), 1 / 1024.0, values);
    assert_values(values, expected);
    readings[1].at_us += G_USEC_PER_SEC; /* a late one stands for a longer time */
    readings_rates(readings, N, G_STRUCT_OFFSET(Reading, net_bytes), 1 / 1024.0, values);
    CU_ASSERT_DOUBLE_EQUAL(values[0], 2.0 / 3, 1e-9);
}

static void a_counter_that_goes_back_is_a_gap(void)
{
    static const double counter[N + 1] = {4096, 8192, 0, 2048, NAN, 4096},
                                    expected[N] = {2, NAN, 1, NAN, NAN};
    Reading readings[N + 1];
    double values[N];
    fill(readings, counter);
    readings_rates(readings, N, G_STRUCT_OFFSET(Reading, net_bytes), 1 / 1024.0, values);
    assert_values(values, expected);
}

static void a_reading_that_failed_is_a_gap_that_the_next_one_spans(void)
{
    static const double counter[N + 1] = {0, 2048, 99999, 6144, 8192, 8192}, expected[N] = {1, NAN, 1, 1, 0};
    static const double levels[N] = {101, NAN, 103, 104, 105};
    Reading readings[N + 1];
    double values[N];
    fill(readings, counter);
    readings[2].at_us = 0;
    readings_rates(readings, N, G_STRUCT_OFFSET(Reading, net_bytes), 1 / 1024.0, values);
    assert_values(values, expected);
    readings_levels(readings, N, G_STRUCT_OFFSET(Reading, active_kib), values);
    assert_values(values, levels);
}

static void a_guest_that_says_nothing_new_is_not_measured(void)
{
    static const double counter[N + 1] = {0}, all[N] = {101, 102, 103, 104, 105};
    static const double stale[N] = {101, 102, 103, NAN, NAN}, never[N] = {NAN, NAN, NAN, NAN, NAN};
    Reading readings[N + 1];
    double values[N];
    fill(readings, counter);
    readings_active(readings, N, 1, 2, values);
    assert_values(values, all);
    for (guint i = 3; i <= N; i++) /* after the third reading */
        readings[i].guest_updated_s = readings[2].guest_updated_s;
    readings_active(readings, N, 1, 2, values);
    assert_values(values, stale);
    readings_active(readings, N, 10, 2, values); /* one that is asked more rarely */
    assert_values(values, all);
    for (guint i = 0; i <= N; i++)
        readings[i].guest_updated_s = 0;
    readings_active(readings, N, 10, 2, values);
    assert_values(values, never);
}

void test_libvirtseries_suite(void)
{
    CU_pSuite suite = CU_add_suite("libvirt series", NULL, NULL);
    CU_ADD_TEST(suite, a_rate_is_what_a_counter_grew_by_in_its_time);
    CU_ADD_TEST(suite, a_counter_that_goes_back_is_a_gap);
    CU_ADD_TEST(suite, a_reading_that_failed_is_a_gap_that_the_next_one_spans);
    CU_ADD_TEST(suite, a_guest_that_says_nothing_new_is_not_measured);
}
