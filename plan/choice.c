/* SPDX-License-Identifier: MIT */
#include "plan/choice.h"

#include "collect/csv.h"
#include "collect/escape.h"
#include "collect/nearest.h"

#include <string.h>

/* ", the nearest is NAME", where one is close; the caller frees it */
static char *words_of_nearest(const ClusterName *clusters, guint n, const char *word)
{
    const char *nearest = NULL;
    guint least = G_MAXUINT;
    for (guint i = 0; i < n; i++) {
        guint rank = nearest_rank(word, clusters[i].name);
        if (rank >= least)
            continue;
        least = rank;
        nearest = clusters[i].name;
    }
    if (!nearest || !nearest_may_be_meant(word, nearest))
        return g_strdup("");
    g_autofree char *safe = escape_for_message(nearest);
    return g_strdup_printf(" (the nearest is %s)", safe);
}

static gboolean fail(const ClusterName *clusters, guint n, const char *word, const GString *ids,
                     GError **error)
{
    g_autofree char *found = escape_for_message(word);
    g_autofree char *hint = ids->len ? g_strdup(ids->str) : words_of_nearest(clusters, n, word);
    g_autofree char *safe = escape_for_terminal(hint);
    g_set_error(error, VMANGER_ERROR, 0, "--cluster: found %s%s: expected the name or id of one cluster",
                found, safe);
    return FALSE;
}

static gboolean choose(const ClusterName *clusters, guint n, const char *word, gboolean *chosen,
                       GError **error)
{
    guint fitting = 0, last = 0;
    g_autoptr(GString) ids = g_string_new(NULL);
    for (guint i = 0; i < n; i++) {
        if (strcmp(clusters[i].id, word) == 0) {
            chosen[i] = TRUE;
            return TRUE;
        }
        if (strcmp(clusters[i].name, word) != 0)
            continue;
        g_string_append_printf(ids, "%s%s",
                               fitting++ ? ", " : ", which several are called: ", clusters[i].id);
        last = i;
    }
    if (fitting != 1)
        return fail(clusters, n, word, ids, error);
    chosen[last] = TRUE;
    return TRUE;
}

gboolean *choose_clusters(const ClusterName *clusters, guint n, char *const *words, GError **error)
{
    g_autofree gboolean *chosen = g_new0(gboolean, n + 1);
    for (; *words; words++)
        if (!choose(clusters, n, *words, chosen, error))
            return NULL;
    return g_steal_pointer(&chosen);
}
