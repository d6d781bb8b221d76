/* SPDX-License-Identifier: MIT */
#include "collect/rvtoolstab.h"

#include <math.h>
#include <string.h>

#define EXPORT_ALL "export it again from RVTools with \"Export all\", and leave tabs and headings as they are"

typedef struct TabReader {
    const Tab *tab;
    TabTake *take;
    gpointer data;
    int *places; /* NULL before the headings were read */
} TabReader;

/* ---- headings ---- */

/* What names are compared by: no case, no signs but # and %, no unit at the end. */
static char *simplify(const char *heading)
{
    static const char *const units[] = {"mib", "mb", "mhz"};
    GString *name = g_string_new(NULL);
    for (const char *at = heading; *at; at++)
        if (g_ascii_isalnum(*at) || *at == '#' || *at == '%')
            g_string_append_c(name, g_ascii_tolower(*at));
    for (guint i = 0; i < G_N_ELEMENTS(units); i++)
        if (name->len > strlen(units[i]) && g_str_has_suffix(name->str, units[i])) {
            g_string_truncate(name, name->len - strlen(units[i]));
            break;
        }
    return g_string_free(name, FALSE);
}

/* A heading as it stands, or behind the tab's name as in vInfoVMName. An attribute's is vInfo_NAME there, and
 * meant by _NAME alone. */
static gboolean heads(const Tab *tab, const char *heading, const char *name)
{
    gsize prefix = strlen(tab->name);
    g_autofree char *wanted = simplify(name);
    g_autofree char *whole = simplify(heading);
    if (strcmp(whole, wanted) == 0)
        return TRUE;
    if (g_ascii_strncasecmp(heading, tab->name, prefix) != 0 || (heading[prefix] == '_' && *name != '_'))
        return FALSE;
    g_autofree char *rest = simplify(heading + prefix);
    return strcmp(rest, wanted) == 0;
}

typedef struct Headings {
    const Tab *tab;
    const SheetRow *row;
    guint before, behind; /* the columns around the custom attributes */
} Headings;

/* Custom attributes stand between two headings: of VMs behind the annotation, of others behind the id.
 */
static Headings headings_of(const Tab *tab, const SheetRow *row)
{
    guint annotation = row->n_cells, id = row->n_cells, datacenter = 0, server = 0;
    for (guint i = 0; i < row->n_cells; i++) {
        const char *heading = row->cells[i].text;
        if (annotation == row->n_cells && (heads(tab, heading, "Annotation") || heads(tab, heading, "Notes")))
            annotation = i;
        if (id == row->n_cells && heads(tab, heading, "Object ID"))
            id = i;
        if (heads(tab, heading, "Datacenter"))
            datacenter = i;
        if (heads(tab, heading, "VI SDK Server"))
            server = i;
    }
    gboolean of_vms = annotation < row->n_cells;
    return (Headings){tab, row, of_vms ? annotation : id, of_vms ? datacenter : server};
}

typedef struct Search {
    int place, second; /* the columns found so far, -1 for none */
    gboolean among_attributes;
} Search;

static Search find_heading(const Headings *headings, const char *name)
{
    const SheetRow *row = headings->row;
    Search found = {-1, -1, FALSE};
    for (guint i = 0; i < row->n_cells; i++) {
        if (!*row->cells[i].text || !heads(headings->tab, row->cells[i].text, name))
            continue;
        gboolean is_attribute = i > headings->before && i < headings->behind;
        if (found.place < 0 || (found.among_attributes && !is_attribute))
            found = (Search){(int)i, -1, is_attribute};
        else if (found.among_attributes == is_attribute)
            found.second = (int)i;
    }
    return found;
}

static gboolean refuse_headings(const SheetRow *row, const char *title, const char *found, GError **error)
{
    g_set_error(error, VMANGER_ERROR, 0,
                "%s:%s%" G_GUINT64_FORMAT ": %s: found %s: expected one such column; %s", row->sheet,
                row->of_csv ? "" : " row ", row->number, title, found, EXPORT_ALL);
    return FALSE;
}

static gboolean place_column(const Headings *headings, guint column, int *place, GError **error)
{
    const SheetRow *row = headings->row;
    const TabColumn *about = &headings->tab->columns[column];
    g_autofree char *names = g_strdup_printf("%s|%s", about->title, about->others ? about->others : "");
    g_auto(GStrv) each = g_strsplit(names, "|", -1);
    *place = -1;
    for (char **name = each; *name && *place < 0; name++) {
        if (!**name)
            continue;
        Search found = find_heading(headings, *name);
        if (found.second >= 0) {
            g_autofree char *both =
                g_strdup_printf("columns %d and %d of that name", found.place + 1, found.second + 1);
            return refuse_headings(row, about->title, both, error);
        }
        *place = found.place;
    }
    return *place >= 0 || !about->is_required || refuse_headings(row, about->title, "none", error);
}

static gboolean take_sheet_row(const SheetRow *row, gpointer data, GError **error)
{
    TabReader *reader = data;
    const Tab *tab = reader->tab;
    if (reader->places) {
        TabRow tab_row = {tab, row, reader->places};
        return reader->take(&tab_row, reader->data, error);
    }
    Headings headings = headings_of(tab, row);
    reader->places = g_new(int, tab->n_columns);
    for (guint i = 0; i < tab->n_columns; i++)
        if (!place_column(&headings, i, &reader->places[i], error))
            return FALSE;
    return TRUE;
}

gboolean tab_read(Spreadsheet *spreadsheet, const Tab *tab, TabTake *take, gpointer data, GError **error)
{
    TabReader reader = {tab, take, data, NULL};
    gboolean ok = spreadsheet_read(spreadsheet, tab->name, take_sheet_row, &reader, error);
    if (ok && !reader.places && tab->is_required) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: found no tab %s: expected one; %s",
                    spreadsheet_path(spreadsheet), tab->name, EXPORT_ALL);
        ok = FALSE;
    }
    g_free(reader.places);
    return ok;
}

/* ---- cells ---- */

static const SheetCell *cell_at(const TabRow *row, guint column)
{
    static const SheetCell nothing = {"", FALSE};
    int place = row->places[column];
    return place < 0 || (guint)place >= row->row->n_cells ? &nothing : &row->row->cells[place];
}

gboolean tab_has(const TabRow *row, guint column)
{
    return row->places[column] >= 0;
}

char *tab_text(const TabRow *row, guint column)
{
    return g_strstrip(g_strdup(cell_at(row, column)->text));
}

gboolean tab_fail(const TabRow *row, guint column, const char *expected, GError **error)
{
    return sheet_fail(row->row, row->tab->columns[column].title, cell_at(row, column)->text, expected, error);
}

gboolean tab_number(const TabRow *row, guint column, SheetNumber kind, double most, double *number,
                    GError **error)
{
    gboolean ok = sheet_read_number(cell_at(row, column), kind, number);
    if (ok && (isnan(*number) || (*number >= 0 && *number <= most)))
        return TRUE;
    g_autofree char *expected = g_strdup_printf("%s from 0 to %.0f, as RVTools writes it",
                                                kind == SHEET_WHOLE ? "a whole number" : "a number", most);
    return tab_fail(row, column, expected, error);
}

gboolean tab_limit(const TabRow *row, guint column, double most, double *limit, GError **error)
{
    const SheetCell *cell = cell_at(row, column);
    g_autofree char *text = tab_text(row, column);
    if (g_ascii_strcasecmp(text, "unlimited") == 0 ||
        (sheet_read_number(cell, SHEET_WHOLE, limit) && *limit == -1)) {
        *limit = INFINITY;
        return TRUE;
    }
    if (!tab_number(row, column, SHEET_WHOLE, most, limit, error))
        return FALSE;
    *limit = *limit > 0 ? *limit : NAN;
    return TRUE;
}

gboolean tab_flag(const TabRow *row, guint column, int *flag, GError **error)
{
    return sheet_read_flag(cell_at(row, column), flag) ||
           tab_fail(row, column, "True, False or nothing", error);
}
