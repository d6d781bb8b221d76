/* SPDX-License-Identifier: MIT */
#include "analyze/pattern.h"

#include <string.h>

static char **names_of(const char *name, char *other)
{
    char **names = g_new0(char *, 3);
    names[0] = g_strdup(name);
    names[1] = other;
    return names;
}

char **pattern_names_of_host(const char *name)
{
    const char *dot = strchr(name, '.');
    gboolean is_long = dot && dot > name && !g_hostname_is_ip_address(name);
    return names_of(name, is_long ? g_strndup(name, (gsize)(dot - name)) : NULL);
}

char **pattern_names_of_vm(const char *folder, const char *name)
{
    return names_of(name, folder && *folder ? g_strconcat(folder, "/", name, NULL) : NULL);
}

gboolean pattern_matches(const char *pattern, char *const *names)
{
    g_autofree char *folded = g_utf8_casefold(pattern, -1);
    for (; *names; names++) {
        if (g_pattern_match_simple(pattern, *names))
            return TRUE;
        g_autofree char *name = g_utf8_casefold(*names, -1);
        if (g_pattern_match_simple(folded, name))
            return TRUE;
    }
    return FALSE;
}

char **pattern_parts(const char *pattern)
{
    g_auto(GStrv) parts = g_strsplit(pattern, ",", -1);
    g_autoptr(GStrvBuilder) list = g_strv_builder_new();
    for (char **part = parts; *part; part++)
        if (*g_strstrip(*part))
            g_strv_builder_add(list, *part);
    return g_strv_builder_end(list);
}
