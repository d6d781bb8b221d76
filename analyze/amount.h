/* SPDX-License-Identifier: MIT */
/*
 * Amounts as people read them; what is not known is called so.
 */
#ifndef ANALYZE_AMOUNT_H
#define ANALYZE_AMOUNT_H

#include "analyze/assessment.h"

/* appends "83.5 %" */
void percent_append(GString *out, double pct);

/* appends an amount in the unit that a person would use: GHz, GiB or TiB, MiB/s */
void amount_append(GString *out, Resource resource, double amount);

#endif
