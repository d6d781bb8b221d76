/* SPDX-License-Identifier: MIT */
/*
 * What some properties of one managed object are at this moment, as texts.
 */
#ifndef APPLY_MANAGEDOBJECT_H
#define APPLY_MANAGEDOBJECT_H

#include "collect/properties.h"

#define MANAGED_OBJECT_MOST 9 /* properties of a object */

/* the texts by the index of the path; of an array, its elements' texts with spaces between; NULL: not set */
typedef struct ManagedObject {
    guint n;
    char *texts[MANAGED_OBJECT_MOST];
    gboolean found;
} ManagedObject;

/* reads n properties, at most MANAGED_OBJECT_MOST, of an object of this kind. FALSE and SOAP_ERROR_FAULT also
 * where the object does not exist. Logs in again where the session has ended */
gboolean managed_object_read(ManagedObject *object, Vcenter *vcenter, const char *kind, const char *id,
                             const char *const *paths, guint n, GError **error);

/* properties_retrieve of one query; logs in again where the session has ended */
gboolean managed_objects_retrieve(Vcenter *vcenter, PropertyQuery *query, GError **error);

void managed_object_clear(ManagedObject *object);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ManagedObject, managed_object_clear)

#endif
