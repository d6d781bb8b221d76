/* SPDX-License-Identifier: MIT */
#include "plan/payoff.h"

#include "collect/plural.h"

#include <string.h>

#define DAY_S (24 * (gint64)3600)
#define FEWEST_MOVES 3
#define MOST_NAMED 3

/* how many migrations of the VM left the host on the day before the snapshot; NULL: any host */
static guint departures_of_vm(const VmPast *past, gint64 taken_at, const char *host_id)
{
    guint n = 0;
    for (guint i = 0; past->departures && i < past->departures->len; i++) {
        const PastDeparture *one = &g_array_index(past->departures, PastDeparture, i);
        n += one->time > taken_at - DAY_S && (!host_id || strcmp(one->host_id, host_id) == 0);
    }
    return n;
}

/* the same of all VMs that are still there */
static guint departures(const Situation *situation, const char *host_id)
{
    const Model *start = situation->start;
    guint n = 0;
    for (guint vm = 0; vm < start->n_vms; vm++)
        n +=
            departures_of_vm(past_of_vm(situation->past, start, vm), start->snapshot->info.taken_at, host_id);
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
