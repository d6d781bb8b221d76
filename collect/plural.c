/* SPDX-License-Identifier: MIT */
#include "collect/plural.h"

const char *plural(guint n, const char *one, const char *many)
{
    return n == 1 ? one : many;
}

void plural_append(GString *text, guint n, const char *one, const char *many)
{
    g_string_append_printf(text, "%u %s", n, plural(n, one, many));
}
