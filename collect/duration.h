/* SPDX-License-Identifier: MIT */
/*
 * A stretch of time as people write it: 90m, 24h, 7d, or seconds.
 */
#ifndef COLLECT_DURATION_H
#define COLLECT_DURATION_H

#include <glib.h>

/* reads a whole number and its unit: s, m, h, d, or nothing for s. What is none, and what is not from least_s
 * to most_s, is an error that names the option */
gboolean duration_parse(const char *text, const char *option, gint64 least_s, gint64 most_s, gint64 *seconds,
                        GError **error);

#endif
