/* SPDX-License-Identifier: MIT */
/*
 * Properties of managed objects, through the API's PropertyCollector: of all objects of a kind in a view, or
 * of named ones; in pages, several queries side by side; never whole objects.
 */
#ifndef COLLECT_PROPERTIES_H
#define COLLECT_PROPERTIES_H

#include "collect/vcenter.h"

/* One object, valid during the call that it is handed to. */
typedef struct PropertyObject {
    const char *kind, *id;
    const Element *const *values; /* by the index of the path; NULL: unset, or there is a fault */
    const SoapFault *faults;      /* by the index of the path; type NULL: none */
} PropertyObject;

typedef struct PropertyQuery {
    const char *kind;         /* of the objects: "VirtualMachine"; kinds derived from it count */
    const char *const *paths; /* "config.hardware.numCPU"; n_paths of them */
    guint n_paths;
    const char *const
        *since;             /* the API version that each path came with, NULL: older than any; may be NULL */
    const char *view;       /* a ContainerView's id; NULL: the objects are named */
    const char *const *ids; /* NULL-terminated; unless there is a view */
    gboolean (*take)(const PropertyObject *object, gpointer data, GError **error);
    /* a page begins, perhaps anew: forget what was taken since the last page was whole; with `first` all */
    void (*begin)(gboolean first, gpointer data);
    void (*page)(gpointer data); /* a page was taken whole */
    gpointer data;
    GPtrArray *warnings; /* receives what the server does not know; may be NULL */
    guint vanished;      /* objects that were deleted meanwhile: not handed over */
} PropertyQuery;

/* runs the queries to their ends. A session that ended, even where the server says so property by property,
 * is SOAP_ERROR_SESSION */
gboolean properties_retrieve(Vcenter *vcenter, PropertyQuery *queries, guint n_queries, GError **error);

/* a view of all objects of these kinds (NULL-terminated) below the root folder; its id, or NULL */
char *properties_view(Vcenter *vcenter, const char *const *kinds, GError **error);

#endif
