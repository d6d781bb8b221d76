/* SPDX-License-Identifier: MIT */
#include "collect/escape.h"

#include <string.h>

#define MESSAGE_CHARACTERS 60

static gboolean id_byte_is_clean(const char *id, const char *at)
{
    guchar c = (guchar)*at;
    if (c <= ' ' || c == 0x7f || c == ',' || c == '"' || c == '%')
        return FALSE;
    return at != id || !strchr("=+-@'#", c);
}

char *escape_id(const char *id)
{
    GString *out = g_string_new(NULL);
    for (const char *at = id; *at; at++) {
        if (id_byte_is_clean(id, at))
            g_string_append_c(out, *at);
        else
            g_string_append_printf(out, "%%%02X", (guchar)*at);
    }
    return g_string_free(out, FALSE);
}

static gboolean is_percent_code(const char *at)
{
    return at[0] == '%' && g_ascii_isxdigit(at[1]) && g_ascii_isxdigit(at[2]);
}

gboolean escape_id_is_clean(const char *id)
{
    for (const char *at = id; *at; at++)
        if (!id_byte_is_clean(id, at) && !is_percent_code(at))
            return FALSE;
    return TRUE;
}

gboolean escape_is_formula(const char *text)
{
    return *text && strchr("=+-@'\t\r", *text);
}

/* Marks that reorder or hide what follows them: a name could then show as another one. */
static gboolean is_hidden(gunichar c)
{
    return !g_unichar_isprint(c) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static void append_printable(GString *out, const char *text, glong most)
{
    for (const char *at = text; *at && most > 0; at = g_utf8_next_char(at), most--) {
        gunichar c = g_utf8_get_char(at);
        if (is_hidden(c))
            g_string_append_printf(out, "\\u{%X}", c);
        else
            g_string_append_unichar(out, c);
    }
}

char *escape_for_terminal(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *out = g_string_new(NULL);
    append_printable(out, valid, G_MAXLONG);
    return g_string_free(out, FALSE);
}

char *escape_for_message(const char *text)
{
    if (!*text)
        return g_strdup("nothing");
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *out = g_string_new("\"");
    append_printable(out, valid, MESSAGE_CHARACTERS);
    if (g_utf8_strlen(valid, -1) > MESSAGE_CHARACTERS)
        g_string_append(out, "…");
    g_string_append_c(out, '"');
    return g_string_free(out, FALSE);
}
