/* SPDX-License-Identifier: MIT */
#include "plan/meant.h"

#include "analyze/pattern.h"
#include "collect/escape.h"
#include "collect/nearest.h"

#include <string.h>

/* what has been found so far */
typedef struct Finding {
    Meant meant;
    guint n; /* how many the name fits */
} Finding;

static void note(Finding *finding, int host, int vm)
{
    finding->meant = (Meant){host, vm};
    finding->n++;
}

static void find_id(const Snapshot *snapshot, const char *what, guint kinds, Finding *finding)
{
    int host = kinds & MEANT_HOSTS ? snapshot_find_host(snapshot, what) : -1;
    int vm = kinds & MEANT_VMS ? snapshot_find_vm(snapshot, what) : -1;
    if (host >= 0 || vm >= 0)
        note(finding, host, vm);
}

static void find_name(const Snapshot *snapshot, const char *what, guint kinds, Finding *finding)
{
    for (guint i = 0; kinds & MEANT_HOSTS && i < snapshot->n_hosts; i++)
        if (strcmp(snapshot->hosts[i].name, what) == 0)
            note(finding, (int)i, -1);
    for (guint i = 0; kinds & MEANT_VMS && i < snapshot->n_vms; i++)
        if (strcmp(snapshot->vms[i].name, what) == 0)
            note(finding, -1, (int)i);
}

/* A name as a policy's patterns have it: in any case, of a host also its short name. */
static void find_alike(const Snapshot *snapshot, const char *what, guint kinds, Finding *finding)
{
    for (guint i = 0; kinds & MEANT_HOSTS && i < snapshot->n_hosts; i++) {
        g_auto(GStrv) names = pattern_names_of_host(snapshot->hosts[i].name);
        if (pattern_matches(what, names))
            note(finding, (int)i, -1);
    }
    for (guint i = 0; kinds & MEANT_VMS && i < snapshot->n_vms; i++) {
        g_auto(GStrv) names = pattern_names_of_vm(snapshot->vms[i].folder, snapshot->vms[i].name);
        if (pattern_matches(what, names))
            note(finding, -1, (int)i);
    }
}

/* the name that was most likely meant; NULL where none is close */
static const char *nearest_name(const Snapshot *snapshot, const char *what, guint kinds)
{
    const char *nearest = "";
    guint least = G_MAXUINT;
    for (guint i = 0; i < snapshot->n_hosts + snapshot->n_vms; i++) {
        gboolean host = i < snapshot->n_hosts;
        if (!(kinds & (guint)(host ? MEANT_HOSTS : MEANT_VMS)))
            continue;
        const char *name = host ? snapshot->hosts[i].name : snapshot->vms[i - snapshot->n_hosts].name;
        guint rank = nearest_rank(what, name);
        if (rank >= least)
            continue;
        least = rank;
        nearest = name;
    }
    return nearest_may_be_meant(what, nearest) ? nearest : NULL;
}

static const char *words_of(guint kinds)
{
    return kinds == MEANT_HOSTS ? "host" : kinds == MEANT_VMS ? "VM" : "VM or host";
}

static gboolean is_cluster(const Snapshot *snapshot, const char *what)
{
    for (guint i = 0; i < snapshot->n_clusters; i++)
        if (strcmp(snapshot->clusters[i].id, what) == 0 || strcmp(snapshot->clusters[i].name, what) == 0)
            return TRUE;
    return FALSE;
}

static void fail_to_find(const Snapshot *snapshot, const char *what, guint kinds, guint n, GError **error)
{
    g_autofree char *found = escape_for_message(what);
    if (n == 0 && is_cluster(snapshot, what)) {
        g_set_error(error, VMANGER_ERROR, 0, "found %s, a cluster: expected the id or name of a %s%s", found,
                    words_of(kinds), kinds == MEANT_HOSTS ? ", or a pattern as esx-a*" : "");
        return;
    }
    const char *nearest = n ? NULL : nearest_name(snapshot, what, kinds);
    g_autofree char *safe = nearest ? escape_for_message(nearest) : NULL;
    g_autofree char *words = safe ? g_strdup_printf(" (the nearest is %s)", safe) : g_strdup("");
    g_set_error(error, VMANGER_ERROR, 0,
                "found %s %s%s: expected the id of a %s, or a name that only one has",
                n ? "several called" : "no", found, words, words_of(kinds));
}

gboolean meant_find(const Snapshot *snapshot, const char *what, guint kinds, Meant *meant, GError **error)
{
    Finding finding = {{-1, -1}, 0};
    find_id(snapshot, what, kinds, &finding);
    if (finding.n == 0)
        find_name(snapshot, what, kinds, &finding);
    if (finding.n == 0)
        find_alike(snapshot, what, kinds, &finding);
    *meant = finding.meant;
    if (finding.n != 1)
        fail_to_find(snapshot, what, kinds, finding.n, error);
    return finding.n == 1;
}

gboolean meant_find_hosts(const Snapshot *snapshot, const char *what, gboolean *hosts, GError **error)
{
    Meant meant;
    gboolean found = FALSE;
    for (guint i = 0; strpbrk(what, "*?") && i < snapshot->n_hosts; i++) {
        g_auto(GStrv) names = pattern_names_of_host(snapshot->hosts[i].name);
        if (pattern_matches(what, names))
            hosts[i] = found = TRUE;
    }
    if (found)
        return TRUE;
    if (!meant_find(snapshot, what, MEANT_HOSTS, &meant, error))
        return FALSE;
    hosts[meant.host] = TRUE;
    return TRUE;
}
