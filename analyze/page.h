/* SPDX-License-Identifier: MIT */
/*
 * A page for people, one self-contained file of HTML: no request leaves it (its Content-Security-Policy
 * allows nothing but its own style sheet and script, by their digests), and all of it is read without script.
 * The script lets tables be sorted and filtered, and tells how old a time is.
 */
#ifndef ANALYZE_PAGE_H
#define ANALYZE_PAGE_H

#include "analyze/html.h"
#include "collect/atomic.h"

/* the option of a program that names the file; flags as for GOptionEntry */
#define PAGE_OPTION(path, flags)                                                                             \
    {                                                                                                        \
        "html", 0, (flags), G_OPTION_ARG_FILENAME, (path),                                                   \
            "Write it as a page for people, too (- for standard output)", "FILE"                             \
    }

/* FALSE and an error where a page (NULL: none) would go where another file of the run goes (NULL: none) */
gboolean page_is_apart(const char *path, const char *other, GError **error);

/* ---- the whole ---- */

/* a page that will appear at path: begun before anything is written, so that a place where none can be made
 * is told in time. keys as for atomic_file_new */
typedef struct Page Page;
Page *page_new(const char *path, const OpenPgp *keys, GError **error);

/* what stands in the page's body */
Html *page_body(Page *page);

/* puts the page in its place, whole or not at all */
gboolean page_write(Page *page, const char *title, GError **error);

void page_free(Page *page);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Page, page_free)

/* ---- its parts ---- */

/* begins a section, to be closed by html_close, and writes its heading; class may be NULL */
void page_section(Html *html, const char *class, const char *heading);

/* one figure with its name, in a list of them that page_figures_begin begins and html_close ends */
void page_figures_begin(Html *html);
void page_figure(Html *html, const char *name, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* a time, as it is written in the files, after which the script tells its age */
void page_time(Html *html, gint64 time);

/* ---- tables ---- */

typedef struct PageColumn {
    const char *title;
    gboolean number; /* sorted by the number that its cells begin with, or that page_sort_by gives them */
} PageColumn;

typedef struct PageTable {
    Html *html;
    const PageColumn *columns;
    guint n_columns, column, rows;
} PageTable;

/* begins a table; class decides its columns' widths in the style sheet, label is what screen readers call it
 */
PageTable page_table(Html *html, const char *class, const char *label, const PageColumn *columns,
                     guint n_columns);
void page_table_end(PageTable *table);

/* begins a row; class may be NULL */
void page_row(PageTable *table, const char *class);
void page_row_end(PageTable *table);

/* begins the next cell, and ends it */
void page_cell(PageTable *table);
void page_cell_end(PageTable *table);

/* of the cell just begun: the number by which it sorts */
void page_sort_by(PageTable *table, double number);

/* a cell that holds a text */
void page_cell_text(PageTable *table, const char *text);
void page_cell_textf(PageTable *table, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* a cell with a name and below it the id, or what else it is known by */
void page_cell_name(PageTable *table, const char *name, const char *below);

#endif
