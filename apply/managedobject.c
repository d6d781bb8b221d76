/* SPDX-License-Identifier: MIT */
#include "apply/managedobject.h"

#include <string.h>

void managed_object_clear(ManagedObject *object)
{
    for (guint i = 0; i < MANAGED_OBJECT_MOST; i++)
        g_clear_pointer(&object->texts[i], g_free);
}

static gboolean take_texts(const PropertyObject *read, gpointer data, GError **error)
{
    (void)error;
    ManagedObject *object = data;
    object->found = TRUE;
    for (guint i = 0; i < object->n; i++) {
        const Element *value = read->values[i];
        g_autoptr(GString) text = g_string_new(value ? value->text : NULL);
        for (const Element *one = value ? value->first : NULL; one; one = one->next)
            g_string_append_printf(text, "%s%s", text->len ? " " : "", one->text);
        g_free(object->texts[i]);
        object->texts[i] = value ? g_strdup(text->str) : NULL;
    }
    return TRUE;
}

gboolean managed_objects_retrieve(Vcenter *vcenter, PropertyQuery *query, GError **error)
{
    g_autoptr(GError) failure = NULL;
    gboolean ok = properties_retrieve(vcenter, query, 1, &failure);
    if (g_error_matches(failure, SOAP_ERROR, SOAP_ERROR_SESSION)) {
        g_clear_error(&failure);
        ok = vcenter_login(vcenter, &failure) && properties_retrieve(vcenter, query, 1, &failure);
    }
    if (!ok)
        g_propagate_error(error, g_steal_pointer(&failure));
    return ok;
}

gboolean managed_object_read(ManagedObject *object, Vcenter *vcenter, const char *kind, const char *id,
                             const char *const *paths, guint n, GError **error)
{
    const char *const ids[] = {id, NULL};
    PropertyQuery query = {
        .kind = kind, .paths = paths, .n_paths = n, .ids = ids, .take = take_texts, .data = object};
    object->n = n;
    if (!managed_objects_retrieve(vcenter, &query, error))
        return FALSE;
    if (!object->found)
        g_set_error(error, SOAP_ERROR, SOAP_ERROR_FAULT, "%s: there is no %s", id, kind);
    return object->found;
}
