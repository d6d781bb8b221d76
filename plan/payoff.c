/* SPDX-License-Identifier: MIT */
#include "plan/payoff.h"

#include "collect/plural.h"

#include <string.h>

#define DAY_S (24 * (gint64)3600)
#define FEWEST_MOVES 3
#define MOST_NAMED 3

/* how many migrations left the host on the day before the snapshot; NULL: any host */
static guint departures(const Situation *situation, const char *host_id)
{
    const SnapshotInfo *info = &situation->start->snapshot->info;
    const GArray *all = situation->past->departures;
    guint n = 0;
    for (guint i = 0; i < all->len; i++) {
        const PastDeparture *one = &g_array_index(all, PastDeparture, i);
        n += one->time > info->taken_at - DAY_S && strcmp(one->source_id, info->source_id) == 0 &&
             (!host_id || strcmp(one->host_id, host_id) == 0);
    }
    return n;
}

char *payoff_words(const Situation *situation)
{
    const Model *start = situation->start;
    guint all = departures(situation, NULL), in_vain = 0, named = 0;
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint host = 0; all >= FEWEST_MOVES && host < start->snapshot->n_hosts; host++) {
        guint n = model_is_hot(start, host) ? departures(situation, start->snapshot->hosts[host].id) : 0;
        in_vain += n;
        if (n > 0 && named++ < MOST_NAMED)
            g_string_append_printf(names, "%s%s", names->len ? ", " : "", start->snapshot->hosts[host].name);
    }
    if (in_vain == 0 || in_vain * 2 < all)
        return NULL;
    return g_strdup_printf(
        "this no longer pays: of %u migrations of the last day %u left %s hot all the same "
        "(%s%s)",
        all, in_vain, plural(named, "a host that is", "hosts that are"), names->str,
        named > MOST_NAMED ? " …" : "");
}
