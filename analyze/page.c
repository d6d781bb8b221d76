/* SPDX-License-Identifier: MIT */
#include "analyze/page.h"

#include "analyze/pagestyle.h"
#include "collect/digest.h"
#include "collect/table.h"

#include <math.h>
#include <string.h>

#define ROWS_OF_A_BODY 100 /* rows that a browser lays out together, when they come into view */

struct Page {
    AtomicFile *file;
    char *path;
    Html *body;
};

gboolean page_is_apart(const char *path, const char *other, GError **error)
{
    if (!path || !other)
        return TRUE;
    gboolean streams = atomic_file_is_standard_output(path) && atomic_file_is_standard_output(other);
    if (!streams && strcmp(path, other) != 0)
        return TRUE;
    g_set_error(error, VMANGER_ERROR, 0, "--html: found where -o leads: expected a file of its own");
    return FALSE;
}

Page *page_new(const char *path, const OpenPgp *keys, GError **error)
{
    g_autoptr(AtomicFile) file = atomic_file_new(path, keys, error);
    if (!file)
        return NULL;
    Page *page = g_new0(Page, 1);
    page->file = g_steal_pointer(&file);
    page->path = g_strdup(path);
    page->body = html_new();
    html_open(page->body, "main");
    return page;
}

Html *page_body(Page *page)
{
    return page->body;
}

void page_free(Page *page)
{
    if (!page)
        return;
    atomic_file_free(page->file);
    html_free(page->body);
    g_free(page->path);
    g_free(page);
}

/* a source of a Content-Security-Policy, by its digest; the caller frees it */
static char *source_of(const char *text)
{
    g_autofree char *hex = digest_of(text, strlen(text));
    guchar bytes[DIGEST_HEX_LENGTH / 2];
    for (guint i = 0; i < sizeof bytes; i++)
        bytes[i] = (guchar)(g_ascii_xdigit_value(hex[2 * i]) * 16 + g_ascii_xdigit_value(hex[(2 * i) + 1]));
    g_autofree char *base64 = g_base64_encode(bytes, sizeof bytes);
    return g_strdup_printf("'sha256-%s'", base64);
}

static void append_meta(Html *html, const char *attribute, const char *name, const char *content)
{
    html_open(html, "meta");
    html_attribute(html, attribute, "%s", name);
    html_attribute(html, "content", "%s", content);
    html_close(html);
}

static void append_head(Html *html, const char *title, const char *style, const char *script)
{
    g_autofree char *allowed_style = source_of(style), *allowed_script = source_of(script);
    g_autofree char *policy = g_strdup_printf(
        "default-src 'none'; style-src %s; script-src %s; base-uri 'none'; form-action 'none'", allowed_style,
        allowed_script);
    html_open(html, "head");
    html_open(html, "meta");
    html_attribute(html, "charset", "utf-8");
    html_close(html);
    append_meta(html, "http-equiv", "Content-Security-Policy", policy);
    append_meta(html, "name", "viewport", "width=device-width, initial-scale=1");
    append_meta(html, "name", "color-scheme", "light dark");
    append_meta(html, "name", "referrer", "no-referrer");
    html_element(html, "title", NULL, title);
    html_constant(html, "style", style);
    html_close(html);
}

gboolean page_write(Page *page, const char *title, GError **error)
{
    static const char doctype[] = "<!DOCTYPE html>\n";
    g_autofree char *style = g_strjoinv("\n", (char **)page_style);
    g_autofree char *script = g_strjoinv("\n", (char **)page_script);
    g_autoptr(Html) html = html_new();
    html_open(html, "html");
    html_attribute(html, "lang", "en");
    append_head(html, title, style, script);
    html_open(html, "body");
    html_take(html, page->body);
    html_constant(html, "script", script);
    const GString *markup = html_markup(html);
    if (!markup) {
        g_set_error(error, VMANGER_ERROR, 0, "%s: cannot be written: not enough memory", page->path);
        return FALSE;
    }
    atomic_file_write(page->file, doctype, strlen(doctype));
    atomic_file_write(page->file, markup->str, markup->len);
    atomic_file_write(page->file, "\n", 1);
    return atomic_file_commit(page->file, NULL, error);
}

/* ---- its parts ---- */

void page_section(Html *html, const char *class, const char *heading)
{
    html_open(html, "section");
    if (class)
        html_attribute(html, "class", "%s", class);
    html_element(html, "h2", NULL, heading);
}

void page_figures_begin(Html *html)
{
    html_open(html, "dl");
    html_attribute(html, "class", "figures");
}

void page_figure(Html *html, const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    html_open(html, "div");
    html_element(html, "dt", NULL, name);
    html_element(html, "dd", NULL, text);
    html_close(html);
}

void page_time(Html *html, gint64 time)
{
    g_autofree char *text = table_format_time(time);
    html_open(html, "time");
    html_attribute(html, "datetime", "%s", text);
    html_text(html, text);
    html_close(html);
}

/* ---- tables ---- */

PageTable page_table(Html *html, const char *class, const char *label, const PageColumn *columns,
                     guint n_columns)
{
    PageTable table = {.html = html, .columns = columns, .n_columns = n_columns};
    html_open(html, "table");
    html_attribute(html, "class", "%s", class);
    html_attribute(html, "aria-label", "%s", label);
    html_open(html, "thead");
    html_open(html, "tr");
    for (guint i = 0; i < n_columns; i++)
        html_element(html, "th", columns[i].number ? "number" : NULL, columns[i].title);
    html_close(html);
    html_close(html);
    html_open(html, "tbody");
    return table;
}

void page_table_end(PageTable *table)
{
    html_close(table->html);
    html_close(table->html);
}

void page_row(PageTable *table, const char *class)
{
    if (table->rows > 0 && table->rows % ROWS_OF_A_BODY == 0) {
        html_close(table->html);
        html_open(table->html, "tbody");
    }
    table->rows++;
    table->column = 0;
    html_open(table->html, "tr");
    if (class)
        html_attribute(table->html, "class", "%s", class);
}

void page_row_end(PageTable *table)
{
    html_close(table->html);
}

void page_cell(PageTable *table)
{
    const PageColumn *column = &table->columns[table->column++];
    html_open(table->html, "td");
    html_attribute(table->html, "data-title", "%s", column->title);
}

void page_cell_end(PageTable *table)
{
    html_close(table->html);
}

void page_sort_by(PageTable *table, double number)
{
    if (!isnan(number))
        html_number(table->html, "data-sort", number);
}

void page_cell_text(PageTable *table, const char *text)
{
    page_cell(table);
    html_text(table->html, text);
    page_cell_end(table);
}

void page_cell_textf(PageTable *table, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    page_cell_text(table, text);
}

void page_cell_name(PageTable *table, const char *name, const char *below)
{
    page_cell(table);
    html_element(table->html, "span", "name", name);
    if (*below)
        html_element(table->html, "small", NULL, below);
    page_cell_end(table);
}
