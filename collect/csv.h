/* SPDX-License-Identifier: MIT */
/*
 * Rows of RFC 4180 text, read strictly by libcsv (rows that have neither quote nor carriage return are just
 * split at their commas) and written with as few quotes as the format allows.
 *
 * Every error says `file:line: what was found: what was expected`. Lines are those of the text: a quoted cell
 * may hold line feeds. NUL, invalid UTF-8, a byte order mark, a blank line, a stray quote or carriage return
 * and an unterminated quote are errors; nothing is trimmed. So are cells that are separated by semicolons or
 * tabs, as spreadsheets save them where the comma is the decimal sign: only a file that people edit is read
 * as such.
 */
#ifndef COLLECT_CSV_H
#define COLLECT_CSV_H

#include "collect/error.h"

typedef struct CsvReader CsvReader;

/* opens a file ("-" is standard input), or where it is not there the encrypted one in its place (openpgp.h);
 * name is what errors call it, or NULL for the path */
CsvReader *csv_reader_open(const char *path, const char *name, GError **error);

/* reads bytes that outlive the reader as if they were a file called name */
CsvReader *csv_reader_open_bytes(const char *bytes, gsize length, const char *name, GError **error);

/* before the first row: the file may have been saved by a spreadsheet, with a byte order mark, and with
 * semicolons or tabs for commas, which its first line tells */
void csv_reader_take_sheet(CsvReader *reader);

void csv_reader_free(CsvReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CsvReader, csv_reader_free)

/* reads the next row; FALSE at the end and on an error, which is then set */
gboolean csv_reader_next(CsvReader *reader, GError **error);

/* the present row's cells, valid until the next row is read */
guint csv_reader_n_cells(const CsvReader *reader);
const char *csv_reader_cell(const CsvReader *reader, guint index);

/* the present row as it stands in the file, its line end included */
const char *csv_reader_raw(const CsvReader *reader, gsize *length);

/* what errors call the file */
const char *csv_reader_name(const CsvReader *reader);

/* the line where the present row begins, from 1 */
guint64 csv_reader_line(const CsvReader *reader);

/* sets `file:line: column: found F: expected E` for the present row; F is shown shortened and printable */
void csv_reader_fail(const CsvReader *reader, const char *column, const char *found, const char *expected,
                     GError **error);

/* SHA-256 in lower-case hex of all bytes of the file, once csv_reader_next has reached the end; the caller
 * frees it */
char *csv_reader_sha256(const CsvReader *reader);

/* appends one cell, quoted where it must be; the first cell of a row has no comma before it */
void csv_append_cell(GString *row, const char *cell, gboolean first);

#endif
