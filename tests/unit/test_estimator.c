/* SPDX-License-Identifier: MIT */
#include "analyze/estimator.h"
#include "tests/unit/cunit.h"

#include <math.h>
#include <string.h>

void test_estimator_suite(void);

#define WINDOW_S 300
#define MIDNIGHT (20000 * (gint64)86400) /* of a day */

/* so many windows of one value, the last of which ends then */
static void add_windows(Rollup *rollup, gint64 end, guint n, double value)
{
    for (guint i = n; i-- > 0;)
        rollup_add(rollup, end - (gint64)i * WINDOW_S, WINDOW_S, value);
}

static double estimate(Estimator estimator, const double *means, guint n)
{
    return estimator_of_means(estimator, means, n, WINDOW_S, MIDNIGHT, ROLLUP_FIRST_MHZ);
}

static void the_mean_is_of_the_last_twelve_windows(void)
{
    double means[13] = {1000, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120};
    CU_ASSERT_DOUBLE_EQUAL(estimate(ESTIMATOR_MEAN, means, 3), 343.333333, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(estimate(ESTIMATOR_MEAN, means, 13), 65, 1e-9);
    CU_ASSERT_TRUE(isnan(estimate(ESTIMATOR_MEAN, means, 0)));
}

static void a_missing_window_is_a_gap_and_no_zero(void)
{
    double means[] = {30, NAN, 60};
    CU_ASSERT_DOUBLE_EQUAL(estimate(ESTIMATOR_MEAN, means, 3), 45, 1e-9);
    /* 300 s and a gap of 300 s before: weights 1 and 2^(-600/900) */
    double older = exp2(-600.0 / 900);
    CU_ASSERT_DOUBLE_EQUAL(estimate(ESTIMATOR_EWMA, means, 3), (30 * older + 60) / (older + 1), 1e-9);
}

static void windows_of_more_than_a_day_ago_are_no_part_of_the_mean(void)
{
    Rollup rollup;
    rollup_init(&rollup, ROLLUP_FIRST_MHZ);
    add_windows(&rollup, MIDNIGHT - 86400 + WINDOW_S, 2, 90);
    add_windows(&rollup, MIDNIGHT, 2, 10);
    CU_ASSERT_DOUBLE_EQUAL(estimator_of(ESTIMATOR_MEAN, &rollup), 110.0 / 3, 1e-9);
    rollup_add(&rollup, MIDNIGHT + WINDOW_S, WINDOW_S, 10);
    CU_ASSERT_DOUBLE_EQUAL(estimator_of(ESTIMATOR_MEAN, &rollup), 10, 1e-9);
    rollup_clear(&rollup);
}

static void one_window_that_is_as_old_as_another_is_passed_over(void)
{
    Rollup rollup;
    rollup_init(&rollup, ROLLUP_FIRST_MHZ);
    add_windows(&rollup, MIDNIGHT, 1, 10);
    add_windows(&rollup, MIDNIGHT, 1, 90);
    add_windows(&rollup, MIDNIGHT - 60, 1, 90);
    CU_ASSERT_EQUAL(rollup.n_recent, 1);
    CU_ASSERT_DOUBLE_EQUAL(estimator_of(ESTIMATOR_MEAN, &rollup), 10, 1e-9);
    rollup_clear(&rollup);
}

/* With no whole hour to choose by, the half-life is 15 minutes, three windows. */
static void ewma_halves_a_windows_weight_with_each_half_life(void)
{
    double means[] = {80, 0, 0, 20};
    const double weight[] = {0.5, exp2(-2.0 / 3), exp2(-1.0 / 3), 1};
    double sum = weight[0] + weight[1] + weight[2] + weight[3];
    CU_ASSERT_DOUBLE_EQUAL(estimate(ESTIMATOR_EWMA, means, 4), (80 * 0.5 + 20) / sum, 1e-9);
}

/* A series that steps from hour to hour is foreseen best by its last window, one of noise by long means. */
static void ewma_goes_by_the_half_life_that_erred_least(void)
{
    Rollup steps, noise;
    rollup_init(&steps, ROLLUP_FIRST_MHZ);
    rollup_init(&noise, ROLLUP_FIRST_MHZ);
    for (int i = 0; i < 12 * 48; i++) {
        gint64 end = MIDNIGHT + (gint64)(i + 1) * WINDOW_S;
        rollup_add(&steps, end, WINDOW_S, i % 12 < 6 ? 1000 + 100 * (i / 12) : 1100 + 100 * (i / 12));
        rollup_add(&noise, end, WINDOW_S, i % 2 ? 400 : 600);
    }
    CU_ASSERT_DOUBLE_EQUAL(estimator_of(ESTIMATOR_EWMA, &steps), 1100 + 100 * 47, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(estimator_of(ESTIMATOR_EWMA, &noise), 500, 12);
    rollup_clear(&steps);
    rollup_clear(&noise);
}

/* Buckets begin at 0, 25, 51.25, 78.8125, 107.753 … MHz. */
static void a_percentile_is_the_end_of_its_bucket(void)
{
    double means[20];
    for (guint i = 0; i < 20; i++)
        means[i] = i < 18 ? 30 : i == 18 ? 60 : 100;
    CU_ASSERT_DOUBLE_EQUAL(estimate(ESTIMATOR_P90 + 2, means, 20), 78.8125, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(estimate(ESTIMATOR_P99, means, 20), 107.753125, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(estimate(ESTIMATOR_PEAK, means, 20), 107.753125, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(estimate(ESTIMATOR_P90, means, 18), 51.25, 1e-6);
}

static void a_day_halves_what_weighs_in_a_histogram_and_ten_forget_it(void)
{
    Rollup rollup;
    rollup_init(&rollup, ROLLUP_FIRST_MHZ);
    add_windows(&rollup, MIDNIGHT, 1, 1000);
    add_windows(&rollup, MIDNIGHT + 86400, 1, 30);
    CU_ASSERT_DOUBLE_EQUAL(rollup.buckets[rollup.n_buckets - 1], 0.5, 1e-6);
    CU_ASSERT_TRUE(estimator_of(ESTIMATOR_PEAK, &rollup) > 1000);
    add_windows(&rollup, MIDNIGHT + 10 * (gint64)86400, 1, 30);
    CU_ASSERT_DOUBLE_EQUAL(estimator_of(ESTIMATOR_PEAK, &rollup), 51.25, 1e-6);
    CU_ASSERT_EQUAL(rollup.n_buckets, 1);
    rollup_clear(&rollup);
}

static void half_hours_hide_peaks_and_are_in_no_histogram(void)
{
    Rollup rollup;
    rollup_init(&rollup, ROLLUP_FIRST_MHZ);
    rollup_add(&rollup, MIDNIGHT, 1800, 1000);
    CU_ASSERT_DOUBLE_EQUAL(estimator_of(ESTIMATOR_PEAK, &rollup), 1000, 1e-9);
    add_windows(&rollup, MIDNIGHT + WINDOW_S, 1, 30);
    CU_ASSERT_DOUBLE_EQUAL(estimator_of(ESTIMATOR_PEAK, &rollup), 51.25, 1e-6);
    rollup_clear(&rollup);
}

/* Three days: in the first hour 100, 200, 300, else 0. A day counts half of the one after it. */
static void seasonal_is_the_same_hour_of_earlier_days(void)
{
    Rollup rollup;
    rollup_init(&rollup, ROLLUP_FIRST_MHZ);
    for (int i = 0; i < 3 * 288; i++)
        rollup_add(&rollup, MIDNIGHT + (gint64)(i + 1) * WINDOW_S, WINDOW_S,
                   i % 288 < 12 ? 100 * (i / 288 + 1) : 0);
    CU_ASSERT_DOUBLE_EQUAL(estimator_of(ESTIMATOR_SEASONAL, &rollup), (25 + 100 + 300) / 1.75, 1e-6);
    add_windows(&rollup, MIDNIGHT + 3 * (gint64)86400 + 1800, 6, 0); /* half past: half of each hour */
    CU_ASSERT_DOUBLE_EQUAL(estimator_of(ESTIMATOR_SEASONAL, &rollup), (25 + 100 + 300) / 1.75 / 2, 1e-6);
    rollup_clear(&rollup);
}

static void seasonal_is_ewma_before_there_is_an_earlier_day(void)
{
    double means[] = {80, 0, 0, 20};
    CU_ASSERT_EQUAL(estimate(ESTIMATOR_SEASONAL, means, 4), estimate(ESTIMATOR_EWMA, means, 4));
}

static void each_estimator_has_a_name(void)
{
    CU_ASSERT_STRING_EQUAL(estimator_names[ESTIMATOR_MEAN], "mean");
    CU_ASSERT_STRING_EQUAL(estimator_names[ESTIMATOR_P90 + 5], "p95");
    CU_ASSERT_STRING_EQUAL(estimator_names[ESTIMATOR_P99], "p99");
    CU_ASSERT_STRING_EQUAL(estimator_names[ESTIMATOR_PEAK], "peak");
    CU_ASSERT_STRING_EQUAL(estimator_names[ESTIMATOR_SEASONAL], "seasonal");
    CU_ASSERT_PTR_NULL(estimator_names[N_ESTIMATORS]);
}

void test_estimator_suite(void)
{
    CU_pSuite suite = CU_add_suite("estimator", NULL, NULL);
    CU_ADD_TEST(suite, the_mean_is_of_the_last_twelve_windows);
    CU_ADD_TEST(suite, a_missing_window_is_a_gap_and_no_zero);
    CU_ADD_TEST(suite, windows_of_more_than_a_day_ago_are_no_part_of_the_mean);
    CU_ADD_TEST(suite, one_window_that_is_as_old_as_another_is_passed_over);
    CU_ADD_TEST(suite, ewma_halves_a_windows_weight_with_each_half_life);
    CU_ADD_TEST(suite, ewma_goes_by_the_half_life_that_erred_least);
    CU_ADD_TEST(suite, a_percentile_is_the_end_of_its_bucket);
    CU_ADD_TEST(suite, a_day_halves_what_weighs_in_a_histogram_and_ten_forget_it);
    CU_ADD_TEST(suite, half_hours_hide_peaks_and_are_in_no_histogram);
    CU_ADD_TEST(suite, seasonal_is_the_same_hour_of_earlier_days);
    CU_ADD_TEST(suite, seasonal_is_ewma_before_there_is_an_earlier_day);
    CU_ADD_TEST(suite, each_estimator_has_a_name);
}
