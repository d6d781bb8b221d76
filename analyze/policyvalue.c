/* SPDX-License-Identifier: MIT */
#include "analyze/policyvalue.h"

#include "analyze/weekhours.h"
#include "collect/nearest.h"

#include <math.h>
#include <string.h>

gboolean policyvalue_has_control(const char *value)
{
    for (const char *at = value; *at; at++)
        if (g_ascii_iscntrl(*at))
            return TRUE;
    return FALSE;
}

static char **split_list(const char *value)
{
    g_auto(GStrv) parts = g_strsplit(value, ";", -1);
    g_autoptr(GStrvBuilder) list = g_strv_builder_new();
    for (char **part = parts; *part; part++)
        if (*g_strstrip(*part))
            g_strv_builder_add(list, *part);
    return g_strv_builder_end(list);
}

int policyvalue_word(const char *const *words, const char *value)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], value) == 0)
            return i;
    return -1;
}

static gboolean set_number(const PolicyKey *key, const char *value, double *field)
{
    if (key->type == KEY_THRESHOLD && !*value) {
        *field = NAN;
        return TRUE;
    }
    return table_parse_number(value, key->type != KEY_WHOLE, FALSE, field) && *field >= key->least &&
           *field <= key->most;
}

static gboolean set_weekhours(const char *value, GArray **field)
{
    g_autofree char *bad = NULL;
    GArray *hours = weekhours_parse(value, &bad);
    if (!hours)
        return FALSE;
    g_clear_pointer(field, g_array_unref);
    *field = hours;
    return TRUE;
}

static gboolean set_windows(const PolicyKey *key, const char *value, Windows *field)
{
    g_auto(GStrv) parts = g_strsplit(value, "/", -1);
    double needed, of;
    if (g_strv_length(parts) != 2 || !table_parse_number(parts[0], FALSE, FALSE, &needed) ||
        !table_parse_number(parts[1], FALSE, FALSE, &of) || needed < key->least || of > key->most ||
        needed > of)
        return FALSE;
    *field = (Windows){(int)needed, (int)of};
    return TRUE;
}

gboolean policyvalue_set(const PolicyKey *key, const char *value, gpointer owner)
{
    gpointer field = (char *)owner + key->offset;
    if (policyvalue_has_control(value))
        return FALSE;
    switch (key->type) {
    case KEY_WORD:
        *(int *)field = policyvalue_word(key->words, value);
        return *(int *)field >= 0;
    case KEY_VMS:
    case KEY_HOSTS:
        g_strfreev(*(char ***)field);
        *(char ***)field = split_list(value);
        return TRUE;
    case KEY_WEEKHOURS:
        return set_weekhours(value, field);
    case KEY_WINDOWS:
        return set_windows(key, value, field);
    case KEY_TEXT:
        if (key->words && *value && policyvalue_word(key->words, value) < 0)
            return FALSE;
        g_free(*(char **)field);
        *(char **)field = g_strdup(value);
        return TRUE;
    default:
        return set_number(key, value, field);
    }
}

char *policyvalue_expected(const PolicyKey *key, const char *value)
{
    GString *text = g_string_new(NULL);
    switch (key->type) {
    case KEY_VMS:
    case KEY_HOSTS:
        g_string_append(text, "patterns separated by ;, without control characters");
        break;
    case KEY_WEEKHOURS: {
        g_autofree char *bad = NULL;
        g_autoptr(GArray) hours = weekhours_parse(value, &bad);
        g_string_append(text, "days and hours as \"Mon-Fri 08:00-18:00; Sat 22:00-02:00\", separated by ;");
        if (!hours && strcmp(bad, value) != 0)
            g_string_append_printf(text, " (\"%s\" is none)", bad);
        break;
    }
    case KEY_WINDOWS:
        g_string_append_printf(text, "how many of how many windows, as 2/3, at most %g", key->most);
        break;
    case KEY_WORD:
    case KEY_TEXT: {
        g_autofree char *words = key->words ? nearest_expected(value, key->words) : NULL;
        g_string_append(text, words ? words : "text without control characters");
        g_string_append(text, words && key->type == KEY_TEXT ? ", or nothing" : "");
        break;
    }
    default:
        g_string_append(text, key->type == KEY_WHOLE ? "a whole number from "
                                                     : "a number with at most three decimals from ");
        table_append_number(text, key->least);
        g_string_append(text, " to ");
        table_append_number(text, key->most);
        g_string_append(text, key->type == KEY_THRESHOLD ? ", or nothing" : "");
    }
    return g_string_free(text, FALSE);
}

void policyvalue_append(GString *line, const PolicyKey *key, gconstpointer owner)
{
    gconstpointer field = (const char *)owner + key->offset;
    switch (key->type) {
    case KEY_WORD:
        g_string_append(line, key->words[*(const int *)field]);
        break;
    case KEY_VMS:
    case KEY_HOSTS: {
        g_autofree char *list = g_strjoinv(";", *(char *const *const *)field ? *(char ***)field : NULL);
        g_string_append(line, list);
        break;
    }
    case KEY_WINDOWS: {
        const Windows *windows = field;
        g_string_append_printf(line, "%d/%d", windows->needed, windows->of);
        break;
    }
    case KEY_WEEKHOURS: /* no decision depends on them */
        break;
    case KEY_TEXT:
        g_string_append(line, *(const char *const *)field);
        break;
    default:
        table_append_number(line, *(const double *)field);
    }
}

void policyvalue_clear(const PolicyKey *key, gpointer owner)
{
    gpointer field = (char *)owner + key->offset;
    if (policykey_is_list(key))
        g_clear_pointer((char ***)field, g_strfreev);
    if (key->type == KEY_TEXT)
        g_clear_pointer((char **)field, g_free);
    if (key->type == KEY_WEEKHOURS)
        g_clear_pointer((GArray **)field, g_array_unref);
}
