/* SPDX-License-Identifier: MIT */
#include "collect/spreadsheet.h"

#include "collect/csv.h"
#include "collect/escape.h"
#include "collect/workbook.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define MOST_UTF16_BYTES (512L * 1024 * 1024)

struct Spreadsheet {
    char *path;
    Workbook *workbook; /* NULL: a directory */
    GPtrArray *tabs;    /* char *: the tabs' names, or the files' */
    gint64 changed;
};

/* ---- names ---- */

/* "vInfo" is the name itself, or stands at its end behind "tab" or what is neither letter nor digit. */
static gboolean names_tab(const char *name, const char *tab)
{
    gsize length = strlen(name), tail = strlen(tab);
    if (length < tail || g_ascii_strncasecmp(name + length - tail, tab, tail) != 0)
        return FALSE;
    const char *before = name + length - tail;
    return before == name || !g_ascii_isalnum(before[-1]) ||
           (before - name >= 3 && g_ascii_strncasecmp(before - 3, "tab", 3) == 0);
}

static gboolean is_tab(const Spreadsheet *spreadsheet, guint index, const char *tab)
{
    g_autofree char *name = g_strdup(g_ptr_array_index(spreadsheet->tabs, index));
    if (!spreadsheet->workbook)
        *strrchr(name, '.') = '\0';
    return names_tab(g_strstrip(name), tab);
}

/* The first tab of that name from an index on, and where there is none the number of tabs. */
static guint find_tab(const Spreadsheet *spreadsheet, const char *tab, guint from)
{
    while (from < spreadsheet->tabs->len && !is_tab(spreadsheet, from, tab))
        from++;
    return from;
}

static gboolean is_csv(const char *name)
{
    gsize length = strlen(name);
    return length > 4 && g_ascii_strcasecmp(name + length - 4, ".csv") == 0;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* ---- opening ---- */

static gboolean list_directory(Spreadsheet *spreadsheet, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(GDir) directory = g_dir_open(spreadsheet->path, 0, &failure);
    if (!directory) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: cannot be read: %s", spreadsheet->path, failure->message);
        return FALSE;
    }
    for (const char *name; (name = g_dir_read_name(directory));)
        if (is_csv(name))
            g_ptr_array_add(spreadsheet->tabs, g_strdup(name));
    g_ptr_array_sort(spreadsheet->tabs, compare_names);
    for (guint i = 0; i < spreadsheet->tabs->len; i++) {
        g_autofree char *path =
            g_build_filename(spreadsheet->path, g_ptr_array_index(spreadsheet->tabs, i), NULL);
        GStatBuf about;
        if (g_stat(path, &about) == 0)
            spreadsheet->changed = MAX(spreadsheet->changed, (gint64)about.st_mtime);
    }
    return TRUE;
}

static gboolean open_workbook(Spreadsheet *spreadsheet, const GStatBuf *about, GError **error)
{
    if (is_csv(spreadsheet->path)) {
        g_set_error(
            error, VMANGER_ERROR, 0,
            "%s: found one CSV file: expected the directory that holds those of all tabs, or a workbook "
            "(.xlsx)",
            spreadsheet->path);
        return FALSE;
    }
    spreadsheet->changed = (gint64)about->st_mtime;
    spreadsheet->workbook = workbook_open(spreadsheet->path, spreadsheet->path, error);
    if (!spreadsheet->workbook)
        return FALSE;
    for (guint i = 0; i < workbook_n_tabs(spreadsheet->workbook); i++)
        g_ptr_array_add(spreadsheet->tabs, g_strdup(workbook_tab(spreadsheet->workbook, i)));
    return TRUE;
}

Spreadsheet *spreadsheet_open(const char *path, GError **error)
{
    g_autoptr(Spreadsheet) spreadsheet = g_new0(Spreadsheet, 1);
    spreadsheet->path = g_strdup(path);
    spreadsheet->tabs = g_ptr_array_new_with_free_func(g_free);
    GStatBuf about;
    if (g_stat(path, &about) != 0) {
        g_set_error(error, VMANGER_ERROR, 0,
                    "%s: cannot be read: %s: expected a workbook (.xlsx) or a directory of CSV files", path,
                    g_strerror(errno));
        return NULL;
    }
    gboolean ok = S_ISDIR(about.st_mode) ? list_directory(spreadsheet, error)
                                         : open_workbook(spreadsheet, &about, error);
    return ok ? g_steal_pointer(&spreadsheet) : NULL;
}

void spreadsheet_free(Spreadsheet *spreadsheet)
{
    if (!spreadsheet)
        return;
    workbook_free(spreadsheet->workbook);
    g_ptr_array_unref(spreadsheet->tabs);
    g_free(spreadsheet->path);
    g_free(spreadsheet);
}

const char *spreadsheet_path(const Spreadsheet *spreadsheet)
{
    return spreadsheet->path;
}

gboolean spreadsheet_has(const Spreadsheet *spreadsheet, const char *tab)
{
    return find_tab(spreadsheet, tab, 0) < spreadsheet->tabs->len;
}

gint64 spreadsheet_created(const Spreadsheet *spreadsheet)
{
    return spreadsheet->workbook ? workbook_created(spreadsheet->workbook) : -1;
}

gint64 spreadsheet_changed(const Spreadsheet *spreadsheet)
{
    return spreadsheet->changed;
}

/* ---- CSV ---- */

/* What Windows programs call Unicode: two bytes a character, the mark first. NULL in bytes for any other. */
static gboolean read_utf16(const char *path, char **bytes, gsize *length, GError **error)
{
    guchar mark[2] = {0};
    GStatBuf about;
    g_autoptr(GError) failure = NULL;
    g_autofree char *raw = NULL;
    *bytes = NULL;
    FILE *file = g_fopen(path, "re");
    gboolean marked = file && fread(mark, 1, sizeof mark, file) == sizeof mark &&
                      ((mark[0] == 0xff && mark[1] == 0xfe) || (mark[0] == 0xfe && mark[1] == 0xff));
    if (file)
        fclose(file);
    if (!marked)
        return TRUE;
    if (g_stat(path, &about) == 0 && about.st_size <= MOST_UTF16_BYTES &&
        g_file_get_contents(path, &raw, length, &failure))
        *bytes = g_convert(raw + 2, (gssize)*length - 2, "UTF-8", mark[0] == 0xff ? "UTF-16LE" : "UTF-16BE",
                           NULL, length, &failure);
    if (!*bytes)
        g_set_error(error, VMANGER_ERROR, 0,
                    "%s: found text in UTF-16 that cannot be read: %s: expected UTF-8", path,
                    failure ? failure->message : "it is too large");
    return *bytes != NULL;
}

static gboolean cells_are_empty(const SheetCell *cells, guint n)
{
    for (guint i = 0; i < n; i++)
        if (*cells[i].text)
            return FALSE;
    return TRUE;
}

/* A row of more cells than the first has a comma too many somewhere, one of fewer was cut short. */
static gboolean has_cells(const SheetRow *row, guint expected_cells, GError **error)
{
    if (expected_cells == 0 || row->n_cells == expected_cells ||
        (row->n_cells > expected_cells &&
         cells_are_empty(row->cells + expected_cells, row->n_cells - expected_cells)))
        return TRUE;
    g_autofree char *found = g_strdup_printf("%u cells", row->n_cells);
    g_autofree char *expected = g_strdup_printf("%u, as the first row has", expected_cells);
    return sheet_fail(row, "the row", found, expected, error);
}

static gboolean hand_over(CsvReader *csv, const char *path, SheetTake *take, gpointer data, GError **error)
{
    g_autoptr(GArray) cells = g_array_new(FALSE, FALSE, sizeof(SheetCell));
    g_autoptr(GError) failure = NULL;
    guint header_cells = 0;
    while (csv_reader_next(csv, &failure)) {
        g_array_set_size(cells, 0);
        for (guint i = 0; i < csv_reader_n_cells(csv); i++)
            g_array_append_val(cells, ((SheetCell){csv_reader_cell(csv, i), FALSE}));
        SheetRow row = {path,      TRUE, FALSE, csv_reader_line(csv), (const SheetCell *)(void *)cells->data,
                        cells->len};
        gboolean says_separator = header_cells == 0 && strcmp(row.cells[0].text, "sep=") == 0;
        if (says_separator || cells_are_empty(row.cells, row.n_cells))
            continue;
        if (!has_cells(&row, header_cells, error) || !take(&row, data, error))
            return FALSE;
        header_cells = header_cells ? header_cells : row.n_cells;
    }
    if (!failure)
        return TRUE;
    g_set_error(error, VMANGER_ERROR, 0, "%s; else export the tabs to a workbook (.xlsx)", failure->message);
    return FALSE;
}

static gboolean read_csv(const Spreadsheet *spreadsheet, guint index, SheetTake *take, gpointer data,
                         GError **error)
{
    g_autofree char *path =
        g_build_filename(spreadsheet->path, g_ptr_array_index(spreadsheet->tabs, index), NULL);
    g_autofree char *bytes = NULL;
    gsize length = 0;
    if (!read_utf16(path, &bytes, &length, error))
        return FALSE;
    g_autoptr(CsvReader) csv =
        bytes ? csv_reader_open_bytes(bytes, length, path, error) : csv_reader_open(path, NULL, error);
    if (!csv)
        return FALSE;
    csv_reader_take_sheet(csv);
    return hand_over(csv, path, take, data, error);
}

gboolean spreadsheet_read(Spreadsheet *spreadsheet, const char *tab, SheetTake *take, gpointer data,
                          GError **error)
{
    guint index = find_tab(spreadsheet, tab, 0), n = spreadsheet->tabs->len;
    guint second = index < n ? find_tab(spreadsheet, tab, index + 1) : n;
    if (index == n)
        return TRUE;
    const char *name = g_ptr_array_index(spreadsheet->tabs, index);
    if (second < n) {
        g_autofree char *one = escape_for_message(name);
        g_autofree char *other = escape_for_message(g_ptr_array_index(spreadsheet->tabs, second));
        g_set_error(error, VMANGER_ERROR, 0, "%s: found %s and %s: expected one tab %s", spreadsheet->path,
                    one, other, tab);
        return FALSE;
    }
    if (!spreadsheet->workbook)
        return read_csv(spreadsheet, index, take, data, error);
    g_autofree char *shown = escape_for_terminal(name);
    g_autofree char *sheet = g_strdup_printf("%s: %s", spreadsheet->path, shown);
    return workbook_read(spreadsheet->workbook, index, sheet, take, data, error);
}
