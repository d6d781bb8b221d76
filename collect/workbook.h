/* SPDX-License-Identifier: MIT */
/*
 * A workbook of a spreadsheet (.xlsx: Office Open XML, ECMA-376): a zip archive of XML, read by libzip and
 * collect/xml.h row by row. It comes from anywhere: nothing is unpacked to a disk, names in it lead nowhere
 * but into it, what it unpacks to is bounded, and so are its rows and columns by what spreadsheets can hold.
 */
#ifndef COLLECT_WORKBOOK_H
#define COLLECT_WORKBOOK_H

#include "collect/sheetcell.h"

typedef struct Workbook Workbook;

/* opens a file; name is what errors call it */
Workbook *workbook_open(const char *path, const char *name, GError **error);

void workbook_free(Workbook *workbook);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Workbook, workbook_free)

/* the names of its tabs, in their order */
guint workbook_n_tabs(const Workbook *workbook);
const char *workbook_tab(const Workbook *workbook, guint index);

/* when it says it was made, seconds since 1970; -1 where it does not say */
gint64 workbook_created(const Workbook *workbook);

/* hands over a tab's rows that are not empty; sheet is what errors call it */
gboolean workbook_read(Workbook *workbook, guint index, const char *sheet, SheetTake *take, gpointer data,
                       GError **error);

#endif
