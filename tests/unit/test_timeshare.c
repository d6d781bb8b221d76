/* SPDX-License-Identifier: MIT */
#include "plan/timeshare.h"

#include <CUnit/CUnit.h>

#define HOUR_US (3600LL * G_USEC_PER_SEC)

void test_timeshare_suite(void);

static void without_a_limit_no_piece_has_one(void)
{
    TimeShare share = {.left = 3, .side_by_side = 2};
    CU_ASSERT_EQUAL(time_share_next(&share), 0);
    CU_ASSERT_FALSE(time_share_is_over(0));
}

/* of five pieces, two at once, that take no time: the first may take a third, then two at a time have half of
 * what is left each, and the last may take all */
static void what_a_piece_leaves_falls_to_later_ones(void)
{
    TimeShare share = {.left = 5, .side_by_side = 2};
    const int parts[] = {3, 2, 2, 1, 1};
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        gint64 before = g_get_monotonic_time();
        share.end_us = before + HOUR_US;
        gint64 end = time_share_next(&share), after = g_get_monotonic_time();
        CU_ASSERT_TRUE(end >= before + HOUR_US / parts[i] - 1);
        CU_ASSERT_TRUE(end <= after + HOUR_US / parts[i]);
    }
}

/* more pieces than were counted, and time that is over, still have an end */
static void late_pieces_end_at_once(void)
{
    TimeShare share = {.left = 0, .side_by_side = 2, .end_us = 1};
    gint64 end = time_share_next(&share);
    CU_ASSERT_TRUE(end > 0);
    CU_ASSERT_TRUE(time_share_is_over(end));
    CU_ASSERT_TRUE(time_share_seconds(end) > 0);
}

void test_timeshare_suite(void)
{
    CU_pSuite suite = CU_add_suite("timeshare", NULL, NULL);
    CU_add_test(suite, "without a limit no piece has one", without_a_limit_no_piece_has_one);
    CU_add_test(suite, "what a piece leaves falls to later ones", what_a_piece_leaves_falls_to_later_ones);
    CU_add_test(suite, "late pieces end at once", late_pieces_end_at_once);
}
