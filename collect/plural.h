/* SPDX-License-Identifier: MIT */
/*
 * Words that follow a count.
 */
#ifndef COLLECT_PLURAL_H
#define COLLECT_PLURAL_H

#include <glib.h>

/* the word for one, or for any other number */
const char *plural(guint n, const char *one, const char *many);

/* appends "1 host", "2 hosts" */
void plural_append(GString *text, guint n, const char *one, const char *many);

#endif
