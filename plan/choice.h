/* SPDX-License-Identifier: MIT */
/*
 * Which clusters are meant by what a person calls them: their names or ids.
 */
#ifndef PLAN_CHOICE_H
#define PLAN_CHOICE_H

#include <glib.h>

typedef struct ClusterName {
    const char *id, *name;
} ClusterName;

/* by cluster, whether one of the words (NULL-terminated) calls it so; a word that fits none, or a name that
 * fits several, is an error naming the nearest or their ids. The caller frees it */
gboolean *choose_clusters(const ClusterName *clusters, guint n, char *const *words, GError **error);

#endif
