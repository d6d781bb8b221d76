/* SPDX-License-Identifier: MIT */
#include "collect/table.h"

#include "collect/escape.h"
#include "collect/nearest.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define ABSENT G_MAXUINT
#define LAST_YEAR 2999    /* so that a time and what a series or a plan adds to it can still be written */
#define MOST_WRITTEN 9e15 /* whose thousandths are an integer */

struct TableReader {
    const Table *table;
    CsvReader *csv;
    GStringChunk *strings;
    guint *cell_of; /* for each column, the cell that holds it, or ABSENT */
    guint n_cells;  /* of the header: every row has as many */
    char last_time[sizeof "2026-11-21T20:15:00Z"];
    gint64 last_seconds; /* of last_time */
    GString *expected;   /* the end of an error's sentence, made where one is needed */
};

static gboolean find_column(TableReader *reader, guint index, GError **error)
{
    const Column *column = &reader->table->columns[index];
    reader->cell_of[index] = ABSENT;
    for (guint cell = 0; cell < reader->n_cells; cell++) {
        if (strcmp(csv_reader_cell(reader->csv, cell), column->name) != 0)
            continue;
        if (reader->cell_of[index] != ABSENT) {
            csv_reader_fail(reader->csv, "header", column->name, "each column once", error);
            return FALSE;
        }
        reader->cell_of[index] = cell;
    }
    if (reader->cell_of[index] == ABSENT && column->flags & (COLUMN_REQUIRED | COLUMN_PRESENT)) {
        g_set_error(error, VMANGER_ERROR, 0,
                    "%s:%" G_GUINT64_FORMAT ": %s: found no such column: expected a column %s",
                    csv_reader_name(reader->csv), csv_reader_line(reader->csv), column->name, column->name);
        return FALSE;
    }
    return TRUE;
}

/* How many cells the present row has, those left out that are empty and stand beyond `least`. */
static guint filled_cells(const CsvReader *csv, guint least)
{
    guint n = csv_reader_n_cells(csv);
    while (n > least && !*csv_reader_cell(csv, n - 1))
        n--;
    return n;
}

TableReader *table_reader_new(const Table *table, CsvReader *csv, GStringChunk *strings, GError **error)
{
    g_autoptr(TableReader) reader = g_new0(TableReader, 1);
    reader->table = table;
    reader->csv = csv;
    reader->strings = strings;
    reader->cell_of = g_new(guint, table->n_columns);
    reader->n_cells = table->by_hand ? filled_cells(csv, 1) : csv_reader_n_cells(csv);
    reader->expected = g_string_new(NULL);
    for (guint i = 0; i < table->n_columns; i++)
        if (!find_column(reader, i, error))
            return NULL;
    return g_steal_pointer(&reader);
}

void table_reader_free(TableReader *reader)
{
    if (!reader)
        return;
    g_string_free(reader->expected, TRUE);
    g_free(reader->cell_of);
    g_free(reader);
}

gboolean table_parse_number(const char *text, gboolean decimals, gboolean negative, double *number)
{
    const char *at = text;
    gboolean minus = negative && *at == '-';
    if (minus)
        at++;
    gint64 thousandths = 0;
    int digits = 0;
    for (; g_ascii_isdigit(*at); at++) {
        thousandths = thousandths * 10 + (*at - '0');
        if (++digits > 15)
            return FALSE;
    }
    if (digits == 0)
        return FALSE;
    int places = 0;
    if (decimals && *at == '.') {
        for (at++; g_ascii_isdigit(*at) && places < 3; at++, places++)
            thousandths = thousandths * 10 + (*at - '0');
        if (places == 0)
            return FALSE;
    }
    if (*at)
        return FALSE;
    static const double scale[] = {1, 10, 100, 1000};
    *number = (double)(minus ? -thousandths : thousandths) / scale[places];
    return TRUE;
}

/* The number that two digits are. */
static int two_digits(const char *text)
{
    return (text[0] - '0') * 10 + text[1] - '0';
}

gboolean table_parse_time(const char *text, gint64 *seconds)
{
    static const char form[] = "0000-00-00T00:00:00Z";
    for (guint i = 0; i < sizeof form; i++)
        if (form[i] == '0' ? !g_ascii_isdigit(text[i]) : text[i] != form[i])
            return FALSE;
    int year = two_digits(text) * 100 + two_digits(text + 2), month = two_digits(text + 5);
    int day = two_digits(text + 8), hour = two_digits(text + 11), minute = two_digits(text + 14);
    int second = two_digits(text + 17);
    g_autoptr(GDateTime) time = g_date_time_new_utc(year, month, day, hour, minute, second);
    if (!time || year < 1970 || year > LAST_YEAR)
        return FALSE;
    *seconds = g_date_time_to_unix(time);
    return TRUE;
}

char *table_format_time(gint64 seconds)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);
    return time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : g_strdup("");
}

double table_round(double number)
{
    return isfinite(number) ? round(number * 1000) / 1000 : number;
}

void table_round_row(const Table *table, gpointer row)
{
    for (guint i = 0; i < table->n_columns; i++) {
        double *number = (gpointer)((char *)row + table->columns[i].offset);
        if (table->columns[i].type == CELL_WHOLE || table->columns[i].type == CELL_DECIMAL)
            *number = table_round(*number);
    }
}

void table_append_number(GString *out, double number)
{
    if (isnan(number))
        return;
    if (isinf(number)) {
        g_string_append(out, "unlimited");
        return;
    }
    if (fabs(number) > MOST_WRITTEN) { /* which none reads; as digits all the same */
        g_string_append_printf(out, "%.0f", number);
        return;
    }
    gint64 thousandths = llround(fabs(number) * 1000);
    gint64 left = thousandths / 1000;
    int fraction = (int)(thousandths % 1000);
    /* Written from its end: printf would take half of a writer's time. */
    char digits[32];
    char *at = digits + sizeof digits;
    if (fraction) {
        int places = 3;
        for (; fraction % 10 == 0; fraction /= 10)
            places--;
        for (; places > 0; places--, fraction /= 10)
            *--at = (char)('0' + fraction % 10);
        *--at = '.';
    }
    do
        *--at = (char)('0' + left % 10);
    while (left /= 10);
    if (number < 0 && thousandths)
        *--at = '-';
    g_string_append_len(out, at, digits + sizeof digits - at);
}

static gboolean list_is_clean(const char *list)
{
    gsize length = strlen(list);
    if (list[0] == ' ' || list[length - 1] == ' ' || strstr(list, "  "))
        return FALSE;
    for (const char *at = list; *at; at++)
        if ((guchar)*at < ' ' || *at == ',' || *at == '"')
            return FALSE;
    return strchr("=+-@'#", list[0]) == NULL;
}

/* what a filled cell should have been, or NULL where it is right and has been stored */
static const char *parse_string(TableReader *reader, const Column *column, const char *cell,
                                const char **field)
{
    if (*cell == '\'' && (column->type == CELL_TEXT || reader->table->by_hand))
        cell++;
    switch (column->type) {
    case CELL_ID:
        if (!escape_id_is_clean(cell))
            return "an id with space, comma, quote, control and a first = + - @ ' # percent-encoded";
        break;
    case CELL_LIST:
        if (!list_is_clean(cell))
            return "ids separated by single spaces";
        *field = reader->strings ? g_string_chunk_insert_const(reader->strings, cell) : cell;
        return NULL;
    default:
        break;
    }
    /* A lone ' is empty text, which must not stay within the reader's row. */
    *field = !*cell ? "" : reader->strings ? g_string_chunk_insert(reader->strings, cell) : cell;
    return NULL;
}

static const char *parse_word(const Column *column, const char *cell, int *field, GString *expected)
{
    for (int i = 0; column->words[i]; i++) {
        if (column->words[i][0] == cell[0] && strcmp(column->words[i], cell) == 0) {
            *field = i;
            return NULL;
        }
    }
    g_autofree char *words = nearest_expected(cell, column->words);
    g_string_append(expected, words);
    return expected->str;
}

static const char *parse_number(const Column *column, const char *cell, double *field, GString *expected)
{
    gboolean decimals = column->type == CELL_DECIMAL;
    if (column->flags & COLUMN_UNLIMITED && strcmp(cell, "unlimited") == 0) {
        *field = INFINITY;
        return NULL;
    }
    gboolean ok = table_parse_number(cell, decimals, (column->flags & COLUMN_SIGNED) != 0, field);
    if (ok && (column->most <= 0 || fabs(*field) <= column->most))
        return NULL;
    g_string_append(expected, decimals ? "a number with at most three decimals" : "a whole number");
    if (column->most > 0) {
        g_string_append(expected, column->flags & COLUMN_SIGNED ? ", its size at most " : " from 0 to ");
        table_append_number(expected, column->most);
    }
    if (column->flags & COLUMN_UNLIMITED)
        g_string_append(expected, ", or unlimited");
    return expected->str;
}

/* Neighbouring rows hold the same time more often than not. */
static gboolean parse_time(TableReader *reader, const char *cell, gint64 *seconds)
{
    if (strcmp(cell, reader->last_time) != 0) {
        if (!table_parse_time(cell, &reader->last_seconds)) {
            reader->last_time[0] = '\0';
            return FALSE;
        }
        g_strlcpy(reader->last_time, cell, sizeof reader->last_time);
    }
    *seconds = reader->last_seconds;
    return TRUE;
}

/* A spreadsheet makes a capital of the first letter that is typed into a cell. */
static const char *parse_yes_no(const char *cell, gboolean capitals, int *field)
{
    int (*compare)(const char *, const char *) = capitals ? g_ascii_strcasecmp : strcmp;
    *field = compare(cell, "yes") == 0;
    return *field || compare(cell, "no") == 0 ? NULL : "yes or no";
}

/* what a cell should have been, or NULL where it is right and has been stored */
static const char *parse_cell(TableReader *reader, const Column *column, const char *cell, gpointer field)
{
    switch (column->type) {
    case CELL_WORD:
        return parse_word(column, cell, field, reader->expected);
    case CELL_YES_NO:
        return parse_yes_no(cell, reader->table->by_hand, field);
    case CELL_WHOLE:
    case CELL_DECIMAL:
        return parse_number(column, cell, field, reader->expected);
    case CELL_TIME:
        return parse_time(reader, cell, field) ? NULL : "a time in UTC as 2026-11-21T20:15:00Z";
    default:
        return parse_string(reader, column, cell, field);
    }
}

static void clear_cell(const Column *column, char *row)
{
    gpointer field = row + column->offset;
    switch (column->type) {
    case CELL_WORD:
    case CELL_YES_NO:
        *(int *)field = -1;
        break;
    case CELL_WHOLE:
    case CELL_DECIMAL:
        *(double *)field = NAN;
        break;
    case CELL_TIME:
        *(gint64 *)field = -1;
        break;
    default:
        *(const char **)field = "";
    }
}

void table_clear_cell(const Table *table, gpointer row, guint column)
{
    clear_cell(&table->columns[column], row);
}

void table_clear_row(const Table *table, gpointer row)
{
    for (guint i = 0; i < table->n_columns; i++)
        clear_cell(&table->columns[i], row);
}

gboolean row_blame(RowFault *fault, const char *column, const char *found, const char *expected)
{
    *fault = (RowFault){column, found, expected};
    return FALSE;
}

/* The next row; in a file that people edit, the next one in which anything stands. */
static gboolean next_row(const TableReader *reader, GError **error)
{
    do
        if (!csv_reader_next(reader->csv, error))
            return FALSE;
    while (reader->table->by_hand && filled_cells(reader->csv, 0) == 0);
    return TRUE;
}

gboolean table_reader_next(TableReader *reader, gpointer row, GError **error)
{
    if (!next_row(reader, error))
        return FALSE;
    guint n_cells =
        reader->table->by_hand ? filled_cells(reader->csv, reader->n_cells) : csv_reader_n_cells(reader->csv);
    if (n_cells != reader->n_cells) {
        g_autofree char *found = g_strdup_printf("%u cells", csv_reader_n_cells(reader->csv));
        g_autofree char *expected = g_strdup_printf("%u, as the header has", reader->n_cells);
        csv_reader_fail(reader->csv, "row", found, expected, error);
        return FALSE;
    }
    for (guint i = 0; i < reader->table->n_columns; i++) {
        const Column *column = &reader->table->columns[i];
        const char *cell =
            reader->cell_of[i] == ABSENT ? "" : csv_reader_cell(reader->csv, reader->cell_of[i]);
        clear_cell(column, row);
        if (!*cell && !(column->flags & COLUMN_REQUIRED))
            continue;
        const char *wrong =
            *cell ? parse_cell(reader, column, cell, (char *)row + column->offset) : "a value";
        if (wrong) {
            csv_reader_fail(reader->csv, column->name, cell, wrong, error);
            return FALSE;
        }
    }
    return TRUE;
}

void table_append_header(const Table *table, GString *out)
{
    for (guint i = 0; i < table->n_columns; i++)
        csv_append_cell(out, table->columns[i].name, i == 0);
    g_string_append_c(out, '\n');
}

void table_append_cell_text(const Column *column, gconstpointer row, GString *out)
{
    gconstpointer field = (const char *)row + column->offset;
    switch (column->type) {
    case CELL_WORD:
        if (*(const int *)field >= 0)
            g_string_append(out, column->words[*(const int *)field]);
        break;
    case CELL_YES_NO:
        if (*(const int *)field >= 0)
            g_string_append(out, *(const int *)field ? "yes" : "no");
        break;
    case CELL_WHOLE:
    case CELL_DECIMAL:
        table_append_number(out, *(const double *)field);
        break;
    case CELL_TIME:
        if (*(const gint64 *)field >= 0) {
            g_autofree char *time = table_format_time(*(const gint64 *)field);
            g_string_append(out, time);
        }
        break;
    default:
        g_string_append(out, *(const char *const *)field);
    }
}

guint table_find_unreadable(const Table *table, gconstpointer row, guint from, char **found, char **expected)
{
    g_autoptr(GString) cell = g_string_new(NULL);
    g_autoptr(GString) words = g_string_new(NULL);
    TableReader reader = {.table = table, .expected = words};
    for (guint i = from; i < table->n_columns; i++) {
        const Column *column = &table->columns[i];
        max_align_t field; /* has room for any cell; nobody reads it */
        g_string_truncate(cell, 0);
        g_string_truncate(words, 0);
        table_append_cell_text(column, row, cell);
        const char *wrong = cell->len > 0                     ? parse_cell(&reader, column, cell->str, &field)
                            : column->flags & COLUMN_REQUIRED ? "a value"
                                                              : NULL;
        if (!wrong)
            continue;
        *found = g_strdup(cell->str);
        *expected = g_strdup(wrong);
        return i;
    }
    return table->n_columns;
}

/* a string as it goes into a file: quoted where it must be, shielded from spreadsheets */
static void append_string_cell(const Table *table, const Column *column, const char *text, GString *out)
{
    gboolean shield = table->by_hand              ? escape_is_rewritten(text)
                      : column->type == CELL_TEXT ? escape_is_formula(text)
                                                  : FALSE;
    g_autofree char *marked = shield ? g_strconcat("'", text, NULL) : NULL;
    csv_append_cell(out, marked ? marked : text, TRUE);
}

void table_append_row(const Table *table, gconstpointer row, GString *out)
{
    for (guint i = 0; i < table->n_columns; i++) {
        const Column *column = &table->columns[i];
        gconstpointer field = (const char *)row + column->offset;
        if (i > 0)
            g_string_append_c(out, ',');
        if (column->type <= CELL_PLAIN)
            append_string_cell(table, column, *(const char *const *)field, out);
        else
            table_append_cell_text(column, row, out); /* words, numbers and times need no quotes */
    }
    g_string_append_c(out, '\n');
}
