/* SPDX-License-Identifier: MIT */
#include "analyze/weekhours.h"

#include "tests/unit/cunit.h"

void test_weekhours_suite(void);

static gint64 at(const char *text, GTimeZone *zone)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, zone);
    CU_ASSERT_PTR_NOT_NULL_FATAL(time);
    return g_date_time_to_unix(time);
}

static GArray *parsed(const char *text)
{
    g_autofree char *bad = NULL;
    GArray *hours = weekhours_parse(text, &bad);
    CU_ASSERT_PTR_NOT_NULL_FATAL(hours);
    return hours;
}

static gint64 begin_of(const char *text, const char *time, GTimeZone *zone)
{
    g_autoptr(GArray) hours = parsed(text);
    return weekhours_begin(hours, at(time, zone), zone);
}

static gint64 end_of(const char *text, const char *time, GTimeZone *zone)
{
    g_autoptr(GArray) hours = parsed(text);
    return weekhours_end(hours, at(time, zone), zone);
}

/* 2026-11-27 is a Friday. */
static void hours_begin_on_their_days(void)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    CU_ASSERT_EQUAL(begin_of("Mon-Fri 08:00-18:00", "2026-11-27T07:00:00", utc),
                    at("2026-11-27T08:00:00", utc));
    CU_ASSERT_EQUAL(begin_of("Mon-Fri 08:00-18:00", "2026-11-27T08:00:00", utc),
                    at("2026-11-27T08:00:00", utc));
    CU_ASSERT_EQUAL(begin_of("Mon-Fri 08:00-18:00", "2026-11-27T12:34:56", utc),
                    at("2026-11-27T12:34:56", utc));
    CU_ASSERT_EQUAL(begin_of("Mon-Fri 08:00-18:00", "2026-11-27T18:00:00", utc),
                    at("2026-11-30T08:00:00", utc));
    CU_ASSERT_EQUAL(begin_of("Fri 08:00-18:00", "2026-11-27T18:00:00", utc), at("2026-12-04T08:00:00", utc));
    CU_ASSERT_EQUAL(begin_of("Sat-Mon 01:00-02:00", "2026-11-27T18:00:00", utc),
                    at("2026-11-28T01:00:00", utc));
    CU_ASSERT_EQUAL(begin_of(" sun  1:00-2:00 ; ", "2026-11-27T18:00:00", utc),
                    at("2026-11-29T01:00:00", utc));
    CU_ASSERT_EQUAL(begin_of("06:00-07:00", "2026-11-27T18:00:00", utc), at("2026-11-28T06:00:00", utc));
    CU_ASSERT_EQUAL(begin_of("", "2026-11-27T18:00:00", utc), G_MAXINT64);
}

static void hours_last_over_midnight(void)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    CU_ASSERT_EQUAL(begin_of("Fri 22:00-02:00", "2026-11-28T01:00:00", utc), at("2026-11-28T01:00:00", utc));
    CU_ASSERT_EQUAL(end_of("Fri 22:00-02:00", "2026-11-28T01:00:00", utc), at("2026-11-28T02:00:00", utc));
    CU_ASSERT_EQUAL(end_of("Fri 22:00-02:00", "2026-11-28T02:00:00", utc), at("2026-11-28T02:00:00", utc));
    CU_ASSERT_EQUAL(end_of("Fri 22:00-24:00; Sat 00:00-03:00; Sat 05:00-06:00", "2026-11-27T23:00:00", utc),
                    at("2026-11-28T03:00:00", utc));
    CU_ASSERT_EQUAL(end_of("00:00-24:00", "2026-11-27T23:00:00", utc), G_MAXINT64);
}

/* On 2026-03-29 clocks in Berlin go from 02:00 to 03:00, on 2026-10-25 from 03:00 to 02:00. */
static void hours_are_what_clocks_show(void)
{
    g_autoptr(GTimeZone) berlin = g_time_zone_new_identifier("CET-1CEST,M3.5.0,M10.5.0/3");
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    CU_ASSERT_PTR_NOT_NULL_FATAL(berlin);
    CU_ASSERT_EQUAL(begin_of("08:00-18:00", "2026-03-28T20:00:00", berlin), at("2026-03-29T06:00:00", utc));
    CU_ASSERT_EQUAL(begin_of("08:00-18:00", "2026-10-24T20:00:00", berlin), at("2026-10-25T07:00:00", utc));
    CU_ASSERT_EQUAL(weekhours_next("05:00", at("2026-10-24T20:00:00", berlin), berlin),
                    at("2026-10-25T04:00:00", utc));
}

static void the_next_time_of_day_is_to_come(void)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    CU_ASSERT_EQUAL(weekhours_next("05:00", at("2026-11-27T04:59:59", utc), utc),
                    at("2026-11-27T05:00:00", utc));
    CU_ASSERT_EQUAL(weekhours_next("05:00", at("2026-11-27T05:00:00", utc), utc),
                    at("2026-11-28T05:00:00", utc));
    CU_ASSERT_EQUAL(weekhours_next("24:00", at("2026-11-27T05:00:00", utc), utc),
                    at("2026-11-28T00:00:00", utc));
    CU_ASSERT_EQUAL(weekhours_next("5 o'clock", at("2026-11-27T05:00:00", utc), utc), G_MININT64);
}

static void what_are_no_hours_is_named(void)
{
    static const char *const none[] = {
        "Mon",         "Mon-Fri",           "8-18",           "08:00",     "08:60-09:00",
        "24:01-25:00", "24:00-01:00",       "Mo 08:00-09:00", "08:00-9:0", "Mon 1:00-2:00 UTC",
        "-1:00-2:00",  "Mon-Foo 1:00-2:00", "1:00-2:00-3:00"};
    for (gsize i = 0; i < G_N_ELEMENTS(none); i++) {
        g_autofree char *text = g_strconcat("Sun 01:00-02:00; ", none[i], NULL);
        g_autofree char *bad = NULL;
        CU_ASSERT_PTR_NULL(weekhours_parse(text, &bad));
        CU_ASSERT_STRING_EQUAL(bad, none[i]);
    }
}

static void hours_are_told_and_leave_gaps(void)
{
    static const struct {
        const char *hours, *words;
        guint gap; /* minutes */
    } cases[] = {
        {"Mon-Fri 08:00-18:00", "Mon-Fri 08:00-18:00", (6 + 48 + 8) * 60},
        {"22:00-02:00", "Mon-Sun 22:00-02:00", 20 * 60},
        {"Sat 22:00-02:00; Mon 06:00-24:00", "Sat 22:00-02:00; Mon 06:00-24:00", 5 * 24 * 60 - 2 * 60},
        {"00:00-24:00", "Mon-Sun 00:00-24:00", 0},
        {"", "", 7 * 24 * 60},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *bad = NULL;
        g_autoptr(GArray) hours = weekhours_parse(cases[i].hours, &bad);
        CU_ASSERT_PTR_NOT_NULL_FATAL(hours);
        g_autofree char *words = weekhours_words(hours);
        CU_ASSERT_STRING_EQUAL(words, cases[i].words);
        CU_ASSERT_EQUAL(weekhours_longest_gap(hours), cases[i].gap);
    }
}

void test_weekhours_suite(void)
{
    CU_pSuite suite = CU_add_suite("weekhours", NULL, NULL);
    CU_ADD_TEST(suite, hours_begin_on_their_days);
    CU_ADD_TEST(suite, hours_last_over_midnight);
    CU_ADD_TEST(suite, hours_are_what_clocks_show);
    CU_ADD_TEST(suite, the_next_time_of_day_is_to_come);
    CU_ADD_TEST(suite, what_are_no_hours_is_named);
    CU_ADD_TEST(suite, hours_are_told_and_leave_gaps);
}
