/* SPDX-License-Identifier: MIT */
#include "analyze/html.h"

#include "collect/escape.h"

#include <libxml/xmlwriter.h>

struct Html {
    GString *markup;
    xmlTextWriterPtr writer; /* into markup; NULL: there was no memory for it */
    GPtrArray *open;         /* names of the elements that are open, the innermost last; not owned */
    gboolean failed;
};

/* HTML has no end tag of these, and SVG needs none of its shapes. */
static const char *const without_end[] = {"meta", "rect", "path", "line", NULL};

static int append_markup(void *context, const char *bytes, int length)
{
    g_string_append_len(context, bytes, length);
    return length;
}

Html *html_new(void)
{
    Html *html = g_new0(Html, 1);
    html->markup = g_string_new(NULL);
    html->open = g_ptr_array_new();
    xmlOutputBufferPtr out = xmlOutputBufferCreateIO(append_markup, NULL, html->markup, NULL);
    html->writer = out ? xmlNewTextWriter(out) : NULL;
    if (out && !html->writer)
        xmlOutputBufferClose(out);
    html->failed = !html->writer;
    return html;
}

void html_free(Html *html)
{
    if (!html)
        return;
    if (html->writer)
        xmlFreeTextWriter(html->writer);
    g_string_free(html->markup, TRUE);
    g_ptr_array_free(html->open, TRUE);
    g_free(html);
}

static void note(Html *html, int written)
{
    html->failed = html->failed || written < 0;
}

void html_open(Html *html, const char *name)
{
    g_ptr_array_add(html->open, (gpointer)name);
    if (!html->failed)
        note(html, xmlTextWriterStartElement(html->writer, BAD_CAST name));
}

void html_close(Html *html)
{
    g_assert(html->open->len > 0);
    const char *name = g_ptr_array_index(html->open, html->open->len - 1);
    g_ptr_array_set_size(html->open, (int)html->open->len - 1);
    if (html->failed)
        return;
    note(html, g_strv_contains(without_end, name) ? xmlTextWriterEndElement(html->writer)
                                                  : xmlTextWriterFullEndElement(html->writer));
}

void html_attribute(Html *html, const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *safe = escape_for_terminal(text);
    if (!html->failed)
        note(html, xmlTextWriterWriteAttribute(html->writer, BAD_CAST name, BAD_CAST safe));
}

void html_number(Html *html, const char *name, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    html_attribute(html, name, "%s", g_ascii_formatd(text, sizeof text, "%.7g", value));
}

void html_text(Html *html, const char *text)
{
    g_autofree char *safe = escape_for_terminal(text);
    if (!html->failed)
        note(html, xmlTextWriterWriteString(html->writer, BAD_CAST safe));
}

void html_textf(Html *html, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    html_text(html, text);
}

void html_element(Html *html, const char *name, const char *class, const char *text)
{
    html_open(html, name);
    if (class)
        html_attribute(html, "class", "%s", class);
    html_text(html, text);
    html_close(html);
}

void html_elementf(Html *html, const char *name, const char *class, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    html_element(html, name, class, text);
}

void html_constant(Html *html, const char *name, const char *text)
{
    html_open(html, name);
    if (!html->failed)
        note(html, xmlTextWriterWriteRaw(html->writer, BAD_CAST text));
    html_close(html);
}

void html_take(Html *html, Html *piece)
{
    const GString *markup = html_markup(piece);
    if (!markup)
        html->failed = TRUE;
    else if (!html->failed)
        note(html, xmlTextWriterWriteRawLen(html->writer, BAD_CAST markup->str, (int)markup->len));
}

const GString *html_markup(Html *html)
{
    while (html->open->len > 0)
        html_close(html);
    if (!html->failed)
        note(html, xmlTextWriterFlush(html->writer));
    return html->failed ? NULL : html->markup;
}
