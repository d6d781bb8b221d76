/* SPDX-License-Identifier: MIT */
#include "collect/csv.h"

#include "collect/digest.h"
#include "collect/escape.h"
#include "collect/openpgp.h"

#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define READ_BYTES (256 * 1024)

struct CsvReader {
    FILE *file;
    char *name;
    struct csv_parser parser;
    Digest *digest;
    char *line_bytes; /* getline's buffer: the line fed last */
    size_t line_size;
    GString *raw;       /* the row's bytes where it spans several lines; else empty */
    gsize line_length;  /* of the line fed last */
    guint64 lines_read; /* lines fed so far */
    guint64 row_line;   /* where the present row begins */
    char *text;         /* the present row's cells, each followed by a NUL */
    gsize text_length, text_room;
    gsize *starts; /* where each cell begins in text */
    guint n_cells, cells_room;
    guint rows_ended; /* rows that the present line ended: more than one is a stray carriage return */
    gboolean multiline;
    char separator;
    char *plain; /* of an encrypted file: what it holds; else NULL */
    gsize plain_length;
    gboolean sheet; /* what a spreadsheet saved is taken */
};

static int never(unsigned char c)
{
    (void)c;
    return 0;
}

static CsvReader *reader_new(FILE *file, const char *name, GError **error)
{
    CsvReader *reader = g_new0(CsvReader, 1);
    reader->file = file;
    setvbuf(file, NULL, _IOFBF, READ_BYTES);
    reader->name = g_strdup(name);
    reader->digest = digest_new();
    reader->raw = g_string_new(NULL);
    reader->separator = ',';
    if (csv_init(&reader->parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: not enough memory", name);
        csv_reader_free(reader);
        return NULL;
    }
    csv_set_space_func(&reader->parser, never);
    csv_set_blk_size(&reader->parser, 4096);
    return reader;
}

static CsvReader *open_encrypted(const char *path, GError **error)
{
    gsize length;
    char *plain = openpgp_decrypt(path, &length, error);
    CsvReader *reader = plain ? csv_reader_open_bytes(plain, length, path, error) : NULL;
    if (!reader) {
        openpgp_wipe(plain, plain ? length : 0);
        return NULL;
    }
    reader->plain = plain;
    reader->plain_length = length;
    return reader;
}

CsvReader *csv_reader_open(const char *path, const char *name, GError **error)
{
    if (strcmp(path, "-") == 0)
        return reader_new(stdin, name ? name : "standard input", error);
    g_autofree char *stands = openpgp_path(path);
    if (openpgp_is_encrypted(stands))
        return open_encrypted(stands, error);
    FILE *file = fopen(path, "re");
    if (!file) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: cannot be read: %s", name ? name : path, g_strerror(errno));
        return NULL;
    }
    return reader_new(file, name ? name : path, error);
}

CsvReader *csv_reader_open_bytes(const char *bytes, gsize length, const char *name, GError **error)
{
    /* fmemopen refuses a length of zero before POSIX 2008; an empty file reads the same. */
    FILE *file = length ? fmemopen((void *)bytes, length, "r") : fopen("/dev/null", "re");
    if (!file) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: cannot be read: %s", name, g_strerror(errno));
        return NULL;
    }
    return reader_new(file, name, error);
}

void csv_reader_take_sheet(CsvReader *reader)
{
    reader->sheet = TRUE;
}

void csv_reader_free(CsvReader *reader)
{
    if (!reader)
        return;
    if (reader->file != stdin)
        fclose(reader->file);
    openpgp_wipe(reader->plain, reader->plain_length);
    csv_free(&reader->parser);
    digest_free(reader->digest);
    g_string_free(reader->raw, TRUE);
    g_free(reader->text);
    g_free(reader->starts);
    free(reader->line_bytes);
    g_free(reader->name);
    g_free(reader);
}

static void fail_at(const CsvReader *reader, guint64 line, const char *found, const char *expected,
                    GError **error)
{
    g_set_error(error, VMANGER_ERROR, 0, "%s:%" G_GUINT64_FORMAT ": found %s: expected %s", reader->name,
                line, found, expected);
}

/* Makes room for a cell of that length behind the others; returns where its bytes go. */
static char *add_cell(CsvReader *reader, gsize length)
{
    if (reader->n_cells == reader->cells_room) {
        reader->cells_room = MAX(64, reader->cells_room * 2);
        reader->starts = g_renew(gsize, reader->starts, reader->cells_room);
    }
    gsize start = reader->text_length, end = start + length;
    if (end >= reader->text_room) {
        reader->text_room = MAX(1024, end * 2);
        reader->text = g_realloc(reader->text, reader->text_room);
    }
    reader->starts[reader->n_cells++] = start;
    reader->text[end] = '\0';
    reader->text_length = end + 1;
    return reader->text + start;
}

static void cell_ended(void *bytes, size_t length, void *data)
{
    char *cell = add_cell(data, length);
    if (length)
        memcpy(cell, bytes, length);
}

static void row_ended(int terminator, void *data)
{
    (void)terminator;
    CsvReader *reader = data;
    reader->rows_ended++;
}

/* Nearly every line is: eight bytes at a time, none zero, none above 127. */
static gboolean is_ascii(const char *bytes, gsize length)
{
    const guint64 ones = G_GUINT64_CONSTANT(0x0101010101010101), tops = ones << 7;
    guint64 bad = 0;
    for (; length >= sizeof bad; bytes += sizeof bad, length -= sizeof bad) {
        guint64 word;
        memcpy(&word, bytes, sizeof word);
        bad |= ((word - ones) | word) & tops;
    }
    for (; length > 0; bytes++, length--)
        bad |= *bytes <= 0;
    return bad == 0;
}

/* What separates the cells of this first line: a comma where there is one, in what a spreadsheet saved the
 * sign that there are most of, since a heading may hold the others. */
static char separator_of(const char *line, gsize length, gboolean sheet)
{
    static const char separators[] = {',', ';', '\t'};
    gsize counts[G_N_ELEMENTS(separators)] = {0}, best = 0;
    for (gsize at = 0; at < length; at++)
        for (gsize i = 0; i < G_N_ELEMENTS(separators); i++)
            counts[i] += line[at] == separators[i];
    for (gsize i = 1; i < G_N_ELEMENTS(separators); i++)
        if (sheet || counts[best] == 0)
            best = counts[i] > counts[best] ? i : best;
    return separators[best];
}

/* Takes off a byte order mark and finds what separates cells; an error where the file may have neither. */
static gboolean take_first_line(CsvReader *reader, GError **error)
{
    char *line = reader->line_bytes;
    if (reader->line_length >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
        if (!reader->sheet) {
            fail_at(reader, 1, "a byte order mark", "UTF-8 without one", error);
            return FALSE;
        }
        reader->line_length -= 3;
        memmove(line, line + 3, reader->line_length + 1);
    }
    reader->separator = separator_of(line, reader->line_length, reader->sheet);
    if (reader->separator != ',' && !reader->sheet) {
        fail_at(reader, 1,
                reader->separator == ';' ? "cells separated by semicolons" : "cells separated by tabs",
                "commas: a spreadsheet saved this file; use it as it was before", error);
        return FALSE;
    }
    csv_set_delim(&reader->parser, (guchar)reader->separator);
    return TRUE;
}

static gboolean check_line(const CsvReader *reader, gboolean row_begins, GError **error)
{
    const char *line = reader->line_bytes;
    gsize length = reader->line_length;
    const char *bad = NULL;
    if (!is_ascii(line, length) && !g_utf8_validate_len(line, length, &bad)) {
        g_autofree char *found = g_strdup_printf("byte 0x%02x at byte %ld of the line", (unsigned char)*bad,
                                                 (long)(bad - line) + 1);
        fail_at(reader, reader->lines_read, found, "UTF-8 text", error);
        return FALSE;
    }
    if (row_begins && (line[0] == '\n' || line[0] == '\r')) {
        fail_at(reader, reader->lines_read, "a blank line", "a row", error);
        return FALSE;
    }
    return TRUE;
}

/* A whole row without quotes and carriage returns is its text between commas, and nearly all rows are such:
 * the parser, which looks at every byte, would take a third of analyze's time. FALSE where it must look. */
static gboolean split_line(CsvReader *reader)
{
    const char *at = reader->line_bytes, *end = at + reader->line_length;
    if (memchr(at, '"', reader->line_length) || memchr(at, '\r', reader->line_length))
        return FALSE;
    if (end > at && end[-1] == '\n')
        end--;
    for (;;) {
        const char *comma = memchr(at, reader->separator, (gsize)(end - at));
        gsize length = (gsize)((comma ? comma : end) - at);
        memcpy(add_cell(reader, length), at, length);
        if (!comma)
            break;
        at = comma + 1;
    }
    reader->rows_ended++;
    return TRUE;
}

static gboolean lacks_memory(const CsvReader *reader, GError **error)
{
    g_set_error(error, VMANGER_ERROR, 0, "%s:%" G_GUINT64_FORMAT ": cannot be read: not enough memory",
                reader->name, reader->lines_read);
    return FALSE;
}

static gboolean feed_line(CsvReader *reader, GError **error)
{
    gsize used =
        csv_parse(&reader->parser, reader->line_bytes, reader->line_length, cell_ended, row_ended, reader);
    if (used != reader->line_length && csv_error(&reader->parser) == CSV_ENOMEM)
        return lacks_memory(reader, error);
    if (used != reader->line_length) {
        g_autofree char *found = g_strdup_printf("a stray quote near byte %zu of the line", used);
        fail_at(reader, reader->lines_read, found, "quotes around a whole cell, doubled inside it", error);
        return FALSE;
    }
    if (reader->rows_ended > 1) {
        fail_at(reader, reader->lines_read, "a carriage return without a line feed",
                "lines that end in LF or CRLF", error);
        return FALSE;
    }
    return TRUE;
}

static gboolean end_of_file(CsvReader *reader, gboolean row_begins, GError **error)
{
    if (ferror(reader->file)) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: cannot be read: %s", reader->name, g_strerror(errno));
        return FALSE;
    }
    if (csv_fini(&reader->parser, cell_ended, row_ended, reader) != 0) {
        if (csv_error(&reader->parser) == CSV_ENOMEM)
            return lacks_memory(reader, error);
        fail_at(reader, reader->row_line, "a quote that is never closed", "a closing quote", error);
        return FALSE;
    }
    return !row_begins && reader->rows_ended > 0;
}

gboolean csv_reader_next(CsvReader *reader, GError **error)
{
    reader->text_length = 0;
    g_string_truncate(reader->raw, 0);
    reader->n_cells = 0;
    reader->rows_ended = 0;
    reader->multiline = FALSE;
    reader->row_line = reader->lines_read + 1;
    for (;;) {
        gboolean row_begins = reader->lines_read + 1 == reader->row_line;
        errno = 0;
        ssize_t length = getline(&reader->line_bytes, &reader->line_size, reader->file);
        if (length < 0)
            return end_of_file(reader, row_begins, error);
        reader->line_length = (gsize)length;
        reader->lines_read++;
        digest_update(reader->digest, reader->line_bytes, reader->line_length);
        if (reader->lines_read == 1 && !take_first_line(reader, error))
            return FALSE;
        if (!check_line(reader, row_begins, error))
            return FALSE;
        if (!(row_begins && split_line(reader)) && !feed_line(reader, error))
            return FALSE;
        gboolean ended = reader->rows_ended > 0;
        if (!ended || !row_begins) {
            reader->multiline = TRUE;
            g_string_append_len(reader->raw, reader->line_bytes, (gssize)reader->line_length);
        }
        if (ended)
            return TRUE;
    }
}

guint csv_reader_n_cells(const CsvReader *reader)
{
    return reader->n_cells;
}

const char *csv_reader_cell(const CsvReader *reader, guint index)
{
    return reader->text + reader->starts[index];
}

const char *csv_reader_raw(const CsvReader *reader, gsize *length)
{
    *length = reader->multiline ? reader->raw->len : reader->line_length;
    return reader->multiline ? reader->raw->str : reader->line_bytes;
}

const char *csv_reader_name(const CsvReader *reader)
{
    return reader->name;
}

guint64 csv_reader_line(const CsvReader *reader)
{
    return reader->row_line;
}

void csv_reader_fail(const CsvReader *reader, const char *column, const char *found, const char *expected,
                     GError **error)
{
    g_autofree char *shown = escape_for_message(found);
    g_set_error(error, VMANGER_ERROR, 0, "%s:%" G_GUINT64_FORMAT ": %s: found %s: expected %s", reader->name,
                reader->row_line, column, shown, expected);
}

char *csv_reader_sha256(const CsvReader *reader)
{
    return digest_hex(reader->digest);
}

void csv_append_cell(GString *row, const char *cell, gboolean first)
{
    if (!first)
        g_string_append_c(row, ',');
    if (!strpbrk(cell, ",\"\r\n")) {
        g_string_append(row, cell);
        return;
    }
    gsize length = strlen(cell);
    gsize start = row->len;
    g_string_set_size(row, start + csv_write(NULL, 0, cell, length));
    csv_write(row->str + start, row->len - start, cell, length);
}
