/* SPDX-License-Identifier: MIT */
#include "apply/reading.h"

#include "collect/properties.h"

#include <string.h>

void reading_clear(Reading *reading)
{
    for (guint i = 0; i < READING_MOST; i++)
        g_clear_pointer(&reading->texts[i], g_free);
}

static gboolean take_texts(const PropertyObject *object, gpointer data, GError **error)
{
    (void)error;
    Reading *reading = data;
    reading->found = TRUE;
    for (guint i = 0; i < reading->n; i++) {
        const Element *value = object->values[i];
        g_autoptr(GString) text = g_string_new(value ? value->text : NULL);
        for (const Element *one = value ? value->first : NULL; one; one = one->next)
            g_string_append_printf(text, "%s%s", text->len ? " " : "", one->text);
        g_free(reading->texts[i]);
        reading->texts[i] = value ? g_strdup(text->str) : NULL;
    }
    return TRUE;
}

gboolean reading_take(Reading *reading, Vcenter *vcenter, const char *kind, const char *id,
                      const char *const *paths, guint n, GError **error)
{
    const char *const ids[] = {id, NULL};
    PropertyQuery query = {
        .kind = kind, .paths = paths, .n_paths = n, .ids = ids, .take = take_texts, .data = reading};
    reading->n = n;
    g_autoptr(GError) failure = NULL;
    gboolean ok = properties_retrieve(vcenter, &query, 1, &failure);
    if (g_error_matches(failure, SOAP_ERROR, SOAP_ERROR_SESSION)) {
        g_clear_error(&failure);
        ok = vcenter_login(vcenter, &failure) && properties_retrieve(vcenter, &query, 1, &failure);
    }
    if (ok && !reading->found) {
        ok = FALSE;
        g_set_error(&failure, SOAP_ERROR, SOAP_ERROR_FAULT, "%s: there is no %s", id, kind);
    }
    if (!ok)
        g_propagate_error(error, g_steal_pointer(&failure));
    return ok;
}

int word_of(const char *text, const char *const *words)
{
    for (int i = 0; text && words[i]; i++)
        if (strcmp(text, words[i]) == 0)
            return i;
    return -1;
}
