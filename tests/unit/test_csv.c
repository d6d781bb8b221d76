/* SPDX-License-Identifier: MIT */
#include "collect/csv.h"
#include "collect/digest.h"
#include "tests/unit/cunit.h"

#include <string.h>

void test_csv_suite(void);

/* all rows as text: cells between | and rows on lines; NULL and the error where the text is refused */
static char *rows_of(const char *text, gsize length, GError **error)
{
    g_autoptr(CsvReader) csv = csv_reader_open_bytes(text, length, "in.csv", error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(csv);
    g_autoptr(GString) rows = g_string_new(NULL);
    g_autoptr(GError) failure = NULL;
    while (csv_reader_next(csv, &failure)) {
        for (guint i = 0; i < csv_reader_n_cells(csv); i++)
            g_string_append_printf(rows, "%s%s", i ? "|" : "", csv_reader_cell(csv, i));
        g_string_append_printf(rows, "@%d\n", (int)csv_reader_line(csv));
    }
    if (failure) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    return g_strdup(rows->str);
}

static void reads_as(const char *text, const char *expected)
{
    g_autofree char *rows = rows_of(text, strlen(text), NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rows);
    CU_ASSERT_STRING_EQUAL(rows, expected);
}

static void refuse_bytes(const char *text, gsize length, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *rows = rows_of(text, length, &error);
    CU_ASSERT_PTR_NULL(rows);
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_STRING_EQUAL(error->message, message);
}

static void refused(const char *text, const char *message)
{
    refuse_bytes(text, strlen(text), message);
}

static void plain_rows_are_split_at_commas(void)
{
    reads_as("a,b\nc,d\n", "a|b@1\nc|d@2\n");
    reads_as("a,,\n,\n", "a||@1\n|@2\n");
    reads_as(" a , b\n", " a | b@1\n");
    reads_as("a,b", "a|b@1\n");
    reads_as("", "");
    reads_as("h\xc3\xb6st,b\n", "h\xc3\xb6st|b@1\n");
}

static void quoted_cells_may_hold_commas_quotes_and_lines(void)
{
    reads_as("\"a,b\",\"say \"\"x\"\"\"\nc,d\n", "a,b|say \"x\"@1\nc|d@2\n");
    reads_as("\"a\nb\",c\nd,e\n", "a\nb|c@1\nd|e@3\n");
    reads_as("\"a\r\nb\",\"\"\r\n", "a\r\nb|@1\n");
    reads_as("\"last\"", "last@1\n");
}

static void lines_may_end_in_crlf(void)
{
    reads_as("a,b\r\nc,d\r\n", "a|b@1\nc|d@2\n");
}

static void bad_bytes_are_named_by_line_and_place(void)
{
    refused("\xef\xbb\xbf"
            "a\n",
            "in.csv:1: found a byte order mark: expected UTF-8 without one");
    refuse_bytes("a,b\nc,\0d\n", 9, "in.csv:2: found byte 0x00 at byte 3 of the line: expected UTF-8 text");
    refuse_bytes("abcdefgh\0\n", 10, "in.csv:1: found byte 0x00 at byte 9 of the line: expected UTF-8 text");
    refuse_bytes("abc\0efghij\n", 11, "in.csv:1: found byte 0x00 at byte 4 of the line: expected UTF-8 text");
    refused("a,b\nc,\xff\n", "in.csv:2: found byte 0xff at byte 3 of the line: expected UTF-8 text");
    refused("abcdefghijkl\xc3\n", "in.csv:1: found byte 0xc3 at byte 13 of the line: expected UTF-8 text");
}

static void rows_that_are_no_csv_are_named_by_line(void)
{
    refused("a,b\n\nc,d\n", "in.csv:2: found a blank line: expected a row");
    refused("a,b\nc,\"d\n\ne", "in.csv:2: found a quote that is never closed: expected a closing quote");
    refused("a,b\rc,d\n",
            "in.csv:1: found a carriage return without a line feed: expected lines that end in LF or CRLF");
    g_autoptr(GError) error = NULL;
    g_autofree char *rows = rows_of("a\nb\"c,d\n", 9, &error);
    CU_ASSERT_PTR_NULL(rows);
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "in.csv:2: found a stray quote near byte"));
}

static void the_raw_row_and_the_sum_are_of_the_files_bytes(void)
{
    static const char text[] = "a,b\n\"c\nd\",e\r\n";
    g_autoptr(CsvReader) csv = csv_reader_open_bytes(text, strlen(text), "in.csv", NULL);
    gsize length = 0;
    CU_ASSERT_TRUE_FATAL(csv_reader_next(csv, NULL));
    const char *raw = csv_reader_raw(csv, &length);
    CU_ASSERT_EQUAL(length, 4);
    CU_ASSERT_EQUAL(memcmp(raw, "a,b\n", 4), 0);
    CU_ASSERT_TRUE_FATAL(csv_reader_next(csv, NULL));
    raw = csv_reader_raw(csv, &length);
    CU_ASSERT_EQUAL(length, strlen(text) - 4);
    CU_ASSERT_EQUAL(memcmp(raw, text + 4, length), 0);
    CU_ASSERT_FALSE(csv_reader_next(csv, NULL));
    g_autofree char *sum = csv_reader_sha256(csv), *expected = digest_of(text, strlen(text));
    CU_ASSERT_STRING_EQUAL(sum, expected);
}

static void rows_of_many_and_long_cells_are_whole(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < 1000; i++)
        g_string_append_printf(text, "%s%d", i ? "," : "", i);
    g_string_append_c(text, '\n');
    g_autofree char *name = g_strnfill(10000, 'n');
    g_string_append_printf(text, "%s,\"%s\"\n", name, name);
    g_autoptr(CsvReader) csv = csv_reader_open_bytes(text->str, text->len, "in.csv", NULL);
    CU_ASSERT_TRUE_FATAL(csv_reader_next(csv, NULL));
    CU_ASSERT_EQUAL_FATAL(csv_reader_n_cells(csv), 1000);
    CU_ASSERT_STRING_EQUAL(csv_reader_cell(csv, 999), "999");
    CU_ASSERT_TRUE_FATAL(csv_reader_next(csv, NULL));
    CU_ASSERT_STRING_EQUAL(csv_reader_cell(csv, 0), name);
    CU_ASSERT_STRING_EQUAL(csv_reader_cell(csv, 1), name);
}

static void what_was_written_is_read_back(void)
{
    static const char *const cells[] = {"plain", "", "a,b", "say \"x\"", "two\nlines", "cr\r", " space "};
    g_autoptr(GString) row = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cells); i++)
        csv_append_cell(row, cells[i], i == 0);
    g_string_append_c(row, '\n');
    g_autoptr(CsvReader) csv = csv_reader_open_bytes(row->str, row->len, "in.csv", NULL);
    CU_ASSERT_TRUE_FATAL(csv_reader_next(csv, NULL));
    CU_ASSERT_EQUAL_FATAL(csv_reader_n_cells(csv), G_N_ELEMENTS(cells));
    for (guint i = 0; i < G_N_ELEMENTS(cells); i++)
        CU_ASSERT_STRING_EQUAL(csv_reader_cell(csv, i), cells[i]);
}

static void what_a_spreadsheet_saved_may_have_commas_in_its_headings(void)
{
    static const char text[] = "\xef\xbb\xbfVM;owner, team;Memory\nweb;Kate, Ops;4096\n";
    g_autoptr(CsvReader) csv = csv_reader_open_bytes(text, strlen(text), "in.csv", NULL);
    csv_reader_take_sheet(csv);
    CU_ASSERT_TRUE_FATAL(csv_reader_next(csv, NULL));
    CU_ASSERT_EQUAL_FATAL(csv_reader_n_cells(csv), 3);
    CU_ASSERT_STRING_EQUAL(csv_reader_cell(csv, 0), "VM");
    CU_ASSERT_TRUE_FATAL(csv_reader_next(csv, NULL));
    CU_ASSERT_EQUAL_FATAL(csv_reader_n_cells(csv), 3);
    CU_ASSERT_STRING_EQUAL(csv_reader_cell(csv, 1), "Kate, Ops");
}

void test_csv_suite(void)
{
    CU_pSuite suite = CU_add_suite("csv", NULL, NULL);
    CU_ADD_TEST(suite, plain_rows_are_split_at_commas);
    CU_ADD_TEST(suite, quoted_cells_may_hold_commas_quotes_and_lines);
    CU_ADD_TEST(suite, lines_may_end_in_crlf);
    CU_ADD_TEST(suite, bad_bytes_are_named_by_line_and_place);
    CU_ADD_TEST(suite, rows_that_are_no_csv_are_named_by_line);
    CU_ADD_TEST(suite, the_raw_row_and_the_sum_are_of_the_files_bytes);
    CU_ADD_TEST(suite, rows_of_many_and_long_cells_are_whole);
    CU_ADD_TEST(suite, what_was_written_is_read_back);
    CU_ADD_TEST(suite, what_a_spreadsheet_saved_may_have_commas_in_its_headings);
}
