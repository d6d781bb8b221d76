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

/* Letters that stand in numbers, dates and times, in English, German, French; a Boolean's also elsewhere. */
static const char *const date_words[] = {
    "e",         "a",       "p",        "am",        "pm",      "h",        "jan",      "feb",
    "fév",       "mar",     "mär",      "mrz",       "mrc",     "apr",      "avr",      "may",
    "mai",       "jun",     "jul",      "aug",       "sep",     "sept",     "oct",      "okt",
    "nov",       "dec",     "dez",      "déc",       "janv",    "févr",     "mars",     "märz",
    "avril",     "juin",    "juil",     "juillet",   "août",    "januar",   "februar",  "april",
    "juni",      "juli",    "august",   "september", "oktober", "november", "dezember", "january",
    "february",  "march",   "june",     "july",      "october", "december", "janvier",  "février",
    "septembre", "octobre", "novembre", "décembre",  NULL};
static const char *const boolean_words[] = {"true",      "false",      "wahr",   "falsch", "vrai",
                                            "faux",      "waar",       "onwaar", "vero",   "falso",
                                            "verdadero", "verdadeiro", NULL};

#define PLAIN_DIGITS 9 /* of a whole number that every sheet writes as it reads it */

static gboolean is_one_of(const char *start, const char *end, const char *const *words)
{
    g_autofree char *word = g_utf8_strdown(start, end - start);
    return g_strv_contains(words, word);
}

/* Where the letters that begin here end. */
static const char *end_of_letters(const char *at)
{
    while (*at && g_unichar_isalpha(g_utf8_get_char(at)))
        at = g_utf8_next_char(at);
    return at;
}

static gboolean is_plain_number(const char *text)
{
    gsize digits = strspn(text, "0123456789");
    return digits > 0 && digits <= PLAIN_DIGITS && !text[digits] && (text[0] != '0' || digits == 1);
}

gboolean escape_is_rewritten(const char *text)
{
    const guint most_hyphens = 3; /* of a date with an exponent's or a zone's; a UUID has four */
    gboolean digit = FALSE;
    guint hyphens = 0;
    if (escape_is_formula(text) || is_one_of(text, text + strlen(text), boolean_words))
        return TRUE;
    for (const char *at = text; *at;) {
        const char *end = end_of_letters(at);
        /* Nothing begins with e, h or pm: h-1 is text, 1 h is not. */
        if (end > at && (!is_one_of(at, end, date_words) || (at == text && end - at < 3)))
            return FALSE;
        digit = digit || g_ascii_isdigit(*end);
        hyphens += *end == '-';
        at = *end ? g_utf8_next_char(end) : end;
    }
    return digit && hyphens <= most_hyphens && !is_plain_number(text);
}

gboolean escape_is_hidden(gunichar c)
{
    return !g_unichar_isprint(c) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static void append_printable(GString *out, const char *text, glong most)
{
    for (const char *at = text; *at && most > 0; at = g_utf8_next_char(at), most--) {
        gunichar c = g_utf8_get_char(at);
        if (escape_is_hidden(c))
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
