/* SPDX-License-Identifier: MIT */
#include "collect/workbook.h"

#include "collect/escape.h"
#include "collect/xml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zip.h>

#define READ_BYTES ((gsize)64 * 1024)
#define MOST_BYTES ((guint64)2 * 1024 * 1024 * 1024)   /* that are unpacked, of all parts together */
#define MOST_STRING_BYTES ((guint64)512 * 1024 * 1024) /* of the strings that cells share, which are kept */
#define TOO_LARGE "more than 2 GiB of unpacked content"
#define MOST_ROWS 1048576
#define MOST_COLUMNS 16384
#define EXPECTED "a workbook (.xlsx) as RVTools or a spreadsheet writes it"

typedef struct Tab {
    char *name, *part;
} Tab;

struct Workbook {
    zip_t *archive;
    char *name;
    guint64 unpacked, string_bytes;
    GHashTable *parts;  /* id of a relation of the workbook to the name of a part */
    GArray *tabs;       /* Tab */
    GPtrArray *strings; /* that cells share */
    GStringChunk *pool; /* of them */
    char *directory;    /* of the part whose relations are read */
    char *main, *core, *shared;
    gint64 created;
    gboolean from_1904;
};

static void tab_clear(gpointer data)
{
    Tab *tab = data;
    g_free(tab->name);
    g_free(tab->part);
}

/* ---- parts of the archive ---- */

static gboolean fail_part(const Workbook *workbook, const char *part, const char *found, GError **error)
{
    g_autofree char *shown = escape_for_message(part);
    g_set_error(error, VMANGER_ERROR, 0, "%s: part %s: found %s: expected " EXPECTED, workbook->name, shown,
                found);
    return FALSE;
}

typedef struct Taking {
    XmlTake *take;
    gpointer data;
    gboolean failed; /* its error says all there is to say */
} Taking;

static gboolean take_element(const Element *element, gpointer data, GError **error)
{
    Taking *taking = data;
    taking->failed = !taking->take(element, taking->data, error);
    return !taking->failed;
}

static gboolean unpack(Workbook *workbook, zip_file_t *file, const char *part, XmlReader *reader,
                       const Taking *taking, GError **error)
{
    g_autofree char *bytes = g_malloc(READ_BYTES);
    g_autoptr(GError) failure = NULL;
    zip_int64_t n;
    while ((n = zip_fread(file, bytes, READ_BYTES)) > 0) {
        workbook->unpacked += (guint64)n;
        if (workbook->unpacked > MOST_BYTES)
            return fail_part(workbook, part, TOO_LARGE, error);
        if (!xml_reader_push(reader, bytes, (gsize)n, &failure))
            break;
    }
    if (n < 0)
        return fail_part(workbook, part, zip_file_strerror(file), error);
    if (failure || !xml_reader_finish(reader, &failure)) {
        const char *found = failure->message;
        if (!taking->failed)
            return fail_part(workbook, part, g_str_has_prefix(found, "found ") ? found + 6 : found, error);
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    return TRUE;
}

/* Hands over the elements of a part that stand `depth` below its root. */
static gboolean read_part(Workbook *workbook, const char *part, guint depth, XmlTake *take, gpointer data,
                          GError **error)
{
    Taking taking = {take, data, FALSE};
    zip_stat_t about;
    zip_int64_t index = zip_name_locate(workbook->archive, part, ZIP_FL_NOCASE);
    if (index < 0 || zip_stat_index(workbook->archive, (zip_uint64_t)index, 0, &about) != 0)
        return fail_part(workbook, part, "nothing", error);
    if ((about.valid & ZIP_STAT_SIZE) && about.size > MOST_BYTES - workbook->unpacked)
        return fail_part(workbook, part, TOO_LARGE, error);
    zip_file_t *file = zip_fopen_index(workbook->archive, (zip_uint64_t)index, 0);
    if (!file)
        return fail_part(workbook, part, zip_strerror(workbook->archive), error);
    g_autoptr(XmlReader) reader = xml_reader_new(depth, take_element, &taking);
    gboolean ok = reader ? unpack(workbook, file, part, reader, &taking, error)
                         : fail_part(workbook, part, "not enough memory", error);
    zip_fclose(file);
    return ok;
}

/* ---- relations: which part is what ---- */

/* A target is relative to the directory of the part that names it, or begins with a slash. */
static char *resolve(const char *directory, const char *target)
{
    g_autofree char *path = *target == '/' ? g_strdup(target) : g_strdup_printf("%s/%s", directory, target);
    g_auto(GStrv) words = g_strsplit_set(path, "/\\", -1);
    g_autoptr(GPtrArray) kept = g_ptr_array_new();
    for (char **word = words; *word; word++) {
        if (strcmp(*word, "..") == 0 && kept->len > 0)
            g_ptr_array_set_size(kept, (int)kept->len - 1);
        else if (**word && strcmp(*word, ".") != 0 && strcmp(*word, "..") != 0)
            g_ptr_array_add(kept, *word);
    }
    g_ptr_array_add(kept, NULL);
    return g_strjoinv("/", (char **)kept->pdata);
}

static void keep_part(char **place, char *part)
{
    g_free(*place);
    *place = part;
}

static gboolean take_relation(const Element *element, gpointer data, GError **error)
{
    (void)error;
    Workbook *workbook = data;
    const char *type = element_attribute(element, "Type"), *id = element_attribute(element, "Id");
    const char *target = element_attribute(element, "Target"),
               *mode = element_attribute(element, "TargetMode");
    if (!type || !target || !id || g_strcmp0(mode, "External") == 0)
        return TRUE;
    char *part = resolve(workbook->directory, target);
    if (g_str_has_suffix(type, "/officeDocument"))
        keep_part(&workbook->main, part);
    else if (g_str_has_suffix(type, "/core-properties"))
        keep_part(&workbook->core, part);
    else if (g_str_has_suffix(type, "/sharedStrings"))
        keep_part(&workbook->shared, part);
    else
        g_hash_table_insert(workbook->parts, g_strdup(id), part);
    return TRUE;
}

static gboolean take_created(const Element *element, gpointer data, GError **error)
{
    (void)error;
    Workbook *workbook = data;
    if (strcmp(element->name, "created") == 0 &&
        !sheet_read_time(&(SheetCell){element->text, FALSE}, FALSE, &workbook->created))
        workbook->created = -1;
    return TRUE;
}

static gboolean take_workbook(const Element *element, gpointer data, GError **error)
{
    (void)error;
    Workbook *workbook = data;
    if (strcmp(element->name, "workbookPr") == 0) {
        const char *date1904 = element_attribute(element, "date1904");
        workbook->from_1904 = g_strcmp0(date1904, "1") == 0 || g_strcmp0(date1904, "true") == 0;
    }
    if (strcmp(element->name, "sheets") != 0)
        return TRUE;
    for (const Element *sheet = element->first; sheet; sheet = sheet->next) {
        const char *name = element_attribute(sheet, "name"), *id = element_attribute(sheet, "id");
        const char *part = id ? g_hash_table_lookup(workbook->parts, id) : NULL;
        Tab tab = {g_strdup(name), g_strdup(part)};
        if (name && part)
            g_array_append_val(workbook->tabs, tab);
        else
            tab_clear(&tab);
    }
    return TRUE;
}

/* ---- texts ---- */

/* _x000D_ stands for a character that XML cannot hold, or would not keep. */
static void append_decoded(const char *text, GString *out)
{
    const char *code;
    while ((code = strstr(text, "_x"))) {
        gboolean is_code = strspn(code + 2, "0123456789abcdefABCDEF") == 4 && code[6] == '_';
        gunichar c = is_code ? (gunichar)g_ascii_strtoull(code + 2, NULL, 16) : 0;
        is_code = is_code && c > 0 && g_unichar_validate(c);
        g_string_append_len(out, text, code - text);
        if (is_code)
            g_string_append_unichar(out, c);
        else
            g_string_append(out, "_x");
        text = code + (is_code ? 7 : 2);
    }
    g_string_append(out, text);
}

/* The text of a string item: pieces of one format each, not how they are pronounced. */
static void append_item(const Element *item, GString *out)
{
    for (const Element *child = item->first; child; child = child->next)
        if (strcmp(child->name, "t") == 0)
            append_decoded(child->text, out);
        else if (strcmp(child->name, "r") == 0)
            append_item(child, out);
}

static gboolean take_string(const Element *element, gpointer data, GError **error)
{
    Workbook *workbook = data;
    g_autoptr(GString) text = g_string_new(NULL);
    append_item(element, text);
    workbook->string_bytes += text->len;
    if (workbook->string_bytes > MOST_STRING_BYTES)
        return fail_part(workbook, workbook->shared, "more than 512 MiB of strings", error);
    g_ptr_array_add(workbook->strings,
                    g_string_chunk_insert_len(workbook->pool, text->str, (gssize)text->len));
    return TRUE;
}

/* ---- opening ---- */

static gboolean read_structure(Workbook *workbook, GError **error)
{
    workbook->directory = g_strdup("");
    if (!read_part(workbook, "_rels/.rels", 1, take_relation, workbook, error))
        return FALSE;
    if (!workbook->main)
        return fail_part(workbook, "_rels/.rels", "no workbook", error);
    if (workbook->core && !read_part(workbook, workbook->core, 1, take_created, workbook, error))
        return FALSE;
    g_free(workbook->directory);
    workbook->directory = g_path_get_dirname(workbook->main);
    g_autofree char *base = g_path_get_basename(workbook->main);
    g_autofree char *relations = g_strdup_printf("%s/_rels/%s.rels", workbook->directory, base);
    g_autofree char *part = resolve("", relations);
    if (!read_part(workbook, part, 1, take_relation, workbook, error) ||
        !read_part(workbook, workbook->main, 1, take_workbook, workbook, error))
        return FALSE;
    return !workbook->shared || read_part(workbook, workbook->shared, 1, take_string, workbook, error);
}

/* What is no zip archive: an Excel 97 workbook and one with a password begin alike. */
static gboolean is_archive(const char *path, const char *name, GError **error)
{
    char magic[4] = {0};
    FILE *file = fopen(path, "re");
    gboolean ok = file && fread(magic, 1, sizeof magic, file) == sizeof magic;
    if (file)
        fclose(file);
    else
        g_set_error(error, VMANGER_ERROR, 0, "%s: cannot be read: %s", name, g_strerror(errno));
    if (!file || (ok && memcmp(magic, "PK\3\4", sizeof magic) == 0))
        return file != NULL;
    if (memcmp(magic, "\xd0\xcf\x11\xe0", sizeof magic) == 0)
        g_set_error(
            error, VMANGER_ERROR, 0,
            "%s: found a workbook with a password, or an old one (.xls): expected .xlsx: save it as such, "
            "without a password",
            name);
    else
        g_set_error(error, VMANGER_ERROR, 0,
                    "%s: found no zip archive: expected " EXPECTED ", or a directory of CSV files", name);
    return FALSE;
}

Workbook *workbook_open(const char *path, const char *name, GError **error)
{
    if (!is_archive(path, name, error))
        return NULL;
    g_autoptr(Workbook) workbook = g_new0(Workbook, 1);
    workbook->name = g_strdup(name);
    workbook->created = -1;
    workbook->parts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    workbook->tabs = g_array_new(FALSE, FALSE, sizeof(Tab));
    g_array_set_clear_func(workbook->tabs, tab_clear);
    workbook->strings = g_ptr_array_new();
    workbook->pool = g_string_chunk_new((gsize)64 * 1024);
    int code = 0;
    workbook->archive = zip_open(path, ZIP_RDONLY, &code);
    if (!workbook->archive) {
        zip_error_t failure;
        zip_error_init_with_code(&failure, code);
        g_set_error(error, VMANGER_ERROR, 0, "%s: found a broken zip archive: %s: expected " EXPECTED, name,
                    zip_error_strerror(&failure));
        zip_error_fini(&failure);
        return NULL;
    }
    return read_structure(workbook, error) ? g_steal_pointer(&workbook) : NULL;
}

void workbook_free(Workbook *workbook)
{
    if (!workbook)
        return;
    if (workbook->archive)
        zip_discard(workbook->archive);
    g_hash_table_destroy(workbook->parts);
    g_array_unref(workbook->tabs);
    g_ptr_array_unref(workbook->strings);
    g_string_chunk_free(workbook->pool);
    g_free(workbook->directory);
    g_free(workbook->main);
    g_free(workbook->core);
    g_free(workbook->shared);
    g_free(workbook->name);
    g_free(workbook);
}

guint workbook_n_tabs(const Workbook *workbook)
{
    return workbook->tabs->len;
}

const char *workbook_tab(const Workbook *workbook, guint index)
{
    return g_array_index(workbook->tabs, Tab, index).name;
}

gint64 workbook_created(const Workbook *workbook)
{
    return workbook->created;
}

/* ---- rows ---- */

typedef struct RowReader {
    const Workbook *workbook;
    SheetTake *take;
    gpointer data;
    SheetRow row;
    GArray *cells;      /* SheetCell */
    GStringChunk *text; /* of the present row's strings that are in pieces */
} RowReader;

static gboolean refuse(const RowReader *reader, const char *what, const char *found, const char *expected,
                       GError **error)
{
    return sheet_fail(&reader->row, what, found, expected, error);
}

/* The column of a reference like "AB12", from 0; MOST_COLUMNS where it is none. */
static guint column_of(const char *reference)
{
    guint column = 0;
    const char *at = reference;
    for (; g_ascii_isupper(*at) && column <= MOST_COLUMNS; at++)
        column = column * 26 + (guint)(*at - 'A') + 1;
    return at == reference || column > MOST_COLUMNS ? MOST_COLUMNS : column - 1;
}

static const char *string_of(const RowReader *reader, const Element *item)
{
    if (item->first && !item->first->next && strcmp(item->first->name, "t") == 0 &&
        !strstr(item->first->text, "_x"))
        return item->first->text;
    g_autoptr(GString) text = g_string_new(NULL);
    append_item(item, text);
    return g_string_chunk_insert_len(reader->text, text->str, (gssize)text->len);
}

static gboolean read_cell(const RowReader *reader, const Element *element, SheetCell *cell, GError **error)
{
    const char *type = element_attribute(element, "t"), *value = element_text(element, "v");
    const Element *item = element_at(element, "is");
    *cell = (SheetCell){value ? value : "", !type || strcmp(type, "n") == 0};
    if (g_strcmp0(type, "inlineStr") == 0 && item) {
        cell->text = string_of(reader, item);
    } else if (g_strcmp0(type, "s") == 0 && value) {
        char *end = NULL;
        guint64 index = g_ascii_strtoull(value, &end, 10);
        if (end == value || *end || index >= reader->workbook->strings->len)
            return refuse(reader, "a cell", value, "the number of a shared string", error);
        cell->text = g_ptr_array_index(reader->workbook->strings, index);
    }
    return TRUE;
}

static gboolean read_cells(RowReader *reader, const Element *row, GError **error)
{
    guint column = 0;
    g_array_set_size(reader->cells, 0);
    g_string_chunk_clear(reader->text);
    for (const Element *element = row->first; element; element = element->next) {
        const char *reference = element_attribute(element, "r");
        if (strcmp(element->name, "c") != 0)
            continue;
        if (reference)
            column = column_of(reference);
        if (column >= MOST_COLUMNS)
            return refuse(reader, "a cell", reference ? reference : "", "one of columns A to XFD", error);
        SheetCell cell;
        if (!read_cell(reader, element, &cell, error))
            return FALSE;
        if (*cell.text) {
            while (reader->cells->len <= column)
                g_array_append_val(reader->cells, ((SheetCell){"", FALSE}));
            g_array_index(reader->cells, SheetCell, column) = cell;
        }
        column++;
    }
    return TRUE;
}

static gboolean take_row(const Element *element, gpointer data, GError **error)
{
    RowReader *reader = data;
    if (strcmp(element->name, "row") != 0)
        return TRUE;
    const char *number = element_attribute(element, "r");
    guint64 place = number ? g_ascii_strtoull(number, NULL, 10) : reader->row.number + 1;
    if (place < 1 || place > MOST_ROWS)
        return refuse(reader, "the row after it", number ? number : "", "one of rows 1 to 1048576", error);
    reader->row.number = place;
    if (!read_cells(reader, element, error))
        return FALSE;
    reader->row.cells = (const SheetCell *)(void *)reader->cells->data;
    reader->row.n_cells = reader->cells->len;
    return reader->row.n_cells == 0 || reader->take(&reader->row, reader->data, error);
}

gboolean workbook_read(Workbook *workbook, guint index, const char *sheet, SheetTake *take, gpointer data,
                       GError **error)
{
    RowReader reader = {.workbook = workbook, .take = take, .data = data};
    reader.row.sheet = sheet;
    reader.row.from_1904 = workbook->from_1904;
    reader.cells = g_array_new(FALSE, FALSE, sizeof(SheetCell));
    reader.text = g_string_chunk_new(4096);
    gboolean ok =
        read_part(workbook, g_array_index(workbook->tabs, Tab, index).part, 2, take_row, &reader, error);
    g_array_unref(reader.cells);
    g_string_chunk_free(reader.text);
    return ok;
}
