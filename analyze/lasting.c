/* SPDX-License-Identifier: MIT */
#include "analyze/lasting.h"

#include <math.h>

/* the resources whose windows are followed, of a host and of its VMs */
static const struct {
    Resource resource;
    FollowedBase base;
} judged[] = {{RESOURCE_CPU, FOLLOWED_BASE_CPU}, {RESOURCE_HOST_MEMORY, FOLLOWED_BASE_MEMORY}};

typedef struct Judging {
    const Subject *subject;
    const History *history;
    const Policy *policy;
    GArray **vms_on; /* [n_hosts] of guint: the measured VMs on each */
} Judging;

static double urgent_pct(const Policy *policy, const Load *load)
{
    return fmax(load->threshold_pct, policy->urgent_pct);
}

static gboolean is_above(double pct, double threshold_pct)
{
    return !isnan(threshold_pct) && pct > threshold_pct;
}

static double policy_threshold(const Policy *policy, Resource resource)
{
    return resource == RESOURCE_CPU ? policy->cpu_hot_pct : policy->memory_hot_pct;
}

gboolean lasting_is_awaited(const Load *load, Resource resource, const Policy *policy)
{
    return (resource == RESOURCE_CPU || resource == RESOURCE_HOST_MEMORY) &&
           load->threshold_pct > policy_threshold(policy, resource) &&
           is_above(load->usage_pct, policy_threshold(policy, resource));
}

/* ---- windows ---- */

/* what was measured in the window that ended then, give or take half of it: a server's own statistics and our
 * windows do not end together; 0 where nothing was */
static double in_window(const Rollup *rollup, gint64 end)
{
    double nearest = INFINITY, mean = 0;
    for (guint i = 0; rollup && i < rollup->n_recent; i++) {
        const RollupInterval *interval = &rollup->recent[i];
        double off = fabs((double)(interval->end - end));
        if (off < nearest && off < interval->seconds / 2) {
            nearest = off;
            mean = interval->mean;
        }
    }
    return mean;
}

static double of_vm_in_window(const Judging *judging, guint vm, Resource r, gint64 end)
{
    const Snapshot *snapshot = judging->subject->snapshot;
    Followed followed = r == RESOURCE_HOST_MEMORY          ? FOLLOWED_HELD
                        : judging->policy->host_cpu_demand ? FOLLOWED_CPU_DEMAND
                                                           : FOLLOWED_CPU;
    const Rollup *rollup = history_of_vm(judging->history, snapshot, vm, followed);
    double then = in_window(rollup, end);
    if (r != RESOURCE_HOST_MEMORY || !(then > 0))
        return then;
    double active = in_window(history_of_vm(judging->history, snapshot, vm, FOLLOWED_MEMORY), end);
    if (judging->policy->host_memory_demand && active < then)
        then = active + (then - active) / 4;
    /* What it takes to run it is not followed, and changes little. */
    double overhead = judging->subject->vms[vm].loads[r].measured - rollup->recent[rollup->n_recent - 1].mean;
    return then + fmax(0, isnan(overhead) ? 0 : overhead);
}

/* percent of the host's capacity that its VMs of now and its base came to in a window */
static double window_pct(const Judging *judging, guint host, Resource r, const RollupInterval *base)
{
    double sum = base->mean;
    for (guint i = 0; i < judging->vms_on[host]->len; i++)
        sum += of_vm_in_window(judging, g_array_index(judging->vms_on[host], guint, i), r, base->end);
    return load_usage_pct(sum, judging->subject->hosts[host].loads[r].capacity);
}

/* ---- urgent ---- */

static void count_at_least(Load *load, double amount, Resource resource)
{
    double room = load_room_demand(load);
    load->demand = load_round(resource, fmax(load->demand, amount));
    load_set_room_demand(load, room);
}

/* What was used just now is the least that is asked for. */
static void take_newest(const Judging *judging, guint host, Resource r, const RollupInterval *base)
{
    Load *load = &judging->subject->hosts[host].loads[r];
    const GArray *vms = judging->vms_on[host];
    double demand = 0, room = 0;
    for (guint i = 0; i < vms->len; i++) {
        guint vm = g_array_index(vms, guint, i);
        Load *of_vm = &judging->subject->vms[vm].loads[r];
        if (isnan(of_vm->measured))
            continue;
        count_at_least(of_vm, of_vm_in_window(judging, vm, r, base->end), r);
        of_vm->usage_pct = load_usage_pct(of_vm->demand, of_vm->capacity);
        demand += of_vm->demand;
        room += load_room_demand(of_vm);
    }
    load->base = load_round(r, fmax(load->base, base->mean));
    load->demand = load_round(r, load->base + demand);
    load->usage_pct = load_usage_pct(load->demand, load->capacity);
    load_set_room_demand(load, load_round(r, load->base + room));
}

/* the base of the window that was measured just now, where there are others before it; else NULL */
static const RollupInterval *newest_of_several(const Judging *judging, guint host, FollowedBase base)
{
    const Snapshot *snapshot = judging->subject->snapshot;
    const Rollup *bases = history_of_host(judging->history, snapshot, host, base);
    const RollupInterval *newest = bases && bases->n_recent > 1 ? &bases->recent[bases->n_recent - 1] : NULL;
    return newest && newest->end == snapshot->info.taken_at ? newest : NULL;
}

/* ---- marginal ---- */

/* the window before that one in which a VM on the host was measured; FALSE where there is none */
static gboolean window_before(const Judging *judging, guint host, Resource r, gint64 *end)
{
    const GArray *vms = judging->vms_on[host];
    Followed followed = r == RESOURCE_HOST_MEMORY ? FOLLOWED_HELD : FOLLOWED_CPU;
    gint64 found = -1;
    for (guint i = 0; i < vms->len; i++) {
        const Rollup *rollup = history_of_vm(judging->history, judging->subject->snapshot,
                                             g_array_index(vms, guint, i), followed);
        for (guint k = 0; rollup && k < rollup->n_recent; k++) {
            const RollupInterval *interval = &rollup->recent[k];
            if ((double)(*end - interval->end) > interval->seconds / 2)
                found = MAX(found, interval->end);
        }
    }
    *end = found;
    return found >= 0;
}

/* The last windows of a host, the newest first; at most `most`. Those before the first in which the host
 * itself was measured are known of its VMs alone, as of a server's own statistics: its base was then what it
 * was in that one. */
static int windows_of_host(const Judging *judging, guint host, Resource r, FollowedBase base,
                           RollupInterval *windows, int most)
{
    const Rollup *bases = history_of_host(judging->history, judging->subject->snapshot, host, base);
    int n = 0;
    if (!bases)
        return 0;
    for (guint i = bases->n_recent; i > 0 && n < most; i--)
        windows[n++] = bases->recent[i - 1];
    RollupInterval earlier = windows[n - 1];
    while (n < most && window_before(judging, host, r, &earlier.end))
        windows[n++] = earlier;
    return n;
}

static gboolean lasts(const Judging *judging, guint host, Resource r, FollowedBase base)
{
    const Windows *needed = &judging->policy->hot_after;
    double threshold_pct = judging->subject->hosts[host].loads[r].threshold_pct, sum_pct = 0;
    RollupInterval windows[ROLLUP_RECENT];
    int n = windows_of_host(judging, host, r, base, windows, MIN(needed->of, ROLLUP_RECENT)), above = 0;
    for (int i = 0; i < n; i++) {
        double pct = window_pct(judging, host, r, &windows[i]);
        above += is_above(pct, threshold_pct);
        sum_pct += pct;
    }
    return above >= needed->needed || (n == needed->of && is_above(sum_pct / n, threshold_pct));
}

/* ---- all ---- */

static GArray **vms_on_hosts(const Snapshot *snapshot)
{
    GArray **vms_on = g_new(GArray *, snapshot->n_hosts + 1);
    for (guint i = 0; i < snapshot->n_hosts; i++)
        vms_on[i] = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < snapshot->n_vms; i++)
        if (snapshot->vms[i].power == VM_POWER_ON)
            g_array_append_val(vms_on[snapshot->vms[i].host], i);
    return vms_on;
}

static void judge_host(const Judging *judging, guint host, Resource r, FollowedBase base)
{
    Load *load = &judging->subject->hosts[host].loads[r];
    double urgent = urgent_pct(judging->policy, load);
    const RollupInterval *newest = newest_of_several(judging, host, base);
    if (newest && is_above(window_pct(judging, host, r, newest), urgent))
        take_newest(judging, host, r, newest);
    else if (judging->policy->hot_after.of > 1 && is_above(load->usage_pct, load->threshold_pct) &&
             !is_above(load->usage_pct, urgent) && !lasts(judging, host, r, base))
        load->threshold_pct = urgent;
}

void lasting_judge(Subject *subject, const History *history, const Policy *policy)
{
    Judging judging = {subject, history, policy, vms_on_hosts(subject->snapshot)};
    for (guint i = 0; i < subject->snapshot->n_hosts; i++)
        for (guint k = 0; k < G_N_ELEMENTS(judged); k++)
            judge_host(&judging, i, judged[k].resource, judged[k].base);
    for (guint i = 0; i < subject->snapshot->n_hosts; i++)
        g_array_free(judging.vms_on[i], TRUE);
    g_free(judging.vms_on);
}
