/* SPDX-License-Identifier: MIT */
#include "collect/sheetcell.h"
#include "tests/unit/cunit.h"

#include <math.h>
#include <string.h>

void test_sheetcell_suite(void);

static void number_is(const char *text, gboolean is_number, SheetNumber kind, double expected)
{
    double number = -7;
    gboolean ok = sheet_read_number(&(SheetCell){text, is_number}, kind, &number);
    if (!ok || number != expected)
        CU_FAIL(text);
    CU_ASSERT_TRUE(ok);
    CU_ASSERT_EQUAL(number, expected);
}

static void no_number(const char *text, gboolean is_number, SheetNumber kind)
{
    double number;
    CU_ASSERT_FALSE(sheet_read_number(&(SheetCell){text, is_number}, kind, &number));
}

static void numbers_of_a_workbook_have_a_decimal_point(void)
{
    number_is("4096", TRUE, SHEET_WHOLE, 4096);
    number_is("2.048", TRUE, SHEET_AMOUNT, 2.048);
    number_is("6.5536E4", TRUE, SHEET_WHOLE, 65536);
    number_is("8191.9999999999", TRUE, SHEET_WHOLE, 8192);
    number_is("-1", TRUE, SHEET_WHOLE, -1);
    no_number("2.048", TRUE, SHEET_WHOLE);
    no_number("1E999", TRUE, SHEET_AMOUNT);
    no_number("#N/A", TRUE, SHEET_AMOUNT);
}

static void numbers_of_a_text_have_the_signs_of_some_language(void)
{
    static const char *const thousands[] = {"16384",
                                            "16,384",
                                            "16.384",
                                            "16 384",
                                            "16'384",
                                            "16,384.0",
                                            "16.384,00",
                                            " 16384 ",
                                            "16384,0",
                                            "16\302\240384",
                                            "16\342\200\257384,00",
                                            "16\342\200\231384"};
    for (gsize i = 0; i < G_N_ELEMENTS(thousands); i++) {
        number_is(thousands[i], FALSE, SHEET_WHOLE, 16384);
        number_is(thousands[i], FALSE, SHEET_AMOUNT, 16384);
    }
    number_is("1.048.576", FALSE, SHEET_WHOLE, 1048576);
    number_is("1,048,576", FALSE, SHEET_WHOLE, 1048576);
    number_is("1.048.576,5", FALSE, SHEET_AMOUNT, 1048576.5);
    number_is("-1,0", FALSE, SHEET_WHOLE, -1);
    number_is("12,5", FALSE, SHEET_AMOUNT, 12.5);
    number_is("0.125", FALSE, SHEET_AMOUNT, 0.125);
    number_is("12.345", FALSE, SHEET_SHARE, 12.345);
    number_is("36,125 %", FALSE, SHEET_SHARE, 36.125);
    number_is("7%", FALSE, SHEET_SHARE, 7);
}

static void what_is_no_number_is_none(void)
{
    static const char *const texts[] = {"x",          "4096 MB",  "1e3",    "+1",           "1,23,456",
                                        "1,2345,678", "1.2.3",    "1,,000", "1 2",          "12,",
                                        ",5",         "--1",      "0x10",   "nan",          "1.000,000.5",
                                        "inf",        "1 000 00", "5%",     "\342\210\2225"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        no_number(texts[i], FALSE, SHEET_WHOLE);
        no_number(texts[i], FALSE, SHEET_AMOUNT);
    }
    no_number("12,5", FALSE, SHEET_WHOLE);
    g_autofree char *longest = g_strnfill(5000, '1');
    no_number(longest, FALSE, SHEET_AMOUNT);
}

static void an_empty_cell_is_not_known(void)
{
    double number = 0;
    int flag = 0;
    gint64 seconds;
    CU_ASSERT_TRUE(sheet_read_number(&(SheetCell){"", FALSE}, SHEET_WHOLE, &number) && isnan(number));
    CU_ASSERT_TRUE(sheet_read_number(&(SheetCell){" ", TRUE}, SHEET_SHARE, &number) && isnan(number));
    CU_ASSERT_TRUE(sheet_read_flag(&(SheetCell){"", FALSE}, &flag) && flag == -1);
    CU_ASSERT_FALSE(sheet_read_time(&(SheetCell){"", FALSE}, FALSE, &seconds));
}

static void yes_and_no_have_many_words(void)
{
    static const char *const yes[] = {"TRUE", "True", "true", "1", "Yes", " True ", "WAHR", "Vrai"};
    static const char *const no[] = {"FALSE", "False", "false", "0", "No", "FALSCH"};
    int flag;
    for (gsize i = 0; i < G_N_ELEMENTS(yes); i++)
        CU_ASSERT_TRUE(sheet_read_flag(&(SheetCell){yes[i], i % 2 == 0}, &flag) && flag == 1);
    for (gsize i = 0; i < G_N_ELEMENTS(no); i++)
        CU_ASSERT_TRUE(sheet_read_flag(&(SheetCell){no[i], i % 2 == 0}, &flag) && flag == 0);
    CU_ASSERT_FALSE(sheet_read_flag(&(SheetCell){"2", TRUE}, &flag));
    CU_ASSERT_FALSE(sheet_read_flag(&(SheetCell){"perhaps", FALSE}, &flag));
}

static void time_is(const char *text, gboolean is_number, gboolean from_1904, gint64 expected)
{
    gint64 seconds = -1;
    CU_ASSERT_TRUE(sheet_read_time(&(SheetCell){text, is_number}, from_1904, &seconds));
    CU_ASSERT_EQUAL(seconds, expected);
}

static void times_are_days_or_words(void)
{
    static const gint64 evening = 1795205700; /* 2026-11-20T20:15:00Z */
    static const char *const texts[] = {
        "2026-11-20 20:15:00", "2026/11/20 20:15:00",       "2026-11-20T20:15:00", "2026-11-20T20:15:00Z",
        "20.11.2026 20:15:00", "2026-11-20T21:15:00+01:00", "2026-11-20 20:15",    "20.11.2026 20:15"};
    static const char *const none[] = {"11/20/2026 20:15", "2026-13-01", "soon", "2026-11-20 25:00:00", "-5",
                                       "1969-01-01",       "3000-01-01", "1e12", "2026-11-20 8 o'clock"};
    gint64 seconds;
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        time_is(texts[i], FALSE, FALSE, evening);
    time_is("46346.84375", TRUE, FALSE, evening);
    time_is("44884.84375", TRUE, TRUE, evening);
    for (gsize i = 0; i < G_N_ELEMENTS(none); i++)
        CU_ASSERT_FALSE(sheet_read_time(&(SheetCell){none[i], FALSE}, FALSE, &seconds));
}

void test_sheetcell_suite(void)
{
    CU_pSuite suite = CU_add_suite("sheetcell", NULL, NULL);
    CU_ADD_TEST(suite, numbers_of_a_workbook_have_a_decimal_point);
    CU_ADD_TEST(suite, numbers_of_a_text_have_the_signs_of_some_language);
    CU_ADD_TEST(suite, what_is_no_number_is_none);
    CU_ADD_TEST(suite, an_empty_cell_is_not_known);
    CU_ADD_TEST(suite, yes_and_no_have_many_words);
    CU_ADD_TEST(suite, times_are_days_or_words);
}
