/* SPDX-License-Identifier: MIT */
#include "apply/events.h"

#include "tests/unit/cunit.h"

#include <string.h>

void test_events_suite(void);

static JournalRow hostile_row(void)
{
    JournalRow row = journal_row_unknown();
    row.seq = 1;
    row.time = 0;
    row.event = EVENT_FAILED;
    row.object = "a\"] \\ \x1b[31m\n";
    return row;
}

static void names_stay_inside_their_json_string(void)
{
    JournalRow row = hostile_row();
    g_autofree char *line = events_json(&row);
    CU_ASSERT_PTR_NOT_NULL(strstr(line, "\"object\":\"a\\\"] \\\\ \\u001b[31m\\u000a\"}\n"));
    CU_ASSERT_PTR_EQUAL(strchr(line, '\n'), line + strlen(line) - 1);
}

static void names_stay_inside_their_structured_data(void)
{
    JournalRow row = hostile_row();
    g_autofree char *message = events_syslog(&row, "1970-01-01T00:00:00Z", 7);
    CU_ASSERT_TRUE(g_str_has_prefix(message, "<28>1 1970-01-01T00:00:00Z "));
    CU_ASSERT_PTR_NOT_NULL(strstr(message, " vmanger-apply 7 failed [vmanger@32473 seq=\"1\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(message, "object=\"a\\\"\\] \\\\ "));
    CU_ASSERT_PTR_NULL(strpbrk(message, "\n\x1b"));
}

static void what_acts_on_a_terminal_is_escaped_in_json_too(void)
{
    JournalRow row = hostile_row();
    row.object = "a\xc2\x9b"
                 "1m\xe2\x80\xae\xf3\xa0\x81\x81z\xc3\xa4"; /* CSI, a mark, a tag, and ä */
    g_autofree char *line = events_json(&row);
    CU_ASSERT_PTR_NOT_NULL(strstr(line, "\"object\":\"a\\u009b1m\\u202e\\udb40\\udc41z\xc3\xa4\""));
}

void test_events_suite(void)
{
    CU_pSuite suite = CU_add_suite("events", NULL, NULL);
    CU_ADD_TEST(suite, names_stay_inside_their_json_string);
    CU_ADD_TEST(suite, what_acts_on_a_terminal_is_escaped_in_json_too);
    CU_ADD_TEST(suite, names_stay_inside_their_structured_data);
}
