/* SPDX-License-Identifier: MIT */
/*
 * What some properties of one managed object are at this moment, as texts.
 */
#ifndef APPLY_READING_H
#define APPLY_READING_H

#include "collect/vcenter.h"

#define READING_MOST 9 /* properties of a reading */

/* the texts by the index of the path; of an array, its elements' texts with spaces between; NULL: not set */
typedef struct Reading {
    guint n;
    char *texts[READING_MOST];
    gboolean found;
} Reading;

/* reads n properties, at most READING_MOST, of an object of this kind. FALSE and SOAP_ERROR_FAULT also where
 * the object does not exist. Logs in again where the session has ended */
gboolean reading_take(Reading *reading, Vcenter *vcenter, const char *kind, const char *id,
                      const char *const *paths, guint n, GError **error);

void reading_clear(Reading *reading);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_clear)

/* the place of a text among words, which end with NULL; -1 where it is none of them */
int word_of(const char *text, const char *const *words);

#endif
