/* SPDX-License-Identifier: MIT */
/*
 * The hosts of a cluster as bars, for a terminal: how full each is, by CPU and by memory.
 */
#ifndef ANALYZE_BARS_H
#define ANALYZE_BARS_H

#include "analyze/subject.h"
#include "collect/style.h"

/* appends a line for each host of the cluster, in the order of hosts.csv, at most so many (0: all), and one
 * for the others; names are escaped, and cut where they are long */
void bars_append(GString *out, const Subject *subject, guint cluster, const Style *style, guint most);

#endif
