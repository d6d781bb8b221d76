/* SPDX-License-Identifier: MIT */
/*
 * Rows of a spreadsheet, and what their cells mean. A workbook holds numbers with a decimal point, whatever
 * it shows; a number that was saved as text has the signs of some language: thousands grouped by points,
 * commas, spaces or apostrophes, decimals behind a comma.
 */
#ifndef COLLECT_SHEETCELL_H
#define COLLECT_SHEETCELL_H

#include "collect/error.h"

typedef struct SheetCell {
    const char *text;   /* "" where it is empty */
    gboolean is_number; /* the text is a number as workbooks hold it */
} SheetCell;

typedef struct SheetRow {
    const char *sheet;  /* what errors call it: "export.xlsx: vInfo", or a CSV file's path */
    gboolean of_csv;    /* number is a line of that file, not a row as spreadsheets number them */
    gboolean from_1904; /* dates count from 1904, not from 1900 */
    guint64 number;     /* from 1 */
    const SheetCell *cells;
    guint n_cells;
} SheetRow;

/* takes one row, valid during the call only; FALSE with the error set ends the reading */
typedef gboolean SheetTake(const SheetRow *row, gpointer data, GError **error);

/* sets `SHEET: row N: COLUMN: found F: expected E`, of a CSV file `FILE:N: COLUMN: …`; FALSE */
gboolean sheet_fail(const SheetRow *row, const char *column, const char *found, const char *expected,
                    GError **error);

typedef enum {
    SHEET_WHOLE,  /* a fraction is none: a size that a spreadsheet took for one is not taken for another */
    SHEET_AMOUNT, /* three digits behind the only sign are a group, as in 2.048 */
    SHEET_SHARE   /* the only sign is that of decimals; a % may follow */
} SheetNumber;

/* reads a number, NAN where the cell is empty; FALSE where it holds none */
gboolean sheet_read_number(const SheetCell *cell, SheetNumber kind, double *number);

/* reads TRUE, True, WAHR, 1, yes … as 1, FALSE, 0, no … as 0, an empty cell as -1; FALSE for anything else */
gboolean sheet_read_flag(const SheetCell *cell, int *flag);

/* reads a serial number of days, 2026-11-21 20:15:00 (also with / or T, and with a zone; without one it is
 * UTC) or 21.11.2026 20:15:00 as seconds since 1970; FALSE for anything else, and for years before 1970 and
 * after 2999 */
gboolean sheet_read_time(const SheetCell *cell, gboolean from_1904, gint64 *seconds);

#endif
