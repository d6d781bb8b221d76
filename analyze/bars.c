/* SPDX-License-Identifier: MIT */
#include "analyze/bars.h"

#include "collect/plural.h"

#include <math.h>

#define NAME_WIDTH 24 /* characters */

static void append_load(GString *out, const char *label, const Load *load, const Style *style)
{
    g_string_append_printf(out, "  %s ", label);
    style_append_bar(out, style, load->usage_pct, load->threshold_pct);
    if (isnan(load->usage_pct))
        g_string_append(out, "      ?");
    else
        g_string_append_printf(out, " %4.0f %%", load->usage_pct);
}

void bars_append(GString *out, const Subject *subject, guint cluster, const Style *style, guint most)
{
    guint begin = subject->host_begin[cluster], n = subject->host_begin[cluster + 1] - begin;
    for (guint i = 0; i < n && (most == 0 || i < most); i++) {
        const Assessed *host = &subject->hosts[subject->host_order[begin + i]];
        g_string_append(out, "    ");
        style_append_name(out, *host->name ? host->name : host->id, NAME_WIDTH);
        append_load(out, "CPU", &host->loads[RESOURCE_CPU], style);
        append_load(out, "memory", &host->loads[RESOURCE_HOST_MEMORY], style);
        g_string_append_c(out, '\n');
    }
    if (most > 0 && n > most)
        g_string_append_printf(out, "    and %u more %s (--verbose shows all)\n", n - most,
                               plural(n - most, "host", "hosts"));
}
