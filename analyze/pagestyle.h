/* SPDX-License-Identifier: MIT */
/*
 * The style sheet and the script of all pages: their lines, NULL-terminated.
 *
 * Colours are those of Okabe and Ito, whom the colour-blind can tell apart ("Color Universal Design", 2008);
 * what is hot or nearly so is hatched or dotted as well, and called so in words.
 */
#ifndef ANALYZE_PAGESTYLE_H
#define ANALYZE_PAGESTYLE_H

extern const char *const page_style[];
extern const char *const page_script[];

#endif
