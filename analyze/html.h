/* SPDX-License-Identifier: MIT */
/*
 * HTML by libxml2's writer: elements that are closed in order, and text that stays text. Whatever is written
 * by html_text and html_attribute is escaped for its place, and characters that act on their surroundings or
 * hide are spelled out as for a terminal: nothing but this module puts a '<' into a document.
 */
#ifndef ANALYZE_HTML_H
#define ANALYZE_HTML_H

#include <glib.h>

/* a piece of a document */
typedef struct Html Html;

Html *html_new(void);

void html_free(Html *html);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Html, html_free)

/* begins an element, and ends the one begun last; name is one of HTML's or SVG's */
void html_open(Html *html, const char *name);
void html_close(Html *html);

/* of the element just begun, before anything is in it */
void html_attribute(Html *html, const char *name, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* the same as a number, with a point whatever the locale */
void html_number(Html *html, const char *name, double value);

void html_text(Html *html, const char *text);
void html_textf(Html *html, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* an element of a class (NULL: of none) that holds nothing but the text */
void html_element(Html *html, const char *name, const char *class, const char *text);
void html_elementf(Html *html, const char *name, const char *class, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* a style sheet or a script, as it stands: constants of the program alone */
void html_constant(Html *html, const char *name, const char *text);

/* what another piece holds goes in here */
void html_take(Html *html, Html *piece);

/* what was written, all elements closed, owned by html; NULL where there was not enough memory */
const GString *html_markup(Html *html);

#endif
