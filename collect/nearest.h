/* SPDX-License-Identifier: MIT */
/*
 * What a misspelt word may have meant.
 */
#ifndef COLLECT_NEAREST_H
#define COLLECT_NEAREST_H

#include <glib.h>

/* how many letters must be inserted, removed or replaced, or neighbours change places, to come from a word to
 * a name, whatever their case; in the word, * stands for any text and ? for any letter */
guint nearest_distance(const char *word, const char *name);

/* TRUE where a distance is small for a word's length: the name may well be what was meant. For a word between
 * two *, which may be any part of a name, it must be smaller still */
gboolean nearest_is_close(const char *word, guint distance);

/* TRUE where a name, or a part of it, is close to a word */
gboolean nearest_may_be_meant(const char *word, const char *name);

/* the name of a NULL-terminated list that is nearest to a word, the first of several; NULL for an empty list
 */
const char *nearest_of(const char *word, const char *const *names);

/* how far a name is from a word that may be only a part of it: to be compared, smaller is nearer */
guint nearest_rank(const char *word, const char *name);

/* "one of low, high", and the nearest of them where it is close: what an error expected in place of a word.
 * The caller frees it */
char *nearest_expected(const char *word, const char *const *names);

#endif
