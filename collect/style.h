/* SPDX-License-Identifier: MIT */
/*
 * How text for people looks where it goes to a terminal: colours, unless the environment says NO_COLOR
 * (no-color.org), and bars. Elsewhere it is plain text.
 */
#ifndef COLLECT_STYLE_H
#define COLLECT_STYLE_H

#include <glib.h>

typedef struct Style {
    gboolean terminal; /* a person looks at it */
    gboolean colour, utf8;
} Style;

typedef enum { STYLE_GOOD, STYLE_WARNING, STYLE_BAD } StyleColour;

/* of what an open file descriptor is */
Style style_of(int fd);

/* puts the colour round the bytes that stand from there on in the text, where there are colours */
void style_paint(GString *text, gsize from, gsize length, const Style *style, StyleColour colour);

/* appends a bar of percent, with a mark at the threshold (NAN: none): bad above it, a warning a little below
 * it; of NAN one that is not known */
void style_append_bar(GString *text, const Style *style, double pct, double threshold_pct);

/* appends a name in a column of so many characters: escaped, cut where it is longer, else filled with spaces
 */
void style_append_name(GString *text, const char *name, guint width);

#endif
