/* SPDX-License-Identifier: MIT */
#include "analyze/amount.h"

#include <math.h>

void percent_append(GString *out, double pct)
{
    if (isnan(pct))
        g_string_append(out, "not known");
    else
        g_string_append_printf(out, "%.1f %%", pct);
}

void amount_append(GString *out, Resource resource, double amount)
{
    static const double kib_per_gib = 1024.0 * 1024;
    if (isnan(amount))
        g_string_append(out, "not known");
    else if (resource == RESOURCE_CPU)
        g_string_append_printf(out, "%.1f GHz", amount / 1000);
    else if (resource == RESOURCE_DISK || resource == RESOURCE_NET)
        g_string_append_printf(out, "%.1f MiB/s", amount / 1024);
    else if (amount > 0 && amount < kib_per_gib)
        g_string_append_printf(out, "%.0f MiB", amount / 1024);
    else if (amount >= 10 * 1024 * kib_per_gib)
        g_string_append_printf(out, "%.1f TiB", amount / 1024 / kib_per_gib);
    else
        g_string_append_printf(out, "%.1f GiB", amount / kib_per_gib);
}
