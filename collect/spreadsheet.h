/* SPDX-License-Identifier: MIT */
/*
 * Tables as people hand them on: a workbook (.xlsx) of several tabs, or a directory of CSV files, one a tab.
 *
 * A tab is found by its name, in any case, also behind other words ("RVTools_tabvInfo.csv" is vInfo). CSV is
 * taken as spreadsheets save it: with a byte order mark, with semicolons or tabs for commas, in UTF-16; other
 * encodings than these and UTF-8 are refused.
 */
#ifndef COLLECT_SPREADSHEET_H
#define COLLECT_SPREADSHEET_H

#include "collect/sheetcell.h"

typedef struct Spreadsheet Spreadsheet;

Spreadsheet *spreadsheet_open(const char *path, GError **error);

void spreadsheet_free(Spreadsheet *spreadsheet);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Spreadsheet, spreadsheet_free)

/* the path that it was opened by */
const char *spreadsheet_path(const Spreadsheet *spreadsheet);

gboolean spreadsheet_has(const Spreadsheet *spreadsheet, const char *tab);

/* hands over the rows of a tab that are not empty, the first of which heads the columns; nothing where there
 * is no such tab; an error where two have that name */
gboolean spreadsheet_read(Spreadsheet *spreadsheet, const char *tab, SheetTake *take, gpointer data,
                          GError **error);

/* when the workbook says it was made, -1 where nothing says it; when the file was last changed */
gint64 spreadsheet_created(const Spreadsheet *spreadsheet);
gint64 spreadsheet_changed(const Spreadsheet *spreadsheet);

#endif
