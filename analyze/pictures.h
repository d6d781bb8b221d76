/* SPDX-License-Identifier: MIT */
/*
 * Small pictures in a page, as inline SVG: each only shows what stands beside it as text, and screen readers
 * pass it over. Percentages go from 0 to 100; what is above is drawn as 100.
 */
#ifndef ANALYZE_PICTURES_H
#define ANALYZE_PICTURES_H

#include "analyze/html.h"

/* how a use stands to its threshold */
typedef enum { HEAT_NONE, HEAT_NEAR, HEAT_HOT } Heat;

/* points below a threshold within which a use is called near */
#define NEAR_POINTS 2.0

/* of percent in use; HEAT_NONE where either is not known */
Heat heat_of(double use_pct, double threshold_pct);

/* the words: "", "within 2 points", "hot" */
extern const char *const heat_words[];

/* classes by which the style sheet colours */
extern const char *const heat_classes[];

/* fills that all pictures of a page refer to: once, at its beginning */
void pictures_define(Html *html);

/* a bar up to the use, with a mark at the threshold (NAN: none). before, where not NAN, is a second, thinner
 * and hollow one above it; the use then is that after */
void picture_bar(Html *html, double before_pct, double use_pct, double threshold_pct);

/* a line through values in percent, NAN where one is missing, against the threshold */
void picture_series(Html *html, const double *values, guint n, double threshold_pct);

/* a bar of one share, of 0 to 1, coloured as by the heat */
void picture_share(Html *html, double share, Heat heat);

/* a bar from one share of 0 to 1 to another */
void picture_span(Html *html, double from, double to);

/* a heat's word as a coloured label, nothing for HEAT_NONE */
void picture_heat(Html *html, Heat heat);

/* what the fills of bars and their marks mean, as items of a list of the class "key" */
void picture_key(Html *html);

#endif
