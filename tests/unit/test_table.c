/* SPDX-License-Identifier: MIT */
#include "collect/table.h"
#include "tests/unit/cunit.h"

#include <math.h>
#include <string.h>

void test_table_suite(void);

typedef struct Row {
    const char *id, *list, *text, *plain;
    int word, yes_no;
    double whole, decimal;
    gint64 time;
} Row;

static const char *const words[] = {"red", "green", NULL};
#define AT(member) G_STRUCT_OFFSET(Row, member)
static const Column columns[] = {
    {"id", CELL_ID, AT(id), COLUMN_REQUIRED, 0, NULL},
    {"list", CELL_LIST, AT(list), 0, 0, NULL},
    {"text", CELL_TEXT, AT(text), 0, 0, NULL},
    {"plain", CELL_PLAIN, AT(plain), 0, 0, NULL},
    {"word", CELL_WORD, AT(word), 0, 0, words},
    {"yes_no", CELL_YES_NO, AT(yes_no), 0, 0, NULL},
    {"whole", CELL_WHOLE, AT(whole), COLUMN_UNLIMITED, 1000, NULL},
    {"decimal", CELL_DECIMAL, AT(decimal), COLUMN_SIGNED, 0, NULL},
    {"time", CELL_TIME, AT(time), 0, 0, NULL},
};
static const Table table = {"test.csv", columns, G_N_ELEMENTS(columns), FALSE};
#define HEADER "id,list,text,plain,word,yes_no,whole,decimal,time\n"

static gboolean read_row(const char *text, GStringChunk *strings, Row *row, GError **error)
{
    g_autoptr(CsvReader) csv = csv_reader_open_bytes(text, strlen(text), "test.csv", NULL);
    CU_ASSERT_TRUE_FATAL(csv_reader_next(csv, NULL));
    g_autoptr(TableReader) reader = table_reader_new(&table, csv, strings, error);
    return reader && table_reader_next(reader, row, error);
}

static void refused(const char *text, const char *part)
{
    Row row;
    g_autoptr(GError) error = NULL;
    g_autoptr(GStringChunk) strings = g_string_chunk_new(100);
    CU_ASSERT_FALSE(read_row(text, strings, &row, &error));
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, part));
    if (!strstr(error->message, part))
        g_printerr("\n  message: %s\n  lacks:   %s\n", error->message, part);
}

static void every_type_reads_back_as_it_was_written(void)
{
    Row row = {"vm-1", "a b", "=x, \"y\"", "z", 1, 0, INFINITY, -0.125, 1795292100}, read;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GStringChunk) strings = g_string_chunk_new(100);
    table_append_header(&table, text);
    table_append_row(&table, &row, text);
    CU_ASSERT_STRING_EQUAL(text->str, HEADER
                           "vm-1,a b,\"'=x, \"\"y\"\"\",z,green,no,unlimited,-0.125,2026-11-21T20:15:00Z\n");
    CU_ASSERT_TRUE_FATAL(read_row(text->str, strings, &read, NULL));
    CU_ASSERT_STRING_EQUAL(read.list, row.list);
    CU_ASSERT_STRING_EQUAL(read.text, row.text);
    CU_ASSERT_STRING_EQUAL(read.plain, row.plain);
    CU_ASSERT_EQUAL(read.word, 1);
    CU_ASSERT_EQUAL(read.yes_no, 0);
    CU_ASSERT_TRUE(isinf(read.whole));
    CU_ASSERT_EQUAL(read.decimal, -0.125);
    CU_ASSERT_EQUAL(read.time, row.time);
}

/* read_row has freed the reader by the time that the text is looked at */
static void a_lone_quote_is_empty_text_that_outlives_the_reader(void)
{
    Row row;
    g_autoptr(GStringChunk) strings = g_string_chunk_new(100);
    CU_ASSERT_TRUE_FATAL(read_row("id,text\nx,'\n", strings, &row, NULL));
    CU_ASSERT_STRING_EQUAL(row.text, "");
}

static void a_column_that_must_be_present_may_be_empty(void)
{
    static const Column present[] = {{"id", CELL_ID, AT(id), COLUMN_REQUIRED, 0, NULL},
                                     {"text", CELL_TEXT, AT(text), COLUMN_PRESENT, 0, NULL}};
    static const Table strict = {"test.csv", present, G_N_ELEMENTS(present), FALSE};
    static const char *const texts[] = {"id,text\nx,\n", "id\nx\n"};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(CsvReader) csv = csv_reader_open_bytes(texts[i], strlen(texts[i]), "test.csv", NULL);
        CU_ASSERT_TRUE_FATAL(csv_reader_next(csv, NULL));
        g_autoptr(TableReader) reader = table_reader_new(&strict, csv, NULL, &error);
        CU_ASSERT_EQUAL(reader != NULL, i == 0);
        CU_ASSERT_EQUAL(error == NULL, i == 0);
    }
}

static void empty_cells_and_missing_columns_are_not_known(void)
{
    static const char *const texts[] = {HEADER "x,,,,,,,,\n", "id\nx\n", "other,id\n?,x\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        Row row;
        g_autoptr(GStringChunk) strings = g_string_chunk_new(100);
        CU_ASSERT_TRUE_FATAL(read_row(texts[i], strings, &row, NULL));
        CU_ASSERT_STRING_EQUAL(row.id, "x");
        CU_ASSERT_STRING_EQUAL(row.list, "");
        CU_ASSERT_EQUAL(row.word, -1);
        CU_ASSERT_EQUAL(row.yes_no, -1);
        CU_ASSERT_TRUE(isnan(row.whole) && isnan(row.decimal));
        CU_ASSERT_EQUAL(row.time, -1);
    }
}

static void every_bad_cell_names_line_and_column(void)
{
    refused(HEADER ",,,,,,,,\n", "test.csv:2: id: found nothing: expected a value");
    refused(HEADER "a b,,,,,,,,\n", "test.csv:2: id: found \"a b\": expected an id");
    refused(HEADER "=a,,,,,,,,\n", "test.csv:2: id:");
    refused(HEADER "x,a  b,,,,,,,\n",
            "test.csv:2: list: found \"a  b\": expected ids separated by single spaces");
    refused(HEADER "x,,,,blue,,,,\n", "test.csv:2: word: found \"blue\": expected one of red, green");
    refused(HEADER "x,,,,,true,,,\n", "test.csv:2: yes_no: found \"true\": expected yes or no");
    refused(HEADER "x,,,,,,1.5,,\n",
            "test.csv:2: whole: found \"1.5\": expected a whole number from 0 to 1000, or "
            "unlimited");
    refused(HEADER "x,,,,,,1001,,\n", "test.csv:2: whole");
    refused(HEADER "x,,,,,,-1,,\n", "test.csv:2: whole");
    refused(HEADER "x,,,,,,,1e3,\n", "test.csv:2: decimal: found \"1e3\"");
    refused(HEADER "x,,,,,,,0.1234,\n", "test.csv:2: decimal");
    refused(HEADER "x,,,,,,,unlimited,\n", "test.csv:2: decimal");
    refused(HEADER "x,,,,,,,,2026-11-21\n", "test.csv:2: time: found \"2026-11-21\": expected a time in UTC");
    refused(HEADER "x,,,,,,,,2026-02-30T00:00:00Z\n", "test.csv:2: time");
}

static void bad_headers_and_ragged_rows_are_named(void)
{
    refused("list,text\na,b\n", "test.csv:1: id: found no such column: expected a column id");
    refused("id,id\na,b\n", "test.csv:1: header: found \"id\": expected each column once");
    refused(HEADER "x,y\n", "test.csv:2: row: found \"2 cells\": expected 9, as the header has");
}

static void numbers_are_parsed_strictly(void)
{
    static const char *const bad[] = {"",   "-",    ".5",    "5.",  "+5",  " 5",
                                      "5 ", "0x10", "1,000", "nan", "inf", "1234567890123456"};
    double number;
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        CU_ASSERT_FALSE(table_parse_number(bad[i], TRUE, TRUE, &number));
    CU_ASSERT_TRUE(table_parse_number("-12.05", TRUE, TRUE, &number));
    CU_ASSERT_EQUAL(number, -12.05);
    CU_ASSERT_FALSE(table_parse_number("-1", TRUE, FALSE, &number));
    CU_ASSERT_FALSE(table_parse_number("1.0", FALSE, FALSE, &number));
}

static void numbers_are_written_without_exponent_or_needless_zeros(void)
{
    static const struct {
        double number;
        const char *text;
    } cases[] = {{0, "0"},          {-0.0001, "0"},         {1.5, "1.5"},
                 {-1.25, "-1.25"},  {0.1 + 0.2, "0.3"},     {1e14, "100000000000000"},
                 {2.0005, "2.001"}, {0.05, "0.05"},         {10, "10"},
                 {NAN, ""},         {INFINITY, "unlimited"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        table_append_number(out, cases[i].number);
        CU_ASSERT_STRING_EQUAL(out->str, cases[i].text);
    }
}

static void a_rounded_number_is_what_its_text_reads_as(void)
{
    static const double numbers[] = {1.0 / 3, 2e9 / 7, 12345.6785, 99.9995, 0.0005};
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        double read = 0;
        table_append_number(out, numbers[i]);
        CU_ASSERT_TRUE(table_parse_number(out->str, TRUE, FALSE, &read));
        CU_ASSERT_EQUAL(read, table_round(numbers[i]));
    }
}

void test_table_suite(void)
{
    CU_pSuite suite = CU_add_suite("table", NULL, NULL);
    CU_ADD_TEST(suite, every_type_reads_back_as_it_was_written);
    CU_ADD_TEST(suite, empty_cells_and_missing_columns_are_not_known);
    CU_ADD_TEST(suite, a_lone_quote_is_empty_text_that_outlives_the_reader);
    CU_ADD_TEST(suite, a_column_that_must_be_present_may_be_empty);
    CU_ADD_TEST(suite, every_bad_cell_names_line_and_column);
    CU_ADD_TEST(suite, bad_headers_and_ragged_rows_are_named);
    CU_ADD_TEST(suite, numbers_are_parsed_strictly);
    CU_ADD_TEST(suite, numbers_are_written_without_exponent_or_needless_zeros);
    CU_ADD_TEST(suite, a_rounded_number_is_what_its_text_reads_as);
}
