/* SPDX-License-Identifier: MIT */
#include "collect/json.h"

#include "collect/escape.h"
#include "collect/table.h"

#include <math.h>

struct Json {
    GString *text;
    guint depth; /* objects and lists that are open */
};

/* As UTF-16, in two parts where it must be. */
static void append_code(GString *out, gunichar c)
{
    if (c >= 0x10000) {
        g_string_append_printf(out, "\\u%04x", 0xd800 + ((c - 0x10000) >> 10));
        c = 0xdc00 + (c & 0x3ff);
    }
    g_string_append_printf(out, "\\u%04x", c);
}

void json_append_quoted(GString *out, const char *text)
{
    g_autofree char *valid = g_utf8_validate(text, -1, NULL) ? NULL : g_utf8_make_valid(text, -1);
    g_string_append_c(out, '"');
    for (const char *at = valid ? valid : text; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (c == '"' || c == '\\')
            g_string_append_printf(out, "\\%c", (char)c);
        else if (escape_is_hidden(c))
            append_code(out, c);
        else
            g_string_append_unichar(out, c);
    }
    g_string_append_c(out, '"');
}

/* what comes before a value: a comma where it is not the first, and its name */
static void begin_value(Json *json, const char *name)
{
    GString *out = json->text;
    char before = out->str[out->len - 1]; /* of a document of any length */
    if (before != '{' && before != '[')
        g_string_append_c(out, ',');
    if (!name)
        return;
    json_append_quoted(out, name);
    g_string_append_c(out, ':');
}

static void begin_bracket(Json *json, const char *name, char bracket)
{
    begin_value(json, name);
    g_string_append(json->text, name ? "" : "\n");
    g_string_append_c(json->text, bracket);
    json->depth++;
}

static void end_bracket(Json *json, char bracket)
{
    g_assert(json->depth > 0);
    g_string_append_c(json->text, bracket);
    json->depth--;
}

Json *json_new(const char *schema)
{
    Json *json = g_new0(Json, 1);
    json->text = g_string_new("{");
    json->depth = 1;
    json_add_text(json, "schema", schema);
    return json;
}

char *json_finish(Json *json)
{
    end_bracket(json, '}');
    g_assert(json->depth == 0);
    g_string_append_c(json->text, '\n');
    return g_string_free(g_steal_pointer(&json->text), FALSE);
}

void json_free(Json *json)
{
    if (!json)
        return;
    if (json->text)
        g_string_free(json->text, TRUE);
    g_free(json);
}

void json_begin_object(Json *json, const char *name)
{
    begin_bracket(json, name, '{');
}

void json_end_object(Json *json)
{
    end_bracket(json, '}');
}

void json_begin_list(Json *json, const char *name)
{
    begin_bracket(json, name, '[');
}

void json_end_list(Json *json)
{
    end_bracket(json, ']');
}

void json_add_text(Json *json, const char *name, const char *text)
{
    if (name && (!text || !*text))
        return;
    begin_value(json, name);
    json_append_quoted(json->text, text ? text : "");
}

void json_add_number(Json *json, const char *name, double number)
{
    if (isnan(number))
        return;
    if (isinf(number)) {
        json_add_text(json, name, "unlimited");
        return;
    }
    begin_value(json, name);
    table_append_number(json->text, number);
}

void json_add_time(Json *json, const char *name, gint64 seconds)
{
    g_autofree char *time = seconds < 0 ? NULL : table_format_time(seconds);
    if (time)
        json_add_text(json, name, time);
}

void json_add_flag(Json *json, const char *name, gboolean flag)
{
    begin_value(json, name);
    g_string_append(json->text, flag ? "true" : "false");
}
