/* SPDX-License-Identifier: MIT */
#include "apply/changewindow.h"

#include "analyze/weekhours.h"
#include "collect/csv.h"
#include "tests/unit/cunit.h"

#include <math.h>
#include <string.h>

void test_changewindow_suite(void);

#define NOON 1795780800 /* 2026-11-27T12:00:00Z, a Friday */

static ChangeWindow *window_of(const char *until, const char *max_duration, const char *blackout,
                               GError **error)
{
    static GTimeZone *utc;
    g_autofree char *bad = NULL;
    g_autoptr(GArray) hours = weekhours_parse(blackout, &bad);
    utc = utc ? utc : g_time_zone_new_utc();
    return changewindow_new(until, max_duration, hours, NOON, utc, error);
}

/* when it closes, by its words; 0: never */
static gint64 closing(const char *until, const char *max_duration, const char *blackout)
{
    g_autoptr(ChangeWindow) window = window_of(until, max_duration, blackout, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(window);
    g_autofree char *text = changewindow_text(window);
    if (!text)
        return 0;
    g_auto(GStrv) parts = g_strsplit_set(text, "()", 3);
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(parts[1], NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(time);
    return g_date_time_to_unix(time);
}

static void the_first_bound_closes_it(void)
{
    CU_ASSERT_EQUAL(closing(NULL, NULL, ""), 0);
    CU_ASSERT_EQUAL(closing("13:00", NULL, ""), NOON + 3600);
    CU_ASSERT_EQUAL(closing("11:00", NULL, ""), NOON + 23 * 3600);
    CU_ASSERT_EQUAL(closing("2026-11-27T14:00:00+01:00", NULL, ""), NOON + 3600);
    CU_ASSERT_EQUAL(closing("13:00", "1m", "Mon-Fri 12:30-18:00"), NOON + 60);
    CU_ASSERT_EQUAL(closing("13:00", "2h", "Mon-Fri 12:30-18:00"), NOON + 1800);
    CU_ASSERT_EQUAL(closing(NULL, NULL, "Sat 00:00-24:00"), NOON + 12 * 3600);
}

static void it_says_when_it_closes_and_why(void)
{
    g_autoptr(ChangeWindow) never = window_of(NULL, NULL, "", NULL),
                            soon = window_of("13:00", NULL, "Fri 12:30-14:00", NULL);
    g_autofree char *text = changewindow_text(soon);
    CU_ASSERT_PTR_NULL(changewindow_text(never));
    CU_ASSERT_STRING_EQUAL(text, "2026-11-27 12:30:00 UTC (2026-11-27T12:30:00Z), by [apply] blackout");
}

static void no_window_is_opened_that_is_over(void)
{
    static const struct {
        const char *until, *duration, *blackout, *message;
    } cases[] = {
        {"2026-11-27T12:00:00Z", NULL, "",
         "--until: found \"2026-11-27T12:00:00Z\": expected a time to come"},
        {"tomorrow", NULL, "", "--until: found \"tomorrow\": expected a time as 05:00 (local)"},
        {"2026-11-27T12:00:00", NULL, "", "--until: found \"2026-11-27T12:00:00\": expected a time as"},
        {NULL, NULL, "Fri 11:00-13:00", "it is over: 2026-11-27 13:00:00 UTC"},
        {NULL, NULL, "00:00-24:00", "expected to be run when it is over: never"},
        {NULL, "0", "",
         "--max-duration: found \"0\": expected seconds, or as 90m, 24h, 7d or 2w, from 1s to 365d"},
        {NULL, "2 h", "", "--max-duration: found \"2 h\""},
        {NULL, "h", "", "--max-duration: found \"h\""},
        {NULL, "9999999h", "", "--max-duration: found \"9999999h\""},
        {NULL, "99999999999999999999", "", "--max-duration: found"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        CU_ASSERT_PTR_NULL(window_of(cases[i].until, cases[i].duration, cases[i].blackout, &error));
        CU_ASSERT_PTR_NOT_NULL_FATAL(error);
        CU_ASSERT_PTR_NOT_NULL(strstr(error->message, cases[i].message));
    }
}

static void a_step_starts_that_is_expected_to_end_in_time(void)
{
    g_autoptr(ChangeWindow) window = window_of(NULL, "100", "", NULL);
    PlanRow step = {.action = ACTION_MIGRATE, .est_s = 40};
    CU_ASSERT_TRUE(changewindow_allows(window, &step, NOON));
    CU_ASSERT_TRUE(changewindow_allows(window, &step, NOON + 60));
    CU_ASSERT_FALSE(changewindow_allows(window, &step, NOON + 61));
}

static void what_steps_took_calibrates_what_others_of_their_action_are_expected_to(void)
{
    g_autoptr(ChangeWindow) window = window_of(NULL, "100", "", NULL);
    PlanRow step = {.action = ACTION_MIGRATE, .est_s = 40},
            other = {.action = ACTION_ADD_MEMORY, .est_s = 40},
            unknown = {.action = ACTION_MIGRATE, .est_s = NAN};
    CU_ASSERT_TRUE(changewindow_allows(window, &unknown, NOON + 100));
    changewindow_learn(window, &step, 60);
    changewindow_learn(window, &step, 100); /* twice as long as expected, 80 s each */
    CU_ASSERT_TRUE(changewindow_allows(window, &step, NOON + 20));
    CU_ASSERT_FALSE(changewindow_allows(window, &step, NOON + 21));
    CU_ASSERT_TRUE(changewindow_allows(window, &unknown, NOON + 20));
    CU_ASSERT_FALSE(changewindow_allows(window, &unknown, NOON + 21));
    CU_ASSERT_TRUE(changewindow_allows(window, &other, NOON + 60));
}

static void that_steps_end_sooner_is_believed_of_three(void)
{
    g_autoptr(ChangeWindow) window = window_of(NULL, "100", "", NULL);
    PlanRow step = {.action = ACTION_MIGRATE, .est_s = 40};
    changewindow_learn(window, &step, 20);
    changewindow_learn(window, &step, 20);
    CU_ASSERT_FALSE(changewindow_allows(window, &step, NOON + 61));
    changewindow_learn(window, &step, 20);
    CU_ASSERT_TRUE(changewindow_allows(window, &step, NOON + 80));
    CU_ASSERT_FALSE(changewindow_allows(window, &step, NOON + 81));
}

void test_changewindow_suite(void)
{
    CU_pSuite suite = CU_add_suite("changewindow", NULL, NULL);
    CU_ADD_TEST(suite, the_first_bound_closes_it);
    CU_ADD_TEST(suite, it_says_when_it_closes_and_why);
    CU_ADD_TEST(suite, no_window_is_opened_that_is_over);
    CU_ADD_TEST(suite, a_step_starts_that_is_expected_to_end_in_time);
    CU_ADD_TEST(suite, what_steps_took_calibrates_what_others_of_their_action_are_expected_to);
    CU_ADD_TEST(suite, that_steps_end_sooner_is_believed_of_three);
}
