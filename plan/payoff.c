/* SPDX-License-Identifier: MIT */
#include "plan/payoff.h"

#include "collect/plural.h"

#define DAY_S (24 * (gint64)3600)
#define FEWEST_MOVES 3
#define MOST_NAMED 3

/* how many migrations of VMs that are still there left each host on the day before the snapshot: id (not
 * owned): count; returns how many there were in all */
static guint count_departures(const Situation *situation, GHashTable *of_hosts)
{
    const Model *start = situation->start;
    guint all = 0;
    for (guint vm = 0; vm < start->n_vms; vm++) {
        const GArray *departures = past_of_vm(situation->past, start, vm)->departures;
        for (guint i = 0; departures && i < departures->len; i++) {
            const PastDeparture *one = &g_array_index(departures, PastDeparture, i);
            if (one->time <= start->snapshot->info.taken_at - DAY_S)
                continue;
            guint n = GPOINTER_TO_UINT(g_hash_table_lookup(of_hosts, one->host_id));
            g_hash_table_insert(of_hosts, one->host_id, GUINT_TO_POINTER(n + 1));
            all++;
        }
    }
    return all;
}

char *payoff_words(const Situation *situation)
{
    const Model *start = situation->start;
    g_autoptr(GHashTable) of_hosts = g_hash_table_new(g_str_hash, g_str_equal);
    guint all = count_departures(situation, of_hosts), in_vain = 0, named = 0;
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint host = 0; all >= FEWEST_MOVES && host < start->snapshot->n_hosts; host++) {
        guint n = model_is_hot(start, host)
                      ? GPOINTER_TO_UINT(g_hash_table_lookup(of_hosts, start->snapshot->hosts[host].id))
                      : 0;
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
