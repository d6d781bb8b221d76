/* SPDX-License-Identifier: MIT */
/*
 * JSON documents (RFC 8259) that programs print for machines. Each is an object whose first member, `schema`,
 * names what it holds and the version of that: the JSON Schema of that name, in samples/schemas, describes
 * it. A member that is not known is left out.
 *
 * Any text is legal: what JSON does not allow as it is, or could act on a terminal, is escaped, bytes that
 * are no UTF-8 are replaced (json-glib 1.6 leaves U+001F as it is, which no reader takes, and writes 78.52
 * with seventeen digits). Numbers are as the CSV files write them. Objects in a list stand on lines of their
 * own.
 */
#ifndef COLLECT_JSON_H
#define COLLECT_JSON_H

#include <glib.h>

typedef struct Json Json;

/* begins a document */
Json *json_new(const char *schema);

/* ends it; the text has a line feed at its end, and is the caller's */
char *json_finish(Json *json);

void json_free(Json *json);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Json, json_free)

/* of all these the name is that of a member; NULL: an element of a list */
void json_begin_object(Json *json, const char *name);
void json_end_object(Json *json);
void json_begin_list(Json *json, const char *name);
void json_end_list(Json *json);

void json_add_text(Json *json, const char *name, const char *text); /* no member where it is empty or NULL */
void json_add_number(Json *json, const char *name,
                     double number); /* none where it is NAN; the text "unlimited" where it is infinite */
void json_add_time(Json *json, const char *name, gint64 seconds); /* none where it is negative */
void json_add_flag(Json *json, const char *name, gboolean flag);

/* appends a text in quotes, escaped */
void json_append_quoted(GString *out, const char *text);

#endif
