/* SPDX-License-Identifier: MIT */
/*
 * The tabs of an RVTools export, by the names of their columns. These differ: by version (MB was once said
 * for MiB), by the batch mode's option -DBColumnNames (vInfoVMName for VM), and by who trimmed the export; a
 * custom attribute of vCenter is a column among the others and may be called as one of them.
 */
#ifndef COLLECT_RVTOOLSTAB_H
#define COLLECT_RVTOOLSTAB_H

#include "collect/spreadsheet.h"

typedef struct TabColumn {
    const char *title;  /* as RVTools 4 has it */
    const char *others; /* other names, parted by |; compared are letters, digits, # and %, without a unit */
    gboolean is_required;
} TabColumn;

typedef struct Tab {
    const char *name;
    const TabColumn *columns;
    guint n_columns;
    gboolean is_required;
} Tab;

typedef struct TabRow {
    const Tab *tab;
    const SheetRow *row;
    const int *places; /* of each column in the row; -1 where there is no such column */
} TabRow;

/* takes one row, valid during the call only; FALSE with the error set ends the reading */
typedef gboolean TabTake(const TabRow *row, gpointer data, GError **error);

/* hands over the rows below the headings; none where there is no such tab and it is not required */
gboolean tab_read(Spreadsheet *spreadsheet, const Tab *tab, TabTake *take, gpointer data, GError **error);

/* TRUE where the tab has such a column */
gboolean tab_has(const TabRow *row, guint column);

/* a cell's text, owned by the caller, without white space around it; "" where it is empty or not there */
char *tab_text(const TabRow *row, guint column);

/* a number of at least 0 and at most `most`, NAN where it is empty or not there; FALSE and an error where the
 * cell holds anything else */
gboolean tab_number(const TabRow *row, guint column, SheetNumber kind, double most, double *number,
                    GError **error);

/* a limit: the same, but INFINITY for -1 and "unlimited", and NAN for 0, under which nothing could run */
gboolean tab_limit(const TabRow *row, guint column, double most, double *limit, GError **error);

/* 1, 0, or -1 where it is empty or not there */
gboolean tab_flag(const TabRow *row, guint column, int *flag, GError **error);

/* sets an error that names tab, row and column; FALSE */
gboolean tab_fail(const TabRow *row, guint column, const char *expected, GError **error);

#endif
