/* SPDX-License-Identifier: MIT */
/*
 * A table of a CSV file, described once: the same description reads, checks and writes it.
 *
 * Columns are found by name; unknown ones are ignored; a required one must be there and filled in every row,
 * one that is marked present must be there. Any other that is missing reads as empty. Empty cells mean 'not
 * measured' or 'not known':
 *
 *   type          field          empty
 *   CELL_ID       const char *   ""      spaces, commas, quotes and controls percent-encoded
 *   CELL_LIST     const char *   ""      ids separated by single spaces
 *   CELL_TEXT     const char *   ""      people's text: a formula is written with a leading ', read without
 *   CELL_PLAIN    const char *   ""      machine's text: digests, versions, units
 *   CELL_WORD     int            -1      index in words
 *   CELL_YES_NO   int            -1      1 yes, 0 no
 *   CELL_WHOLE    double         NAN     "unlimited" is INFINITY where the column allows the word
 *   CELL_DECIMAL  double         NAN     at most three decimals
 *   CELL_TIME     gint64         -1      seconds since 1970, written as RFC 3339 in UTC
 */
#ifndef COLLECT_TABLE_H
#define COLLECT_TABLE_H

#include "collect/csv.h"

typedef enum {
    CELL_ID, /* the first four are strings */
    CELL_LIST,
    CELL_TEXT,
    CELL_PLAIN,
    CELL_WORD,
    CELL_YES_NO,
    CELL_WHOLE,
    CELL_DECIMAL,
    CELL_TIME
} CellType;

enum { COLUMN_REQUIRED = 1, COLUMN_UNLIMITED = 2, COLUMN_SIGNED = 4, COLUMN_PRESENT = 8 };

typedef struct Column {
    const char *name;
    CellType type;
    gsize offset;             /* of the field in the row's struct */
    guint flags;              /* COLUMN_* */
    double most;              /* the largest sensible number; 0: no bound */
    const char *const *words; /* of a CELL_WORD, NULL-terminated */
} Column;

typedef struct Table {
    const char *file; /* the name of the file, as the design gives it */
    const Column *columns;
    guint n_columns;
    gboolean by_hand; /* people edit the file, in spreadsheets too: see below */
} Table;

/* In a file that people edit, any cell that a spreadsheet would rewrite is written with a leading ', whatever
 * its type, and read without; yes and no may be in capitals; a row may have more cells than the header, or
 * the header more than columns, where they are empty; a row whose cells are all empty is passed over. */

typedef struct TableReader TableReader;

/* takes the reader's present row as the header; strings of the rows are put into the pool, or, where that is
 * NULL, last until the next row; neither is owned */
TableReader *table_reader_new(const Table *table, CsvReader *csv, GStringChunk *strings, GError **error);

void table_reader_free(TableReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TableReader, table_reader_free)

/* reads the next row into the struct; FALSE at the end and on an error, which is then set */
gboolean table_reader_next(TableReader *reader, gpointer row, GError **error);

/* makes every cell of the row empty */
void table_clear_row(const Table *table, gpointer row);

/* what is wrong in a row: which column, what stands there, what should */
typedef struct RowFault {
    const char *column, *found, *expected;
} RowFault;

/* sets it; FALSE, which is what whoever finds a fault returns */
gboolean row_blame(RowFault *fault, const char *column, const char *found, const char *expected);

/* appends the header row, and a row, each with its line feed */
void table_append_header(const Table *table, GString *out);
void table_append_row(const Table *table, gconstpointer row, GString *out);

/* appends the text of one cell as it is in memory: no quotes, no leading ' */
void table_append_cell_text(const Column *column, gconstpointer row, GString *out);

/* the first column from the from-th on whose cell could not be read again once it was written, n_columns
 * where there is none: found and expected then receive what stands and what should stand there, owned by the
 * caller */
guint table_find_unreadable(const Table *table, gconstpointer row, guint from, char **found, char **expected);

/* makes one cell of the row empty */
void table_clear_cell(const Table *table, gpointer row, guint column);

/* a number of at most three decimals, as the files write it: no exponent, no needless zeros; NAN is nothing
 */
void table_append_number(GString *out, double number);

/* to the nearest thousandth, as a number is written: decisions are taken on this value */
double table_round(double number);

/* the same of all numbers of a row */
void table_round_row(const Table *table, gpointer row);

/* reads a whole or decimal number as the files write it; FALSE where it is none */
gboolean table_parse_number(const char *text, gboolean decimals, gboolean negative, double *number);

/* RFC 3339 in UTC, of the years 1970 to 2999, to seconds since 1970; FALSE where it is none */
gboolean table_parse_time(const char *text, gint64 *seconds);

/* seconds since 1970 as RFC 3339 in UTC; the caller frees it */
char *table_format_time(gint64 seconds);

#endif
